"""The reference of `[build]` in hitless.toml, made from the recipe's keys.

python -m hitless.cli.build_reference > docs/reference/build-settings.md
"""

from __future__ import annotations

from hitless.building.recipe import KEYS, Recipe

_HEAD = """# Settings of a build

What `[build]` in a package's `hitless.toml` may say, made from the code by `python -m hitless.cli.build_reference`.
Every key is optional; a mistake in one is named with its remedy before anything is built. How to use them:
[Building images](../guides/building.md).

```toml
[build]
base = "../base"
packages = ["numpy>=2", "onnxruntime>=1.20"]
trim = ["numpy/*tests/*"]

[build.environment]
OMP_NUM_THREADS = "1"
```

| key | value | default | |
|---|---|---|---|
"""


def settings_page() -> str:
    """The Markdown text of docs/reference/build-settings.md."""
    rows = (
        f"| `{key}` | {_cell(setting.wanted)} | {_default(key)} | {_cell(setting.text)} |\n"
        for key, setting in KEYS.items()
    )
    return _HEAD + "".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace(", such as ", ": `", 1) + ("`" if ", such as " in text else "")


def _default(key: str) -> str:
    value = getattr(Recipe(), key.replace("-", "_"))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{value}`" if value else ""


if __name__ == "__main__":
    print(settings_page(), end="")
