"""Which variables of an image's environment are secrets, and how they are masked."""

from __future__ import annotations

import pytest

from hitless.checking.scanning.secret_shapes import masked, secret_of


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "hunter2"),
        ("MYSQL_ROOT_PASSWORD", "root"),
        ("SECRET_KEY", "a8Fjk2lLzq0"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzz"),
        ("HF_TOKEN", "kfjslkfjdslkfjsd"),
        ("DATABASE_URL", "postgres://me:geh" + "eim@db/x"),
    ],
)
def test_secrets(name: str, value: str) -> None:
    assert secret_of(name, value)
    kept = masked({name: value})[name]
    assert value not in kept
    assert secret_of(name, kept) == secret_of(name, value)
    assert masked({name: kept})[name] == kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH", "/usr/local/bin:/usr/bin"),
        ("GPG_KEY", "A035C8C19219BA821ECEA86B64E628F8D684696D"),
        ("PYTHON_SHA256", "8d3ed8ec5c88c1c95f5e558612a725450d2452813ddad5e58fdb1a53b1209b78"),
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD_FILE", "/run/secrets/db"),
        ("DB_PASSWORD", "/run/secrets/db"),
        ("DB_PASSWORD", "changeme"),
        ("PWD", "app"),
        ("EOS_TOKEN", "</s>"),
        ("MAX_TOKEN", "4096"),
        ("OPENAI_API_KEY", "EMPTY"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "keys/account.json"),
        ("HTTP_PROXY", "http://proxy.example.org:3128"),
    ],
)
def test_no_secrets(name: str, value: str) -> None:
    assert secret_of(name, value) == ""
    assert masked({name: value}) == {name: value}
