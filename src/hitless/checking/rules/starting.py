"""HL108–HL118: what the image says of its start: command, user, signal; and whether the files for it are there."""

from __future__ import annotations

import re

from hitless.checking.events import Stage
from hitless.checking.facts.asked import BOOT_FILE
from hitless.checking.facts.commands import SHELLS, name_of
from hitless.checking.facts.forms import SCRIPT
from hitless.checking.facts.seen import FileSeen, FilesSeen, ImageSeen
from hitless.checking.rule import Level, Purpose, Seen, rule
from hitless.checking.rules.access import PASS, READ, barred
from hitless.checking.rules.image import PLATFORMS
from hitless.checking.verdict import Evidence, Verdict, failed, not_applicable, passed, unproven

USER, GROUP = 1000, 100  # ma-user and ma-group, as whom a custom engine is started
_SERVES = frozenset({Purpose.REALTIME, Purpose.HITLESS})
_INTERPRETER = re.compile(r"(?:python|pypy|java|node|ruby|perl|php)[0-9.]*")
_SAME = {"amd64": {"386"}, "arm64": {"arm"}}  # what else such a processor runs
_TERM = ("", "SIGTERM", "TERM", "15")


def _image(seen: Seen) -> ImageSeen:
    return seen.one(ImageSeen, Stage.IMAGE)


def _program(seen: Seen) -> FileSeen | None:
    return next((file for file in seen.all(FileSeen, Stage.FILES) if file.asked_for == "program"), None)


@rule(
    "HL108",
    "API-2",
    Level.MUST,
    Stage.IMAGE,
    Stage.FILES,
    fix="""
    # On another processor than the pool's, say for which one is built:
    docker buildx build --platform linux/amd64 -t my-model:v1 .
    """,
    bad="""
    FROM --platform=linux/arm64 python:3.11-slim   # in an image that is for linux/amd64
    """,
    good="""
    FROM python:3.11-slim
    """,
)
def programs_are_for_its_platform(seen: Seen) -> Verdict:
    """The programs of the image are for the processor that the image names.

    An image built on a laptop with an ARM processor often says amd64 and has programs for arm64, for instance when a
    file was copied from the wrong stage. It then ends at once with “exec format error”. The shell, Python, Java, zip
    and the command's own program are looked at: their first bytes name the processor.
    """
    image, files = _image(seen), seen.one(FilesSeen, Stage.FILES)
    architecture = image.platform.split("/")[1] if image.platform.startswith(PLATFORMS) else ""
    if not architecture:
        return not_applicable(f"the platform {image.platform} is none of those that are known")
    known = {name: form for name, form in files.forms.items() if form and form != SCRIPT}
    others = {
        name: form for name, form in known.items() if form != architecture and form not in _SAME[architecture]
    }  # fmt: skip
    if others:
        return failed(
            "the image has programs for another processor",
            *[Evidence(f"{files.programs[name]} is for {form}") for name, form in others.items()],
            expected=f"programs for {architecture}",
            actual=", ".join(f"{name}: {form}" for name, form in others.items()),
        )
    if not known:
        return not_applicable("it has no program whose processor is known")
    return passed(f"{', '.join(known)}: {architecture}")


@rule(
    "HL109",
    "API-2",
    Level.MUST,
    Stage.IMAGE,
    fix="""
    COPY run.sh /home/run.sh
    CMD ["sh", "/home/run.sh"]
    """,
    bad="""
    FROM debian:12-slim
    COPY server /opt/server
    # no CMD, and debian's own is a shell that ends at once
    CMD ["/opt/sever"]
    """,
    good="""
    FROM debian:12-slim
    COPY --chmod=755 server /opt/server
    CMD ["/opt/server"]
    """,
)
def has_a_command(seen: Seen) -> Verdict:
    """The image has a command, and its program is there and can be executed.

    A platform starts the image as it is: entrypoint, then command. Without either, or with a program that is not in the
    image or not executable, no engine can start it.
    """
    command = _image(seen).effective_command
    expected = "a command whose first word is an executable file of the image"
    if not command or not command[0]:
        return failed("the image has no command", expected=expected, actual="neither entrypoint nor command")
    if why := seen.record.missing(Stage.FILES):
        return unproven(why)
    file, told = _program(seen), Evidence(f"command: {list(command)}")
    if file is None:
        return unproven("the command's program was not looked for")
    if file.kind == "missing":
        return failed("the command's program is missing", told, expected=expected, actual=f"there is no {command[0]}")
    if file.kind != "file" or not file.mode & 0o111:
        actual = f"{file.real_path} is a {file.kind} of the mode {file.mode:04o}"
        return failed("the command's program cannot be executed", told, expected=expected, actual=actual)
    if script := _missing_script(seen, command):
        expected = f"the script {script} in the image"
        return failed("the command's script is missing", told, expected=expected, actual=f"there is no {script}")
    return passed(f"it starts {file.real_path}", told)


def _missing_script(seen: Seen, command: tuple[str, ...]) -> str:
    """Of `sh SCRIPT`, the path of one that is not there; a batch's boot file is another rule's (HL301)."""
    if len(command) < 2 or name_of(command[0]) not in SHELLS or command[1].startswith(("-", "+")):
        return ""
    script = next((file for file in seen.all(FileSeen, Stage.FILES) if file.asked_for == "command"), None)
    if script is None or script.kind != "missing" or (seen.purpose is Purpose.BATCH and script.path == BOOT_FILE):
        return ""
    return script.path


@rule(
    "HL110",
    "API-2",
    Level.SHOULD,
    Stage.IMAGE,
    purposes=_SERVES,
    fix="""
    # Empty the entrypoint that the base brings:
    ENTRYPOINT []
    CMD ["sh", "/home/run.sh"]
    """,
    bad="""
    FROM some-base            # which has ENTRYPOINT ["python3"]
    CMD ["sh", "/home/run.sh"]
    """,
    good="""
    FROM some-base
    ENTRYPOINT []
    CMD ["sh", "/home/run.sh"]
    """,
)
def entrypoint_leaves_the_command_alone(seen: Seen) -> Verdict:
    """No entrypoint swallows the command.

    What a container starts is the entrypoint with the command as its arguments. A base's entrypoint stays unless it is
    emptied: `python3 sh /home/run.sh` looks for a Python file called sh. An entrypoint in shell form ignores the
    command altogether. An entrypoint that ends with `exec "$@"`, as those of most official images do, is fine.
    """
    image = _image(seen)
    if not image.entrypoint or not image.command:
        return not_applicable("it has not both an entrypoint and a command")
    first, last = image.entrypoint[0], image.entrypoint[-1]
    told = Evidence(f"entrypoint {list(image.entrypoint)}, command {list(image.command)}")
    if (words := _ignored(image)) is not None:
        return failed(
            "the entrypoint is a shell's text, and ignores words of the command",
            told,
            expected="an entrypoint that starts the command, or none",
            actual=f"{first} {image.entrypoint[1]} takes {words[0]!r} as $0, and no more",
        )
    swallows = name_of(last) in SHELLS or _INTERPRETER.fullmatch(name_of(last)) is not None
    starts = name_of(image.command[0])
    if swallows and (starts in SHELLS or _INTERPRETER.fullmatch(starts)):
        return failed(
            "the entrypoint takes the command for a script",
            told,
            expected="an entrypoint that starts the command, or none",
            actual=f"{' '.join(image.effective_command)}",
        )
    return passed("the entrypoint takes the command as its arguments", told)


@rule(
    "HL111",
    "API-2",
    Level.MUST,
    Stage.IMAGE,
    Stage.FILES,
    fix="""
    RUN useradd --uid 1000 --gid 100 --create-home --home-dir /home/ma-user ma-user
    USER 1000:100
    """,
    bad="""
    FROM scratch
    USER ma-user
    """,
    good="""
    FROM scratch
    USER 1000:100
    """,
)
def user_is_known(seen: Seen) -> Verdict:
    """The user that the image names is a number, or has an account in the image.

    An engine looks a name up in the image's own /etc/passwd, and refuses to start where it is not. Numbers always work.
    """
    user, files = _image(seen).user, seen.one(FilesSeen, Stage.FILES)
    if not user:
        return passed("it names no user: root")
    name, _, group = user.partition(":")
    if name and not name.isdecimal() and name not in files.users:
        actual = f"{name!r}; there are {', '.join(sorted(files.users)[:10]) or 'none'}"
        return failed("the user has no account", expected="a number, or a name of /etc/passwd", actual=actual)
    if group and not group.isdecimal() and group not in files.groups:
        actual = f"{group!r}; there are {', '.join(sorted(files.groups)[:10]) or 'none'}"
        return failed("the group is unknown", expected="a number, or a name of /etc/group", actual=actual)
    return passed(f"it runs as {user}")


@rule(
    "HL112",
    "API-2",
    Level.MUST,
    Stage.FILES,
    fix="""
    # Debian has a group 100 already, called users: it may stay.
    RUN getent group 100 || groupadd -g 100 ma-group
    RUN useradd -d /home/ma-user -m -u 1000 -g 100 -s /bin/bash ma-user
    """,
    bad="""
    FROM python:3.11-slim
    """,
    good="""
    FROM python:3.11-slim
    RUN useradd -d /home/ma-user -m -u 1000 -g 100 -s /bin/bash ma-user
    """,
)
def has_the_accounts(seen: Seen) -> Verdict:
    """The image has the accounts of the user and the group as whom its edition starts it.

    A custom engine is started as 1000:100, and its page demands that the image has the user ma-user and the group
    ma-group with these numbers. The numbers are what counts: programs that ask for the name of who they run as, or for
    the home folder, break without an entry, and work with any name.
    """
    uid, gid = seen.profile.user_id, seen.profile.group_id
    if uid is None or gid is None:
        return not_applicable("the edition names no user")
    files = seen.one(FilesSeen, Stage.FILES)
    lacking = [f"user {uid}"] if uid not in files.users.values() else []
    lacking += [f"group {gid}"] if gid not in files.groups.values() else []
    if lacking:
        return failed("an account is missing", expected=f"{uid}:{gid}", actual=f"no {' and no '.join(lacking)}")
    return passed(f"it has accounts for {uid}:{gid}")


@rule(
    "HL113",
    "EXIT-1",
    Level.MUST,
    Stage.IMAGE,
    fix="""
    STOPSIGNAL SIGTERM
    """,
    bad="""
    FROM nginx:1.27           # which has STOPSIGNAL SIGQUIT
    CMD ["sh", "/home/run.sh"]
    """,
    good="""
    FROM nginx:1.27
    STOPSIGNAL SIGTERM
    CMD ["sh", "/home/run.sh"]
    """,
)
def is_stopped_by_sigterm(seen: Seen) -> Verdict:
    """The image is stopped by SIGTERM.

    Engines send the signal that the image names. With another one SIGTERM never arrives, and whatever a boot script
    does on SIGTERM is not done: nothing lingers, nothing is drained. Some official bases, such as nginx and httpd, name
    another one, and every image that is made from them inherits it.
    """
    signal = _image(seen).stop_signal
    if signal.upper() not in _TERM:
        return failed("SIGTERM never arrives", expected="SIGTERM", actual=f"STOPSIGNAL {signal}")
    return passed(f"it is stopped by {signal or 'SIGTERM, as it names none'}")


@rule(
    "HL115",
    "API-2",
    Level.SHOULD,
    Stage.FILES,
    levels={"custom-engine": Level.MUST},
    purposes=_SERVES,
    fix="""
    COPY --chmod=755 run.sh /home/run.sh
    COPY --chown=1000:100 package/ /opt/package/
    """,
    bad="""
    RUN mkdir -m 700 /srv/package
    COPY model.py config.json /srv/package/
    """,
    good="""
    COPY --chmod=755 model.py config.json /opt/package/
    """,
)
def is_readable_as_ma_user(seen: Seen) -> Verdict:
    """What the start needs can be read as 1000:100.

    Some services start an image as root, some as user 1000 of group 100; one image can serve both if everything that it
    needs may be read by all. Looked at are the command's program and scripts, the package's folder and the working
    folder, with every folder on the way. Files below /root, and copies of files that only their owner could read, are
    the usual finds.
    """
    needed = {"program": PASS, "command": READ, "package": READ | PASS, "working folder": PASS}
    files = [file for file in seen.all(FileSeen, Stage.FILES) if file.asked_for in needed and _can_be_used(file)]
    found = {file.path: barred(file, needed[file.asked_for], USER, GROUP) for file in files}
    reasons = {path: reason for path, reason in found.items() if reason}
    if reasons:
        return failed(
            "1000:100 cannot read what the start needs",
            *[Evidence(f"{path}: {reason}") for path, reason in reasons.items()],
            expected="files and folders that user 1000 of group 100 may read and pass",
            actual=next(iter(reasons.values())),
        )
    return passed(f"{len(files)} files and folders that the start needs can be read as 1000:100")


def _ignored(image: ImageSeen) -> tuple[str, ...] | None:
    """The words of the command that `sh -c TEXT` ignores: what follows its text, unless that asks for arguments."""
    words = image.effective_command
    if len(image.entrypoint) < 2 or name_of(words[0]) not in SHELLS or not words[1].endswith("c") or words[1][0] != "-":
        return None
    return words[3:] if len(words) > 3 and "$" not in words[2] else None


def _can_be_used(file: FileSeen) -> bool:
    """By anybody: what is missing, or a program that nobody may execute, is another rule's."""
    return file.kind != "missing" and (file.asked_for != "program" or file.mode & 0o111 != 0)


@rule(
    "HL118",
    "API-2",
    Level.MUST,
    Stage.FILES,
    fix="""
    # Name a shell that the image has; alpine has no bash.
    sed -i '1s|.*|#!/bin/sh|' /entrypoint.sh
    """,
    bad="""
    FROM alpine:3.20
    COPY entrypoint.sh /        # which begins with #!/bin/bash
    ENTRYPOINT ["/entrypoint.sh"]
    """,
    good="""
    FROM alpine:3.20
    RUN apk add --no-cache bash
    COPY entrypoint.sh /
    ENTRYPOINT ["/entrypoint.sh"]
    """,
)
def interpreter_is_there(seen: Seen) -> Verdict:
    """The interpreter that the command's script names is in the image.

    The kernel starts the program that the script's first line names. Where that is not in the image, the start fails
    with “no such file or directory”, and people look for the script, which is there. A first line that ends with a
    carriage return names a program that nobody has.
    """
    files = seen.all(FileSeen, Stage.FILES)
    found = next((file for file in files if file.asked_for == "interpreter"), None)
    if found is None:
        return not_applicable("the command's program is no script")
    if found.kind != "file":
        return failed(
            "the script's interpreter is missing",
            expected="a program of the image behind #!",
            actual=f"there is no {found.path!r}",
        )
    return passed(f"{found.path} is there")
