"""How long a subject may take to start: by its health check, else by the edition; and how long a check waits."""

from __future__ import annotations

from hitless.checking.probes.site import Site
from hitless.checking.starts import allowed_s

LONGEST_S = 150.0  # that a check waits for a start: it is to be over within 270 s
QUICK_S = 15.0


def start_budget(site: Site) -> float:
    """For how long one waits here, in seconds."""
    longest = QUICK_S if site.quick else LONGEST_S
    return min(allowed_s(site.contract, site.profile.deploy_timeout_s) + 5.0, longest)
