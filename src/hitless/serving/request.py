"""What model code may see of HTTP: Request, Upload, Response, and Rejected. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any


def title_of(status: int) -> str:
    """The reason phrase of a status (RFC 9110, section 15); "Status 299" for one without a name."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


@dataclass(frozen=True)
class Upload:
    """One file of a form."""

    data: bytes
    filename: str | None
    content_type: str | None


@dataclass(frozen=True)
class Request:
    """The raw request, for a method that asks for it by annotation. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    id: str


@dataclass(frozen=True)
class Response:
    """A complete answer, when a plain result is not enough.

    `body` is anything that a method may return; `content_type` None is chosen by it. `headers` are added as they are.
    """

    body: Any = b""
    status: int = 200
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Rejected(Exception):  # noqa: N818 (it reads as what the model says to the client)
    """Raised to refuse a request; becomes problem details (RFC 9457).

    Model code need not import it: an exception whose class has an integer `status` from 400 to 599 has the same effect.
    `errors` lists (field, what is wrong) for a body with several faults.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: tuple[tuple[str, str], ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}
