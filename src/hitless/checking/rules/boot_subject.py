"""The boot script of a subject, for the rules about it: which text is judged, read once. Decides no rule."""

from __future__ import annotations

import functools

from hitless.checking.events import Stage
from hitless.checking.facts.seen import FileSeen, ImageSeen
from hitless.checking.rule import Purpose, Seen
from hitless.checking.shell.boot import Boot, boot_of
from hitless.checking.shell.source import Form, Source, boot_file_of, source_of
from hitless.checking.verdict import Evidence, Verdict, not_applicable

BOOT_FILE = "/home/run.sh"

# What all the rules of this part ask for: `hitless explain` shows it with each of them.
GOOD_SCRIPT = """\
#!/bin/sh
# Started by: CMD ["sh", "/home/run.sh"]. The trap is set first, so that no signal comes too early.
server=""
stop() {
  if [ -n "$server" ]; then
    sleep 60                     # requests still come until the routes are updated (EXIT-2)
    kill -TERM "$server"
  fi
}
trap stop TERM

gunicorn --bind 0.0.0.0:8080 --worker-class gevent --keep-alive 200 --graceful-timeout 25 app:app &
server=$!

wait "$server"                   # returns 143 once the trap has run: the server goes on
status=$?
while kill -0 "$server" 2>/dev/null; do
  wait "$server"                 # until it has answered what it received (EXIT-3)
  status=$?
done
exit "$status"
"""


def source_seen(seen: Seen) -> Source | str:
    """A batch service starts /home/run.sh whatever the command is; else the command tells. A sentence for none."""
    files = {file.path: file for file in reversed(seen.all(FileSeen, Stage.FILES))}
    image = seen.record.first(ImageSeen)
    command = image.effective_command if image is not None else ()
    if seen.purpose is Purpose.BATCH or not command:
        return boot_file_of(BOOT_FILE, files)
    return source_of(command, files, image.working_dir if image is not None else "/")


@functools.lru_cache(maxsize=32)
def read(source: Source) -> Boot:
    return boot_of(source)


def boot_seen(seen: Seen) -> Boot | Verdict:
    """The script, or why there is none to judge: what cannot be read is the fault of HL310 alone."""
    source = source_seen(seen)
    if isinstance(source, str):
        return not_applicable(source)
    boot = read(source)
    if boot.script.faults:
        return not_applicable(f"{source.where} cannot be read as a shell script")
    return boot


def script_seen(seen: Seen) -> Boot | Verdict:
    """The same, for rules that are about a text of several commands."""
    boot = boot_seen(seen)
    if isinstance(boot, Boot) and boot.source.form is Form.PROGRAM:
        return not_applicable("no shell script starts the server")
    return boot


def line_of(boot: Boot, line: int) -> Evidence:
    """A line of the script, as it stands there."""
    lines = boot.source.text.split("\n")
    text = lines[line - 1].strip()[:160] if 0 < line <= len(lines) else ""
    return Evidence(f"{boot.source.where}:{line}: {text}")


def options_elsewhere(seen: Seen, boot: Boot) -> bool:
    """A file, a variable, or a word that is not known may hold further options."""
    kind = boot.server.kind
    names = set(boot.values.words) | boot.values.several
    image = seen.record.first(ImageSeen)
    names |= set(image.environment) if image is not None else set()
    in_environment = bool(kind.environment) and any(name.startswith(kind.environment) for name in names)
    in_file = boot.server.option(kind.config)[0] or (
        kind.name == "gunicorn"
        and any(file.path.endswith("/gunicorn.conf.py") and file.kind == "file" for file in seen.all(FileSeen))
    )
    return in_environment or in_file or boot.server.has_unknown_words
