"""A request as bytes that are ready to be sent, and the answer that is expected of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """`headers` without Host, Content-Length and Connection, which whoever sends it adds. `api`: its number in the
    contract, from 0; None for what no api declares. `expected`: the JSON of the answer, as text, where one
    was given; None: any answer with status 2xx. `curl`: a command that sends the same, `{address}` for host:port."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    api: int | None = None
    expected: str | None = None
    curl: str = ""

    def head(self, host: str, *, close: bool = False) -> bytes:
        """Request line and headers, with the length of the body where there is one."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body or self.method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(self.body)}")
        if close:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode()
