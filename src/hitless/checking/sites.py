"""A subject opened: what is seen of it without running it, and the site on which its instances are run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from hitless.checking.events import Stage, Unseen
from hitless.checking.examples import SETTINGS
from hitless.checking.facts.asked import EXAMPLE, PACKAGE
from hitless.checking.facts.configs import assumed, read_given
from hitless.checking.facts.looking import PackageFolder, RootFolder, look
from hitless.checking.facts.looking import Wishes as Looking
from hitless.checking.facts.seen import FileSeen
from hitless.checking.probes.golden import Read, package_goldens
from hitless.checking.probes.recorder import Recorder
from hitless.checking.probes.site import Site
from hitless.checking.record import Kind
from hitless.checking.scanning.apart import Apart
from hitless.checking.subject import opened_image
from hitless.checking.wishes import Wishes
from hitless.engines.choosing import CONTAINER_ENGINES, place_for, sandbox_over
from hitless.engines.containers import ContainerEngine
from hitless.engines.found import any_engine, engine_named
from hitless.engines.process import ProcessEngine
from hitless.engines.running import Confinement, Engine, Start
from hitless.engines.service import ServiceEngine, refuse_silent
from hitless.images.image import Image
from hitless.spec.contract import Contract

SiteOf = Callable[[Contract], AbstractContextManager[Site]]
_NO_IMAGE = "a running service is seen from outside only: check its image for the rest"


@contextlib.contextmanager
def looked_at(subject: str, kind: Kind, wishes: Wishes, stages: set[Stage], recorder: Recorder) -> Iterator[SiteOf]:
    """All that can be seen without running it is recorded; the subject stays open for the length of the block."""
    wishes.tell("", "looking at it")

    def look_at(opened: Image | RootFolder | PackageFolder, what: str = "the image") -> None:
        scans = Stage.SAFETY in stages
        with contextlib.closing(Apart(clamav=not wishes.quick)) if scans else contextlib.nullcontext() as scanner:
            scanners = [scanner] if scanner else []
            looking = Looking(wishes.config, _beside(subject), scanners, examples=not wishes.static)
            for fact in look(opened, looking, what):
                recorder.add(fact)

    match kind:
        case Kind.IMAGE:
            with opened_image(subject, engine=wishes.engine) as (image, what):
                look_at(image, what)
                yield lambda contract: _image_site(image, contract, wishes, _kept(recorder))
        case Kind.ROOT:
            look_at(RootFolder(Path(subject)))
            yield lambda contract: _root_site(Path(subject), contract, wishes, _kept(recorder))
        case Kind.PACKAGE:
            look_at(PackageFolder(Path(subject)))
            yield lambda contract: _package_site(Path(subject), contract, wishes)
        case Kind.SERVICE:
            for stage in (Stage.IMAGE, Stage.FILES, Stage.SAFETY):
                recorder.add(Unseen(stage=stage, why=_NO_IMAGE))
            recorder.add(read_given(wishes.config) if wishes.config is not None else assumed())
            yield lambda contract: _service_site(subject, contract, wishes)


def _beside(subject: str) -> Path | None:
    """Where a config.json may lie beside an archive or a layout."""
    path = Path(subject.removeprefix("oci:"))
    return path.resolve().parent if path.is_file() else None


def _kept(recorder: Recorder) -> Read:
    """The files of the package in an image, as far as its examples are of them."""
    files = {file.path: file.content for file in recorder.record().all(FileSeen) if file.asked_for == EXAMPLE}
    return lambda name: files.get(f"{PACKAGE}/{name}")


@contextlib.contextmanager
def _image_site(image: Image, contract: Contract, wishes: Wishes, read: Read) -> Iterator[Site]:
    with place_for(image, wishes.engine) as place:
        yield _with_examples(_site(place.engine, place.subject, contract, wishes), read)


@contextlib.contextmanager
def _root_site(folder: Path, contract: Contract, wishes: Wishes, read: Read) -> Iterator[Site]:
    """It has no configuration: what is started is the boot file of the edition."""
    command = wishes.profile.boot_command or ("sh", "/home/run.sh")
    with sandbox_over(folder, command, wishes.engine) as engine:
        yield _with_examples(_site(engine, str(folder), contract, wishes), read)


@contextlib.contextmanager
def _package_site(folder: Path, contract: Contract, wishes: Wishes) -> Iterator[Site]:
    def read(name: str) -> bytes | None:
        try:
            return (folder / name).read_bytes()
        except (OSError, ValueError):
            return None

    yield _with_examples(_site(ProcessEngine(), str(folder.resolve()), contract, wishes, confined=False), read)


def _with_examples(site: Site, read: Read) -> Site:
    """Those of the package itself, where the user gave none."""
    settings = None if site.goldens else read(SETTINGS)
    return site if settings is None else replace(site, goldens=package_goldens(settings, read, site.contract))


@contextlib.contextmanager
def _service_site(url: str, contract: Contract, wishes: Wishes) -> Iterator[Site]:
    refuse_silent(url)
    engine = ServiceEngine(url, pid=wishes.pid or None, container=wishes.container, engine=_keeper(wishes))
    site = _site(engine, url, contract, wishes, confined=False)
    yield replace(site, single=True, can_signal=engine.can_signal)


def _keeper(wishes: Wishes) -> ContainerEngine | None:
    """The engine that has the container."""
    if not wishes.container:
        return None
    return engine_named(wishes.engine) if wishes.engine in CONTAINER_ENGINES else any_engine()


def _site(engine: Engine, subject: str, contract: Contract, wishes: Wishes, *, confined: bool = True) -> Site:
    start = Start(subject, port=contract.port, confinement=Confinement() if confined else None)
    return Site(
        engine, start, contract, wishes.profile, wishes.purpose, seed=wishes.seed, quick=wishes.quick,
        goldens=wishes.goldens(contract), tell=wishes.tell,
    )  # fmt: skip
