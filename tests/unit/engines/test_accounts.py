"""Users of an image, as engines understand them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitless.engines.accounts import Account, account_of
from hitless.errors import UnavailableError

PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:100:App:/home/app:/bin/sh\nbroken line\nodd:x:y:1::/:/bin/sh\n"
GROUP = "root:x:0:\nusers:x:100:\nvideo:x:44:app,other\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text(PASSWD)
    (tmp_path / "etc" / "group").write_text(GROUP)
    return tmp_path


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        pytest.param("", Account(0, 0, (), "/root"), id="nobody-says"),
        pytest.param("app", Account(1000, 100, (44,), "/home/app"), id="name"),
        pytest.param("1000", Account(1000, 100, (44,), "/home/app"), id="number-with-a-name"),
        pytest.param("1000:100", Account(1000, 100, (), "/home/app"), id="numbers"),
        pytest.param("app:video", Account(1000, 44, (), "/home/app"), id="names"),
        pytest.param("65532", Account(65532, 0), id="number-without-a-name"),
        pytest.param("65532:7", Account(65532, 7), id="numbers-without-names"),
    ],
)
def test_users(root: Path, user: str, expected: Account) -> None:
    assert account_of(user, root) == expected


@pytest.mark.parametrize("user", ["nobody-here", "app:no-group", "odd"])
def test_names_that_are_not_there(root: Path, user: str) -> None:
    with pytest.raises(UnavailableError, match="there is no"):
        account_of(user, root)


def test_a_link_is_not_followed_out_of_the_image(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("app:x:4:4::/:/bin/sh\n")
    (root / "etc" / "passwd").unlink()
    (root / "etc" / "passwd").symlink_to(tmp_path / "outside")
    with pytest.raises(UnavailableError, match="there is no user 'app'"):
        account_of("app", root)
    assert account_of("1000", Path("/nowhere")) == Account(1000, 0)
