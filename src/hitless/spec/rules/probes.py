"""`health` and its younger kin: how the platform asks whether a container is well."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hitless.spec.contract import PROBE_KEYS
from hitless.spec.health import CheckMethod, Probe
from hitless.spec.kinds import Kind, Weight
from hitless.spec.profiles import Profile
from hitless.spec.quoting import printable, quoted
from hitless.spec.section import WRONG_TYPE, Section, Shape, suggestion, type_name

MAX_NUMBER = 2_147_483_647  # console form of the image import
MAX_TEXT = 1024
NUMBERS: Mapping[str, int] = {  # key → least value
    "initial_delay_seconds": 0,
    "timeout_seconds": 1,
    "period_seconds": 1,
    "failure_threshold": 1,
}
PROBE = Shape(
    "a health check",
    ("check_method", "protocol", "url", "command", *NUMBERS),
    like='{"check_method": "HTTP", "url": "/health"}',
    misspellings={"procotol": "protocol", "cmd": "command"},  # the v2 SDK says cmd
)
PROTOCOLS = ("http", "https", "ws", "wss")
URL_CHARACTERS = re.compile(r"[A-Za-z0-9\-_/:]*")
URL_GRAMMAR = re.compile(r"/[!-~]*")
COMMAND_FORBIDDEN = re.compile(r"[#~^$|%&*<>()'\"\[\]{}]")

HEALTH_MISSING = Kind(
    "CFG-601",
    Weight.ADVICE,
    "no health check is declared",
    "The key is optional, but clause HEALTH-1 demands it for hitless upgrades: without it the platform takes an open "
    "port for a ready model, and routes requests to one that is still loading.",
    '{"model_algorithm": "image_classification", "model_type": "Image", "apis": [{"url": "/"}]}',
    '{"model_algorithm": "image_classification", "model_type": "Image", "apis": [{"url": "/"}], '
    '"health": {"url": "/health"}}',
)
HEALTH_REQUIRED = Kind(
    "CFG-602",
    Weight.FORGIVEN,
    "this edition requires a health check of custom images",
    "The editions intl-2023 and otc say that it must be provided when model_type is Image; "
    "real imports have been seen to work without.",
    '{"model_algorithm": "image_classification", "model_type": "Image", "apis": [{"url": "/"}]}',
    '{"model_algorithm": "image_classification", "model_type": "Image", "apis": [{"url": "/"}], '
    '"health": {"url": "/health"}}',
    profile="otc",
)
CHECK_METHOD = Kind(
    "CFG-603",
    Weight.REFUSED,
    "an unknown check_method",
    "A check asks a url (HTTP) or runs a command in the container (EXEC).",
    '{"health": {"check_method": "TCP", "url": "/health"}}',
    '{"health": {"check_method": "HTTP", "url": "/health"}}',
)
HEALTH_URL = Kind(
    "CFG-604",
    Weight.REFUSED,
    "a health url that is no path",
    "It begins with / and has at most 1024 characters, without blanks. Host and port are those of the service.",
    '{"health": {"url": "http://localhost:8080/health"}}',
    '{"health": {"url": "/health"}}',
)
HEALTH_URL_CHARACTERS = Kind(
    "CFG-605",
    Weight.ADVICE,
    "a health url with unusual characters",
    "The newest edition (v2) takes letters, digits and - _ / : only.",
    '{"health": {"url": "/health?deep=1"}}',
    '{"health": {"url": "/health/deep"}}',
)
HEALTH_URL_FIXED = Kind(
    "CFG-606",
    Weight.REFUSED,
    "this edition fixes the health url",
    "A custom engine is asked at /health, whatever the image may serve.",
    '{"health": {"url": "/alive"}}',
    '{"health": {"url": "/health"}}',
    profile="custom-engine",
)
HEALTH_PROTOCOL = Kind(
    "CFG-607",
    Weight.FORGIVEN,
    "a health protocol that is not documented",
    "The pages up to 2025 name http only, and the service's own protocol works; WS and WSS came with v2.",
    '{"health": {"url": "/health", "protocol": "ws"}}',
    '{"health": {"url": "/health", "protocol": "http"}}',
)
HEALTH_PROTOCOL_DIFFERS = Kind(
    "CFG-608",
    Weight.FORGIVEN,
    "the health check speaks another protocol than the service",
    "The probe goes to the service's port. One that speaks another protocol there never succeeds, "
    "and the service stays “deploying”.",
    '{"protocol": "https", "health": {"url": "/health", "protocol": "http"}}',
    '{"protocol": "https", "health": {"url": "/health", "protocol": "https"}}',
)
HEALTH_NUMBER = Kind(
    "CFG-609",
    Weight.REFUSED,
    "a number of a health check that is none, or out of range",
    'Whole numbers, written as a text ("5") or as a number (5): delay 0 to 2147483647, the others from 1.',
    '{"health": {"url": "/health", "period_seconds": "5s"}}',
    '{"health": {"url": "/health", "period_seconds": "5"}}',
)
HEALTH_BLANK = Kind(
    "CFG-610",
    Weight.FORGIVEN,
    "an empty text for a number of a health check",
    "It may not be left blank; it is read as not set, so the default holds.",
    '{"health": {"url": "/health", "timeout_seconds": ""}}',
    '{"health": {"url": "/health", "timeout_seconds": "30"}}',
)
COMMAND = Kind(
    "CFG-611",
    Weight.FORGIVEN,
    "a health command with characters that the platform forbids",
    "A command is one text of at most 1024 characters, words separated by blanks, run without a shell: none of "
    "# ~ ^ $ | % & * < > ( ) ' \" [ ] { }. Put more than that into a script of the image.",
    '{"health": {"check_method": "EXEC", "command": "curl localhost:8080/health | grep true"}}',
    '{"health": {"check_method": "EXEC", "command": "sh /home/health.sh"}}',
)
UNUSED = Kind(
    "CFG-612",
    Weight.ADVICE,
    "a key that this check_method does not use",
    "HTTP asks a url, EXEC runs a command; the other key is ignored.",
    '{"health": {"check_method": "EXEC", "command": "sh /home/health.sh", "url": "/health"}}',
    '{"health": {"check_method": "EXEC", "command": "sh /home/health.sh"}}',
)


def read_probes(top: Section, profile: Profile, service_protocol: str) -> dict[str, Probe]:
    """The declared checks by their key."""
    probes = {}
    for key in PROBE_KEYS:
        section = top.object(key, PROBE)
        if section is not None:
            probes[key] = _probe(section, profile, service_protocol)
    return probes


def note_missing_health(top: Section, profile: Profile) -> None:
    """For custom images only: nothing else can be upgraded without interruption, with or without a check."""
    remedy = top.renaming("health") or 'Add "health": {"check_method": "HTTP", "url": "/health"}; hitless answers it.'
    if profile.health_rule == "required":
        top.report(HEALTH_REQUIRED, f"no health check, and edition {profile.name} requires one", remedy)
    else:
        top.report(HEALTH_MISSING, "no health check: a hitless upgrade needs one (HEALTH-1)", remedy)


def _probe(section: Section, profile: Profile, service_protocol: str) -> Probe:
    method = _check_method(section)
    protocol = _protocol(section, service_protocol, method)
    url = command = None
    if method == "HTTP":
        url = section.mandatory_text("url", '"/health"')
        command = _unused(section, "command", '"sh /home/health.sh"', method)
        if url is not None:
            _check_url(section, url, profile)
    else:
        command = section.mandatory_text("command", '"sh /home/health.sh"')
        url = _unused(section, "url", '"/health"', method)
        if command is not None:
            _check_command(section, command)
    defaults = profile.probe_defaults
    return Probe(
        check_method=method,
        protocol=protocol,
        url=url,
        command=command,
        initial_delay_s=_number(section, "initial_delay_seconds", defaults.initial_delay_s),
        timeout_s=_number(section, "timeout_seconds", defaults.timeout_s),
        period_s=_number(section, "period_seconds", defaults.period_s),
        failure_threshold=_number(section, "failure_threshold", defaults.failure_threshold),
        extra=section.rest(),
    )


def _check_method(section: Section) -> CheckMethod:
    value = section.text("check_method", '"HTTP"') or "HTTP"
    known: dict[str, CheckMethod] = {"HTTP": "HTTP", "EXEC": "EXEC"}
    if value.upper() not in known:
        near = suggestion(value.upper(), tuple(known)) or "HTTP"
        section.report(CHECK_METHOD, f"{quoted(value)} is no check_method", f'Write "{near}".', key="check_method")
    return known.get(value.upper(), "HTTP")


def _protocol(section: Section, service: str, method: CheckMethod) -> str:
    value = section.text("protocol", '"http"')
    if value is None:
        return service  # a probe that does not say is asked as the service is
    protocol = value.lower()
    if protocol not in PROTOCOLS:
        section.report(WRONG_TYPE, f"{quoted(value)} is no protocol", f'Write "{service}".', key="protocol")
    elif protocol in ("ws", "wss"):
        message = f"{quoted(value)} is not documented for health checks of this edition"
        section.report(HEALTH_PROTOCOL, message, f'Write "{service}".', key="protocol")
    elif protocol != service and method == "HTTP":
        message = f"the check speaks {protocol}, the service {service}"
        section.report(HEALTH_PROTOCOL_DIFFERS, message, f'Write "{service}".', key="protocol")
    return protocol


def _unused(section: Section, key: str, like: str, method: CheckMethod) -> str | None:
    if section.has(key):
        section.report(UNUSED, f'a check by {method} does not use "{key}"', "Delete it.", key=key, of_key=True)
    return section.text(key, like)


def _check_url(section: Section, url: str, profile: Profile) -> None:
    if not URL_GRAMMAR.fullmatch(url) or len(url) > MAX_TEXT:
        section.report(HEALTH_URL, f"{quoted(url)} is no path of this service", 'Write a path: "/health".', key="url")
    elif profile.health_url is not None and url != profile.health_url:
        message = f'edition {profile.name} asks at "{profile.health_url}" only'
        section.report(HEALTH_URL_FIXED, message, f'Write "{profile.health_url}".', key="url")
    elif not URL_CHARACTERS.fullmatch(url):
        message = f"{quoted(url)} has other characters than letters, digits and - _ / :"
        section.report(HEALTH_URL_CHARACTERS, message, 'Write a plain path, such as "/health".', key="url")


def _check_command(section: Section, command: str) -> None:
    found = "".join(dict.fromkeys(COMMAND_FORBIDDEN.findall(command)))
    if found or len(command) > MAX_TEXT or not command.strip():
        message = f"the command holds {' '.join(found)}" if found else f"the command has {len(command)} characters"
        remedy = 'Put it into a script of the image: "sh /home/health.sh".'
        section.report(COMMAND, message, remedy, key="command")


def _number(section: Section, key: str, default: int) -> int:
    value = section.take(key)
    if value is None:
        return default
    if isinstance(value, str) and not value.strip():
        section.report(HEALTH_BLANK, f'"{key}" is empty, and read as {default}', f'Write "{default}".', key=key)
        return default
    number = _whole(value)
    if number is None or not NUMBERS[key] <= number <= MAX_NUMBER:
        number_like = printable(str(value)) if type(value) in (int, float) else type_name(value)
        found = quoted(value) if isinstance(value, str) else number_like
        message = f'"{key}" is {found}, and should be a whole number from {NUMBERS[key]} to {MAX_NUMBER}'
        section.report(HEALTH_NUMBER, message, f'Write "{key}": "{default}".', key=key)
        return default
    return number


def _whole(value: object) -> int | None:
    if type(value) is int:
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,20}\s*", value):
        return int(value)
    return None
