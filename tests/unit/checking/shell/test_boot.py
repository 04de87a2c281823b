"""What a script does as a boot file: its server, its traps, its values."""

from __future__ import annotations

import math

import pytest

from hitless.checking.shell.boot import Boot, boot_of
from hitless.checking.shell.flow import MOST_STEPS, steps_of
from hitless.checking.shell.grammar import parse
from hitless.checking.shell.reaction import Reaction, reaction_of
from hitless.checking.shell.servers import invocation
from hitless.checking.shell.source import Form, Source, shebang_of
from hitless.checking.shell.traps import signal_name, sleep_s
from hitless.checking.shell.values import Values, values_of


def boot(text: str, shell: str = "dash", form: Form = Form.FILE) -> Boot:
    return boot_of(Source(form, text, "run.sh", shell))


@pytest.mark.parametrize(
    ("text", "server"),
    [
        pytest.param("python3 a.py", "python3", id="alone"),
        pytest.param("python3 migrate.py\nexec ./serve", "./serve", id="exec"),
        pytest.param("python3 migrate.py\nuvicorn a:b", "uvicorn", id="known"),
        pytest.param("uvicorn a:b &\npython3 warm.py\nwait", "uvicorn", id="known-in-the-background"),
        pytest.param("redis-server &\npython3 app.py", "python3", id="the-last-in-the-foreground"),
        pytest.param("./serve &\n./warm\nwait", "./serve", id="what-is-waited-for"),
        pytest.param("run() { ./serve; }\nrun", "./serve", id="in-a-function"),
        pytest.param("if [ -e a ]; then ./a; else ./b; fi", "./b", id="in-a-branch"),
        pytest.param("env A=1 nohup ./serve", "./serve", id="launchers"),
        pytest.param("exec gosu app ./serve", "./serve", id="another-user"),
        pytest.param("cd /x && conda run -n env ./serve", "./serve", id="conda"),
    ],
)
def test_which_command_is_the_server(text: str, server: str) -> None:
    assert boot(text).server.program == server


@pytest.mark.parametrize("text", ["", "echo a", "a=1", "f() { ./serve; }", "kill 1; pkill x; sleep 5", "( )"])
def test_there_may_be_none(text: str) -> None:
    assert boot(text).index is None


@pytest.mark.parametrize(
    ("text", "reaction"),
    [
        pytest.param("echo", Reaction.NOTHING, id="nothing"),
        pytest.param("exec ./s", Reaction.SERVER, id="exec"),
        pytest.param("(exec ./s)", Reaction.DEAF, id="exec-in-a-subshell"),
        pytest.param("./s", Reaction.DEAF, id="child"),
        pytest.param("trap x EXIT; ./s", Reaction.AT_EXIT, id="exit"),
        pytest.param("trap '' TERM; ./s & wait", Reaction.IGNORED, id="ignored"),
        pytest.param("trap 'kill $p' TERM; ./s", Reaction.LATE, id="foreground"),
        pytest.param("trap 'kill $p' TERM; ./s & wait; sleep 9999", Reaction.TRAPPED, id="waits-first"),
        pytest.param("trap 'kill $p' TERM; ./s & cat", Reaction.LATE, id="cat"),
        pytest.param("trap : TERM; ./s & wait", Reaction.SILENT, id="silent"),
        pytest.param("trap 'kill $p' 15; ./s & wait", Reaction.TRAPPED, id="by-number"),
        pytest.param("trap -- 'kill $p' SIGTERM; ./s & wait", Reaction.TRAPPED, id="by-another-name"),
        pytest.param("trap 'kill $p' TERM; trap - TERM; ./s & wait", Reaction.TRAPPED, id="resets-are-not-followed"),
        pytest.param("f() { kill $p; }; g() { f; }; trap g TERM; ./s & wait", Reaction.TRAPPED, id="functions"),
    ],
)
def test_what_sigterm_does(text: str, reaction: Reaction) -> None:
    assert reaction_of(boot(text)) is reaction


@pytest.mark.parametrize(
    ("text", "shell", "reaction"),
    [
        pytest.param("./s", "dash", Reaction.DEAF_STRING, id="dash"),
        pytest.param("cd /x && ./s", "busybox", Reaction.SERVER, id="busybox"),
        pytest.param("./s; echo", "bash", Reaction.DEAF_STRING, id="not-last"),
        pytest.param("./s | cat", "bash", Reaction.DEAF_STRING, id="pipeline"),
    ],
)
def test_the_last_command_of_a_string(text: str, shell: str, reaction: Reaction) -> None:
    assert reaction_of(boot(text, shell, Form.STRING)) is reaction


@pytest.mark.parametrize(
    ("text", "delay_s"),
    [
        pytest.param("trap 'sleep 60; kill $p' TERM", 60, id="once"),
        pytest.param("trap 'sleep 1m; sleep 5; kill $p; sleep 9' TERM", 65, id="before-the-signal"),
        pytest.param("n=60\ntrap 'sleep $n; kill $p' TERM", 60, id="variable"),
        pytest.param("trap 'sleep ${GRACE:-45}; kill $p' TERM", 45, id="default"),
        pytest.param("trap 'sleep $GRACE; kill $p' TERM", None, id="environment"),
        pytest.param("trap 'for i in 1 2; do sleep 1; done; kill $p' TERM", None, id="loop"),
        pytest.param("trap 'sleep $(cat f); kill $p' TERM", None, id="command"),
    ],
)
def test_how_long_a_trap_sleeps(text: str, delay_s: float | None) -> None:
    assert boot(f"{text}\n./s &\nwait\n").delay_s == delay_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("sleep 1.5", 1.5), ("sleep 1 2", 3), ("sleep infinity", math.inf), ("sleep x", None), ("sleep", 0)],
)
def test_sleeps(text: str, seconds: float | None) -> None:
    assert sleep_s(steps_of(parse(text).statements)[0], Values()) == seconds


@pytest.mark.parametrize(("word", "name"), [("SIGTERM", "TERM"), ("15", "TERM"), ("term", "TERM"), ("0", "EXIT")])
def test_signal_names(word: str, name: str) -> None:
    assert signal_name(word) == name


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("x=a; echo $x", "a", id="constant"),
        pytest.param("x=a; x=b; echo $x", None, id="two"),
        pytest.param('export x=a; echo "$x/b"', "a/b", id="export"),
        pytest.param("x=${x:-a}; echo $x", None, id="of-itself"),
        pytest.param("x=$y; y=$x; echo $x", None, id="of-each-other"),
        pytest.param("for i in a; do x=$i; done; echo $x", None, id="loop"),
        pytest.param("echo ${y:-a}", "a", id="default"),
        pytest.param("echo ${y}", None, id="environment"),
        pytest.param("echo ${x%a}", None, id="pattern"),
    ],
)
def test_values(text: str, value: str | None) -> None:
    steps = steps_of(parse(text).statements)
    assert values_of(steps).of(steps[-1].command.words[1]) == value


def test_a_default_of_its_own_is_a_value() -> None:
    steps = steps_of(parse("KEEP=${KEEP:-200}\necho $KEEP").statements)
    assert values_of(steps).of(steps[-1].command.words[1]) in ("200", None)


@pytest.mark.parametrize(
    ("words", "names", "found"),
    [
        pytest.param("gunicorn -b a:1 x", ("-b", "--bind"), (True, "a:1"), id="next"),
        pytest.param("gunicorn -ba:1 x", ("-b", "--bind"), (True, "a:1"), id="joined"),
        pytest.param("gunicorn --bind=a:1 x", ("-b", "--bind"), (True, "a:1"), id="equals"),
        pytest.param("gunicorn --bind a --bind b", ("--bind",), (True, "b"), id="last"),
        pytest.param("gunicorn x", ("-b",), (False, None), id="absent"),
        pytest.param("gunicorn x -b", ("-b",), (True, None), id="cut-off"),
        pytest.param("gunicorn --keep-alive-x 3", ("--keep-alive",), (False, None), id="longer-name"),
    ],
)
def test_options(words: str, names: tuple[str, ...], found: tuple[bool, str | None]) -> None:
    assert invocation(words.split()).option(names) == found


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("/usr/local/bin/gunicorn a", "gunicorn"),
        ("python3.11 -u -m uvicorn a", "uvicorn"),
        ("python -m flask run", "flask"),
        ("poetry run hypercorn a", "hypercorn"),
        ("uv run --frozen uvicorn a", "uvicorn"),
        ("python -P -m hitless.serving /x", "hitless"),
        ("python -m", ""),
        ("exec", ""),
        ("", ""),
    ],
)
def test_kinds(words: str, kind: str) -> None:
    assert invocation(words.split()).kind.name == kind


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("#!/bin/bash -e\n", "bash"),
        ("#! /usr/bin/env bash\n", "bash"),
        ("#!/bin/sh\n", "sh"),
        ("echo\n", ""),
        ("#!", ""),
        ("#!/usr/bin/env", ""),
    ],
)
def test_first_lines(text: str, name: str) -> None:
    assert shebang_of(text) == name


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("f() { f; }\nf\n", id="itself"),
        pytest.param("f() { g; g; }\ng() { f; f; }\nf\n", id="each-other"),
        pytest.param("".join(f"f{n}() {{ {f'f{n + 1}; ' * 50}}}\n" for n in range(40)) + "f0\n", id="many"),
        pytest.param("trap 'trap \"trap : TERM\" TERM' TERM\n", id="traps"),
    ],
)
def test_functions_that_call_each_other_come_to_an_end(text: str) -> None:
    assert len(boot(text).steps) <= MOST_STEPS
