"""The account of the platform beside those that are there."""

from __future__ import annotations

import pytest

from hitless.building.users import with_user

PASSWD, GROUP = "root:x:0:0:root:/root:/bin/sh\n", "root:x:0:\n"
USERS = "users:x:100:\n"
USER, OURS = "ma-user:x:1000:100::/home/ma-user:/bin/sh\n", "ma-group:x:100:\n"


@pytest.mark.parametrize(
    ("passwd", "group", "expected"),
    [
        pytest.param(PASSWD, GROUP, (PASSWD + USER, GROUP + OURS), id="neither"),
        pytest.param("", "", (USER, OURS), id="no-accounts-at-all"),
        pytest.param(PASSWD.rstrip(), GROUP.rstrip(), (PASSWD + USER, GROUP + OURS), id="without-a-last-line-end"),
        pytest.param(PASSWD, GROUP + USERS, (PASSWD + USER, GROUP + USERS), id="group-100-exists"),
        pytest.param(PASSWD + USER, GROUP + OURS, (PASSWD + USER, GROUP + OURS), id="both-exist"),
        pytest.param("ubuntu:x:1000:1000::/:/bin/sh\n", GROUP, ("ubuntu:x:1000:1000::/:/bin/sh\n", GROUP + OURS),
                     id="the-id-is-somebody-else's"),
        pytest.param("ma-user:x:5:5::/:/sh\n", GROUP, ("ma-user:x:5:5::/:/sh\n", GROUP + OURS), id="the-name-is"),
        pytest.param("# a comment\n", GROUP, ("# a comment\n" + USER, GROUP + OURS), id="odd-lines-stay"),
    ],
)  # fmt: skip
def test_accounts(passwd: str, group: str, expected: tuple[str, str]) -> None:
    assert with_user(passwd, group) == expected
    assert with_user(*expected) == expected
