"""What the subject writes, and where: HL510 to HL513 (LOG-1)."""

from __future__ import annotations

from pathlib import PurePosixPath

from hitless.checking import again
from hitless.checking.events import Begun, Exchange, Logged, Noted, Stage, Wrote
from hitless.checking.probes.purposes import FILLED, TRACE
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.starts import first_start, shown
from hitless.checking.verdict import Evidence, Verdict, failed, not_applicable, passed, unproven

TRACE_S = 2.0
_LATENESS_S = 0.25  # of a line on its way through an engine
_SILENT = "it did not get ready"


def _lines(seen: Seen) -> tuple[Logged, ...]:
    return first_start(seen.record, Stage.START).lines


def _log_files(seen: Seen) -> list[str]:
    """Files that it wrote and that look like logs."""
    paths = [path for one in seen.all(Wrote, Stage.START) for path in one.paths]
    return [path for path in paths if _is_log(PurePosixPath(path))]


def _is_log(path: PurePosixPath) -> bool:
    return ".log" in path.suffixes or path.name in ("nohup.out", "log.txt", "logs.txt") or "log" in path.parts[1:-1]


def _trace(seen: Seen) -> Exchange | None:
    return next((one for one in seen.all(Exchange, Stage.START) if one.purpose == TRACE and one.status), None)


def _traced(seen: Seen, trace: Exchange) -> list[Logged]:
    until = trace.until_s + TRACE_S + _LATENESS_S
    return [line for line in _lines(seen) if trace.at_s <= line.at_s <= until]


def _is_only_asked(seen: Seen) -> bool:
    return any(one.where == "service" for one in seen.all(Begun, Stage.START))


def _held_back(seen: Seen, trace: Exchange) -> list[Logged]:
    """Lines that came only when many requests had been sent."""
    filled = next((one for one in seen.all(Noted, Stage.START) if one.what == FILLED), None)
    if filled is None or _traced(seen, trace):
        return []
    return [line for line in _lines(seen) if trace.until_s < line.at_s <= filled.at_s]


@rule(
    "HL510", "LOG-1", Level.MUST, Stage.START,
    fix="""
    logging.basicConfig(stream=sys.stdout)                      # Python
    gunicorn --access-logfile - --error-logfile - app:app        # Gunicorn
    RUN ln -sf /dev/stdout /var/log/nginx/access.log             # nginx
    """,
    bad="""
    logging.basicConfig(filename="/var/log/service.log")
    """,
    good="""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO)
    """,
)  # fmt: skip
def logs_to_its_output(seen: Seen) -> Verdict:
    """What the service logs goes to its output, not into files only.

    The platform collects what a container writes to its standard output, and shows nothing else. A log in a file fills
    the container's disk and is gone with it. Where an engine tells which files were written, those that look like logs
    are compared with the output.
    """
    trace, files, lines = _trace(seen), _log_files(seen), _lines(seen)
    if trace is None:
        return not_applicable(_SILENT)
    if files and not _traced(seen, trace) and not _held_back(seen, trace):
        return failed(
            "it logs into files, and the request left nothing on its output",
            shown(trace),
            *(Evidence(f"written: {path}") for path in files[:5]),
            expected="log lines on standard output",
            actual=f"{len(lines)} lines on its output, and {', '.join(files[:3])}",
            reproduce=again.started(seen),
        )
    if lines:
        return passed(f"{len(lines)} lines on its output", Evidence(f"log: {lines[0].line}", lines[0].at_s, "start"))
    if not seen.all(Wrote, Stage.START):
        return unproven("nothing came on its output, and nobody could tell whether it writes files")
    return not_applicable("it logs nothing at all, neither on its output nor into files")


@rule(
    "HL511", "LOG-1", Level.INFO, Stage.START,
    fix="""
    logging.basicConfig(stream=sys.stdout)
    """,
    bad="""
    logging.basicConfig()       # standard error
    """,
    good="""
    logging.basicConfig(stream=sys.stdout)
    """,
)  # fmt: skip
def logs_to_stdout(seen: Seen) -> Verdict:
    """The service logs to standard output, not only to standard error.

    The clause says standard output. Engines collect both, so this is advice; a platform that keeps them apart shows
    such a log as errors.
    """
    if first_start(seen.record, Stage.START).ended_before_it_was_ready:
        return not_applicable("it ended before it was ready: what it wrote is its last words (HL501)")
    lines = _lines(seen)
    streams = {line.stream for line in lines}
    if not lines:
        return not_applicable("nothing came on its output (HL510)")
    if "" in streams:
        return unproven("the engine does not tell standard output and standard error apart")
    if "stdout" in streams:
        return passed(f"{sum(line.stream == 'stdout' for line in lines)} of {len(lines)} lines are on standard output")
    return failed(
        f"all {len(lines)} lines are on standard error",
        Evidence(f"log: {lines[-1].line}", lines[-1].at_s, "start"),
        expected="lines on standard output",
        actual="none",
    )


@rule(
    "HL512", "LOG-1", Level.SHOULD, Stage.START,
    fix="""
    ENV PYTHONUNBUFFERED=1        # Python
    stdbuf -oL ./server           # programs in C
    """,
    bad="""
    CMD ["python", "app.py"]      # and app.py prints: 8 KiB are held back in a container
    """,
    good="""
    ENV PYTHONUNBUFFERED=1
    CMD ["python", "app.py"]
    """,
)  # fmt: skip
def does_not_hold_lines_back(seen: Seen) -> Verdict:
    """A line of the log comes when it is written, not when a buffer is full.

    Without a terminal most programs gather some kilobytes before they write. The log is then minutes late, and what
    would explain a crash is lost in it.
    """
    trace = _trace(seen)
    if trace is None:
        return not_applicable(_SILENT)
    held = _held_back(seen, trace)
    if len(held) < 2:
        if _traced(seen, trace):
            return passed(f"the line of a request came within {TRACE_S:g} s")
        return not_applicable("a request leaves no line (HL513)")
    return failed(
        f"no line came for {TRACE_S:g} s after a request, and {len(held)} came together after many requests",
        shown(trace),
        Evidence(f"log: {held[0].line}", held[0].at_s, "start"),
        expected=f"its line within {TRACE_S:g} s",
        actual=f"the first line {held[0].at_s - trace.until_s:.1f} s later",
    )


@rule(
    "HL513", "LOG-1", Level.INFO, Stage.START,
    fix="""
    gunicorn --access-logfile - app:app
    """,
    bad="""
    gunicorn app:app              # writes no line for a request
    """,
    good="""
    gunicorn --access-logfile - app:app
    """,
)  # fmt: skip
def a_request_leaves_a_line(seen: Seen) -> Verdict:
    """A request leaves a line in the log.

    No clause demands it, and it costs something at high rates; but who looks for a failed request has nothing else to
    look at.
    """
    trace = _trace(seen)
    if trace is None:
        return not_applicable(_SILENT)
    lines = _traced(seen, trace)
    if lines:
        return passed("it does", shown(trace), Evidence(f"log: {lines[0].line}", lines[0].at_s, "start"))
    if len(_held_back(seen, trace)) >= 2:
        return not_applicable("its lines are held back (HL512)")
    if _log_files(seen):
        return not_applicable("it logs into files (HL510)")
    if not _lines(seen) and _is_only_asked(seen):
        return unproven("nothing of its output is seen here: it ran already, and others have its output")
    return failed("a request left no line", shown(trace), expected="a line on its output", actual="none")
