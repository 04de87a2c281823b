"""The columns: what happens to the server while a connection is at a step, and when client and model do the rest.

An event is a function that takes a placed step to its end and returns what became of it (`outcomes`). It also sees to
the server itself: it leaves with exit code 0, or goes on serving.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.hitless.instance import Instance
from tests.hitless.outcomes import Outcome, outcome
from tests.hitless.steps import Placed, Step

_FOREVER = ("--linger", "60", "--deadline", "90")
_AT_ONCE = ("--linger", "0.1", "--deadline", "60")
_SHORT = ("--linger", "0.1", "--deadline", "3")


@dataclass(frozen=True)
class Scene:
    """A step that is reached. `complete` does what is owed; `expected` is what the table says."""

    instance: Instance
    step: Step
    placed: Placed
    rest: Iterator[Placed]
    expected: Outcome

    def complete(self) -> None:
        next(self.rest, None)


Happening = Callable[[Scene], str]


@dataclass(frozen=True)
class Event:
    name: str
    meaning: str
    run: Happening
    arguments: tuple[str, ...]
    workers: int = 1


EVENTS: dict[str, Event] = {}


def _event(name: str, meaning: str, arguments: tuple[str, ...], workers: int = 1) -> Callable[[Happening], Happening]:
    def known(run: Happening) -> Happening:
        EVENTS[name] = Event(name, meaning, run, arguments, workers)
        return run

    return known


@_event("linger", "SIGTERM, and a second one, which changes nothing; the rest comes within the linger", _FOREVER)
def _in_the_linger(scene: Scene) -> str:
    instance = scene.instance
    instance.signal(signal.SIGTERM)
    instance.lingering()
    instance.signal(signal.SIGTERM)
    scene.complete()
    found = outcome(scene.placed, goes_on=True)
    instance.answers()  # new connections are welcome (EXIT-2)
    instance.hang_up()
    instance.signal(signal.SIGINT)
    instance.leaves_well()
    assert instance.said("SIGTERM: ") == 1
    return found


def _drained(scene: Scene) -> str:
    instance = scene.instance
    instance.draining()
    if scene.expected is not Outcome.CLOSED:  # else it is closed as it is
        scene.complete()
    found = outcome(scene.placed, goes_on=False)
    instance.hang_up()
    instance.leaves_well()
    return found


@_event("drain", "SIGTERM; the rest comes after the linger", _AT_ONCE)
def _in_the_drain(scene: Scene) -> str:
    scene.instance.signal(signal.SIGTERM)
    return _drained(scene)


@_event("interrupt", "SIGINT, which has no linger; then the rest comes", _FOREVER)
def _interrupt(scene: Scene) -> str:
    scene.instance.signal(signal.SIGINT)
    return _drained(scene)


@_event("never", "SIGTERM; the rest never comes", _SHORT)
def _never(scene: Scene) -> str:
    scene.instance.signal(signal.SIGTERM)
    scene.instance.leaves_well()
    return outcome(scene.placed, goes_on=False)


@_event("frozen", "SIGTERM, while every worker is stopped (SIGSTOP) for good", _SHORT)
def _frozen(scene: Scene) -> str:
    scene.instance.hold(*scene.instance.workers())
    return _never(scene)


def _goes_on_serving(instance: Instance) -> None:
    instance.answers()
    instance.hang_up()
    instance.signal(signal.SIGINT)
    instance.leaves_well()


@_event("killed", "SIGKILL of the worker that has it", _FOREVER, workers=2)
def _killed(scene: Scene) -> str:
    instance = scene.instance
    victim = instance.owner(scene.placed.client) or instance.workers()[0]
    [survivor] = [pid for pid in instance.workers() if pid != victim]
    bystander = None if scene.step.name.startswith("accept queue") else instance.connect(at=survivor)
    if bystander is not None:
        instance.speak(bystander)
    instance.kill(victim)
    if scene.expected is Outcome.GOES_ON:
        scene.complete()
    found = outcome(scene.placed, goes_on=True)
    if bystander is not None:
        assert instance.asks(bystander), "the other worker goes on"
    _goes_on_serving(instance)
    return found


@_event("other killed", "SIGKILL of another worker; then the rest comes", _FOREVER, workers=2)
def _other_killed(scene: Scene) -> str:
    instance = scene.instance
    owner = instance.owner(scene.placed.client) or instance.workers()[0]
    [other] = [pid for pid in instance.workers() if pid != owner]
    instance.kill(other)
    scene.complete()
    found = outcome(scene.placed, goes_on=True)
    _goes_on_serving(instance)
    return found


@_event("reload", "SIGHUP; the rest comes when the new version serves", _FOREVER)
def _reload(scene: Scene) -> str:
    instance = scene.instance
    instance.signal(signal.SIGHUP)
    instance.says("the new version serves")
    instance.queued(0)  # whoever waited has been taken, by the new one where the old one is held
    scene.complete()
    found = outcome(scene.placed, goes_on=True)
    _goes_on_serving(instance)
    return found
