"""`hitless explain`: what a rule of `hitless check` asks, why, and what to do about it; without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from hitless.checking.rule import Rule


def explain(
    rule: Annotated[str, typer.Argument(metavar="[RULE]", help="An id, such as HL801; the beginning of ids.")] = "",
) -> None:
    """Explain a rule of `hitless check`, or list all.

    \b
    Examples:
      hitless explain           every rule, by part
      hitless explain HL8       those of termination
      hitless explain HL801     one: what, why, a bad and a good specimen, the fix
    """
    from rich.console import Console

    from hitless.checking.rules.catalogue import RULES

    console = Console(highlight=False, markup=False, emoji=False)
    chosen = {identifier: one for identifier, one in RULES.items() if identifier.startswith(rule.upper())}
    if not chosen:
        raise _no_such(rule, RULES)
    if rule.upper() in chosen:
        show_rule(console, chosen[rule.upper()])
    else:
        show_list(console, chosen)


def _no_such(rule: str, rules: Mapping[str, Rule]) -> Exception:
    from difflib import get_close_matches

    from hitless.errors import InputError, Problem

    near = get_close_matches(rule.upper(), rules, n=3)
    remedy = f"Did you mean {', '.join(near)}?" if near else "`hitless explain` lists all rules."
    return InputError([Problem("CHK-20", f"there is no rule {rule!r}", remedy)])


def show_list(console: Console, rules: Mapping[str, Rule]) -> None:
    """A table by part."""
    from rich.table import Column, Table
    from rich.text import Text

    from hitless.checking.rulebook import by_part

    widest = max(len(one.clause) for one in rules.values())
    for number, (part, members) in enumerate(by_part(rules.values()).items()):
        console.print(Text(f"\n{part}" if number else part, style="bold"))
        widths = (len("HL101"), len("should"), widest)
        columns = [Column(no_wrap=True, min_width=width) for width in widths]
        table = Table.grid(*columns, Column(overflow="fold"), padding=(0, 2))
        for one in members:
            table.add_row(one.id, str(one.level), one.clause, Text(one.title))
        console.print(table)


def show_rule(console: Console, rule: Rule) -> None:
    """All that is known of it. What is to be pasted is never broken."""
    from rich.text import Text

    from hitless.checking import rulebook
    from hitless.spec.clauses import CLAUSES

    console.print(Text.assemble((rule.id, "bold"), f"  {rule.title}"))
    facts = {
        "clause": f"{rule.clause}: {CLAUSES[rule.clause].text}",
        "level": rulebook.levels(rule),
        "asked for": rulebook.purposes(rule),
        "looks at": ", ".join(str(stage) for stage in rule.needs) or "nothing",
    }
    console.print(_grid(facts))
    if rule.why:
        console.print()
        console.print(Text(rulebook.flowing(rule.why)))
    for heading, text in (("Bad", rule.bad), ("Good", rule.good), ("Fix", rule.fix)):
        console.print(Text(f"\n{heading}", style="bold"))
        for line in text.splitlines():
            console.print(Text(f"    {line}"), soft_wrap=True)


def _grid(facts: Mapping[str, str]) -> object:
    from rich.table import Column, Table
    from rich.text import Text

    table = Table.grid(Column(no_wrap=True), Column(overflow="fold"), padding=(0, 2))
    for name, value in facts.items():
        table.add_row(name, Text(value))
    return table
