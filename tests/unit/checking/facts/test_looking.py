"""Looking at images and folders: what is told of them, whatever they are; nothing that they hold is raised."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.specimens.images import PASSWD, Content, File, Folder, Link, elf, layer, program, specimen
from tests.unit.checking.static_parts import record_of
from tests.unit.images.samples import file, image_of, layer_of

from hitless.checking.events import Ended, Stage, Unseen
from hitless.checking.facts.asked import EXAMPLE, PACKAGE
from hitless.checking.facts.looking import PackageFolder, RootFolder, Wishes
from hitless.checking.facts.scanner import ScannedFile, Sink
from hitless.checking.facts.seen import ConfigSeen, FileSeen, FilesSeen, Finding, ImageSeen, ScannerSeen
from hitless.checking.record import Record
from hitless.errors import InputError, UnavailableError
from hitless.images.digest import Readable
from hitless.images.image import Image
from hitless.images.layer import Blob, Layer
from hitless.images.packing import gzip

BOOT = b"#!/bin/sh\nexec sleep 600\n"
CONTRACT = b'{"apis": []}'


def files_of(record: Record) -> dict[tuple[str, str], FileSeen]:
    return {(one.path, one.asked_for): one for one in record.all(FileSeen)}


def config_of(subject: Image, wishes: Wishes = Wishes()) -> ConfigSeen:  # noqa: B008
    found = record_of(subject, wishes).first(ConfigSeen)
    assert found is not None
    return found


def test_an_image() -> None:
    record = record_of(
        specimen({"/home/run.sh": File(BOOT, 0o755)}, user="1000:100", labels={"a": "b"}, env={"MODE": "x"})
    )
    image, files = record.first(ImageSeen), record.first(FilesSeen)
    assert image is not None
    assert files is not None
    assert (image.platform, image.user, image.ports, image.labels) == (
        "linux/amd64",
        "1000:100",
        ("8080/tcp",),
        {"a": "b"},
    )
    assert image.effective_command == ("sh", "/home/run.sh")
    assert image.environment["MODE"] == "x"
    assert [one.in_base for one in image.layers] == [True, False]
    assert image.unpacked == image.effective == files.effective > 0
    assert image.faults == ()
    assert files.programs == {
        "sh": "/bin/sh", "python": "", "python3": "/usr/bin/python3", "java": "", "zip": "", "unzip": "",
    }  # fmt: skip
    assert files.forms["sh"] == files.forms["python3"] == "amd64"
    assert files.users == {"root": 0, "ma-user": 1000}
    assert files.groups == {"root": 0, "ma-group": 100}
    assert record.missing(Stage.SAFETY)


def test_a_file_with_its_way() -> None:
    record = record_of(
        specimen({"/home/run.sh": Link("/opt/x/boot"), "/opt/x": Folder(0o750, 7, 8), "/opt/x/boot": BOOT})
    )
    boot = files_of(record)["/home/run.sh", "boot file"]
    assert (boot.kind, boot.real_path, boot.mode, boot.layer, boot.size) == ("file", "/opt/x/boot", 0o644, 1, len(BOOT))
    assert boot.content == BOOT, "its bytes went by under another name"
    assert [(step.path, step.mode, step.uid, step.gid) for step in boot.way] == [
        ("/", 0o755, 0, 0), ("/opt", 0o755, 0, 0), ("/opt/x", 0o750, 7, 8),
    ]  # fmt: skip


def test_programs_are_not_kept() -> None:
    record = record_of(specimen({"/srv/app": program()}, command=["/srv/app"]))
    app = files_of(record)["/srv/app", "program"]
    assert (app.kind, app.content) == ("file", None)


SCRIPTS = [
    ("sh", ["sh", "/home/run.sh"], "/home/run.sh"),
    ("in the working folder", ["bash", "-eu", "start"], "/app/start"),
    ("itself", ["/srv/start", "--port", "1"], "/srv/start"),
    ("on the PATH", ["tini", "--", "entry.sh"], "/app/entry.sh"),
    ("in a text", ["/bin/sh", "-c", "cd /srv && exec bash ./start"], "/app/start"),
]


@pytest.mark.parametrize(("command", "path"), [row[1:] for row in SCRIPTS], ids=[row[0] for row in SCRIPTS])
def test_scripts_of_the_command(command: list[str], path: str) -> None:
    files: dict[str, Content] = {name: File(BOOT, 0o755) for name in (
        "/home/run.sh", "/app/start", "/srv/start", "/usr/local/bin/entry.sh")}  # fmt: skip
    seen = files_of(record_of(specimen(files, command=command)))[path, "command"]
    assert (seen.kind, seen.content) == ("file", BOOT)


CONFIGS: list[tuple[str, dict[str, Content], str, tuple[str, ...]]] = [
    ("working folder", {"/app/config.json": CONTRACT, "/x/config.json": CONTRACT}, "/app/config.json", ()),
    ("home", {"/home/config.json": CONTRACT}, "/home/config.json", ()),
    ("hitless", {"/opt/hitless/package/config.json": b"{}"}, "/opt/hitless/package/config.json", ()),
    ("anywhere", {"/srv/a/config.json": CONTRACT, "/srv/config.json": b"[]"}, "/srv/a/config.json", ()),
    ("a link", {"/app/config.json": Link("contract.json"), "/app/contract.json": CONTRACT}, "/app/config.json", ()),
    ("broken", {"/app/config.json": b'{"apis": ['}, "/app/config.json", ()),
    ("two", {"/app/config.json": CONTRACT, "/x/config.json": b'{"model_algorithm": 1}'}, "/app/config.json",
     ("/x/config.json",)),
    ("another program's", {"/app/config.json": b'{"architectures": []}'}, "the declared example", ()),
    ("a folder", {"/app/config.json": Folder()}, "the declared example", ()),
]  # fmt: skip


@pytest.mark.parametrize(("files", "where", "others"), [row[1:] for row in CONFIGS], ids=[row[0] for row in CONFIGS])
def test_the_config_of_an_image(files: dict[str, Content], where: str, others: tuple[str, ...]) -> None:
    seen = config_of(specimen(files, config=None))
    assert (seen.where, seen.others) == (where, others)
    assert seen.assumed is (where == "the declared example")


def test_the_examples_of_a_package() -> None:
    """With what they send, whatever that is called elsewhere; not what is beyond the root or does not lie there."""
    settings = b"""
        [[example]]
        form = { images = "@seven.jpg", again = "@../../../etc/other", none = "@nine.jpg", text = "7" }
        [[example]]
        json = { a = "@b" }
    """
    files: dict[str, Content] = {
        f"{PACKAGE}/hitless.toml": settings, f"{PACKAGE}/seven.jpg": b"7", "/etc/other": b"8", "/seven.jpg": b"no",
        "/srv/hitless.toml": b'[[example]]\nform = { images = "@eight.jpg" }',
    }  # fmt: skip
    record = record_of(specimen(files), Wishes(examples=True))
    assert {one.path: one.content for one in record.all(FileSeen) if one.asked_for == EXAMPLE} == {
        f"{PACKAGE}/hitless.toml": settings, f"{PACKAGE}/seven.jpg": b"7", f"{PACKAGE}/../../../etc/other": b"8",
        f"{PACKAGE}/nine.jpg": None,
    }  # fmt: skip


def test_examples_that_nobody_sends_are_not_kept() -> None:
    record = record_of(specimen({f"{PACKAGE}/hitless.toml": b'[[example]]\nform = { images = "@seven.jpg" }'}))
    assert [one for one in record.all(FileSeen) if one.asked_for == EXAMPLE] == []


def test_which_config_counts(tmp_path: Path) -> None:
    """Given, in the image, beside it, assumed."""
    given, beside = tmp_path / "given.json", tmp_path / "config.json"
    given.write_bytes(b"[]")
    beside.write_bytes(CONTRACT)
    with_one, without = specimen(), specimen(config=None)
    assert config_of(with_one, Wishes(config=given, beside=beside)).where == str(given)
    assert config_of(with_one, Wishes(beside=beside)).where == "/app/config.json"
    assert config_of(without, Wishes(beside=beside)).where == str(beside)
    beside.write_bytes(b'{"name": "an npm package"}')
    assert config_of(without, Wishes(beside=beside)).assumed
    with pytest.raises(InputError, match="CHK-31"):
        record_of(with_one, Wishes(config=tmp_path / "none.json"))


def changed(one: Layer, data: bytes) -> Layer:
    return Layer(Blob(one.descriptor, lambda: io.BytesIO(data)), one.diff_id)


def damaged() -> Image:
    image = specimen()
    top = image.layers[-1]
    return replace(image, layers=(image.layers[0], changed(top, top.blob.open().read()[:700])))


HOSTILE = [
    ("cut off", damaged, "IMG-1"),
    ("leads out", lambda: image_of(layer_of(file("../../etc/passwd", b"x"))), "IMG-2"),
    ("no tar", lambda: image_of(changed(layer_of(file("a")), b"no tar")), "IMG-1"),
]


@pytest.mark.parametrize(("make", "identifier"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_bad_image_is_a_fact(make: Callable[[], Image], identifier: str) -> None:
    record = record_of(make(), Wishes(scanners=[Counting()]))
    image, ended = record.first(ImageSeen), record.first(Ended, Stage.IMAGE)
    assert image is not None
    assert ended is not None
    assert [fault.id for fault in image.faults] == [identifier]
    assert not ended.complete
    assert record.missing(Stage.FILES)
    assert record.missing(Stage.CONFIG)
    assert all(one.lacking for one in record.all(ScannerSeen) if one.name == "counting")


def test_what_is_too_much_is_no_fault(tmp_path: Path) -> None:
    little = Wishes(scanners=[Counting()], most_index_bytes=300)
    record = record_of(specimen(), little)
    image = record.first(ImageSeen)
    assert image is not None
    assert image.faults == ()
    for one in (record, record_of(RootFolder(written(tmp_path, {"/srv/x": b"1", "/srv/y": b"1"})), little)):
        assert "too many files" in one.missing(Stage.FILES)
        assert "too many files" in one.missing(Stage.CONFIG)
        assert all("too many files" in scanner.lacking for scanner in one.all(ScannerSeen))


def test_a_source_that_is_away_raises() -> None:
    one = layer_of(file("a"))

    def away() -> Readable:
        raise UnavailableError("the registry is away")

    with pytest.raises(UnavailableError):
        record_of(image_of(Layer(Blob(one.descriptor, away), one.diff_id)))


def test_names_that_are_no_text() -> None:
    odd = b"/app/\xff.sh".decode("utf-8", "surrogateescape")
    record = record_of(
        image_of(
            layer_of(file(odd[1:], BOOT, mode=0o755), file("home/run.sh")), execution={"Cmd": ["sh", "/home/run.sh"]}
        ),
        Wishes(scanners=[Counting()]),
    )
    assert [one.path for one in record.all(Finding)] == ["app/\ufffd.sh", "home/run.sh"]


def test_secrets_of_the_environment_are_not_recorded() -> None:
    image = record_of(specimen(env={"DB_PASSWORD": "Rk4-vv91qLw2", "MODE": "x"})).first(ImageSeen)
    assert image is not None
    assert "Rk4" not in image.environment["DB_PASSWORD"]
    assert image.environment["MODE"] == "x"


# Folders


def written(root: Path, files: dict[str, Content]) -> Path:
    for path, content in files.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        match content:
            case Link(target):
                place.symlink_to(target)
            case Folder(mode):
                place.mkdir(mode)
            case File(data, mode):
                place.write_bytes(data)
                place.chmod(mode)
            case bytes():
                place.write_bytes(content)
            case _:
                place.write_text(content)
    return root


def test_a_root_file_system(tmp_path: Path) -> None:
    root = written(tmp_path / "root", {
        "/home/run.sh": Link("../opt/boot"), "/opt/boot": BOOT, "/bin/sh": program(), "/etc/passwd": PASSWD,
        "/srv/config.json": CONTRACT, "/etc/outside": Link("/../../../../etc/hostname"),
    })  # fmt: skip
    os.mkfifo(root / "pipe")
    record = record_of(RootFolder(root), Wishes(scanners=[Counting()]), kind="rootfs")
    boot, files, config = (
        files_of(record)["/home/run.sh", "boot file"],
        record.first(FilesSeen),
        record.first(ConfigSeen),
    )
    assert files is not None
    assert config is not None
    assert (boot.content, boot.real_path, boot.layer) == (BOOT, "/opt/boot", -1)
    assert (files.programs["sh"], files.forms["sh"], files.users["ma-user"]) == ("/bin/sh", "amd64", 1000)
    assert not files.has_path
    assert config.where == "/srv/config.json"
    assert record.missing(Stage.IMAGE)
    assert {one.path for one in record.all(Finding)} == {"opt/boot", "bin/sh", "etc/passwd", "srv/config.json"}


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Such as what lies deeper than a path can tell."""
    root = written(tmp_path / "root", {"/home/run.sh": BOOT})
    folder = os.open(root, os.O_RDONLY)
    for _ in range(25):
        os.mkdir("d" * 200, dir_fd=folder)
        inner = os.open("d" * 200, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    record = record_of(RootFolder(root), Wishes(scanners=[Counting()]))
    ended = record.first(Ended, Stage.FILES)
    assert ended is not None
    assert ended.why.startswith("1 of its files and folders could not be read, such as /ddd")
    assert [one.lacking for one in record.all(ScannerSeen) if one.name == "counting"] == [ended.why]


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="CHK-30"):
        record_of(RootFolder(tmp_path / "none"))


def test_a_package(tmp_path: Path) -> None:
    folder = written(tmp_path, {"config.json": CONTRACT, "model.py": b"x = 1\n"})
    record = record_of(PackageFolder(folder), Wishes(scanners=[Counting()]), kind="package")
    config = record.first(ConfigSeen)
    assert config is not None
    assert (config.text, config.where) == (CONTRACT, str(folder / "config.json"))
    assert {one.path for one in record.all(Finding)} == {"config.json", "model.py"}
    assert [one.stage for one in record.all(Unseen)] == [Stage.IMAGE, Stage.FILES]
    with pytest.raises(InputError, match="CHK-31"):
        record_of(PackageFolder(folder / "none"))


# Scanners


class Counting:
    """Finds every file, and counts its bytes."""

    def __init__(self, breaks: str = "") -> None:
        self.breaks = breaks
        self.files: list[ScannedFile] = []

    def begin(self, file: ScannedFile) -> Sink | None:
        self.files.append(file)
        if self.breaks == "begin":
            raise RuntimeError("begin")
        return _Counter(self.breaks, file)

    def finish(self) -> Iterable[ScannerSeen | Finding]:
        if self.breaks == "finish":
            raise RuntimeError("finish")
        return [ScannerSeen(stage=Stage.SAFETY, name="counting", files=len(self.files))]


class _Counter:
    def __init__(self, breaks: str, file: ScannedFile) -> None:
        self.breaks, self.file, self.count = breaks, file, 0

    def feed(self, piece: bytes) -> None:
        self.count += len(piece)
        if self.breaks == "feed":
            raise RuntimeError("feed")

    def end(self) -> Iterable[Finding]:
        if self.breaks == "end":
            raise RuntimeError("end")
        assert self.count == self.file.size
        yield Finding(stage=Stage.SAFETY, scanner="counting", kind="file", path=self.file.path, what="a file")


def test_every_file_of_every_layer_is_scanned_once() -> None:
    base = specimen({"/home/run.sh": BOOT, "/secret": b"1"}, config=None)
    image = base.on_top([layer({"/.wh.secret": b"", "/home/run.sh": b"2", "/x": bytes(3_000_000)}, gzip())], [{}], "")
    scanner = Counting()
    record_of(image, Wishes(scanners=[scanner]))
    names = [file.path for file in scanner.files]
    assert sorted(names) == [
        "bin/sh", "etc/group", "etc/passwd", "home/run.sh", "home/run.sh", "secret", "usr/bin/python3", "x",
    ]  # fmt: skip
    assert {file.path: (file.layer, file.in_base) for file in scanner.files if file.path in ("bin/sh", "secret")} == {
        "bin/sh": (0, True), "secret": (1, False),
    }  # fmt: skip


@pytest.mark.parametrize("breaks", ["begin", "feed", "end", "finish"])
def test_a_scanner_that_breaks_lacks_what_it_did_not_see(breaks: str) -> None:
    well = Counting()
    record = record_of(specimen(), Wishes(scanners=[Counting(breaks), well]))
    told = [one for one in record.all(ScannerSeen) if one.name != "devices"]
    assert len(told) == 2
    assert f"RuntimeError: {breaks}" in told[0].lacking
    assert told[1].lacking == ""
    assert told[1].files == len(well.files) == 6


def test_a_program_of_no_known_kind() -> None:
    odd = File(elf()[:19] + b"\x99" * 9, 0o755)
    files = record_of(specimen({"/bin/sh": File(b"\x7fELF", 0o755), "/usr/bin/zip": odd})).first(FilesSeen)
    assert files is not None
    assert (files.forms["sh"], files.forms["zip"], files.forms["java"]) == ("", "machine 39230", "")
