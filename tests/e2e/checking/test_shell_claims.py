"""What the rules of the boot script say of shells, tried with each of them: dash, bash, bash as sh, busybox."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.hitless.shells import SHELLS, need

from hitless.checking.rules.boot_subject import GOOD_SCRIPT

DASH = SHELLS["dash"]
# Stands for a server: on SIGTERM it goes on for a while and ends with 7.
SERVER = """\
import signal, sys, time
def leave(*_):
    print("told", flush=True)
    time.sleep(0.5)
    print("answered", flush=True)
    sys.exit(7)
signal.signal(signal.SIGTERM, leave)
print("serving", flush=True)
time.sleep(60)
"""

SOON = "me=$$\n(sleep 0.2; kill $me) &\n"  # SIGTERM to the shell, from a child


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> Sequence[str]:
    words = SHELLS[request.param]
    need(words[0])
    return words


@pytest.fixture
def server(tmp_path: Path) -> str:
    file = tmp_path / "server.py"
    file.write_text(SERVER, encoding="utf-8")
    need("python3")
    return f"python3 {file}"


def run(shell: Sequence[str], script: str, *, arguments: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """As a file, which is how an image has it."""
    return subprocess.run(
        [*shell, "/dev/stdin", *arguments], input=script, capture_output=True, text=True, check=False, timeout=60
    )


def stopped(shell: Sequence[str], script: str, folder: Path, *, first: str = "serving") -> tuple[int, list[str]]:
    """Starts a script, sends SIGTERM to the shell once the server says that it serves; status and further lines."""
    file = folder / "run.sh"
    file.write_text(script, encoding="utf-8")
    with subprocess.Popen([*shell, file], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == first
        process.send_signal(signal.SIGTERM)
        status = process.wait(60)
        return status, process.stdout.read().split()


# Traps and waits


def test_a_trap_runs_only_after_the_foreground_command(shell: Sequence[str]) -> None:
    """HL317: the line of the child comes first."""
    done = run(
        shell, "trap 'echo trapped' TERM\nme=$$\n(sleep 0.2; kill $me) &\nsh -c 'sleep 1; echo child'\necho end\n"
    )
    assert done.stdout.split() == ["child", "trapped", "end"]


def test_a_wait_is_cut_short_and_returns_143(shell: Sequence[str]) -> None:
    """HL320, HL321."""
    waits = "wait $p\necho $?\nkill -0 $p && echo lives\nwait $p\necho $?\n"
    script = f"trap 'echo trapped' TERM\nsleep 2 & p=$!\n{SOON}{waits}"
    assert run(shell, script).stdout.split() == ["trapped", "143", "lives", "0"]


def test_one_wait_leaves_the_server_alone(shell: Sequence[str], server: str, tmp_path: Path) -> None:
    """HL320: the script has ended with 143 before the server has answered; its line comes from an orphan."""
    script = f"trap 'kill $p' TERM\n{server} & p=$!\nwait $p\n"
    assert stopped(shell, script, tmp_path)[0] == 143


def test_two_waits_have_the_servers_status(shell: Sequence[str], server: str, tmp_path: Path) -> None:
    script = f"trap 'kill $p' TERM\n{server} & p=$!\nwait $p\nwait $p\n"
    assert stopped(shell, script, tmp_path) == (7, ["told", "answered"])


def test_a_wait_in_the_trap_waits_but_the_status_is_143(shell: Sequence[str], server: str, tmp_path: Path) -> None:
    """HL321."""
    script = f"trap 'kill $p; wait $p' TERM\n{server} & p=$!\nwait $p\n"
    assert stopped(shell, script, tmp_path) == (143, ["told", "answered"])


def test_what_explain_shows_does_what_it_says(shell: Sequence[str], server: str, tmp_path: Path) -> None:
    """With a shorter sleep, and a server of ours."""
    line = next(line for line in GOOD_SCRIPT.splitlines() if line.startswith("gunicorn"))
    script = GOOD_SCRIPT.replace(line, f"{server} &").replace("sleep 60", "sleep 1")
    assert stopped(shell, script, tmp_path) == (7, ["told", "answered"])


def test_set_e_ends_the_script_at_the_first_wait(shell: Sequence[str]) -> None:
    """HL327."""
    script = f"set -e\ntrap : TERM\nsleep 1 & p=$!\n{SOON}wait $p\necho reached\n"
    done = run(shell, script)
    assert (done.returncode, done.stdout) == (143, "")
    assert run(shell, script.replace("wait $p", "wait $p || true")).stdout == "reached\n"


def test_a_trap_for_exit_is_not_run_on_sigterm_but_by_bash(shell: Sequence[str]) -> None:
    """HL325."""
    done = run(shell, "trap 'echo trapped' EXIT\nkill $$\nsleep 1\n")
    assert (done.stdout == "trapped\n") is (shell[0] == "bash")


def test_an_empty_trap_is_inherited(shell: Sequence[str]) -> None:
    """HL326."""
    assert run(shell, "trap '' TERM\nsh -c 'kill $$; echo lives'\n").stdout == "lives\n"


def test_the_last_pid_of_a_pipeline_is_its_last_command(shell: Sequence[str]) -> None:
    """HL332."""
    script = "sleep 1 | cat &\nsleep 0.3\ntr '\\0' ' ' < /proc/$!/cmdline\n"
    assert run(shell, script).stdout.strip().endswith("cat")


# Process 1


def namespaced(command: Sequence[str], first: str) -> tuple[int | None, str]:
    """As process 1 of its own namespace: SIGTERM from outside; its status within two seconds, or None."""
    need("unshare")
    words = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *command]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        if said != first:
            process.kill()
            pytest.skip("no namespace of processes can be made here")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        subprocess.run(["kill", "-TERM", children[0]], check=True)
        try:
            status: int | None = process.wait(3)
        except subprocess.TimeoutExpired:
            status = None
            process.kill()
        return status, process.stdout.read()


def test_a_shell_as_process_1_does_nothing_on_sigterm(shell: Sequence[str], server: str, tmp_path: Path) -> None:
    """HL318."""
    file = tmp_path / "run.sh"
    file.write_text(f"{server}\necho over\n", encoding="utf-8")
    assert namespaced([*shell, str(file)], "serving") == (None, "")


def test_exec_brings_the_signal_to_the_server(shell: Sequence[str], server: str, tmp_path: Path) -> None:
    file = tmp_path / "run.sh"
    file.write_text(f"exec {server}\n", encoding="utf-8")
    assert namespaced([*shell, str(file)], "serving") == (7, "told\nanswered\n")


def test_which_shell_replaces_itself_by_the_last_command_of_a_string(shell: Sequence[str], server: str) -> None:
    """HL319: bash and busybox do; dash of Debian 12 does not, newer ones may."""
    told = namespaced([*shell, "-c", server], "serving") == (7, "told\nanswered\n")
    assert told or shell[0] == "dash"


def test_no_shell_replaces_itself_by_the_last_command_of_a_file(shell: Sequence[str]) -> None:
    """HL318: the shell is there while the last command runs."""
    assert run(shell, ":\nsh -c 'cat /proc/$PPID/comm'\n").stdout.strip() == shell[0]


# Tests, and what bash has


def test_an_unquoted_test_of_an_empty_variable_is_false_and_an_error(shell: Sequence[str]) -> None:
    """HL316."""
    done = run(shell, 'x=\nif [ $x != "" ]; then echo set; else echo empty; fi\n')
    assert done.stdout == "empty\n"
    assert "[" in done.stderr or "operand" in done.stderr


def test_an_unquoted_n_is_true(shell: Sequence[str]) -> None:
    assert run(shell, "x=\n[ -n $x ] && echo true\n").stdout == "true\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("[[ a = a ]]", "not found", id="double-brackets"),
        pytest.param("source /dev/null", "not found", id="source"),
        pytest.param("[ a == a ]", "unexpected operator", id="equals"),
        pytest.param("trap : SIGTERM", "bad trap", id="trap-SIGTERM"),
        pytest.param("trap : ERR", "bad trap", id="trap-ERR"),
        pytest.param("kill -SIGTERM $$", "Illegal option", id="kill-SIGTERM"),
        pytest.param("kill -s SIGTERM $$", "invalid signal", id="kill-s-SIGTERM"),
        pytest.param("a+=b", "not found", id="append"),
        pytest.param("let a=1", "not found", id="let"),
        pytest.param("((i = 1))", "not found", id="arithmetic"),
        pytest.param("read -a x </dev/null", "Illegal option", id="read-a"),
        pytest.param("printf %q a", "invalid directive", id="printf-q"),
        pytest.param("wait -n", "Illegal option", id="wait-n"),
        pytest.param("[ -v x ]", "unexpected operator", id="is-set"),
    ],
)
def test_what_dash_has_not_fails_as_it_runs(line: str, message: str) -> None:
    """HL311: it goes on behind it, as if nothing were."""
    need("dash")
    done = run(DASH, f"{line}\necho on\n")
    assert (message in done.stderr, done.stdout.splitlines()[-1:]) == (True, ["on"])


@pytest.mark.parametrize("line", ["set -o pipefail", "export -f f", "echo ${x/a/b}", "echo ${x^^}"])
def test_what_ends_dash(line: str) -> None:
    """Where this dash has it not: newer ones may."""
    need("dash")
    done = run(DASH, f"x=a\n{line}\necho on\n")
    if done.returncode == 0:
        pytest.skip(f"this dash has {line}")
    assert (done.returncode, done.stdout) == (2, "")


def test_both_streams_is_a_command_in_the_background_for_dash(tmp_path: Path) -> None:
    need("dash")
    done = run(DASH, f"echo a &> {tmp_path}/f\nwait\n")
    assert (done.stdout, (tmp_path / "f").read_text(encoding="utf-8")) == ("a\n", "")


def test_braces_are_taken_literally_by_dash() -> None:
    need("dash")
    assert run(DASH, "echo {a,b} {1..3}\n").stdout == "{a,b} {1..3}\n"


def test_the_first_line_is_a_comment() -> None:
    """HL312."""
    need("dash")
    assert run(DASH, '#!/bin/bash\necho "${BASH_VERSION:-none}"\n').stdout == "none\n"


def test_nohup_writes_no_file_where_there_is_no_terminal(tmp_path: Path) -> None:
    """HL328."""
    if shutil.which("nohup") is None:
        pytest.skip("nohup is not installed")
    done = subprocess.run(
        ["nohup", "echo", "a"], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60
    )
    assert done.stdout == b"a\n"
    assert list(tmp_path.iterdir()) == []


def test_a_script_that_ends_leaves_no_container(shell: Sequence[str], server: str, tmp_path: Path) -> None:
    """HL314: with process 1 all others of its namespace end."""
    file = tmp_path / "run.sh"
    file.write_text(f"echo begun\n{server} &\n", encoding="utf-8")
    need("unshare")
    words = ["unshare", "--pid", "--fork", "--mount-proc", *shell, str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    if "begun" not in done.stdout:
        pytest.skip("no namespace of processes can be made here")
    assert "answered" not in done.stdout
