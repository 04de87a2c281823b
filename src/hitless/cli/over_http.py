"""One request to a running server. Shows nothing; UnavailableError where there is no answer."""

from __future__ import annotations

import contextlib
import re
import ssl
from collections.abc import Iterator

import httpx

from hitless import __version__
from hitless.cli.incoming import CutOffError, Incoming, essence, told_when_slow
from hitless.cli.request_flags import Call
from hitless.errors import InputError, Problem, UnavailableError

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 300.0  # from one piece of the answer to the next
_LOOPBACK = ("localhost", "127.0.0.1", "::1")  # no proxy of the environment is asked for these


def url_of(address: str, path: str | None) -> httpx.URL:
    """`http://host:8080/base` and `/greet?x=1` → the url to ask. InputError where that is none."""
    try:
        base = httpx.URL(address)
        url = base if path is None else httpx.URL(f"{str(base).rstrip('/')}/{path.lstrip('/')}")
    except (httpx.InvalidURL, ValueError) as error:
        reason = str(error)
    else:
        reason = _missing(url)
        if not reason:
            return url
    remedy = "Write it like http://127.0.0.1:8080."
    raise InputError([Problem("CALL-7", f"{address} is no address of a server: {reason}", remedy)])


def _missing(url: httpx.URL) -> str:
    if url.scheme not in ("http", "https"):
        return f"{url.scheme} is not spoken here"
    if not url.host:
        return "the name of the host is missing"
    return "there is no such port" if (url.port or 0) > 65_535 else ""


def without_password(url: httpx.URL) -> httpx.URL:
    """For messages."""
    return url.copy_with(userinfo=b"") if url.userinfo else url


@contextlib.contextmanager
def call_server(url: httpx.URL, call: Call) -> Iterator[tuple[Incoming, str]]:
    """The answer, and a note that the user should read (or nothing)."""
    with contextlib.ExitStack() as stack:
        try:
            response, note = _response(stack, url, call)
        except (httpx.HTTPError, UnicodeError) as error:  # UnicodeError: a name that cannot be one of a host
            raise _unavailable(url, error) from error
        yield _incoming(response), note


def _response(stack: contextlib.ExitStack, url: httpx.URL, call: Call) -> tuple[httpx.Response, str]:
    try:
        return _send(stack, url, call, verified=url.scheme == "https"), ""
    except httpx.ConnectError as error:
        if not _is_distrust(error):
            raise
    note = f"the certificate of {url.host} is not one that can be verified (self-signed?); taken all the same"
    return _send(stack, url, call, verified=False), note


def _send(stack: contextlib.ExitStack, url: httpx.URL, call: Call, *, verified: bool) -> httpx.Response:
    timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    client = httpx.Client(verify=verified, timeout=timeout, trust_env=url.host not in _LOOPBACK)
    stack.enter_context(client)
    headers = {"user-agent": f"hitless/{__version__}"}
    if call.body is not None:
        headers["content-type"] = call.body.content_type
    content = call.body.data if call.body is not None else None
    with told_when_slow("waiting for the answer"):
        return stack.enter_context(client.stream(call.method, url, content=content, headers=headers))


def _incoming(response: httpx.Response) -> Incoming:
    return Incoming(
        response.status_code,
        essence(response.headers.get("content-type", "")),
        _pieces(response),
        lambda: response.elapsed.total_seconds(),
        response.headers.get("location", ""),
    )


def _is_distrust(error: BaseException | None) -> bool:
    """Whether a certificate that cannot be verified is behind it; then no request has been sent yet."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _pieces(response: httpx.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_bytes()
    except httpx.TimeoutException as error:
        raise CutOffError(f"nothing more came for {READ_TIMEOUT_S:g} s") from error
    except httpx.HTTPError as error:
        raise CutOffError("the server ended the connection in the middle of its answer") from error


def _unavailable(url: httpx.URL, error: httpx.HTTPError | UnicodeError) -> UnavailableError:
    match error:
        case httpx.ConnectTimeout():
            reason = f"no connection within {CONNECT_TIMEOUT_S:g} s"
        case httpx.TimeoutException():
            reason = f"no answer within {READ_TIMEOUT_S:g} s"
        case httpx.RemoteProtocolError():
            reason = f"it does not answer in HTTP ({error}); is it https?"
        case _:
            reason = re.sub(r"^\[Errno[^]]*\] ", "", str(error)) or type(error).__name__
            reason += "; is it http?" if reason.startswith("[SSL") else ""
    remedy = "Is the server running there? `hitless serve DIR` starts one."
    return UnavailableError(f"cannot reach {without_password(url)}: {reason}\n    {remedy}")
