"""Each static rule: a subject that has its fault fails it and no other, one that has not passes all."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
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

from hitless.checking.events import Stage
from hitless.checking.facts.looking import PackageFolder, RootFolder
from hitless.checking.facts.seen import FileSeen, Step
from hitless.checking.rule import Purpose
from hitless.checking.rules.access import READ, barred
from hitless.checking.verdict import Outcome
from hitless.images.image import Image
from hitless.images.layer import Blob, Layer
from hitless.images.manifest import Descriptor
from hitless.images.media import DOCKER_LAYER
from hitless.spec.profiles import DEFAULT, PROFILES, Profile

LABELS = {"org.opencontainers.image.base.digest": "sha256:" + "0" * 64}
START = b"exec python3 -m server\n"
BOOT = b"#!/bin/sh\n" + START


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


def starting(path: str, first_line: bytes) -> Image:
    """An image that starts a script by its name."""
    return good({path: File(first_line + START, 0o755)}, command=[path.removeprefix("/usr/bin/")])


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
    (["HL110"], "shell form", lambda: good(entrypoint=["/bin/sh", "-c", "exec python3 -m server"]), HITLESS, DEFAULT),
    (["HL110"], "sh -c", lambda: good(entrypoint=["sh", "-c"], command=["python3", "app.py"]), REALTIME, DEFAULT),
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
    (["HL118"], "no bash", lambda: starting("/start", b"#!/bin/bash\n"), REALTIME, DEFAULT),
    (["HL118"], "env bash", lambda: starting("/usr/bin/start", b"#!/usr/bin/env bash\n"), REALTIME, DEFAULT),
    (["HL118"], "carriage return", lambda: starting("/start", b"#!/bin/sh\r\n"), REALTIME, DEFAULT),
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
    (["HL302"], "CR LF", lambda: good({"/home/run.sh": BOOT.replace(b"\n", b"\r\n")}), BATCH, DEFAULT),
    (["HL302"], "a mark", lambda: good({"/home/run.sh": b"\xef\xbb\xbf" + BOOT}), BATCH, DEFAULT),
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
    ("one text", {"entrypoint": ["/bin/bash", "-c"], "command": ["exec python3 app.py"]}),
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


@pytest.mark.parametrize("purpose", Purpose, ids=str)
def test_a_root_file_system_is_judged_by_its_files(tmp_path: Path, purpose: Purpose) -> None:
    """What only a manifest tells is unproven."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "run.sh").write_bytes(BOOT)
    (tmp_path / "home" / "config.json").write_bytes(json.dumps(CONFIG).encode())
    found = verdicts(record_of(RootFolder(tmp_path), kind="root file system"), purpose)
    assert {name for name, one in found.items() if one.outcome is Outcome.FAILED} <= {"HL304"}
    assert {name for name, one in found.items() if one.outcome is Outcome.UNPROVEN} >= {"HL101", "HL102", "HL109"}
    assert found["HL201"].outcome is Outcome.PASSED


def test_a_package_is_judged_by_its_contract(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({**CONFIG, "health": None, "model_type": "PyTorch"}))
    found = verdicts(record_of(PackageFolder(tmp_path), kind="package"), HITLESS)
    assert found["HL213"].outcome is Outcome.NOT_APPLICABLE
    assert found["HL201"].outcome is not Outcome.UNPROVEN
    assert found["HL109"].outcome is found["HL118"].outcome is Outcome.UNPROVEN


WAYS = [
    ("all may", 0o755, 0o644, ""),
    ("the folder is closed", 0o700, 0o644, "/srv has the mode 0700 of 0:0 and cannot be passed"),
    ("the file is closed", 0o755, 0o640, "/srv/x has the mode 0640 of 0:0"),
]


@pytest.mark.parametrize(("folder", "mode", "expected"), [row[1:] for row in WAYS], ids=[row[0] for row in WAYS])
def test_access(folder: int, mode: int, expected: str) -> None:
    seen = FileSeen(
        stage=Stage.FILES, path="/srv/x", kind="file", real_path="/srv/x", mode=mode, way=(Step("/srv", folder, 0, 0),)
    )
    assert barred(seen, READ, 1000, 100) == expected
    assert barred(seen, READ, 0, 0) == ""


def test_the_first_class_that_fits_counts_alone() -> None:
    """An owner that may not read cannot, though all others can."""
    seen = FileSeen(stage=Stage.FILES, path="/x", kind="file", real_path="/x", mode=0o044, uid=1000, gid=100)
    assert barred(seen, READ, 1000, 100)
    assert not barred(seen, READ, 1001, 100)
    assert not barred(seen, READ, 1001, 101)
