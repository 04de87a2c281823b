"""The table of cells as a page of the reference.

python -m tests.hitless.page > docs/reference/stopping.md
"""

from __future__ import annotations

from tests.hitless.cells import rows
from tests.hitless.events import EVENTS
from tests.hitless.outcomes import Outcome

_HEAD = """# What becomes of a connection when the server stops, crashes or reloads

Made from the tests by `python -m tests.hitless.page`. Each cell is a test (`tests/hitless/`): a client is brought to
exactly that step of the protocol, then the event happens, and what the client gets is compared with the word in the
table. The server's own end is judged, too: it leaves with exit code 0 and within its deadline, or goes on serving.

"""

_TIMES = """
Times are scaled down, but for one run at the true 60, 90 and 200 s (`make test-true-times`). With `linger`, new
connections are accepted and answered as well. `killed` and `other killed` have two workers, the others one.
"""


def page() -> str:
    """The Markdown text of docs/reference/stopping.md."""
    (_, *events), *lines = rows()
    return "".join([
        _HEAD,
        _table(["at this step", *events], lines),
        "\n## The events\n\n",
        _table(["event", "what happens"], [[name, EVENTS[name].meaning] for name in events]),
        _TIMES,
        "\n## The words\n\n",
        _table(["word", "what the client gets"], [[outcome.word, outcome.meaning] for outcome in Outcome]),
    ])  # fmt: skip


def _table(head: list[str], lines: list[list[str]]) -> str:
    return "".join(f"| {' | '.join(fields)} |\n" for fields in [head, ["---"] * len(head), *lines])


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201
