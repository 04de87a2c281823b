"""Decides whether what looks like a secret is one: checksums where a format has them, and what examples look like.

Pure functions over text. A secret itself is never given back: what is told of it is its kind and how it begins.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter

MASK = "masked:"
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_EXAMPLE = re.compile(
    r"example|sample|dummy|placeholder|changeme|change_me|your[_-]|xxxx|\*{3}|12345678|abcdefgh|0{8}|test[_-]?(?:key|token|secret)|redacted|"
    r"fake|<[^>]*>|\$\{|\{\{",
    re.IGNORECASE,
)
KINDS = {
    "key": "a private key",
    "aws": "the id of an AWS access key",
    "github": "a GitHub token",
    "github-fine": "a fine-grained GitHub token",
    "gitlab": "a GitLab token",
    "slack": "a Slack token",
    "slack-hook": "a Slack webhook",
    "huggingface": "a Hugging Face token",
    "npm": "an npm token",
    "pypi": "a token of a Python package index",
    "openai": "a key of a model API",
    "stripe": "a live Stripe key",
    "huawei": "an access key (AK/SK) of Huawei Cloud",
}
_SHAPES = {
    "aws": re.compile(r"\bA(?:KIA|SIA)[A-Z2-7]{16}\b"),
    "github": re.compile(r"\bgh[pousr][_][A-Za-z0-9]{36}\b"),
    "github-fine": re.compile(r"\bgithub[_]pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b"),
    "gitlab": re.compile(r"\bglpat[-][A-Za-z0-9_-]{20}"),
    "slack": re.compile(r"\bxox[abpr][-][0-9]{8,14}-[0-9A-Za-z-]{16,80}"),
    "huggingface": re.compile(r"\bhf[_][A-Za-z]{34}\b"),
    "npm": re.compile(r"\bnpm[_][A-Za-z0-9]{36}\b"),
    "pypi": re.compile(r"\bpypi[-]AgE[A-Za-z0-9_-]{60,200}"),
    "openai": re.compile(r"\bsk[-](?:proj|ant-api03|svcacct)-[A-Za-z0-9_-]{60,160}"),
    "stripe": re.compile(r"\b[sr]k[_]live_[A-Za-z0-9]{24,99}\b"),
    "key": re.compile(r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,2}PRIVATE[ ]KEY(?: BLOCK)?-----"),
}
_NAME = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PWD|SECRET|SECRET_KEY|SECRET_ACCESS_KEY|API_?KEY|ACCESS_KEY|ACCESS_TOKEN|AUTH_TOKEN|"
    r"PRIVATE_KEY|TOKEN|SECRET_TOKEN|CREDENTIALS?|AK|SK)$",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"|true|false|none|null|yes|no|empty|[01]|/.*|file:.*|[A-Z]:\\.*|\$.*|.*\.(?:json|pem|crt|key|txt|ya?ml)",
    re.IGNORECASE,
)
_COUNTS = re.compile(r"\d{1,9}|.{0,7}")  # of tokens, or one of a language model
_HARMLESS_NAMES = frozenset({"PWD", "OLDPWD"})
_BODY = re.compile(r"[A-Za-z0-9+/=]{16,}")


def is_secret(kind: str, text: str, after: str = "") -> bool:
    """`text` has the form of this kind. `after`: what follows it, for keys."""
    if kind == "key":
        return _has_body(after)
    value = re.split(r"[\s:=\"']+", text)[-1] if kind == "huawei" else text
    if _EXAMPLE.search(value) or _bits(value.split("_")[-1]) < 2.5:
        return False
    return _sum_is_right(value) if kind in ("github", "npm") else True


def secret_of(name: str, value: str) -> str:
    """What a variable of the environment gives away: a kind in words, or nothing. A masked value stays what it was."""
    if value.startswith(MASK):
        return value.removeprefix(MASK).strip().partition(",")[0]
    for kind, shape in _SHAPES.items():
        for match in shape.finditer(value):
            if is_secret(kind, match[0], value[match.end() : match.end() + 400]):
                return KINDS[kind]
    if (
        login := re.search(r"\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@]{1,200}:([^\s/@]{1,200})@", value)
    ) and not _EXAMPLE.search(login[1]):
        return "a password in an address"
    if re.search("PASS", name, re.IGNORECASE) is None and _COUNTS.fullmatch(value.strip()):
        return ""
    named = _NAME.search(name) and name not in _HARMLESS_NAMES
    if named and not _HARMLESS.fullmatch(value.strip()) and not _EXAMPLE.search(value):
        return "a value under a name for secrets"
    return ""


def masked(environment: dict[str, str]) -> dict[str, str]:
    """The same variables, to be recorded: what is secret in them is told by kind and length only."""
    return {name: _masked(secret_of(name, value), value) for name, value in environment.items()}


def shown(text: str) -> str:
    """Enough of a secret to find it again, and not enough to use it."""
    return f"{text[:4]}… ({len(text)} characters)"


def _masked(kind: str, value: str) -> str:
    return f"{MASK} {kind}, {len(value)} characters" if kind and not value.startswith(MASK) else value


def _has_body(after: str) -> bool:
    """A real key: lines of base 64 follow, perhaps behind headers, that are not all alike."""
    begin = after.replace("\\n", "\n").partition("-----")[0][:2000]
    body = "".join(_BODY.findall(begin))
    return len(body) >= 60 and _bits(body) > 3.5 and not _EXAMPLE.search(begin)


def _sum_is_right(token: str) -> bool:
    """The last six characters of these tokens are the CRC-32 of the thirty before, in base 62."""
    entropy, wanted = token[-36:-6], token[-6:]
    number, digits = zlib.crc32(entropy.encode()), ""
    while number:
        number, rest = divmod(number, 62)
        digits = _LETTERS[rest] + digits
    return digits.rjust(6, "0") == wanted


def _bits(text: str) -> float:
    """Of information, a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values()) if text else 0.0
