"""The figures as text, for terminals and documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bench.images.summary import Line, Target


def text(lines: Sequence[Line], targets: Sequence[Target], digests: Mapping[str, str], load: float) -> str:
    parts = ["\n".join(_times(lines)), "\n".join(_digests(digests)), "\n".join(_targets(targets))]
    return "\n\n".join(part for part in parts if part) + f"\n\nload of the machine before: {load:.1f}\n"


def _times(lines: Sequence[Line]) -> Iterator[str]:
    rows: list[Sequence[str]] = [("what", "builder", "s", "(lowest–highest)", "CPU s", "sent", "÷ ours", "by CPU")]
    for line in lines:
        ratios = [f"{ratio:.1f} ×" if ratio is not None else "" for ratio in (line.ours_times, line.by_cpu)]
        spread = f"{line.low:.2f}–{line.high:.2f}"
        sent = f"{line.sent / 1e6:.1f} MB" if line.sent >= 100_000 else f"{line.sent / 1e3:.1f} kB"
        rows.append((line.what, line.builder, f"{line.seconds:.2f}", spread, f"{line.cpu_s:.2f}", sent, *ratios))
    return _aligned(rows, right=(2, 3, 4, 5, 6, 7))


def _digests(digests: Mapping[str, str]) -> Iterator[str]:
    rows = [("built", "digest"), *((way, digest[:26] + "…" if digest.startswith("sha256:") else digest)
                                   for way, digest in digests.items())]  # fmt: skip
    return _aligned(rows, right=()) if digests else iter(())


def _targets(targets: Sequence[Target]) -> Iterator[str]:
    rows = [("figure", "to reach", "reached", "met")]
    rows += [(one.figure, one.wanted, one.reached, "yes" if one.is_met else "no") for one in targets]
    return _aligned(rows, right=(1, 2))


def _aligned(rows: Sequence[Sequence[str]], *, right: Sequence[int]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = (cell.rjust(width) if column in right else cell.ljust(width)
                 for column, (cell, width) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
        yield " " + "  ".join(cells).rstrip()
        if number == 0:
            yield " " + "─" * (sum(widths) + 2 * len(widths) - 2)
