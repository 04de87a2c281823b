"""Outside judges of the reader of scripts: dash, busybox and bash with -n, and shellcheck."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.hitless.shells import SHELLS, need
from tests.unit.checking.rules.boot_scripts import COMPLETED, FRAGMENT, SPECIMENS
from tests.unit.checking.shell.corpus import AS_IT_RUNS, BAD, GOOD, ONLY_BASH

from hitless.checking.rules.boot_subject import GOOD_SCRIPT
from hitless.checking.shell.grammar import parse
from hitless.checking.shell.portability import bashisms_of

# where bash is more lenient as it reads, and says it as it runs
BASH_READS_ON = frozenset({"for-without-a-name"})
# only in its POSIX mode does it read a single quote as POSIX does there
BASH_READS_OTHERWISE = frozenset({"quote-in-a-default"})
# busybox has some of bash
BUSYBOX_HAS = frozenset({"function-word", "function-word-and-parentheses", "process-substitution"})
PLACES = (
    "/etc/init.d/*",
    "/etc/profile",
    "/etc/profile.d/*.sh",
    "/usr/share/**/*.sh",
    "/usr/lib/**/*.sh",
    "/usr/bin/*",
)
MOST_BYTES = 120_000
PIECES = [
    "if", "then", "fi", "elif", "else", "while", "until", "do", "done", "for x in", "case x in", "esac", "{", "}", "(",
    ")", "$(", "`", '"', "'", "\n", ";", ";;", "&", "&&", "||", "|", ">f", "<f", "2>&1", "$x", "${x:-", "${x%%", "}",
    "#", "a", "b c", "x=1", "f()", "!", "x)", "$((", "))", "\\\n", "in", "echo",
]  # fmt: skip


def reads(shell: Sequence[str], text: str) -> bool:
    done = subprocess.run([*shell, "-n"], input=text.encode(), capture_output=True, check=False, timeout=60)
    return done.returncode == 0


def we_read(text: str) -> bool:
    """As dash: what only bash can read is refused."""
    script = parse(text)
    return not script.faults and not any(one.syntax for one in script.bashisms)


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    need(SHELLS[request.param][0])
    return str(request.param)


def test_they_agree_about_the_corpus(shell: str) -> None:
    every = {**GOOD, **BAD, **AS_IT_RUNS}
    names = set(every) - (BASH_READS_ON if shell.startswith("bash") else set())
    names -= BASH_READS_OTHERWISE if shell == "bash" else set()
    assert {name for name in names if reads(SHELLS[shell], every[name]) is not we_read(every[name])} == set()


def test_they_agree_about_the_boot_scripts(shell: str) -> None:
    texts = {one.name: one.script for one in SPECIMENS if "HL310" not in one.fails}
    assert {name for name, text in texts.items() if not reads(SHELLS[shell], text)} == set()


def test_what_only_bash_reads_is_read_by_bash_only() -> None:
    need("dash", "bash", "busybox")
    for name, text in ONLY_BASH.items():
        verdicts = [reads(SHELLS[one], text) for one in ("dash", "bash", "busybox")]
        assert verdicts == [False, True, name in BUSYBOX_HAS], name


def scripts() -> Iterator[Path]:
    for pattern in PLACES:
        for file in sorted(Path("/").glob(pattern.removeprefix("/"))):
            try:
                data = file.read_bytes() if file.is_file() and file.stat().st_size < MOST_BYTES else b""
            except OSError:
                continue
            first = data.partition(b"\n")[0]
            if b"\0" not in data and ((first[:2] == b"#!" and b"sh" in first) or file.suffix == ".sh"):
                yield file


def test_dash_agrees_about_the_scripts_of_this_machine() -> None:
    need("dash")
    files = list(scripts())
    if not files:
        pytest.skip("there are no shell scripts here")
    for file in files:
        text = file.read_bytes().decode("utf-8", "surrogateescape")
        done = subprocess.run(["dash", "-n", file], capture_output=True, text=True, check=False, timeout=60)
        assert we_read(text) is (done.returncode == 0), f"{file}: {done.stderr} {parse(text).faults}"


def is_lenient_function(text: str) -> bool:
    """A function whose body is a simple command: dash has it, POSIX and bash do not."""
    return "()" in text and not reads(SHELLS["bash"], text)


@pytest.mark.parametrize("seed", range(3))
def test_dash_agrees_about_mutated_scripts(seed: int) -> None:
    """Single tokens taken out, put in or doubled."""
    need("dash")
    chance = random.Random(seed)
    sources = [GOOD_SCRIPT, COMPLETED, FRAGMENT, *GOOD.values()]
    for _ in range(150):
        words = chance.choice(sources).split(" ")
        at = chance.randrange(len(words))
        words[at : at + chance.randint(0, 1)] = chance.choice([[], [chance.choice(PIECES)], [words[at]] * 2])
        text = " ".join(words)
        if "<<" in text or "$((" in text or is_lenient_function(text):
            continue  # dash takes delimiters as they stand, and reads $(( on to the next ))
        assert we_read(text) is reads(SHELLS["dash"], text), text


@pytest.mark.parametrize("seed", range(3))
def test_dash_agrees_about_rows_of_tokens(seed: int) -> None:
    need("dash")
    chance = random.Random(seed)
    for _ in range(200):
        text = " ".join(chance.choice(PIECES) for _ in range(chance.randint(1, 9)))
        if "$((" in text or is_lenient_function(text):
            continue
        assert we_read(text) is reads(SHELLS["dash"], text), text


# shellcheck


def codes(text: str) -> set[int]:
    """What it finds in a script of dash."""
    need("shellcheck")
    command = ["shellcheck", "--shell=dash", "--format=json", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)
    return {found["code"] for found in json.loads(done.stdout)}


OF_BASH = frozenset(range(3001, 3062)) | {2039, 2112, 2113, 2127, 2169}
# 1036–1133: it cannot be parsed; the rest is about these constructs as well
ABOUT_BASH = OF_BASH | {2076, 2154, 2034, 2066, 2068, 1036, 1037, 1058, 1064, 1065, 1072, 1073, 1088}


NOT_SEEN_BY_IT = frozenset({"pipefail", "signal-of-kill", "signal-of-kill-by-s"})


@pytest.mark.parametrize("name", sorted({*ONLY_BASH, *AS_IT_RUNS} - NOT_SEEN_BY_IT))
def test_shellcheck_finds_the_same_bashisms(name: str) -> None:
    text = {**ONLY_BASH, **AS_IT_RUNS}[name]
    assert codes(text) & ABOUT_BASH
    assert bashisms_of(parse(text))


def test_shellcheck_finds_no_bashism_in_what_we_call_posix() -> None:
    for name, text in GOOD.items():
        assert not codes(text) & OF_BASH, name


def test_shellcheck_has_nothing_to_say_about_what_explain_shows() -> None:
    assert codes(GOOD_SCRIPT) - {2317} == set()  # 2317: it does not see that a trap calls the function


def test_shellcheck_finds_the_unquoted_test_of_the_fragment() -> None:
    assert 2086 in codes(FRAGMENT)
