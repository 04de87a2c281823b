"""Small packages for the unit tests: a folder with a config.json, written when it is needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CONFIG: dict[str, Any] = {"model_algorithm": "image_classification", "model_type": "Image", "apis": [{"url": "/"}]}
MODEL = "class Model:\n    def predict(self, name: str) -> str:\n        return 'hi ' + name\n"


def write_files(folder: Path, **files: str) -> Path:
    """`write_files(folder, model="…", net="…")`: Python files by their stems."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem, text in files.items():
        (folder / f"{stem}.py").write_text(text, encoding="utf-8")
    return folder


def write_package(folder: Path, model: str = MODEL, *, settings: str = "", **config: Any) -> Path:
    """A package that can be read; `config` goes over the usual config.json."""
    write_files(folder, model=model)
    (folder / "config.json").write_text(json.dumps(CONFIG | config), encoding="utf-8")
    if settings:
        (folder / "hitless.toml").write_text(settings, encoding="utf-8")
    return folder
