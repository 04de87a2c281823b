"""Which protocol the container speaks: stated at the top, by the apis, or by the edition."""

from __future__ import annotations

from typing import Literal

from hitless.spec.contract import Api
from hitless.spec.kinds import Kind, Weight
from hitless.spec.profiles import Profile
from hitless.spec.quoting import quoted
from hitless.spec.section import Section

Protocol = Literal["http", "https"]

PROTOCOL = Kind(
    "CFG-312",
    Weight.REFUSED,
    "a protocol that cannot be served",
    "A container of the editions up to 2025 speaks http or https. A WebSocket begins as an http request, "
    "so an image that offers one declares http or https too.",
    '{"protocol": "grpc"}',
    '{"protocol": "http"}',
)
DISAGREE = Kind(
    "CFG-313",
    Weight.REFUSED,
    "apis that disagree about the protocol",
    "All apis share one port, and a port speaks one protocol.",
    '{"apis": [{"url": "/", "protocol": "http"}, {"url": "/greet", "protocol": "https"}]}',
    '{"apis": [{"url": "/", "protocol": "https"}, {"url": "/greet", "protocol": "https"}]}',
)
OVERRIDDEN = Kind(
    "CFG-314",
    Weight.FORGIVEN,
    "an api that contradicts the protocol at the top",
    "The `protocol` beside `port` says what the container speaks, so it holds for every api. "
    "A platform that believes the api fails with an SSL error (ModelArts.4503).",
    '{"protocol": "http", "apis": [{"protocol": "https"}]}',
    '{"protocol": "http", "apis": [{"protocol": "http"}]}',
)


def read_protocol(section: Section) -> Protocol | None:
    written = section.text("protocol", '"http"')
    if written is None:
        return None
    known: dict[str, Protocol] = {"http": "http", "https": "https"}
    protocol = known.get(written.strip().lower())
    if protocol is None:
        secure = written.strip().lower() in ("wss", "tls", "ssl")
        remedy = f'Write "{"https" if secure else "http"}".'
        section.report(PROTOCOL, f"{quoted(written)} cannot be served", remedy, key="protocol")
    return protocol


def effective_protocol(top: Section, declared: Protocol | None, apis: tuple[Api, ...], profile: Profile) -> Protocol:
    """What the container speaks on its port.

    The top-level key wins: beside `port`, it is what the import form and Terraform's `initial_config` ask of a custom
    image. Without it the apis decide, as in every sample until the row was dropped from the table in 2024-07; those
    that do not say follow those that do. With neither, the edition's default: http in all samples of custom images
    (the https that the older pages call the default is that of imports from OBS), https for custom engines.
    """
    stated = [(index, api.protocol) for index, api in enumerate(apis) if api.protocol is not None]
    if declared is not None:
        for index, protocol in stated:
            if protocol != declared:
                message = f'"{protocol}" here, "{declared}" at the top: {declared} is served'
                place = (*top.at("apis"), index, "protocol")
                top.findings.add(OVERRIDDEN, place, message, f'Write "{declared}", or delete the key.')
        return declared
    if len({protocol for _, protocol in stated}) > 1:
        message = "some apis are http, others https"
        top.report(DISAGREE, message, 'Write one "protocol" beside "model_type", and none in the apis.', key="apis")
    return "https" if stated and stated[0][1] == "https" else "http" if stated else profile.protocol
