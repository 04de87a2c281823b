"""The tables of docs/hitless.md: made from results, put between their marks, and those that stand there are current."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bench.rollout.document import BEGIN, DOCUMENT, END, RESULTS, with_figures
from bench.rollout.markdown import tables


def line(server: str, arrangement: str, failed: int, **more: Any) -> dict[str, Any]:
    return {
        "server": server, "arrangement": arrangement, "replacements": 10, "requests": 20_000, "failed": failed,
        "kinds": {"reset": failed} if failed else {}, "with_loss": 0, "per_million": failed * 50.0,
        "bound_per_million": 150.0, "exit_median_s": 3.2, "exit_max_s": 4.5, "exit_codes": [0], "not_reloaded": 0,
        "rate": 1000.0, "p50_ms": 0.71, "p99_ms": 9.4, "late_s": 0.0, **more,
    }  # fmt: skip


def document(*lines: dict[str, Any]) -> dict[str, Any]:
    servers = [
        {"name": name, "title": name.title(), "times": times, "versions": {name: "1.2"}}
        for name, times in (("hitless", "--linger 3"), ("uvicorn", "none of its own"))
    ]
    probe = {"server": "uvicorn", "idle": "closed without answer", "new": "refused", "exit_s": 0.44, "exit_code": -15}
    machine = {"cores": 2, "processor": "P", "system": "S", "kernel": "6", "python": "3.11"}
    return {
        "date": "2026-11-23T00:00:00", "machine": machine, "method": {"balancers": {"haproxy": "2.6", "nginx": ""}},
        "servers": servers, "summary": lines, "probes": [probe],
        "skipped": [{"server": "cog", "arrangement": "all", "reason": "no\nmore"}],
    }  # fmt: skip


def test_the_tables() -> None:
    text = tables(document(
        line("hitless", "port", 0),
        line("uvicorn", "port", 7),
        line("uvicorn", "reload", 0, exit_median_s=None, exit_max_s=None, not_reloaded=10),
    ))  # fmt: skip
    assert "| the same port for old and new | 10 | 20,000 | **0** | 150 | 0.7 / 9 | 3.2, at most 4.5 |" in text
    assert "**0 of 20,000 requests failed in 10 replacements.**" in text
    assert "below 149.8 in a million requests, and below 26 % of replacements" in text
    assert "| Uvicorn |  |  | 350 (7 of 20,000) | not replaced |" in text
    assert "| Uvicorn | 0 | 7 | 0 | 0 | 0 | 0 | 0 |" in text
    assert "| Uvicorn | closed without answer | refused | 0.4 | 3.2 / 4.5 | none of its own |" in text
    assert "| Hitless |  |  |  | 3.2 / 4.5 | `--linger 3` |" in text
    assert "Not measured: cog, all: no" in text.splitlines()
    assert "haproxy 2.6; Hitless (hitless 1.2); Uvicorn (uvicorn 1.2)." in text


def test_a_loss_of_ours_has_no_bound_of_replacements() -> None:
    text = tables(document(line("hitless", "port", 2)))
    assert "**2 of 20,000 requests failed in 10 replacements.**" in text
    assert "of replacements" not in text


def test_figures_replace_those_between_the_marks() -> None:
    once = with_figures(f"a\n{BEGIN}\nold\n{END}\nz\n", "new\n")
    assert once == f"a\n{BEGIN}\n\nnew\n\n{END}\nz\n"
    assert with_figures(once, "new\n") == once
    with pytest.raises(ValueError, match="lacks"):
        with_figures("a", "new")


@pytest.mark.skipif(not RESULTS.exists(), reason="there is no committed run")
def test_the_document_shows_the_committed_run() -> None:
    text = DOCUMENT.read_text()
    figures = tables(json.loads(RESULTS.read_text()))
    assert text == with_figures(text, figures), "run: python -m bench.rollout.document"
