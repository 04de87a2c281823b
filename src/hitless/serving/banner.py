"""What a terminal shows when the server is ready: addresses, apis, and a curl line to try."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hitless.serving.health import urls_of
from hitless.spec.contract import MULTIPART, WITHOUT_BODY, Api

if TYPE_CHECKING:
    from hitless.serving.options import Options
    from hitless.serving.package import Package


def ready(package: Package, options: Options, port: int, workers: int, seconds: float) -> str:
    """Several lines of text."""
    contract = package.contract
    base = f"{contract.protocol}://{_shown_host(options.host)}:{port}"
    lines = [f"ready in {seconds:.2f} s: {base}  ({workers} worker{'s' if workers != 1 else ''}; Ctrl-C stops)"]
    lines += [f"  {api.method:<6} {base}{api.url}" for api in contract.apis]
    lines += [f"  {'GET':<6} {base}{url}" for url in urls_of(contract)]
    if contract.apis:
        lines.append(f"try it:      {curl(package, base, contract.apis[0])}")
    if options.playground:
        lines.append(f"playground:  {base}/playground")
    return "\n".join(lines)


def _shown_host(host: str) -> str:
    """An address that a browser on this machine can open."""
    if host in ("", "0.0.0.0"):
        return "127.0.0.1"
    return f"[{'::1' if host == '::' else host}]" if ":" in host else host


def curl(package: Package, base: str, api: Api) -> str:
    """A command that calls an api: the package's own example of it, where there is one."""
    example = _example(package, api)
    url = base + api.url + (f"?{example['query']}" if example.get("query") else "")
    words = ["curl", *(["-k"] if base.startswith("https:") else []), "-X", api.method, url]
    if "json" in example:
        words += ["-H", "Content-Type: application/json", "-d", msgspec.json.encode(example["json"]).decode()]
    elif "form" in example or (api.request is not None and api.request.content_type == MULTIPART):
        fields = example.get("form") or _placeholders(api)
        for name, value in fields.items():
            words += ["-F", f"{name}={_form_value(package.folder, value)}"]
    elif api.method not in WITHOUT_BODY and not example:
        words += ["-H", "Content-Type: application/json", "-d", "{}"]
    return shlex.join(words)


def _example(package: Package, api: Api) -> Mapping[str, Any]:
    for entry in package.settings.get("example", []):
        if entry.get("url", "/") == api.url and entry.get("method", "POST").upper() == api.method:
            return dict(entry)
    return {}


def _placeholders(api: Api) -> Mapping[str, str]:
    properties = ((api.request and api.request.schema) or {}).get("properties") or {}
    return {name: "@FILE" if _is_file(schema) else "TEXT" for name, schema in properties.items()}


def _is_file(schema: Any) -> bool:
    """A file, or an array of files."""
    if not isinstance(schema, Mapping):
        return False
    items = schema.get("items")
    element = items[0] if isinstance(items, list) and items else items
    return schema.get("type") == "file" or (schema.get("type") == "array" and _is_file(element))


def _form_value(folder: Path, value: Any) -> str:
    """@seven.jpg → @examples/mnist/seven.jpg, as seen from where the user is; what is no text is JSON."""
    if not isinstance(value, str):
        return msgspec.json.encode(value).decode()
    return f"@{os.path.relpath(folder / value[1:])}" if value.startswith("@") and value != "@FILE" else value
