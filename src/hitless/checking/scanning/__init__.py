"""The scanners of the stage `safety`: they are shown the bytes of files and execute nothing of them."""

from __future__ import annotations

from hitless.checking.facts.scanner import Scanner

NAMES = ("signatures", "secrets", "pickles", "modes", "executables", "clamav")


def scanners(*, clamav: bool = True) -> list[Scanner]:
    """All of them, for one subject. Without `clamav`, its rule is unproven: it was not asked."""
    from hitless.checking.scanning.executables import Executables  # here: who judges without scanning needs none
    from hitless.checking.scanning.modes import Modes
    from hitless.checking.scanning.pickles import Pickles
    from hitless.checking.scanning.searching import Searching
    from hitless.checking.scanning.secrets import Secrets
    from hitless.checking.scanning.signatures import Signatures

    found: list[Scanner] = [Searching(Signatures(), Secrets()), Pickles(), Modes(), Executables()]
    if clamav:
        from hitless.checking.scanning.clamav import ClamAV

        found.append(ClamAV())
    return found
