"""Pushes through what registries and networks do wrong: what arrives is whole, and little is sent twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.e2e.images.faulty_registry import IDENTITY, PASSWORD, USER, Faults, FaultyRegistry
from tests.e2e.images.image_samples import random_image
from tests.e2e.images.pushing import SMALL_CHUNKS, Sender, bytes_of, is_whole

from hitless.errors import UnavailableError
from hitless.images.credentials import Login
from hitless.images.faults import ImageError
from hitless.images.image import Image
from hitless.images.layer import Blob, Layer
from hitless.images.registry.resumption import KeptUpload, Resumption
from hitless.images.registry.session import Chunking

MB = 1_000_000
BUSY = (503, {"Content-Length": "0"})
SLOW_DOWN = (429, {"Retry-After": "7", "Content-Length": "0"})


def test_blobs_come_first_and_the_tag_last(sender: Sender) -> None:
    image = random_image(3000, 2 * MB)
    with FaultyRegistry() as registry:
        done = sender.push(registry, image, parallel=4)
        assert is_whole(registry, image)
        assert registry.seen[-1].path == "/v2/team/app/manifests/v1"
        assert str(done.reference) == f"{registry.host}/team/app:v1@{image.digest}"
        assert {blob.digest for blob in done.sent} == {blob.descriptor.digest for blob in image.blobs}
        assert (done.mounted, done.there, done.bytes_sent) == ((), (), bytes_of(image))
        assert (sender.sent, sender.there) == (bytes_of(image), 0)


def test_what_is_there_is_not_sent_again(sender: Sender) -> None:
    image = random_image(3000, 2 * MB)
    with FaultyRegistry() as registry:
        sender.push(registry, image)
        again = Sender(sender.folder)
        done = again.push(registry, image)
        assert len(done.there) == len(image.blobs)
        assert (done.sent, done.bytes_sent) == ((), 0)
        assert (again.sent, again.there) == (0, bytes_of(image))


def test_several_platforms_are_one_index_and_share_their_blobs(sender: Sender) -> None:
    images = [random_image(5000, platform=platform) for platform in ("linux/amd64", "linux/arm64")]
    with FaultyRegistry() as registry:
        done = sender.push(registry, *images)
        assert len(done.sent) == 3  # one layer, two configurations
        assert [seen.path.rpartition("/")[2] for seen in registry.requests("PUT", "/manifests/")] == [
            images[0].digest,
            images[1].digest,
            "v1",
        ]
        assert registry.manifests["team/app", done.reference.digest] == registry.manifests["team/app", "v1"]


def test_a_digest_that_is_not_the_images_is_refused(sender: Sender) -> None:
    with FaultyRegistry() as registry, pytest.raises(ImageError, match="the digest of this image is sha256:"):
        sender.push(registry, random_image(10), to="team/app@sha256:" + 64 * "0")


@pytest.mark.parametrize(
    ("status", "mounted", "sessions"),
    [
        pytest.param(201, 2, 1, id="mounted"),
        pytest.param(202, 0, 1, id="a session instead: it is used"),
        pytest.param(404, 0, 3, id="no such thing"),
        pytest.param(405, 0, 3, id="not allowed"),
    ],
)
def test_layers_are_mounted_where_the_registry_can(sender: Sender, status: int, mounted: int, sessions: int) -> None:
    image = random_image(3000, 50_000)
    layers = {layer.descriptor.digest: "team/base" for layer in image.layers}
    with FaultyRegistry(Faults(mount=status)) as registry:
        registry.blobs |= {("team/base", blob.descriptor.digest): blob.read().read() for blob in image.blobs}
        done = sender.push(registry, image, mounts=layers)
        assert is_whole(registry, image)
        assert len(done.mounted) == mounted
        assert len(registry.requests("POST", "from=team%2Fbase")) == 2
        assert len([seen for seen in registry.requests("POST") if "mount" not in seen.path]) == sessions


@pytest.mark.parametrize("keeps", ["all", "chunks", "nothing"])
@pytest.mark.parametrize("size", [20 * MB])
def test_a_push_cut_five_times_arrives(sender: Sender, keeps: str, size: int) -> None:
    """Only where the registry forgets the whole upload, what it had is sent again."""
    image = random_image(size)
    cuts = [(2 * number + 1) * size // 10 + 12_345 for number in range(5)]
    with FaultyRegistry(Faults(reset_at=list(cuts), keeps=keeps)) as registry:
        done = sender.push(registry, image)
        assert is_whole(registry, image)
        assert registry.faults.reset_at == []
        resent = registry.received - bytes_of(image)
        assert resent == 0 if keeps == "all" else resent > 0
        if keeps != "nothing":
            assert resent < 0.02 * bytes_of(image)
        assert sender.sent == bytes_of(image)  # progress goes back, and ends where it should
        assert done.bytes_sent >= registry.received


@pytest.mark.parametrize("keeps", ["all", "chunks"])
def test_five_cuts_of_a_large_blob_send_less_than_two_percent_twice(sender: Sender, keeps: str) -> None:
    """With the chunks of every day. What left us is counted, too: also what was in buffers when the cut came."""
    image = random_image(130 << 20)
    size = image.layers[0].descriptor.size
    with FaultyRegistry(Faults(reset_at=[size * part // 11 for part in (1, 3, 5, 8, 10)], keeps=keeps)) as registry:
        done = sender.push(registry, image, chunking=Chunking())
        assert registry.faults.reset_at == []
        assert is_whole(registry, image)
        assert registry.received - bytes_of(image) < 0.02 * size
        assert done.bytes_sent_again < 0.02 * size


@pytest.mark.parametrize(
    ("location", "restarts"),
    [
        pytest.param("http://{}/v2/team/app/blobs/uploads/old", 1, id="other bytes"),
        pytest.param("http://{}/v2/team/app/blobs/uploads/none", 0, id="forgotten"),
        pytest.param("ftp://{}/old", 0, id="no address of the web"),
        pytest.param("http://[", 0, id="no address"),
        pytest.param("http://127.0.0.1:9/old", 0, id="nobody there"),
    ],
)
def test_what_was_left_behind_and_is_worth_nothing_is_sent_anew(sender: Sender, location: str, restarts: int) -> None:
    image = random_image(3 * MB)
    digest = image.layers[0].descriptor.digest
    with FaultyRegistry() as registry:
        registry.uploads["old"] = bytearray(MB)
        with Resumption(sender.folder, registry.host, "team/app", digest).claimed() as kept:
            kept.keep(location.format(registry.host), MB, 0)
        sender.push(registry, image)
        assert is_whole(registry, image)
        assert (registry.received > bytes_of(image)) is bool(restarts)
        assert (sender.sent, sender.there) == (bytes_of(image), 0)


def test_what_was_left_behind_is_kept_while_the_registry_is_away(sender: Sender) -> None:
    image = random_image(3 * MB)
    with FaultyRegistry() as registry:
        pass
    key = (registry.host, "team/app", image.layers[0].descriptor.digest)
    with Resumption(sender.folder, *key).claimed() as kept:
        kept.keep(f"http://{registry.host}/old", MB, 0)
    with pytest.raises(UnavailableError):
        sender.push(registry, image)
    with Resumption(sender.folder, *key).claimed() as kept:
        assert kept.load() == KeptUpload(*key, f"http://{registry.host}/old", MB, 0)


def test_a_blob_that_was_cut_in_one_request_goes_on_in_chunks(sender: Sender) -> None:
    image = random_image(3 * MB)
    with FaultyRegistry(Faults(reset_at=[2 * MB])) as registry:
        sender.push(registry, image, chunking=Chunking(above=100 * MB, least=64 << 10))
        assert is_whole(registry, image)
        assert len(registry.requests("PATCH")) > 10


def test_a_proxy_that_takes_no_large_bodies_gets_chunks(sender: Sender) -> None:
    image = random_image(3 * MB)
    with FaultyRegistry(Faults(most_body=400_000)) as registry:
        sender.push(registry, image, chunking=Chunking(above=100 * MB, least=64 << 10))
        assert is_whole(registry, image)
        assert max(seen.received for seen in registry.requests("PATCH")) <= 400_000


def test_chunks_shrink_until_a_proxy_takes_them(sender: Sender) -> None:
    image = random_image(3 * MB)
    with FaultyRegistry(Faults(most_body=400_000, least_chunk=0)) as registry:
        sender.push(registry, image, chunking=Chunking(above=0, least=256 << 10, most=1 << 20))
        assert is_whole(registry, image)


def test_the_smallest_chunk_that_a_registry_takes_is_kept_to(sender: Sender) -> None:
    image = random_image(3 * MB)
    with FaultyRegistry(Faults(least_chunk=1_200_000)) as registry:
        sender.push(registry, image)
        assert is_whole(registry, image)
        assert [seen.received for seen in registry.requests("PATCH")][:2] == [1_200_000, 1_200_000]


@pytest.mark.parametrize("status", [405, 416])
def test_a_registry_without_chunks_gets_the_blob_whole(sender: Sender, status: int) -> None:
    image = random_image(3 * MB)
    with FaultyRegistry(Faults(chunks=status)) as registry:
        sender.push(registry, image)
        assert is_whole(registry, image)


def test_locations_may_be_relative_and_keep_their_query(sender: Sender) -> None:
    image = random_image(3 * MB, 1000)
    with FaultyRegistry(Faults(relative_locations=True)) as registry:
        sender.push(registry, image)
        assert is_whole(registry, image)
        assert all("_state=a%2Fb%3D" in seen.path for seen in registry.requests("PUT", "/uploads/"))


@pytest.mark.parametrize("method", ["HEAD", "POST", "PATCH", "PUT"])
@pytest.mark.parametrize(
    ("answers", "waits"),
    [
        pytest.param([BUSY], [1.0], id="busy once"),
        pytest.param([BUSY, BUSY], [1.0, 3.0], id="busy twice"),
        pytest.param([SLOW_DOWN], [7.0], id="slow down"),
    ],
)
def test_a_busy_registry_is_asked_again(
    sender: Sender, method: str, answers: list[tuple[int, dict[str, str]]], waits: list[float]
) -> None:
    image = random_image(3 * MB)
    with FaultyRegistry(Faults(answers={method: list(answers)})) as registry:
        sender.push(registry, image)
        assert is_whole(registry, image)
        assert sender.waits == waits


def test_after_three_tries_it_is_given_up(sender: Sender) -> None:
    with FaultyRegistry(Faults(answers={"HEAD": [BUSY] * 100})) as registry:
        with pytest.raises(UnavailableError, match="could not be reached in 3 tries: it answers 503"):
            sender.push(registry, random_image(10))
        assert registry.manifests == {}
        assert sender.waits[:2] == [1.0, 3.0]


def test_who_asks_for_a_long_wait_is_not_waited_for(sender: Sender) -> None:
    answers = {"HEAD": [(429, {"Retry-After": "3600", "Content-Length": "0"})] * 9}
    with FaultyRegistry(Faults(answers=answers)) as registry:
        with pytest.raises(UnavailableError, match="come back in 3600 s"):
            sender.push(registry, random_image(10))
        assert sender.waits == []


def test_a_registry_that_is_away_is_named(sender: Sender) -> None:
    with FaultyRegistry() as registry:
        pass
    with pytest.raises(UnavailableError, match=f"{registry.host} could not be reached in 3 tries"):
        sender.push(registry, random_image(10))
    assert sender.waits == [1.0, 3.0]


@pytest.mark.parametrize(
    ("auth", "login"),
    [
        pytest.param("basic", Login(USER, PASSWORD), id="basic"),
        pytest.param("bearer", Login(USER, PASSWORD), id="bearer"),
        pytest.param("bearer", Login(identity_token=IDENTITY), id="identity token"),
    ],
)
def test_who_has_logged_in_is_let_in(sender: Sender, auth: str, login: Login) -> None:
    image = random_image(3000, 2 * MB)
    sender.login = login
    with FaultyRegistry(Faults(auth=auth)) as registry:
        sender.push(registry, image, parallel=4)
        assert is_whole(registry, image)
        tokens = len(registry.requests("GET", "/token")) + len(registry.requests("POST", "/token"))
        assert tokens == (0 if auth == "basic" else 1)  # one token for all of it
        assert registry.seen[0].authorization == ""  # nothing is shown before it is asked for


def test_a_mount_asks_for_a_token_that_allows_it(sender: Sender) -> None:
    image = random_image(3000)
    sender.login = Login(USER, PASSWORD)
    with FaultyRegistry(Faults(auth="bearer")) as registry:
        registry.blobs |= {("team/base", blob.descriptor.digest): blob.read().read() for blob in image.blobs}
        done = sender.push(registry, image, mounts={image.layers[0].descriptor.digest: "team/base"})
        assert len(done.mounted) == 1
        scopes = [scope for _, scope in registry.tokens.values() if scope]
        assert scopes[-1] == "['repository:team/app:pull,push', 'repository:team/base:pull']"


def test_tokens_that_expire_under_way_are_bought_anew(sender: Sender) -> None:
    image = random_image(6 * MB)
    sender.login = Login(USER, PASSWORD)
    with FaultyRegistry(Faults(auth="bearer", token_uses=5)) as registry:
        sender.push(registry, image)
        assert is_whole(registry, image)
        assert len(registry.requests("GET", "/token")) > 10
        assert registry.received - bytes_of(image) < 0.02 * bytes_of(image)


@pytest.mark.parametrize("auth", ["basic", "bearer"])
@pytest.mark.parametrize("login", [None, Login(USER, "wrong")], ids=["nobody", "wrong password"])
def test_who_has_not_is_told_how(sender: Sender, auth: str, login: Login | None) -> None:
    sender.login = login
    with FaultyRegistry(Faults(auth=auth)) as registry:
        with pytest.raises(ImageError, match=r"does not let us [\s\S]*docker login 127\.0\.0\.1:"):
            sender.push(registry, random_image(10))
        assert registry.manifests == {}


def test_bytes_that_are_not_what_they_should_be_are_refused(sender: Sender) -> None:
    image = random_image(3 * MB)
    other = random_image(3 * MB, seed=7)
    layer = Layer(replace(image.layers[0].blob, open=other.layers[0].blob.open), image.layers[0].diff_id)
    with FaultyRegistry() as registry, pytest.raises(ImageError, match="bytes of another digest"):
        sender.push(registry, replace(image, layers=(layer,)))


@pytest.mark.parametrize("chunking", [SMALL_CHUNKS, Chunking()], ids=["chunks", "whole"])
def test_a_blob_that_is_too_short_is_named(sender: Sender, chunking: Chunking) -> None:
    image = random_image(3 * MB)
    short = random_image(2 * MB, seed=7)
    layer = Layer(Blob(image.layers[0].descriptor, short.layers[0].blob.open), image.layers[0].diff_id)
    with FaultyRegistry() as registry, pytest.raises(ImageError, match=r"ends after \d+ of 30\d+ bytes"):
        sender.push(registry, Image(image.configuration, (layer,)), chunking=chunking)
