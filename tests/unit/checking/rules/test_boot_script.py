"""The rules of the boot script: one table, script → the rules that it fails."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

import pytest
from tests.unit.checking.rules.boot_scripts import COMPLETED, FRAGMENT, SPECIMENS, WITH_BASH_LINE, Specimen

from hitless.building.bootfile import boot_file
from hitless.checking.events import Stage
from hitless.checking.facts.seen import FileSeen, ImageSeen
from hitless.checking.judging import judge
from hitless.checking.record import Entry, Opened, Record
from hitless.checking.rule import Purpose, Rule
from hitless.checking.rules import boot_script, boot_server, boot_signals, boot_times, boot_traps
from hitless.checking.rules.boot_subject import BOOT_FILE, GOOD_SCRIPT
from hitless.checking.verdict import Outcome
from hitless.spec.profiles import DEFAULT, PROFILES, Profile

MODULES = (boot_script, boot_signals, boot_times, boot_traps, boot_server)
RULES = [value for module in MODULES for value in vars(module).values() if isinstance(value, Rule)]
SH = ("sh", BOOT_FILE)


def image(command: Sequence[str], environment: Mapping[str, str] | None = None) -> ImageSeen:
    return ImageSeen(
        stage=Stage.IMAGE, digest="", media_type="", platform="", transferred=0, unpacked=0, effective=0, layers=(),
        entrypoint=(), command=tuple(command), environment=dict(environment or {}), user="", working_dir="/app",
        stop_signal="", ports=(), labels={},
    )  # fmt: skip


def file(path: str, content: str, real_path: str = "") -> FileSeen:
    data = content.encode("utf-8", "surrogateescape")
    return FileSeen(
        stage=Stage.FILES, path=path, kind="file", real_path=real_path or path, size=len(data), content=data
    )


def outcomes(
    script: str | None,
    *,
    command: Sequence[str] = SH,
    purpose: Purpose = Purpose.HITLESS,
    profile: Profile = DEFAULT,
    environment: Mapping[str, str] | None = None,
    shell: str = "/usr/bin/dash",
    more: Sequence[Entry] = (),
) -> dict[str, Outcome]:
    opened = Opened("x", "image", "0", "2026-01-01T00:00:00Z", profile.name, purpose.value, 0)
    boot = [file(BOOT_FILE, script)] if script is not None else []
    sh = [file("/bin/sh", "\x7fELF", shell)] if shell else []
    record = Record(opened, (opened, image(command, environment), *boot, *sh, *more))
    report = judge(record, RULES, profile, purpose, today=datetime.date(2026, 1, 1))
    return {one.rule.id: one.verdict.outcome for one in report.judged}


def failing(script: str | None, **wishes: object) -> set[str]:
    found = outcomes(script, **wishes)  # type: ignore[arg-type]
    assert Outcome.ERROR not in found.values()
    return {identifier for identifier, outcome in found.items() if outcome is Outcome.FAILED}


@pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda one: one.name)
def test_a_script_fails_these_and_no_others(specimen: Specimen) -> None:
    assert failing(specimen.script) == set(specimen.fails)


def test_every_rule_has_a_specimen_that_fails_it() -> None:
    failed = {identifier for specimen in SPECIMENS for identifier in specimen.fails}
    assert {rule.id for rule in RULES} - failed == {"HL319"}  # is about the command: see below


# The published recipe


def test_the_published_fragment_has_the_documented_faults() -> None:
    nothing_started, pid_never_kept, unquoted, no_margin = "HL313", "HL315", "HL316", "HL322"
    assert failing(FRAGMENT) == {nothing_started, pid_never_kept, unquoted, no_margin}


def test_its_first_line_is_a_comment_for_sh() -> None:
    assert failing(WITH_BASH_LINE) - failing(FRAGMENT) == {"HL312"}


def test_its_completed_form_has_none() -> None:
    found = outcomes(COMPLETED)
    assert {outcome for outcome in found.values() if not outcome.conforms} == set()


@pytest.mark.parametrize("purpose", Purpose)
def test_what_explain_shows_is_right(purpose: Purpose) -> None:
    assert failing(GOOD_SCRIPT, purpose=purpose) == set()


@pytest.mark.parametrize("purpose", Purpose)
def test_our_own_boot_file_passes(purpose: Purpose) -> None:
    found = outcomes(boot_file(), purpose=purpose)
    assert {outcome for outcome in found.values() if not outcome.conforms} == set()


@pytest.mark.parametrize("script", [". /opt/start.sh\n", 'eval "$COMMAND"\n'])
def test_what_another_text_starts_is_unproven(script: str) -> None:
    assert outcomes(script)["HL313"] is Outcome.UNPROVEN


# Whose script, and which shell


@pytest.mark.parametrize(
    ("command", "fails"),
    [
        pytest.param(["/bin/sh", "-c", "python3 server.py"], {"HL319"}, id="shell-form"),
        pytest.param(["/bin/sh", "-c", "exec python3 server.py"], set(), id="shell-form-with-exec"),
        pytest.param(["/bin/bash", "-c", "python3 server.py"], set(), id="bash-runs-the-last-in-its-place"),
        pytest.param(["/bin/bash", "-c", "python3 server.py; echo over"], {"HL319"}, id="not-the-last"),
        pytest.param(["/bin/sh", "-c", "python3 server.py &"], {"HL314", "HL319"}, id="nothing-waits"),
        pytest.param(["python3", "server.py"], set(), id="exec-form"),
        pytest.param(["gunicorn", "-b", "0.0.0.0:8080", "app"], {"HL323", "HL330"}, id="exec-form-of-gunicorn"),
        pytest.param(["uvicorn", "--host=127.0.0.1", "a:b"], {"HL323", "HL329", "HL331"}, id="exec-form-of-uvicorn"),
        pytest.param(["sh", "/elsewhere.sh"], set(), id="a-script-that-was-not-read"),
        pytest.param([], {"HL318"}, id="no-command:-the-boot-file"),
        pytest.param(["sh"], set(), id="a-shell-alone"),
        pytest.param(["tini", "--", "sh", BOOT_FILE], set(), id="an-init-is-not-decided"),
        pytest.param(["busybox", "sh", BOOT_FILE], {"HL318"}, id="busybox"),
        pytest.param(["sh", "-eu", BOOT_FILE], {"HL318"}, id="options-of-the-shell"),
        pytest.param(["sh", "../home/run.sh"], set(), id="a-path-that-was-not-asked-for"),
    ],
)
def test_the_command_tells_which_text_is_judged(command: list[str], fails: set[str]) -> None:
    assert failing("python3 server.py\n", command=command) == fails


def test_a_batch_service_starts_the_boot_file_whatever_the_command_is() -> None:
    assert failing("if\n", command=["python3", "x.py"], purpose=Purpose.BATCH) == {"HL310"}


def test_without_a_boot_file_nothing_is_said() -> None:
    assert set(outcomes(None, purpose=Purpose.BATCH).values()) == {Outcome.NOT_APPLICABLE}


def test_the_arguments_of_an_entrypoint_are_the_server() -> None:
    script = '#!/bin/sh\nset -e\n[ -d /data ] || mkdir /data\nexec "$@"\n'
    command = [BOOT_FILE, "uvicorn", "--host", "0.0.0.0", "app:app"]
    assert failing(script, command=command) == {"HL323", "HL331"}


BASH = "#!/bin/bash\nset -o pipefail\nwords=(a b)\nif [[ -n $X ]]; then echo; fi\nexec python3 server.py\n"


@pytest.mark.parametrize(
    ("command", "shell", "fails"),
    [
        pytest.param(SH, "/usr/bin/dash", {"HL310"}, id="dash-refuses-it"),
        pytest.param(SH, "/usr/bin/bash", set(), id="sh-is-bash"),
        pytest.param(SH, "", {"HL311"}, id="sh-was-not-seen"),
        pytest.param(["bash", BOOT_FILE], "/usr/bin/dash", set(), id="run-by-bash"),
        pytest.param([BOOT_FILE], "/usr/bin/dash", set(), id="its-first-line-counts"),
    ],
)
def test_bash_is_right_for_bash(command: Sequence[str], shell: str, fails: set[str]) -> None:
    assert failing(BASH, command=command, shell=shell) == fails


def test_what_only_bash_can_read_is_not_proven_where_sh_was_not_seen() -> None:
    assert outcomes(BASH, shell="")["HL310"] is Outcome.UNPROVEN


def test_carriage_returns_and_marks_are_told_by_another_rule() -> None:
    assert failing("\ufeff" + COMPLETED.replace("\n", "\r\n")) == set()


@pytest.mark.parametrize("script", ["\udcff\udcfe", "\0", "((" * 5000, "'", "`" * 99], ids=repr)
def test_no_script_breaks_a_rule(script: str) -> None:
    failing(script)


# What is not told


@pytest.mark.parametrize(
    ("arguments", "environment", "rule"),
    [
        pytest.param("-c /conf.py app", {}, "HL331", id="a-config-file-may-say-keep-alive"),
        pytest.param("app", {"GUNICORN_CMD_ARGS": "-k gevent"}, "HL330", id="a-variable-may-name-the-worker"),
        pytest.param('-k gevent --keep-alive "$KEEP" app', {}, "HL331", id="a-figure-from-the-environment"),
        pytest.param("-k gevent $OPTIONS app", {}, "HL331", id="options-from-the-environment"),
        pytest.param("-k gevent app", {}, "HL329", id="gunicorn-may-be-told-an-address-elsewhere"),
    ],
)
def test_what_may_be_said_elsewhere_is_unproven(arguments: str, environment: dict[str, str], rule: str) -> None:
    assert outcomes(f"exec gunicorn {arguments}\n", environment=environment)[rule] is Outcome.UNPROVEN


def test_an_edition_without_figures_asks_for_none() -> None:
    found = outcomes("exec uvicorn --host 0.0.0.0 a:b\n", profile=PROFILES["intl-2023"])
    assert {found[rule] for rule in ("HL322", "HL323", "HL331")} == {Outcome.NOT_APPLICABLE}
