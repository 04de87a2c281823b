"""`hitless check`: does an image, whoever made it, keep the contract? Rule by rule, with what shows it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitless.errors import InputError, Problem

if TYPE_CHECKING:
    from hitless.checking.probes.request import Request
    from hitless.checking.report import Report
    from hitless.checking.wishes import Wishes
    from hitless.spec.contract import Contract

_ENDINGS = {
    ".txt": "text", ".json": "json", ".xml": "junit", ".sarif": "sarif", ".html": "html", ".md": "md", ".svg": "badge",
}  # fmt: skip


_OF_SUBJECT = ("config", "form", "data", "url_path", "expect", "engine", "pid", "container")
_OF_LOOKING = (*_OF_SUBJECT, "profile", "purpose", "quick", "static", "record", "seed")  # and not of judging


def check(
    context: typer.Context,
    subject: Annotated[
        str, typer.Argument(metavar="SUBJECT", help="An image, a layout, an archive, a root, a package, or a URL.")
    ] = "",
    profile: Annotated[str, typer.Option("--profile", metavar="EDITION", help="Of the specification.")] = "2024-09",
    purpose: Annotated[
        str, typer.Option("--for", metavar="PURPOSE", help="realtime, hitless (upgrades without a loss) or batch.")
    ] = "hitless",
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Its config.json, instead of the image's.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="30 s: what needs longer stays unproven.")] = False,
    static: Annotated[bool, typer.Option("--static", help="Run nothing.")] = False,
    form: Annotated[
        list[str] | None,
        typer.Option("--form", "-F", metavar="NAME=VALUE", help="A good request: a form's field, or NAME=@FILE."),
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", "-d", metavar="JSON|@FILE", help="A good request: its body.")
    ] = None,
    url_path: Annotated[str, typer.Option("--path", metavar="URLPATH", help="Where the good request goes.")] = "/",
    expect: Annotated[
        str | None, typer.Option("--expect", metavar="JSON", help="What the good request is answered with.")
    ] = None,
    select: Annotated[str, typer.Option("--select", metavar="IDS", help="Only these rules: HL801,HL7.")] = "",
    ignore: Annotated[str, typer.Option("--ignore", metavar="IDS", help="Not these rules.")] = "",
    waivers: Annotated[
        Path | None, typer.Option("--waivers", metavar="FILE", help="Failures that are accepted, for a while.")
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="docker, podman, runc or bwrap; else the first there is.")
    ] = "",
    pid: Annotated[
        int, typer.Option("--pid", metavar="PID", help="Of a running service, to stop it.", show_default=False)
    ] = 0,
    container: Annotated[
        str, typer.Option("--container", metavar="NAME", help="Of a running service, to stop it.")
    ] = "",
    form_of: Annotated[
        str, typer.Option("--format", metavar="FORM", help="text, json, junit, sarif, html, md or badge.")
    ] = "",
    output: Annotated[
        list[Path] | None, typer.Option("--output", "-o", metavar="FILE", help="The report; its ending says the form.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="FILE", help="Write all that is seen, to judge it again.")
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option("--replay", metavar="FILE", help="Judge a record, for what it was made; nothing is run."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the requests that are made up.")] = 1,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="A line for every rule.")] = False,
) -> None:
    """Prove, clause by clause, that an image conforms, and that it is hitless.

    The image is looked at, run and watched from outside, without a route to any
    network; a whole check takes four and a half minutes.

    \b
    Examples:
      hitless check registry.example/app:v1              an image
      hitless check image.tar --for batch                an archive, as a batch service
      hitless check app:v1 -F images=@7.jpg --expect '{"mnist_result": 7}'
      hitless check app:v1 --quick -o report.html        30 s, and a page
      hitless check http://127.0.0.1:8080 --pid 4711     a running service
      hitless explain HL801                              what a rule is about

    \b
    Exit code:
      0  it conforms
      1  it does not
      2  a flag, a file or the subject is wrong
      3  not decided: something that is needed could not be seen
    """
    from hitless.checking.check import check as run
    from hitless.checking.check import replay as judge_again

    wishes = _wishes(profile, purpose, engine, waivers)
    wishes = replace(
        wishes, config=config, quick=quick, static=static, select=_ids(select), ignore=_ids(ignore), engine=engine,
        record=record, seed=seed, pid=pid, container=container, goldens=_goldens(url_path, form, data, expect),
        flags=_words(context, _OF_SUBJECT),
    )  # fmt: skip
    forms = _forms(form_of, output or [])
    _refuse_misplaced(context, subject, replay, pid=pid, container=container)
    if replay is not None:
        report = judge_again(replay, wishes)
    elif not subject:
        raise InputError([Problem("CHK-8", "there is nothing to check", "Name an image, or a record with --replay.")])
    else:
        from hitless.cli.check_progress import LASTS_S, progress
        from hitless.cli.cleaning import ends_in_order

        with ends_in_order(), progress(lasts_s={} if quick else LASTS_S) as tell:
            report = run(subject, replace(wishes, tell=tell))
    for form_name, file in forms:
        _write(report, form_name, file, verbose=verbose)
    raise typer.Exit(_exit_code(report))


def _words(context: typer.Context, names: Sequence[str]) -> tuple[str, ...]:
    """Those of these options that the user gave, as they may be given again."""
    found: list[str] = []
    for option in context.command.params:
        source = context.get_parameter_source(option.name) if option.name in names else None
        if source is not None and source.name == "COMMANDLINE":
            values = context.params[option.name]
            for value in values if isinstance(values, list) else [values]:
                found += [option.opts[0]] if value is True else [option.opts[0], str(value)]
    return tuple(found)


def _refuse_misplaced(context: typer.Context, subject: str, replay: Path | None, *, pid: int, container: str) -> None:
    """What would silently do nothing."""
    problems = []
    if replay is not None and subject:
        remedy = f"Leave {subject} out: a record has its own, or leave --replay out to look at it."
        problems.append(Problem("CHK-15", "a record is judged without a subject", remedy))
    if replay is not None and (idle := [word for word in _words(context, _OF_LOOKING) if word.startswith("--")]):
        names = " and ".join(part for part in (", ".join(idle[:-1]), idle[-1]) if part)
        remedy = f"Leave {names} out, or check the subject itself: the record was made with its own."
        problems.append(Problem("CHK-15", "a record is judged by what it was made for", remedy))
    if subject and (pid or container) and not subject.startswith(("http://", "https://")):
        remedy = (
            "Name the service by its URL, or leave --pid and --container out: what is started here is stopped here."
        )
        problems.append(Problem("CHK-15", "--pid and --container are of a running service", remedy))
    if problems:
        raise InputError(problems)


def _ids(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _wishes(profile: str, purpose: str, engine: str, waivers: Path | None) -> Wishes:
    from hitless.checking.rule import Purpose
    from hitless.checking.rules.catalogue import RULES
    from hitless.checking.waivers import read_waivers
    from hitless.checking.wishes import Wishes, unknown_edition
    from hitless.engines.choosing import NAMES
    from hitless.engines.found import unknown_engine
    from hitless.spec.profiles import PROFILES

    problems = []
    if profile not in PROFILES:
        problems.append(unknown_edition(profile))
    if purpose not in list(Purpose):
        problems.append(Problem("CHK-10", f"--for {purpose} is unknown", f"Choose one of {', '.join(Purpose)}."))
    if engine and engine not in NAMES:
        problems.append(unknown_engine(engine, NAMES))
    if problems:
        raise InputError(problems)
    known = read_waivers(waivers, RULES) if waivers is not None else ()
    return Wishes(profile=PROFILES[profile], purpose=Purpose(purpose), waivers=known)


def _goldens(
    path: str, form: list[str] | None, data: str | None, expect: str | None
) -> Callable[[Contract], tuple[Request, ...]]:
    """The request that the flags give, for the contract's api at that path; none where there are no flags."""
    if not form and data is None:
        if expect is not None:
            remedy = "Give it with -F or -d."
            raise InputError([Problem("CHK-11", "--expect has no request that it belongs to", remedy)])
        return lambda _: ()
    from hitless.checking.probes.golden import golden_request
    from hitless.cli.request_flags import Flags, call_of_server

    call = call_of_server(Flags(path, None, form or [], data))

    def made(contract: Contract) -> tuple[Request, ...]:
        content_type = call.body.content_type if call.body is not None else None
        body = call.body.data if call.body is not None else b""
        return (golden_request(contract, call.path, content_type, body, expect),)

    return made


def _forms(form: str, files: list[Path]) -> list[tuple[str, Path | None]]:
    """Each report that is wanted, with its file; text on standard output always, unless another form goes there."""
    from hitless.checking.reports import FORMATS

    problems = []
    if form and form not in FORMATS:
        problems.append(Problem("CHK-12", f"--format {form} is unknown", f"Choose one of {', '.join(FORMATS)}."))
    wanted: list[tuple[str, Path | None]] = []
    for file in files:
        if not file.parent.is_dir():  # told now, and not after minutes
            remedy = f"Make the folder {file.parent}, or name one that is there."
            problems.append(Problem("CHK-14", "the report cannot be written: no such folder", remedy, str(file)))
        known = form if form and len(files) == 1 else _ENDINGS.get(file.suffix, "")
        if not known:
            endings = ", ".join(_ENDINGS)
            problems.append(Problem("CHK-13", f"{file}: what form should it have?", f"End its name in {endings}."))
        wanted.append((known, file))
    if problems:
        raise InputError(problems)
    return [*wanted, ("text" if files else form or "text", None)]  # files first: a pipe may break


def _write(report: Report, form: str, file: Path | None, *, verbose: bool) -> None:
    if file is None:
        try:
            _print(report, form, verbose=verbose)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            remedy = "Write the report to a file with -o, where there is room."
            raise InputError([Problem("CHK-14", f"the report cannot be written: {error.strerror}", remedy)]) from error
        return
    from hitless.checking.reports import FORMATS
    from hitless.images.replacing import replacing

    try:
        with replacing(file) as output:
            output.write(FORMATS[form](report).encode())
    except OSError as error:
        problem = Problem("CHK-14", f"the report cannot be written: {error.strerror}", "Check the path.", str(file))
        raise InputError([problem]) from error


def _print(report: Report, form: str, *, verbose: bool) -> None:
    from hitless.checking.reports import FORMATS

    if form == "text":
        from rich.console import Console

        from hitless.checking.reports.text import show

        show(report, Console(highlight=False, markup=False, emoji=False), verbose=verbose)
    else:
        sys.stdout.write(FORMATS[form](report))


def _exit_code(report: Report) -> int:
    from hitless.checking.report import Conclusion

    return {Conclusion.CONFORMS: 0, Conclusion.DOES_NOT: 1, Conclusion.UNDECIDED: 3}[report.conclusion]
