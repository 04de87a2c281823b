"""Scanner: what the modes of files give away: set-user-id programs, programs that everybody may write, device nodes.

Nothing is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.scanning.tally import Tally
from hitless.images.members import Kind
from hitless.images.node import Node

NAME = "modes"
DEVICES = "devices"
_SET_USER, _SET_GROUP, _EVERYBODY = 0o4000, 0o2000, 0o002
# What distributions bring. A base image is not always known, and these alone are no fault of who builds on it.
_USUAL = re.compile(
    r"at|bwrap|chage|chfn|chsh|crontab|dbus-daemon-launch-helper|doas|dotlockfile|exim4|expiry|"
    r"fusermount|fusermount3|gpasswd|locate|mlocate|mount|mount\.nfs|newgidmap|newgrp|newuidmap|"
    r"pam_extrausers_chkpwd|pam_timestamp_check|passwd|ping|ping6|pkexec|plocate|polkit-agent-helper-1|pppd|"
    r"sg|ssh-agent|ssh-keysign|su|sudo|sudoedit|umount|unix_chkpwd|unix2_chkpwd|userhelper|usernetctl|"
    r"utempter|wall|write|write\.ul|bsd-write|chrome-sandbox|bbsuid|mail-lock|mail-touchlock|mail-unlock|"
    r"staprun|postdrop|postqueue"
)
_SYSTEM = re.compile(r"(?:usr/)?(?:s?bin|lib|lib64|libexec)/.*|opt/google/.*")
_PROGRAMS = re.compile(
    r"(?:usr/(?:local/)?)?(?:s?bin|lib|lib64|libexec)/.*|opt/.*/(?:s?bin|lib)/.*|(?:.*/)?(?:site|dist)-packages/.*|etc/.*"
)
_EMPTY_DEVICE = (0, 0)


class Modes:
    def __init__(self) -> None:
        self._findings: list[Finding] = []
        self._tally = Tally(NAME, limits="capabilities of files (setcap) and ACLs are not read")

    def begin(self, file: ScannedFile) -> None:
        """It has no need of the bytes."""
        self._tally.read(0)
        for kind, what in _kinds(file):
            detail = f"mode {file.mode:04o}, {file.uid}:{file.gid}"
            self._findings += self._tally.finding(file, kind, what, detail)

    def finish(self) -> Iterable[ScannerSeen | Finding]:
        return [*self._findings, self._tally.seen()]


def _kinds(file: ScannedFile) -> Iterable[tuple[str, str]]:
    if file.in_base:
        return
    executable = file.mode & 0o111
    if executable and file.mode & _SET_USER and not _is_usual(file.path):
        yield "setuid", f"runs with the rights of user {file.uid}"
    elif executable & 0o010 and file.mode & _SET_GROUP and not _is_usual(file.path):
        yield "setuid", f"runs with the rights of group {file.gid}"
    if file.mode & _EVERYBODY and _PROGRAMS.fullmatch(file.path):
        yield "writable", "everybody may write to it"


def _is_usual(path: str) -> bool:
    return _SYSTEM.fullmatch(path) is not None and _USUAL.fullmatch(path.rpartition("/")[2]) is not None


def devices(nodes: Mapping[str, Node]) -> Iterable[ScannerSeen | Finding]:
    """Device nodes among all paths of an image, for who has them. An overlay's own whiteouts (0:0) are none."""
    tally = Tally(DEVICES)
    for path, node in nodes.items():
        if node.attributes.kind in (Kind.CHARACTER, Kind.BLOCK) and node.attributes.device != _EMPTY_DEVICE:
            file = ScannedFile(path, 0, node.mode, node.uid, node.gid, node.layer)
            detail = "{}:{}".format(*node.attributes.device)
            if not path.startswith("dev/"):
                yield from tally.finding(file, "device", f"a {node.kind} device outside /dev", detail)
    yield tally.seen()
