"""HL301–HL305: what a batch service needs of an image before it runs: boot file, command, programs."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

from hitless.checking.events import Stage
from hitless.checking.facts.asked import BOOT_FILE, MOST_KEPT_BYTES
from hitless.checking.facts.seen import FileSeen, FilesSeen, ImageSeen
from hitless.checking.rule import Level, NotSeenError, Seen, rule
from hitless.checking.rules.access import READ, barred
from hitless.checking.rules.starting import GROUP, USER
from hitless.checking.verdict import Evidence, Verdict, failed, not_applicable, passed, unproven

MISSING = f"there is no boot file {BOOT_FILE}: HL301 tells it"
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NAMES: Mapping[str, tuple[tuple[str, ...], ...]] = {  # of each group, one is needed
    "python": (("python", "python3"),),
    "java": (("java",),),
    "zip": (("zip",), ("unzip",)),
}


def _boot_file(seen: Seen) -> FileSeen:
    for file in seen.all(FileSeen, Stage.FILES):
        if file.path == BOOT_FILE:
            return file
    raise NotSeenError(f"nothing was recorded of {BOOT_FILE}")


def _is_usable(file: FileSeen) -> bool:
    return file.kind == "file" and file.size > 0


@rule(
    "HL301",
    "BOOT-1",
    Level.MUST,
    Stage.FILES,
    fix="""
    COPY --chmod=755 run.sh /home/run.sh
    """,
    bad="""
    COPY run.sh /app/run.sh
    """,
    good="""
    COPY --chmod=755 run.sh /home/run.sh
    """,
)
def boot_file_is_there(seen: Seen) -> Verdict:
    """The boot file /home/run.sh is there, a regular file with something in it.

    A batch service starts `sh /home/run.sh` itself, as a child of its own process, whatever the image's command is. A
    link to a file elsewhere in the image is followed.
    """
    file = _boot_file(seen)
    if not _is_usable(file):
        actual = {"missing": "nothing is there", "file": "it is empty"}.get(file.kind, f"it is a {file.kind}")
        return failed("there is no boot file", expected=f"a regular file {BOOT_FILE}", actual=actual)
    return passed(f"{file.real_path}, {file.size:,} bytes")


@rule(
    "HL302",
    "BOOT-1",
    Level.MUST,
    Stage.FILES,
    fix="""
    sed -i 's/\\r$//; 1s/^\\xef\\xbb\\xbf//' run.sh
    # and for git: echo '*.sh text eol=lf' >> .gitattributes
    """,
    bad="""
    #!/bin/sh\\r
    exec python3 server.py\\r
    """,
    good="""
    #!/bin/sh
    exec python3 server.py
    """,
)
def boot_file_is_a_unix_text(seen: Seen) -> Verdict:
    """The boot file has line ends as Unix has them, and no byte order mark.

    A carriage return becomes a part of the last word of each line: the shell looks for a file `server.py\\r`, and says
    that it is not there. A byte order mark makes the first word unknown. Editors on Windows write both.
    """
    file = _boot_file(seen)
    if not _is_usable(file):
        return not_applicable(MISSING)
    if file.content is None:
        return unproven(f"it was not read: it has {file.size:,} bytes, and {MOST_KEPT_BYTES:,} are read")
    expected = "lines that end with LF, and no byte order mark"
    if file.content.startswith(_MARKS):
        return failed("it begins with a byte order mark", expected=expected, actual=repr(file.content[:8]))
    if b"\r" in file.content:
        number = file.content[: file.content.index(b"\r")].count(b"\n") + 1
        line = file.content.split(b"\n")[number - 1][:80]
        actual = f"line {number}: {line!r}"
        return failed("it has carriage returns", expected=expected, actual=actual)
    if b"\0" in file.content:
        return failed("it is no text", expected=expected, actual="it has a byte 0")
    return passed("LF, no byte order mark")


@rule(
    "HL303",
    "BOOT-1",
    Level.MUST,
    Stage.IMAGE,
    fix="""
    ENTRYPOINT []
    CMD ["sh", "/home/run.sh"]
    """,
    bad="""
    CMD sh /home/run.sh
    """,
    good="""
    CMD ["sh", "/home/run.sh"]
    """,
)
def command_is_the_boot_path(seen: Seen) -> Verdict:
    """The command that is started is exactly the boot path of the edition.

    What counts is the entrypoint with the command behind it: an entrypoint that a base brings stays unless it is
    emptied. In shell form the command is `/bin/sh -c "…"`, a shell more, to which signals go.
    """
    image, wanted = seen.one(ImageSeen, Stage.IMAGE), seen.profile.boot_command
    if wanted is None:
        return not_applicable("the edition names no boot path")
    command = image.effective_command
    if not command:
        return not_applicable("the image has no command: HL109 tells it")
    # The page of the editions that write /bin/sh has it in shell form.
    as_text = ("/bin/sh", "-c", " ".join(wanted)) if wanted[0] == "/bin/sh" else wanted
    if command not in (wanted, as_text):
        return failed(
            "another command is started",
            Evidence(f"entrypoint {list(image.entrypoint)}, command {list(image.command)}"),
            expected=str(list(wanted)),
            actual=str(list(command)),
        )
    return passed(str(list(command)))


@rule(
    "HL304",
    "DEPS-1",
    Level.MUST,
    Stage.FILES,
    fix="""
    RUN apt-get update && apt-get install -y --no-install-recommends \\
        python3 openjdk-17-jre-headless zip unzip && rm -rf /var/lib/apt/lists/*
    """,
    bad="""
    FROM python:3.11-slim
    """,
    good="""
    FROM python:3.11-slim
    RUN apt-get update && apt-get install -y --no-install-recommends openjdk-17-jre-headless zip unzip
    """,
)
def has_the_programs_of_a_batch(seen: Seen) -> Verdict:
    """Python, Java, zip and unzip are on the PATH of a shell that is no login shell.

    The platform copies a program of its own beside the model that reads the input and writes the output; it needs them.
    What a profile script or a conda activation adds to the PATH does not count: neither is read by `sh /home/run.sh`.
    Links are followed within the image, and what cannot be executed does not count.
    """
    files = seen.one(FilesSeen, Stage.FILES)
    groups = [group for tool in seen.profile.batch_tools for group in _NAMES[tool]]
    if not groups:
        return not_applicable("the edition names no programs")
    found = {group: next((files.programs[name] for name in group if files.programs.get(name)), "") for group in groups}
    lacking = [" or ".join(group) for group, place in found.items() if not place]
    if lacking:
        return failed(
            "a program is missing",
            *[Evidence(f"{group[0]}: {place}") for group, place in found.items() if place],
            Evidence(f"PATH={files.path}" + ("" if files.has_path else " (the default: the image sets none)")),
            expected="python (or python3), java, zip and unzip",
            actual=f"there is no {', no '.join(lacking)}",
        )
    return passed(", ".join(found.values()))


@rule(
    "HL305",
    "BOOT-1",
    Level.SHOULD,
    Stage.FILES,
    fix="""
    COPY --chmod=755 run.sh /home/run.sh
    """,
    bad="""
    COPY --chmod=700 run.sh /home/run.sh
    """,
    good="""
    COPY --chmod=755 run.sh /home/run.sh
    """,
)
def boot_file_is_readable_by_all(seen: Seen) -> Verdict:
    """The boot file can be read as user 1000 of group 100.

    Pools that start containers as ma-user run the same image. Whoever may read it may start it: `sh /home/run.sh` needs
    no permission to execute.
    """
    file = _boot_file(seen)
    if not _is_usable(file):
        return not_applicable(MISSING)
    if reason := barred(file, READ, USER, GROUP):
        return failed(
            "1000:100 cannot read the boot file", expected="a file and folders that all may read", actual=reason
        )
    return passed(f"{file.real_path} has the mode {file.mode:04o}")
