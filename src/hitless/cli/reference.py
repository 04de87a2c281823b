"""The reference of the server's options, made from their declarations.

python -m hitless.cli.reference > docs/reference/options.md
"""

from __future__ import annotations

from hitless.serving.options import SPECS, Spec

_HEAD = """# Options of the server

Every option of `hitless serve`, made from the code by `python -m hitless.cli.reference`. The first of these that sets
an option wins:

1. the flag: `--linger 30`
2. the environment: `HITLESS_LINGER=30`
3. `hitless.toml` in the package: `linger = 30` under `[serve]`
4. the default

`hitless serve --explain` shows each value and where it came from. Times are in seconds; sizes in bytes, or as `12MB`,
`8MiB`. Switches: `--metrics`, `--no-metrics`, `HITLESS_METRICS=off`, `metrics = false`.

| flag | environment | default | |
|---|---|---|---|
"""


def options_page() -> str:
    """The Markdown text of docs/reference/options.md."""
    return _HEAD + "".join(_row(spec) for spec in SPECS)


def _row(spec: Spec) -> str:
    text = spec.meta["help"]
    if "choices" in spec.meta:
        text += f" ({', '.join(f'`{choice}`' for choice in spec.meta['choices'])})"
    return f"| `{spec.flag}` | `{spec.variable}` | {_shown(spec)} | {text} |\n"


def _shown(spec: Spec) -> str:
    if isinstance(spec.default, bool):
        return "on" if spec.default else "off"
    if spec.default == "":
        return ""
    return f"`{spec.default:g}`" if isinstance(spec.default, float) else f"`{spec.default}`"


if __name__ == "__main__":
    print(options_page(), end="")
