"""Challenges as registries write them, and as they must not crash us."""

from __future__ import annotations

import pytest

from hitless.images.registry.challenge import Challenge, parse_challenges

HUB = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/python:pull"'
HUB_READ = Challenge(
    "bearer",
    {
        "realm": "https://auth.docker.io/token",
        "service": "registry.docker.io",
        "scope": "repository:library/python:pull",
    },
)


@pytest.mark.parametrize(
    ("values", "challenges"),
    [
        pytest.param([HUB], [HUB_READ], id="docker's own"),
        pytest.param(['Basic realm="a, b"'], [Challenge("basic", {"realm": "a, b"})], id="a comma in quotes"),
        pytest.param([r'Basic realm="say \"a\" \\"'], [Challenge("basic", {"realm": 'say "a" \\'})], id="escapes"),
        pytest.param(["basic REALM=plain"], [Challenge("basic", {"realm": "plain"})], id="letters and no quotes"),
        pytest.param(['Basic realm = "x" , a=b'], [Challenge("basic", {"realm": "x", "a": "b"})], id="blanks"),
        pytest.param(
            [f'Basic realm="x", {HUB}'], [Challenge("basic", {"realm": "x"}), HUB_READ], id="two in one header"
        ),
        pytest.param(["Negotiate", HUB], [Challenge("negotiate", {}), HUB_READ], id="two headers"),
        pytest.param(
            ["Negotiate YWJj==, Basic realm=x"],
            [Challenge("negotiate", {}), Challenge("basic", {"realm": "x"})],
            id="a token68",
        ),
        pytest.param(
            ['Bearer realm="a",scope="pull,push pull"'],
            [Challenge("bearer", {"realm": "a", "scope": "pull,push pull"})],
            id="scopes",
        ),
        pytest.param(["Bearer realm=a, realm=b"], [Challenge("bearer", {"realm": "a"})], id="the first counts"),
        pytest.param([""], [], id="empty"),
        pytest.param([",, ,"], [], id="commas"),
        pytest.param(['Basic realm="open'], [Challenge("basic", {})], id="an open quote"),
        pytest.param(['"quoted"'], [], id="no scheme"),
        pytest.param([], [], id="no header"),
    ],
)
def test_challenges_are_parsed(values: list[str], challenges: list[Challenge]) -> None:
    assert parse_challenges(values) == challenges
