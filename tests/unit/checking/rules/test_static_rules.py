"""Each static rule: a subject that has its fault fails it and no other, one that has not passes all."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.specimens.images import (
    BATCH_SYSTEM,
    CONFIG,
    SYSTEM,
    Content,
    File,
    Folder,
    Link,
    elf,
    layer,
    program,
    specimen,
)
from tests.unit.checking.static_parts import failing, record_of, verdicts
from tests.unit.images.samples import file, layer_of

from hitless.checking.rule import Purpose
from hitless.checking.verdict import Outcome
from hitless.images.image import Image
from hitless.images.layer import Blob, Layer
from hitless.images.manifest import Descriptor
from hitless.images.media import DOCKER_LAYER
from hitless.spec.profiles import DEFAULT, PROFILES, Profile

LABELS = {"org.opencontainers.image.base.digest": "sha256:" + "0" * 64}
BOOT = b"#!/bin/sh\nexec sleep 600\n"


def good(files: Mapping[str, Content] | None = None, **changes: Any) -> Image:
    own = {"/home/run.sh": File(BOOT, 0o755), **(files or {})}
    return specimen(own, **{"labels": LABELS, "base": BATCH_SYSTEM, **changes})


def config(**changes: Any) -> dict[str, Any]:
    """Of the good image, with keys replaced; None removes one."""
    value = {**CONFIG, **changes}
    return {key: entry for key, entry in value.items() if entry is not None}


def health(**changes: Any) -> dict[str, Any]:
    return config(health={**CONFIG["health"], **changes})


def on_top(added: Layer, history: int = 1) -> Image:
    image = good()
    entries = [{"created_by": "more"}] * history
    value = image.configuration.appended([added.diff_id], entries, "")
    return Image(value, (*image.layers, added))


def damaged() -> Image:
    image = good()
    top = image.layers[-1]
    data = bytearray(top.blob.open().read())
    data[600] ^= 1
    broken = Layer(Blob(top.descriptor, lambda: io.BytesIO(bytes(data))), top.diff_id)
    return replace(image, layers=(*image.layers[:-1], broken))


def mixed() -> Image:
    one = layer({"/opt/x": b"1"})
    known = one.descriptor
    return on_top(Layer(Blob(Descriptor(DOCKER_LAYER, known.digest, known.size), one.blob.open), one.diff_id))


def many_layers() -> Image:
    return specimen(
        {"/home/run.sh": BOOT}, labels=LABELS,
        base=good().on_top([layer({"/opt/x": b"1"})] * 125, [{}] * 125, ""),
    )  # fmt: skip


def hiding() -> Image:
    first = good().on_top([layer({"/opt/weights": bytes(10_100_000)})], [{}], "")
    return first.on_top([layer({"/opt/.wh.weights": b""})], [{}], "")


def tiny(limit: int) -> Profile:
    return replace(DEFAULT, image_limit_bytes=limit)


REALTIME, HITLESS, BATCH = Purpose
OTC, FREE, ENGINE = PROFILES["otc"], PROFILES["2025-08"], PROFILES["custom-engine"]

# What is failed, the words for the row, the subject, for what, by which edition.
BAD: list[tuple[list[str], str, Callable[[], Image], Purpose, Profile]] = [
    (["HL101"], "too large", good, REALTIME, tiny(2000)),
    (["HL102"], "a bit flipped",damaged, REALTIME, DEFAULT),
    (["HL103"], "a path twice", lambda: on_top(layer_of(file("opt/a", b"1"), file("opt/a", b"2"))), REALTIME, DEFAULT),
    (["HL104"], "128 layers", many_layers, REALTIME, DEFAULT),
    (["HL105"], "docker's type", mixed, REALTIME, DEFAULT),
    (["HL106"], "history", lambda: on_top(layer({"/opt/x": b"1"}), history=2), REALTIME, DEFAULT),
    (["HL107"], "windows", lambda: good(platform="windows/amd64"), REALTIME, DEFAULT),
    (["HL107"], "riscv", lambda: good(platform="linux/riscv64"), REALTIME, DEFAULT),
    (["HL108"], "python for arm", lambda: good({"/usr/bin/python3": program("arm64")}), REALTIME, DEFAULT),
    (["HL108"], "an image that says arm64", lambda: good(platform="linux/arm64"), REALTIME, DEFAULT),
    (["HL108"], "the program", lambda: good({"/srv/x": program("riscv64")}, command=["/srv/x"]), REALTIME, DEFAULT),
    (["HL109"], "no command", lambda: good(command=None), REALTIME, DEFAULT),
    (["HL109"], "no command, batch", lambda: good(command=None), BATCH, DEFAULT),
    (["HL109"], "program missing", lambda: good(command=["gunicorn", "app:app"]), REALTIME, DEFAULT),
    (["HL109"], "not executable", lambda: good({"/srv/x": elf()}, command=["/srv/x"]), REALTIME, DEFAULT),
    (["HL109"], "script missing", lambda: good(command=["sh", "/home/boot.sh"]), REALTIME, DEFAULT),
    (["HL110"], "python sh", lambda: good(entrypoint=["python3"], command=["sh", "/home/run.sh"]), REALTIME, DEFAULT),
    (["HL110"], "shell form", lambda: good(entrypoint=["/bin/sh", "-c", "sleep 9"]), HITLESS, DEFAULT),
    (["HL111"], "user", lambda: good(user="nobody"), REALTIME, DEFAULT),
    (["HL111"], "group", lambda: good(user="1000:staff"), REALTIME, DEFAULT),
    (["HL112"], "no account", lambda: good({"/etc/passwd": b"root:x:0:0::/:/bin/sh\n"}), REALTIME,
     replace(ENGINE, protocol="http")),
    (["HL113"], "SIGQUIT", lambda: good(stop_signal="SIGQUIT"), HITLESS, DEFAULT),
    (["HL114"], "another port", lambda: good(ports=[5000]), REALTIME, DEFAULT),
    (["HL114"], "udp", lambda: good(ports=["8080/udp", "80/tcp"]), REALTIME, DEFAULT),
    (["HL115"], "package", lambda: good(working_dir="/srv/app", base={**BATCH_SYSTEM, "/srv": Folder(0o700)}),
     REALTIME, DEFAULT),
    (["HL115"], "script", lambda: good({"/home/run.sh": File(BOOT, 0o700)}), REALTIME, DEFAULT),
    (["HL116"], "base", lambda: good(labels=None), REALTIME, DEFAULT),
    (["HL117"], "hidden", hiding, REALTIME, DEFAULT),
    (["HL118"], "no bash", lambda: good({"/start": File(b"#!/bin/bash\n", 0o755)}, command=["/start"]), REALTIME,
     DEFAULT),
    (["HL118"], "env bash", lambda: good({"/usr/bin/start": File(b"#!/usr/bin/env bash\n", 0o755)}, command=["start"]),
     REALTIME, DEFAULT),
    (["HL118"], "carriage return", lambda: good({"/start": File(b"#!/bin/sh\r\n", 0o755)}, command=["/start"]),
     REALTIME, DEFAULT),
    (["HL201"], "errors", lambda: good(config=config(model_type="image", port=0)), HITLESS, DEFAULT),
    (["HL201"], "no JSON", lambda: good({"/app/config.json": b'{"apis": [}'}, config=None), HITLESS, DEFAULT),
    (["HL202"], "warning", lambda: good(config=health(timeout_seconds="")), REALTIME, DEFAULT),
    (["HL203"], "none", lambda: good(config=None), REALTIME, DEFAULT),
    (["HL203", "HL208"], "none, for hitless", lambda: good(config=None), HITLESS, DEFAULT),
    (["HL204"], "two", lambda: good({"/home/config.json": b'{"model_algorithm": "other"}'}), REALTIME, DEFAULT),
    (["HL205"], "port", lambda: good(config=config(port=9000), ports=[9000]), REALTIME, DEFAULT),
    (["HL205"], "port, otc", lambda: good(config=config(port=9000), ports=[]), REALTIME, OTC),
    (["HL206"], "https", lambda: good(config={**health(protocol="https"), "protocol": "https"}), REALTIME, DEFAULT),
    (["HL207"], "no api", lambda: good(config=config(apis=[])), REALTIME, DEFAULT),
    (["HL208"], "no health", lambda: good(config=config(health=None)), HITLESS, DEFAULT),
    (["HL208"], "no health, otc", lambda: good(config=config(health=None)), REALTIME, OTC),
    (["HL209"], "threshold", lambda: good(config=health(failure_threshold="1")), HITLESS, DEFAULT),
    (["HL210"], "delay", lambda: good(config=health(initial_delay_seconds="1500")), HITLESS, DEFAULT),
    (["HL211"], "asks the model", lambda: good(config=config(apis=[{"url": "/health", "method": "get"}])), HITLESS,
     DEFAULT),
    (["HL212"], "dependencies", lambda: good(config=config(dependencies=[
        {"installer": "pip", "packages": [{"package_name": "numpy"}]}])), REALTIME, DEFAULT),
    (["HL213"], "an engine", lambda: good(config=config(model_type="PyTorch")), REALTIME, DEFAULT),
    (["HL214"], "late", lambda: good(config=health(period_seconds="60")), HITLESS, DEFAULT),
    (["HL301"], "no boot file", lambda: specimen({"/srv/x": b""}, base=BATCH_SYSTEM, labels=LABELS), BATCH, DEFAULT),
    (["HL301"], "a folder", lambda: good({"/home/run.sh": Folder()}), BATCH, DEFAULT),
    (["HL301"], "empty", lambda: good({"/home/run.sh": b""}), BATCH, DEFAULT),
    (["HL301"], "a link to nothing", lambda: good({"/home/run.sh": Link("../nothing")}), BATCH, DEFAULT),
    (["HL302"], "CR LF", lambda: good({"/home/run.sh": b"#!/bin/sh\r\nexit\r\n"}), BATCH, DEFAULT),
    (["HL302"], "a mark", lambda: good({"/home/run.sh": b"\xef\xbb\xbf#!/bin/sh\n"}), BATCH, DEFAULT),
    (["HL302"], "a binary", lambda: good({"/home/run.sh": b"a\0b"}), BATCH, DEFAULT),
    (["HL303"], "shell form", lambda: good(command=["/bin/sh", "-c", "sh /home/run.sh"]), BATCH, DEFAULT),
    (["HL303"], "entrypoint", lambda: good(entrypoint=["/bin/sh"], command=["/home/run.sh"]), BATCH, DEFAULT),
    (["HL304"], "no java", lambda: good({"/usr/bin/java": elf()}), BATCH, DEFAULT),
    (["HL304"], "no zip", lambda: good(base=SYSTEM), BATCH, DEFAULT),
    (["HL304"], "not on the PATH", lambda: good(env={"PATH": "/bin"}), BATCH, DEFAULT),
    (["HL305"], "its owner's", lambda: good({"/home/run.sh": File(BOOT, 0o600)}), BATCH, DEFAULT),
]  # fmt: skip


@pytest.mark.parametrize(
    ("expected", "make", "purpose", "profile"),
    [(row[0], *row[2:]) for row in BAD],
    ids=[f"{row[0][0]} {row[1]}" for row in BAD],
)
def test_a_fault_fails_its_rule_alone(
    expected: list[str], make: Callable[[], Image], purpose: Purpose, profile: Profile
) -> None:
    found = verdicts(record_of(make()), purpose, profile)
    is_damaged = expected == ["HL102"]
    told = [name for name, one in found.items() if not one.outcome.conforms and not
            (is_damaged and one.outcome is Outcome.UNPROVEN)]  # fmt: skip
    assert told == expected
    for name in told:
        verdict = found[name]
        assert verdict.message
        assert verdict.outcome is Outcome.UNPROVEN or (verdict.expected and verdict.actual)


GOOD: list[tuple[str, Callable[[], Image], Profile]] = [
    ("the plain one", good, DEFAULT),
    ("no EXPOSE", lambda: good(ports=[]), DEFAULT),
    ("docker's family", lambda: replace(good(), is_docker=True, layers=tuple(
        one.of_family(docker=True) for one in good().layers)), DEFAULT),
    ("arm64", lambda: specimen(
        {"/home/run.sh": BOOT}, platform="linux/arm64/v8", labels=LABELS,
        base={path: program("arm64") if isinstance(content, File) else content
              for path, content in BATCH_SYSTEM.items()}), DEFAULT),
    ("a 32-bit zip", lambda: good({"/usr/bin/zip": program("386")}), DEFAULT),
    ("links on the PATH", lambda: good({
        "/usr/bin/java": Link("/etc/alternatives/java"), "/etc/alternatives/java": Link("../../usr/lib/jvm/bin/java"),
        "/usr/lib/jvm/bin/java": program()}), DEFAULT),
    ("user by name", lambda: good(user="ma-user:ma-group"), DEFAULT),
    ("another port where it is free", lambda: good(config=config(port=9000), ports=[9000]), FREE),
    ("another program's config.json", lambda: good({"/opt/bert/config.json": b'{"architectures": []}'}), DEFAULT),
    ("a copy of its config.json", lambda: good(base=good().on_top(
        [good(working_dir="/srv").layers[-1]], [{}], "")), DEFAULT),
]  # fmt: skip


@pytest.mark.parametrize(("make", "profile"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD])
@pytest.mark.parametrize("purpose", Purpose, ids=str)
def test_no_false_alarm(make: Callable[[], Image], profile: Profile, purpose: Purpose) -> None:
    record = record_of(make())
    found = failing(record, purpose, profile)
    assert found == (["HL205"] if purpose is BATCH and profile is FREE else [])


ENTRYPOINTS: list[tuple[str, dict[str, Any]]] = [
    ("official", {"entrypoint": ["docker-entrypoint.sh"], "command": ["node", "server.js"]}),
    ("tini", {"entrypoint": ["/usr/bin/tini", "--"], "command": ["python3", "app.py"]}),
    ("script of python", {"entrypoint": ["python3"], "command": ["app.py"]}),
    ("text that starts its arguments", {"entrypoint": ["sh", "-c", 'exec "$@"', "x"], "command": ["python3"]}),
    ("nvidia's", {"entrypoint": ["/opt/nvidia/nvidia_entrypoint.sh"], "command": ["/bin/bash"]}),
    ("only an entrypoint", {"entrypoint": ["python3", "app.py"], "command": None}),
]


@pytest.mark.parametrize("changes", [row[1] for row in ENTRYPOINTS], ids=[row[0] for row in ENTRYPOINTS])
def test_usual_entrypoints_swallow_nothing(changes: dict[str, Any]) -> None:
    assert verdicts(record_of(good(**changes)))["HL110"].outcome.conforms


def test_what_is_damaged_is_told_once() -> None:
    """Rules that need the files are unproven, not failed."""
    found = verdicts(record_of(damaged()), BATCH)
    failed = [name for name, verdict in found.items() if verdict.outcome is Outcome.FAILED]
    assert failed == ["HL102"]
    assert found["HL301"].outcome is found["HL201"].outcome is found["HL101"].outcome is Outcome.UNPROVEN


def test_within_gibibytes_is_told() -> None:
    record = record_of(good())
    image_bytes = int(verdicts(record)["HL101"].message.split()[0].replace(",", ""))
    verdict = verdicts(record, profile=tiny(image_bytes - 10))["HL101"]
    assert any("GiB" in one.what for one in verdict.evidence)
    assert not any("GiB" in one.what for one in verdicts(record, profile=tiny(image_bytes // 2))["HL101"].evidence)


def test_the_published_shell_form_is_that_of_its_edition() -> None:
    image = good(command=["/bin/sh", "-c", "/bin/sh /home/run.sh"])
    assert verdicts(record_of(image), BATCH, PROFILES["intl-2023"])["HL303"].outcome is Outcome.PASSED
