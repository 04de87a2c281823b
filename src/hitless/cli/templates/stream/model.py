"""Writes on from a prompt, word by word: a chain of word pairs learnt from text.txt, where your language model goes.

`predict` is a generator, and config.json says `text/event-stream`: each value that it yields is sent at once, as an
event. When the client goes away the generator is closed, so that a `finally` in it runs.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

SECONDS_A_WORD = 0.03  # as if it were hard work


class Model:
    def __init__(self, path: Path) -> None:
        """Load what takes time, once. `path` is the folder of this file."""
        words = (path / "text.txt").read_text(encoding="utf-8").split()
        self.next_words: dict[str, list[str]] = defaultdict(list)
        for word, following in pairwise(words):
            self.next_words[word].append(following)
        self.words = words

    def predict(self, prompt: str = "", length: int = 30, seed: int = 0) -> Iterator[dict[str, str]]:
        """`length` words that go on from the prompt's last one; equal seeds write equal texts."""
        chance = random.Random(seed)  # noqa: S311
        word = (prompt.split() or [""])[-1]
        for _ in range(length):
            time.sleep(SECONDS_A_WORD)
            word = chance.choice(self.next_words.get(word) or self.words)
            yield {"word": word}
