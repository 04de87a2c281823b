"""The page to try a package: one HTML document, put together from the files of this folder when the server starts.

Nothing of it comes from elsewhere, and it may ask nobody but its own server: the Content-Security-Policy names the
hashes of its one style and its one script. What a package says goes in as data, never as markup.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hitless.serving.playground.contents import contents

if TYPE_CHECKING:
    from hitless.serving.package import Package

FOLDER = Path(__file__).parent
STYLES = ("base", "layout", "fields", "answer")
# In the order in which they build on each other; together they are one script.
SCRIPTS = (
    "dom", "formats", "json_text", "json_fault", "curl", "drawing", "file_field", "fields", "json_editor", "inputs",
    "values", "events", "answer", "calling", "history", "health", "api", "page",
)  # fmt: skip
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; "
    "img-src data: blob:; media-src blob:; base-uri 'none'; form-action 'none'"
)


def page(package: Package) -> bytes:
    """The document, in UTF-8. InputError where the package's examples cannot be read."""
    shown = contents(package)
    style = "\n".join(_read(f"styles/{name}.css") for name in STYLES)
    script = "\n".join(_read(f"scripts/{name}.js") for name in SCRIPTS)
    return fill(
        _read("page.html"),
        {
            "POLICY": POLICY.format(script=source_hash(script), style=source_hash(style)),
            "TITLE": html.escape(str(shown["title"])),
            "STYLE": style,
            "CONTENTS": script_safe(shown),
            "SCRIPT": script,
        },
    ).encode()


def fill(template: str, values: Mapping[str, str]) -> str:
    """Every `{{NAME}}` replaced in one pass, so that nothing within a value is taken for a name."""
    return re.sub(r"\{\{([A-Z]+)\}\}", lambda found: values[found[1]], template)


def script_safe(value: Any) -> str:
    """JSON that may stand in a script element: nothing in it can end the element or open a comment."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def source_hash(text: str) -> str:
    """Of an inline style or script, as a source of CSP (level 3, section 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
