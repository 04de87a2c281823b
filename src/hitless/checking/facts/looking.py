"""Looks at what does not run, in one pass over its bytes, and tells all of it as facts. Nothing is judged here.

A damaged or hostile image is itself a fact; what could not be seen for it is Unseen. Raised is only what keeps one from
looking at all: InputError, UnavailableError.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hitless.checking.events import Ended, Stage, Unseen
from hitless.checking.facts import configs
from hitless.checking.facts.asked import (
    BOOT_FILE,
    CONFIG,
    EXAMPLES,
    MOST_KEPT_BYTES,
    MOST_SETTINGS,
    PACKAGE,
    SETTINGS,
    Asked,
    asked_of,
    examples_of,
    heads,
    interpreter_of,
    kept,
    place_of,
)
from hitless.checking.facts.files import file_seen, files_seen, real_place
from hitless.checking.facts.folder import Walk, read_folder, read_more
from hitless.checking.facts.forms import SCRIPT
from hitless.checking.facts.image_seen import image_seen
from hitless.checking.facts.passing import Passing
from hitless.checking.facts.programs import DEFAULT_PATH
from hitless.checking.facts.scanner import Scanner
from hitless.checking.facts.seen import ConfigSeen, FileSeen, FilesSeen, Finding, ImageSeen, ScannerSeen
from hitless.images.faults import ImageError, TooLargeError
from hitless.images.filesystem import Filesystem
from hitless.images.flattening import flatten, read_again
from hitless.images.image import Image
from hitless.images.listing import Listings
from hitless.images.members import Kind
from hitless.images.node import Node
from hitless.images.validate import examine, examine_unopened

Seen = ImageSeen | FileSeen | FilesSeen | ConfigSeen | ScannerSeen | Finding | Ended | Unseen
ReadMore = Callable[[dict[str, Node]], dict[tuple[int, int], bytes]]


@dataclass(frozen=True)
class Wishes:
    """`config`: the config.json that the user gave; `beside`: where one may lie beside the subject. `most_index_bytes`:
    of memory for the names of files, about; some 245 000 files, and with all scanners less than 200 MB in all.
    `listings`: of layers whose bytes are believed and not read; none where an image is to be proven. `unopened`: why no
    layer of an image is to be opened; empty where they are. `examples`: those of a package are to be sent later."""

    config: Path | None = None
    beside: Path | None = None
    scanners: Sequence[Scanner] = ()
    most_index_bytes: int = 92 << 20
    listings: Listings | None = None
    unopened: str = ""
    examples: bool = False


@dataclass(frozen=True)
class RootFolder:
    """An unpacked root file system."""

    folder: Path


@dataclass(frozen=True)
class PackageFolder:
    """A model package."""

    folder: Path


def look(subject: Image | RootFolder | PackageFolder, wishes: Wishes, what: str = "the image") -> Iterator[Seen]:
    """Everything about one subject. InputError for a config.json that cannot be read, before anything else."""
    given = configs.read_given(wishes.config) if wishes.config is not None else None
    match subject:
        case Image():
            return _look_at_image(subject, wishes, given, what)
        case RootFolder(folder):
            return _look_at_root(folder, wishes, given)
        case PackageFolder(folder):
            return _look_at_package(folder, wishes, given)


def _look_at_image(image: Image, wishes: Wishes, given: ConfigSeen | None, what: str) -> Iterator[Seen]:
    configuration = image.configuration
    asked = asked_of(configuration.effective_command, configuration.working_dir, examples=wishes.examples)
    passing = Passing(wishes.scanners, heads(asked), configuration.history, len(image.layers))

    def files_of(image: Image) -> Filesystem:
        return flatten(
            image,
            kept(asked),
            passing.show,
            show_hidden=True,
            ahead=True,
            most_file_bytes=MOST_KEPT_BYTES,
            most_index_bytes=wishes.most_index_bytes,
            listings=wishes.listings,
        )

    found = examine_unopened(image, what, wishes.unopened) if wishes.unopened else examine(image, what, files_of)
    yield image_seen(image, found)
    if found.filesystem is None:
        yield Ended(stage=Stage.IMAGE, at_s=0.0, complete=False, why=found.lacking)
        yield Unseen(stage=Stage.FILES, why=found.lacking)
        yield given or Unseen(stage=Stage.CONFIG, why=found.lacking)
    else:
        variables = configuration.environment
        path = variables.get("PATH") or DEFAULT_PATH

        def more(nodes: dict[str, Node]) -> dict[tuple[int, int], bytes]:
            again = list(nodes.values())
            return read_again(image, again, most_file_bytes=MOST_KEPT_BYTES, listings=wishes.listings)

        looked = _Looked(found.filesystem, path, "PATH" in variables, more)
        yield from looked.facts(asked, configuration.working_dir, given, wishes.beside, passing)
        yield from _devices(found.filesystem, wishes)
    yield from passing.finish(found.lacking)


def _devices(files: Filesystem, wishes: Wishes) -> Iterator[ScannerSeen | Finding]:
    """They are no files, so no scanner was shown them."""
    if not wishes.scanners:
        return iter(())
    from hitless.checking.scanning.modes import devices  # with all scanners, which a build does without

    return iter(devices(files.nodes))


def _look_at_root(folder: Path, wishes: Wishes, given: ConfigSeen | None) -> Iterator[Seen]:
    asked = asked_of((), "", examples=wishes.examples)
    passing = Passing(wishes.scanners, heads(asked))
    yield Unseen(stage=Stage.IMAGE, why="an unpacked root file system has no manifest and no configuration")
    try:
        walk = read_folder(folder, kept(asked), passing.show, MOST_KEPT_BYTES, wishes.most_index_bytes)
    except TooLargeError as error:
        yield Unseen(stage=Stage.FILES, why=error.problems[0].message)
        yield given or Unseen(stage=Stage.CONFIG, why=error.problems[0].message)
        yield from passing.finish(error.problems[0].message)
        return
    looked = _Looked(walk.filesystem, DEFAULT_PATH, False, lambda nodes: read_more(folder, nodes, MOST_KEPT_BYTES))
    yield from looked.facts(asked, "", given, wishes.beside, passing)
    yield from _missed(walk)
    yield from _devices(walk.filesystem, wishes)
    yield from passing.finish(walk.lacking)


def _missed(walk: Walk) -> Iterator[Ended]:
    if walk.lacking:
        yield Ended(stage=Stage.FILES, at_s=0.0, complete=False, why=walk.lacking)


def _look_at_package(folder: Path, wishes: Wishes, given: ConfigSeen | None) -> Iterator[Seen]:
    """InputError for one without a config.json that can be read."""
    passing = Passing(wishes.scanners, lambda _, __: False)
    config = given or configs.read_given(folder / CONFIG)
    for stage in (Stage.IMAGE, Stage.FILES):
        yield Unseen(stage=stage, why="a package is no image: build it, and check what comes out")
    yield config
    try:
        walk = read_folder(folder, lambda _: False, passing.show, MOST_KEPT_BYTES, wishes.most_index_bytes)
    except ImageError as error:
        yield from passing.finish(error.problems[0].message)
        return
    yield from _devices(walk.filesystem, wishes)
    yield from passing.finish(walk.lacking)


@dataclass(frozen=True)
class _Looked:
    """The files of an image or of a folder, and how more of their contents are got."""

    files: Filesystem
    path: str
    has_path: bool
    more: ReadMore

    def facts(
        self,
        asked: Sequence[Asked],
        working_dir: str,
        given: ConfigSeen | None,
        beside: Path | None,
        passing: Passing,
    ) -> Iterator[Seen]:
        folders = (working_dir, BOOT_FILE.rpartition("/")[0], PACKAGE)
        places = [place_of(CONFIG, folder) for folder in folders if folder]
        contents = self._contents(passing.forms, [*asked, *(Asked(place, "config", keeps=True) for place in places)])
        config = given or self._config(places, contents) or configs.beside(beside) or configs.assumed()
        examples = self._examples(contents)
        contents |= self._contents(passing.forms, examples)
        wanted = [*asked, *examples]
        if given is None and config.where.startswith("/") and self.files.resolve(config.where) is not None:
            wanted.append(Asked(config.where.rpartition("/")[0] or "/", "package"))
        wanted += [Asked(f"/{path}", "settings") for path in islice(self._named(SETTINGS), MOST_SETTINGS)]
        seen = [file_seen(self.files, one, self.path, contents) for one in wanted]
        named = {interpreter_of(one.content): None for one in seen if one.asked_for == "program" and one.content}
        seen += [file_seen(self.files, Asked(path, "interpreter"), self.path, contents) for path in named if path]
        yield from seen
        yield files_seen(self.files, self.path, contents, passing.forms, wanted, has_path=self.has_path)
        yield config

    def _contents(self, forms: Mapping[tuple[int, int], str], asked: Collection[Asked]) -> dict[tuple[int, int], bytes]:
        """With those whose bytes went by under another name; a program is no text, and is not kept."""
        contents = dict(self.files.contents)
        lacking = {}
        for one in asked:
            real = real_place(self.files, one, self.path)
            node = self.files.nodes[real] if real is not None else None
            is_script = node is not None and one.why == "program" and forms.get(node.content) == SCRIPT
            if real is not None and node is not None and (one.keeps or is_script) and self._is_lacking(node, contents):
                lacking[real] = node
        if lacking:
            contents |= self.more(lacking)
        return {content: data for content, data in contents.items() if not data.startswith(b"\x7fELF")}

    def _examples(self, contents: Mapping[tuple[int, int], bytes]) -> tuple[Asked, ...]:
        node = self.files.find(EXAMPLES)
        return examples_of(contents.get(node.content, b"")) if node is not None else ()

    def _is_lacking(self, node: Node, contents: Collection[tuple[int, int]]) -> bool:
        is_small = node.kind is Kind.FILE and node.size <= MOST_KEPT_BYTES and not node.attributes.is_sparse
        return is_small and node.content not in contents

    def _named(self, names: Collection[str]) -> Iterator[str]:
        return (path for path in self.files.nodes if path.rpartition("/")[2] in names)

    def _config(self, places: Sequence[str], contents: Mapping[tuple[int, int], bytes]) -> ConfigSeen | None:
        found = {"/" + path: self.files.find(path) for path in self._named({CONFIG})}
        texts = {path: contents[node.content] for path, node in found.items() if node and node.content in contents}
        return configs.within(texts, places, f"{PACKAGE}/{CONFIG}")
