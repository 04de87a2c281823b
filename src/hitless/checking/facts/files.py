"""An index of files → the facts about them that rules ask for: FileSeen and FilesSeen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hitless.checking.events import Stage
from hitless.checking.facts.asked import PROGRAMS, Asked
from hitless.checking.facts.programs import find_program
from hitless.checking.facts.seen import FileSeen, FilesSeen, Step
from hitless.images.filesystem import Filesystem
from hitless.images.members import Kind

Contents = Mapping[tuple[int, int], bytes]
Forms = Mapping[tuple[int, int], str]

_KINDS = {Kind.FILE: "file", Kind.FOLDER: "folder"}
_MOST_ACCOUNTS = 2000


def as_text(path: str) -> str:
    """A path as text: bytes that are none are replaced, as no line of a record could hold them."""
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def real_place(files: Filesystem, asked: Asked, path: str) -> str | None:
    """Where what is asked for lies, relative to the root. Bare names are looked for on the PATH; so are scripts that
    are not in the working folder."""
    place = asked.path if asked.path.startswith("/") else find_program(files, path, asked.path)
    real = files.resolve(place) if place else None
    if real is None and asked.why == "command":
        found = find_program(files, path, asked.path.rpartition("/")[2])
        return files.resolve(found) if found else None
    return real


def file_seen(files: Filesystem, asked: Asked, path: str, contents: Contents) -> FileSeen:
    real = real_place(files, asked, path)
    if real is None:
        return FileSeen(stage=Stage.FILES, path=as_text(asked.path), kind="missing", asked_for=asked.why)
    node = files.nodes[real]
    return FileSeen(
        stage=Stage.FILES,
        path=as_text(asked.path),
        kind=_KINDS.get(node.kind, "other"),
        real_path=as_text("/" + real),
        mode=node.mode,
        uid=node.uid,
        gid=node.gid,
        size=node.size,
        layer=node.layer,
        content=contents.get(node.content) if asked.keeps or asked.why == "program" else None,
        way=tuple(_way(files, real)),
        asked_for=asked.why,
    )


def _way(files: Filesystem, real: str) -> Iterator[Step]:
    folder = ""
    for part in [part for part in real.split("/")[:-1] if part] if real else []:
        yield _step(files, folder)
        folder = f"{folder}/{part}" if folder else part
    if real:
        yield _step(files, folder)


def _step(files: Filesystem, folder: str) -> Step:
    node = files.nodes[folder]
    return Step(as_text("/" + folder), node.mode, node.uid, node.gid)


def files_seen(
    files: Filesystem, path: str, contents: Contents, forms: Forms, asked: Sequence[Asked], *, has_path: bool
) -> FilesSeen:
    programs = {name: find_program(files, path, name) for name in PROGRAMS}
    for one in asked:
        if one.why == "program" and (real := real_place(files, one, path)) is not None:
            programs.setdefault(one.path, "/" + real)
    return FilesSeen(
        stage=Stage.FILES,
        count=sum(1 for _ in files.files()),
        effective=files.sizes.effective,
        programs={name: as_text(place) for name, place in programs.items()},
        users=_numbers(files, "etc/passwd", contents),
        groups=_numbers(files, "etc/group", contents),
        path=path,
        has_path=has_path,
        forms={name: _form(files, place, forms) for name, place in programs.items()},
    )


def _form(files: Filesystem, place: str, forms: Forms) -> str:
    node = files.find(place) if place else None
    return "" if node is None else forms.get(node.content, "")


def _numbers(files: Filesystem, path: str, contents: Contents) -> dict[str, int]:
    """passwd(5), group(5): name, password, number; lines that are none are left aside."""
    node = files.find(path)
    text = b"" if node is None else contents.get(node.content, b"")
    rows: Sequence[list[str]] = [line.split(":") for line in text.decode("utf-8", "replace").splitlines()]
    numbers = [(row[0], int(row[2])) for row in rows if len(row) > 2 and row[0] and _is_number(row[2])]
    return dict(reversed(numbers[:_MOST_ACCOUNTS]))  # of two with one name, the first counts


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 10
