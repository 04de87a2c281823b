"""Draws inputs, has them judged, keeps what was new, shrinks what failed.

New is an input whose outcome (statuses, reasons of a refusal, what h11 said) has not been seen before: it joins the
corpus, from which most inputs are made. That leads into the parsers written in C, too, where coverage cannot look.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from tests.fuzz import grammar, judge, mutation, treatment
from tests.fuzz.subject import Outcome, Subject, narrow
from tests.fuzz.treatment import Treatment

_MOST_KEPT = 5_000
_ENOUGH_FINDINGS = 20
_SHRINKING = 2_000  # tries
_VARYING = re.compile(r"bytearray\(.*|'.*|\d+", re.DOTALL)


class Input(NamedTuple):
    """`requests`: how many there are for certain, all good; None where that is not known."""

    data: bytes
    treatment: Treatment
    requests: int | None = None


class Finding(NamedTuple):
    input: Input
    fault: str


@dataclass
class Tally:
    inputs: int = 0
    requests: int = 0  # answered
    judged: int = 0  # by h11, too
    agreed: int = 0  # requests that both took
    corpus: list[bytes] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


class Campaign:
    """`run` tries inputs, those of an earlier corpus first; `tally` is what came of all of them."""

    def __init__(self, seed: int, corpus: Sequence[bytes] = ()) -> None:
        self.tally = Tally()
        self._earlier = corpus
        self._source = Random(seed)
        self._seen: set[object] = set()  # outcomes
        self._found: set[str] = set()  # kinds of faults
        self._open()

    def run(self, inputs: int, seconds: float = float("inf")) -> Tally:
        """Until so many inputs were tried, so much time has passed, or enough was found."""
        until = time.monotonic() + seconds
        for data in self._earlier:
            self._try(Input(data, Treatment()))
        while self.tally.inputs < inputs and len(self.tally.findings) < _ENOUGH_FINDINGS and time.monotonic() < until:
            self._try(self._draw())
        return self.tally

    def close(self) -> None:
        self._subject.close()
        self._narrow.close()

    def fault_of(self, given: Input) -> str:
        """What is wrong with what becomes of an input; empty if nothing."""
        try:
            outcome = (self._narrow if given.treatment.narrow else self._subject).run(given.data, given.treatment)
            return self._judge(given, outcome)
        except Exception as error:  # whatever escapes is what we look for
            self.close()
            self._open()
            return f"{type(error).__name__}: {error}"

    def _open(self) -> None:
        self._subject, self._narrow = Subject(), narrow()

    def _draw(self) -> Input:
        source, corpus = self._source, self.tally.corpus
        kind, count = source.random(), None
        if kind < 0.02:
            data = source.randbytes(source.randrange(300))
        elif kind < 0.5 or not corpus:
            data, count = grammar.pipeline(source)
        else:
            data = source.choice(corpus)
        if kind > 0.1:
            other = source.choice(corpus) if corpus else b""
            data, count = mutation.mutated(source, data, other), None
        return Input(data, treatment.drawn(source, len(data)), count)

    def _try(self, given: Input) -> None:
        self.tally.inputs += 1
        fault = self.fault_of(given)
        if fault and _kind(fault) not in self._found:
            self._found.add(_kind(fault))
            self.tally.findings.append(self._shrunk(Finding(given, fault)))

    def _judge(self, given: Input, outcome: Outcome | None) -> str:
        if outcome is None:
            return ""
        self.tally.requests += len(outcome.requests)
        statuses = [told.status for told in outcome.requests]
        if given.treatment.narrow or given.treatment.server_leaves:
            return ""
        if given.requests is not None and (statuses != [200] * given.requests or not outcome.open):
            return f"{given.requests} good requests got {statuses}"
        reading = judge.read(given.data)
        self.tally.judged += 1
        self.tally.agreed += min(statuses.count(200), len(reading.requests))
        self._keep(given.data, (tuple(statuses), _kind(outcome.refusal), _kind(reading.refusal), outcome.open,
                                len(reading.requests)))  # fmt: skip
        return judge.difference(outcome, reading)

    def _keep(self, data: bytes, outcome: object) -> None:
        if outcome in self._seen:
            return
        self._seen.add(outcome)
        if len(self.tally.corpus) < _MOST_KEPT:
            self.tally.corpus.append(data)
        else:
            self.tally.corpus[self._source.randrange(_MOST_KEPT)] = data

    def _shrunk(self, finding: Finding) -> Finding:
        """The same kind of fault from fewer bytes, treated more plainly."""
        best, kind = finding, _kind(finding.fault)
        tries = 0
        for plainer in (Treatment(), finding.input.treatment._replace(cuts=())):
            given = best.input._replace(treatment=plainer, requests=None)
            if _kind(fault := self.fault_of(given)) == kind:
                best = Finding(given, fault)
                break
        size = len(best.input.data)
        while size and tries < _SHRINKING:
            at = 0
            while at < len(best.input.data) and tries < _SHRINKING:
                tries += 1
                data = best.input.data[:at] + best.input.data[at + size :]
                given = best.input._replace(data=data, requests=None)
                if _kind(fault := self.fault_of(given)) == kind:
                    best = Finding(given, fault)
                else:
                    at += size
            size //= 2
        return best


def _kind(text: str) -> str:
    return _VARYING.sub("", text)
