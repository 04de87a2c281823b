"""The same subject with fewer rights: HL521, HL522."""

from __future__ import annotations

from hitless.checking import again
from hitless.checking.events import Exchange, Stage
from hitless.checking.probes.purposes import START_API, START_HEALTH
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.starts import Started, shown, started
from hitless.checking.verdict import Evidence, Verdict, failed, passed, unproven


def _works(one: Started) -> bool:
    return one.is_ready and one.exited_s is None


def _actual(one: Started) -> str:
    if one.exited_s is not None:
        return f"it ended with code {one.code} after {one.exited_s:.1f} s"
    return "it listens, and its api does not answer" if one.listening_s is not None else "it does not listen"


def _shown(seen: Seen, one: Started, stage: Stage) -> tuple[Evidence, ...]:
    asked = [ask for ask in seen.all(Exchange, stage) if ask.purpose in (START_API, START_HEALTH)]
    return (*map(shown, asked[-1:]), *one.last_words())


@rule(
    "HL521", "API-2", Level.SHOULD, Stage.USER,
    levels={"custom-engine": Level.MUST},
    fix="""
    RUN getent group 100 || groupadd -g 100 ma-group; useradd -d /home/ma-user -m -u 1000 -g 100 -s /bin/bash ma-user
    RUN chmod -R a+rX /home && install -d -m 1777 /home/cache
    """,
    bad="""
    COPY --chmod=600 model.onnx /opt/model/     # root alone can read it
    """,
    good="""
    COPY --chmod=644 model.onnx /opt/model/
    """,
)  # fmt: skip
def works_as_ma_user(seen: Seen) -> Verdict:
    """The service works as user 1000 of group 100.

    Custom engines are started as this user (ma-user, ma-group), whatever the image says, and other platforms refuse
    root, too. Mostly it is a file that root alone can read, a folder that only root can write, or a port below 1024.
    """
    found = started(seen.record, Stage.USER)
    if not found:
        return unproven("no instance was started as 1000:100")
    one = found[0]
    if _works(one):
        return passed(f"as 1000:100 it was ready after {one.answering_s or 0:.1f} s")
    if one.incomplete:
        return unproven(one.incomplete)
    return failed(
        "it does not get ready as 1000:100",
        *_shown(seen, one, Stage.USER),
        expected="its api answers as it does for the image's own user",
        actual=_actual(one),
        reproduce=again.started(seen, "--user 1000:100"),
    )


@rule(
    "HL522", "API-2", Level.INFO, Stage.READ_ONLY,
    fix="""
    docker run --read-only --tmpfs /tmp --tmpfs /run IMAGE      # try it; then write to /tmp only
    """,
    bad="""
    open("/opt/app/cache.db", "w")
    """,
    good="""
    open(os.path.join(tempfile.gettempdir(), "cache.db"), "w")
    """,
)  # fmt: skip
def works_with_a_read_only_root(seen: Seen) -> Verdict:
    """The service works with a root file system that cannot be written, but for /tmp and /run.

    It is what hardened clusters ask for, and it shows that nothing is kept in a container that is lost with it. No
    clause demands it.
    """
    found = started(seen.record, Stage.READ_ONLY)
    if not found:
        return unproven("no instance was started with a read-only root")
    works = next((one for one in found if _works(one)), None)
    if works is not None:
        return passed("it works" + (" with /tmp and /run alone to write to" if works is not found[0] else ""))
    last = found[-1]
    if last.incomplete:
        return unproven(last.incomplete)
    return failed(
        "it does not get ready with a read-only root",
        *_shown(seen, last, Stage.READ_ONLY),
        expected="its api answers",
        actual=_actual(last),
        reproduce=again.started(seen, "--read-only --tmpfs /tmp --tmpfs /run"),
    )
