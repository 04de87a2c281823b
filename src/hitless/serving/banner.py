"""What a terminal shows when the server is ready: addresses, apis, and a curl line to try."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from hitless.spec.contract import MULTIPART, Api

if TYPE_CHECKING:
    from hitless.serving.options import Options
    from hitless.serving.package import Package


def ready(package: Package, options: Options, port: int, workers: int, seconds: float) -> str:
    """Several lines of text."""
    contract = package.contract
    base = f"{contract.protocol}://127.0.0.1:{port}"
    lines = [f"ready in {seconds:.2f} s: {base}  ({workers} worker{'s' if workers != 1 else ''}; Ctrl-C stops)"]
    lines += [f"  {api.method:<6} {base}{api.url}" for api in contract.apis]
    lines += [f"  {'GET':<6} {base}{url}" for url in contract.health_urls or ("/health",)]
    if contract.apis:
        lines.append(f"try it:      {curl(package, base, contract.apis[0], contract.protocol == 'https')}")
    if options.playground:
        lines.append(f"playground:  {base}/playground")
    return "\n".join(lines)


def curl(package: Package, base: str, api: Api, insecure: bool) -> str:
    """A command that calls an api, with the files of the package's example where it has one."""
    form = _example_form(package, api)
    words = ["curl", *(["-k"] if insecure else []), "-X", api.method, f"{base}{api.url}"]
    if form is not None:
        for name, value in form.items():
            words += ["-F", f"{name}={_near(package.folder, str(value))}"]
    elif api.request is not None and api.request.content_type == MULTIPART:
        for name in (api.request.schema or {}).get("properties", {}):
            words += ["-F", f"{name}=@FILE"]
    elif api.method not in ("GET", "HEAD", "DELETE"):
        words += ["-H", "Content-Type: application/json", "-d", "{}"]
    return " ".join(shlex.quote(word) if " " in word or "{" in word else word for word in words)


def _example_form(package: Package, api: Api) -> dict[str, object] | None:
    for entry in package.settings.get("example", []):
        if entry.get("url", "/") == api.url and "form" in entry:
            return dict(entry["form"])
    return None


def _near(folder: Path, value: str) -> str:
    """@seven.jpg → @examples/mnist/seven.jpg, as seen from where the user is."""
    return f"@{os.path.relpath(folder / value[1:])}" if value.startswith("@") else value
