"""A search for private keys, tokens and saved logins in files, and for checkouts. No secret is recorded.

Where they may be, YARA-X finds by rules/leaks.yar; whether they are any, secret_shapes.py decides. Files of the base
image, and what packages bring for their own tests and examples, are not asked.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable

from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.seen import Finding
from hitless.checking.scanning.engine import Hit
from hitless.checking.scanning.secret_shapes import KINDS, is_secret, shown
from hitless.checking.scanning.tally import Tally

NAME = "secrets"
MOST_SIZE = 64 << 20
_LIMITS = (
    f"files larger than {MOST_SIZE >> 20} MiB, files of the base image, and tests and documentation of installed "
    "packages are not searched, nor programs for private keys (libraries have some to test themselves)"
)
_PROGRAM = b"\x7fELF"
_AFTER = 2200
_HEAD = 1 << 16
_MOST_OF_A_FILE = 10
_NOT_OURS = re.compile(  # folders
    r"(?:(?:.*/)?(?:site-packages|dist-packages|node_modules|lib/python3[^/]*|lib/ruby|go/pkg/mod)|usr|opt)/"
    r"(?:.*/)?(?:tests?|testing|dummyserver|testdata|test_data|examples?|docs?|fixtures?|samples?)/.*"
    r"|usr/(?:local/)?share/(?:doc|man|info|locale|perl|zoneinfo|mime|icons|fonts)/.*"
    r"|(?:.*/)?(?:site-packages|dist-packages)/[^/]+\.(?:dist|egg)-info/.*"
)
_TESTS = re.compile(r"(?:test_.*|.*_test|conftest)\.py", re.DOTALL)
_LOGINS = {".netrc", ".pypirc", ".git-credentials", ".pgpass", "config.json", ".dockercfg", ".npmrc"}
_CHECKOUT = re.compile(r"(?:.*/)?\.(?:git/(?:config|HEAD)|svn/wc\.db|hg/hgrc)")
_CHECKOUT_NAMES = {"config", "HEAD", "wc.db", "hgrc"}
_ENVIRONMENT = re.compile(r"\.env(?:\.(?!example$|sample$|template$|dist$)[\w-]+)?")
_LINE = re.compile(  # every repetition is bounded, because the file may be there to take its time
    rb"^[ \t]{0,64}(?:export[ \t]{1,64})?\w{0,64}(?:PASSWORD|SECRET|TOKEN|API_?KEY)\w{0,64}[ \t]{0,64}="
    rb"[ \t]{0,64}[\"']?[^\s\"'#$<{]{6,}",
    re.IGNORECASE | re.MULTILINE,
)
_LONGEST_PATH = 1000


class Secrets:
    rules: tuple[str, ...] = ("leaks.yar",)

    def __init__(self) -> None:
        self.tally = Tally(NAME, limits=_LIMITS)

    def begin(self, file: ScannedFile) -> _File | None:
        unasked = file.in_base or file.size > MOST_SIZE
        if not unasked and len(file.path) < _LONGEST_PATH:
            folder, _, name = file.path.rpartition("/")
            unasked = _is_of_others(folder) or (name.endswith(".py") and _TESTS.fullmatch(name) is not None)
        return None if unasked else _File(file, self.tally)

    def about(self, file: ScannedFile) -> dict[str, bool]:
        return {}


@functools.lru_cache(maxsize=1024)
def _is_of_others(folder: str) -> bool:
    return _NOT_OURS.fullmatch(f"{folder}/") is not None


class _File:
    def __init__(self, file: ScannedFile, tally: Tally) -> None:
        name = file.path.rpartition("/")[2]
        self._file = file
        self._tally = tally
        self._head = self._magic = b""
        self._found: dict[str, str] = {}
        self._is_login = name in _LOGINS
        self._is_environment = name.startswith(".env") and _ENVIRONMENT.fullmatch(name) is not None
        self._is_of_checkout = name in _CHECKOUT_NAMES and _CHECKOUT.fullmatch(file.path) is not None
        self._wants_head = self._is_login or self._is_environment

    def feed(self, piece: bytes) -> None:
        if len(self._magic) < len(_PROGRAM):
            self._magic += piece[: len(_PROGRAM) - len(self._magic)]
        if self._wants_head and len(self._head) < _HEAD:
            self._head += piece[:_HEAD]

    def hit(self, hit: Hit, window: bytes, offset: int) -> None:
        for at, length in hit.offsets:
            text = window[at : at + length].decode("latin-1")
            after = window[at + length : at + length + _AFTER].decode("latin-1")
            if is_secret(hit.rule, text, after):
                shape = "" if hit.rule == "key" else f"{shown(text)}, "
                self._found.setdefault(KINDS[hit.rule], f"{shape}at byte {offset + at}")
                return

    def end(self) -> Iterable[Finding]:
        findings = []
        if self._magic == _PROGRAM:
            self._found.pop(KINDS["key"], None)
        for what, detail in list(self._found.items())[:_MOST_OF_A_FILE]:
            findings += self._tally.finding(self._file, "secret", what, detail)
        if self._is_login and (what := _login(self._file.path, self._head)):
            findings += self._tally.finding(self._file, "secret", what)
        if self._is_of_checkout:
            findings += self._tally.finding(self._file, "checkout", "a checkout with its history")
        if self._is_environment and _LINE.search(self._head):
            findings += self._tally.finding(self._file, "secret", "a file of variables with secrets among them")
        return findings


def _login(path: str, head: bytes) -> str:
    """What a file of saved logins holds."""
    name = path.rpartition("/")[2]
    text = head.decode("utf-8", "replace")
    if name == "config.json":
        return "the login of a registry" if path.endswith(".docker/config.json") and _has_auth(text) else ""
    if name == ".dockercfg":
        return "the login of a registry" if _has_auth(text) else ""
    patterns = {
        ".netrc": r"\bpassword\s{1,64}\S{3,}",
        ".pypirc": r"^[ \t]{0,64}password[ \t]{0,64}[:=][ \t]{0,64}\S{3,}",
        ".git-credentials": r"https?://[^\s/:@]+:[^\s/:@]+@",
        ".pgpass": r"^[^#\n:]+:[^:\n]*:[^:\n]*:[^:\n]*:\S+",
        ".npmrc": r"_auth(?:Token)?\s*=\s*[^\s$]{6,}",
    }
    return "a saved login" if re.search(patterns[name], text, re.MULTILINE) else ""


def _has_auth(text: str) -> bool:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    auths = value.get("auths", value) if isinstance(value, dict) else None
    return isinstance(auths, dict) and any(isinstance(one, dict) and one.get("auth") for one in auths.values())
