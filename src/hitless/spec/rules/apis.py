"""`apis`: the paths that the container serves, with the form of their requests and replies."""

from __future__ import annotations

import re

from hitless.spec.contract import MULTIPART, Api
from hitless.spec.kinds import Kind, Weight
from hitless.spec.quoting import printable, quoted
from hitless.spec.rules.payload import read_payload
from hitless.spec.rules.protocol import read_protocol
from hitless.spec.section import Section, Shape, suggestion

API = Shape(
    "an api",
    ("protocol", "url", "method", "request", "response"),
    like='[{"url": "/", "method": "post"}]',
    misspellings={"procotol": "protocol"},
)
METHODS = ("POST", "GET")
OTHER_METHODS = ("PUT", "DELETE", "PATCH")
PATH = re.compile(r"/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*")  # RFC 3986, section 3.3

NO_APIS = Kind(
    "CFG-401",
    Weight.ADVICE,
    "no api is declared",
    "The key is optional, but clause API-1 is about the urls declared here: without any, nothing is routed, "
    "no test form is shown, and hitless serves the health check only.",
    '{"apis": []}',
    '{"apis": [{"url": "/", "method": "post"}]}',
)
URL = Kind(
    "CFG-402",
    Weight.REFUSED,
    "a url that is no path",
    "It is the path behind the service's address: it begins with /, and has no host, no query, no blanks and no "
    "parameters in braces. Other characters are percent-encoded (RFC 3986).",
    '{"apis": [{"url": "greet"}]}',
    '{"apis": [{"url": "/greet"}]}',
)
METHOD_UNKNOWN = Kind(
    "CFG-403",
    Weight.REFUSED,
    "an unknown method",
    "post and get are documented, in either case.",
    '{"apis": [{"method": "fetch"}]}',
    '{"apis": [{"method": "get"}]}',
)
METHOD_UNLISTED = Kind(
    "CFG-404",
    Weight.FORGIVEN,
    "a method that is not documented",
    "The pages list post and get only; the gateway lets POST pass unless told otherwise.",
    '{"apis": [{"method": "put"}]}',
    '{"apis": [{"method": "post"}]}',
)
DUPLICATE = Kind(
    "CFG-405",
    Weight.REFUSED,
    "two apis with the same url and method",
    "A request could go to either.",
    '{"apis": [{"url": "/", "method": "post"}, {"url": "/", "method": "POST"}]}',
    '{"apis": [{"url": "/", "method": "post"}, {"url": "/again", "method": "post"}]}',
)
ENGINE_APIS = Kind(
    "CFG-406",
    Weight.REFUSED,
    "a preset engine serves exactly one api, at /",
    'Only custom images ("model_type": "Image") choose their urls.',
    '{"model_type": "PyTorch", "apis": [{"url": "/predict"}]}',
    '{"model_type": "PyTorch", "apis": [{"url": "/"}]}',
)
GET_WITH_FORM = Kind(
    "CFG-414",
    Weight.ADVICE,
    "a form that is sent by GET",
    "A GET request has no body that anybody relies on, so the files of the form cannot arrive.",
    '{"apis": [{"method": "get", "request": {"Content-type": "multipart/form-data"}}]}',
    '{"apis": [{"method": "post", "request": {"Content-type": "multipart/form-data"}}]}',
)


def read_apis(top: Section, model_type: str | None) -> tuple[Api, ...]:
    given = top.has("apis")
    sections = top.objects("apis", API)
    if sections is None and given:  # not a list, which is said already
        return ()
    apis = tuple(_api(section, model_type) for section in sections or [])
    first: dict[tuple[str, str], int] = {}
    for index, api in enumerate(apis):
        before = first.setdefault((api.url, api.method), index)
        if before != index:
            message = f"{api.method} {printable(api.url)} is declared already, at $.apis[{before}]"
            top.findings.add(DUPLICATE, (*top.at("apis"), index), message, "Delete one of them, or change its url.")
    if not apis:
        remedy = 'Add "apis": [{"url": "/", "method": "post", "request": {…}, "response": {…}}].'
        remedy = top.renaming("apis") or remedy
        top.report(NO_APIS, "no api is declared, so no request is served", remedy)
    if len(apis) > 1 and _is_engine(model_type):
        message = f"{model_type} serves one api, at /; here are {len(apis)}"
        top.report(ENGINE_APIS, message, 'Keep one, or write "model_type": "Image".', key="apis")
    return apis


def _is_engine(model_type: str | None) -> bool:
    return model_type not in ("Image", "Template", None)


def _api(section: Section, model_type: str | None) -> Api:
    protocol = read_protocol(section)
    url = section.text("url", '"/"')
    if url is None:
        url = "/"
    elif not PATH.fullmatch(url):
        section.report(URL, f"{quoted(url)} is no path", _url_remedy(url), key="url")
    elif url != "/" and _is_engine(model_type):
        section.report(ENGINE_APIS, f"{model_type} serves / only", 'Write "url": "/".', key="url")
    method = _method(section)
    request = read_payload(section, "request", model_type)
    response = read_payload(section, "response", model_type)
    if method == "GET" and request is not None and request.content_type == MULTIPART:
        section.report(GET_WITH_FORM, "a form cannot be sent by GET", 'Write "method": "post".', key="method")
    return Api(url, method, protocol, request, response, section.rest())


def _url_remedy(url: str) -> str:
    if "{" in url:
        return "Urls have no parameters: take them from the query or the body."
    alone = re.split("[?#]", re.sub("^[a-z]+://[^/]*", "", url))[0] or "/"
    if alone != url and url and PATH.fullmatch(alone):
        return f"Write the path alone: {quoted(alone)}."
    if PATH.fullmatch(f"/{url}"):
        return f"Write {quoted(f'/{url}')}."
    return 'Write a path such as "/predict"; percent-encode what is not a letter, a digit or one of - . _ ~.'


def _method(section: Section) -> str:
    written = section.text("method", '"post"') or "POST"
    method = written.strip().upper()
    if method in OTHER_METHODS:
        message = f"{quoted(written)} is not documented, only post and get are"
        section.report(METHOD_UNLISTED, message, 'Write "post".', key="method")
    elif method not in METHODS:
        near = (suggestion(method, (*METHODS, *OTHER_METHODS)) or "POST").lower()
        section.report(METHOD_UNKNOWN, f"{quoted(written)} is no method", f'Write "{near}".', key="method")
    return method
