"""HL114, HL201–HL207, HL212 and HL213: the config.json by itself, by the edition, and against the image."""

from __future__ import annotations

import shlex

from hitless.checking.events import Stage
from hitless.checking.facts.seen import ConfigSeen, ImageSeen
from hitless.checking.rule import Level, Purpose, Seen, rule
from hitless.checking.verdict import Evidence, Verdict, failed, not_applicable, passed
from hitless.errors import Problem
from hitless.spec.contract import Contract

TOLD_ELSEWHERE = frozenset({"CFG-310", "CFG-311", "CFG-401", "CFG-601", "CFG-602", "CFG-701"})  # HL205, 207, 208, 212
BROKEN = "the config.json cannot be understood: HL201 tells why"
_SERVES = frozenset({Purpose.REALTIME, Purpose.HITLESS})
_SHOWN = 20


def _config(seen: Seen) -> ConfigSeen:
    return seen.one(ConfigSeen, Stage.CONFIG)


def _contract(seen: Seen) -> Contract | None:
    return seen.config.contract


def _told(problems: list[Problem]) -> list[Evidence]:
    return [Evidence(f"{one.id}, line {one.line}: {one.message} → {one.remedy}") for one in problems[:_SHOWN]]


def _check(seen: Seen) -> str:
    return f"hitless config check --profile {seen.profile.name} {shlex.quote(_config(seen).where)}"


@rule(
    "HL114",
    "API-2",
    Level.SHOULD,
    Stage.IMAGE,
    Stage.CONFIG,
    purposes=_SERVES,
    fix="""
    EXPOSE 8080
    """,
    bad="""
    # config.json: "port": 8080
    EXPOSE 5000
    """,
    good="""
    # config.json: "port": 8080
    EXPOSE 8080
    """,
)
def exposes_the_port(seen: Seen) -> Verdict:
    """The image exposes the port that config.json declares.

    EXPOSE opens nothing; it tells where the server listens. Where it names another port than config.json, one of the
    two is wrong, and a service whose port differs from the declared one stays “deploying” with clean logs.
    """
    contract, ports = _contract(seen), seen.one(ImageSeen, Stage.IMAGE).ports
    if contract is None:
        return not_applicable(BROKEN)
    exposed = {port.partition("/")[0] for port in ports if port.partition("/")[2] in ("", "tcp")}
    if not exposed:
        return not_applicable("the image exposes no port")
    if str(contract.port) not in exposed:
        return failed(
            "the image exposes another port than config.json declares",
            expected=f"{contract.port}/tcp, as {_config(seen).where} has it",
            actual=", ".join(ports),
        )
    return passed(f"it exposes {contract.port}")


@rule(
    "HL201",
    "API-1",
    Level.MUST,
    Stage.CONFIG,
    fix="""
    hitless config check config.json   # tells each fault with its line and what to write
    """,
    bad="""
    {"model_algorithm": "image_classification", "model_type": "image", "apis": [{"url": "predict"}]}
    """,
    good="""
    {"model_algorithm": "image_classification", "model_type": "Image",
     "apis": [{"url": "/predict", "method": "post"}], "health": {"url": "/health"}}
    """,
)
def config_is_right(seen: Seen) -> Verdict:
    """The config.json has no error.

    The platform refuses an import whose config.json breaks a rule of its page, often with a message that does not name
    the place. All errors are told here at once; docs/reference/config-problems.md has a section for each id.
    """
    if _config(seen).assumed:
        return not_applicable("there is no config.json: the declared example is assumed")
    errors = list(seen.config.errors)
    if errors:
        return failed(
            f"the config.json has {len(errors)} error{'s' if len(errors) > 1 else ''}",
            *_told(errors),
            expected="a config.json as its page has it",
            actual=errors[0].message,
            reproduce=_check(seen),
        )
    return passed(f"{_config(seen).where} is read without an error")


@rule(
    "HL202",
    "API-1",
    Level.SHOULD,
    Stage.CONFIG,
    fix="""
    hitless config check --strict config.json
    """,
    bad="""
    {"model_algorithm": "image_classification", "model_type": "Image", "runtime": "python3.6",
     "apis": [{"url": "/", "method": "POST"}], "health": {"url": "/health", "timeout_seconds": ""}}
    """,
    good="""
    {"model_algorithm": "image_classification", "model_type": "Image",
     "apis": [{"url": "/", "method": "post"}], "health": {"url": "/health", "timeout_seconds": "30"}}
    """,
)
def config_is_plain(seen: Seen) -> Verdict:
    """The config.json has nothing that readers must forgive or guess.

    What official samples get wrong, and what has one plain meaning, is understood as meant here. Another reader, or a
    later edition, may be less patient.
    """
    warnings = [one for one in seen.config.warnings if one.id not in TOLD_ELSEWHERE]
    if _config(seen).assumed:
        return not_applicable("there is no config.json: the declared example is assumed")
    if warnings:
        return failed(
            f"the config.json has {len(warnings)} warning{'s' if len(warnings) > 1 else ''}",
            *_told(warnings),
            expected="a config.json that needs no patience",
            actual=warnings[0].message,
            reproduce=_check(seen),
        )
    return passed("it has no warnings")


@rule(
    "HL203",
    "API-1",
    Level.SHOULD,
    Stage.CONFIG,
    fix="""
    hitless config new model.py > config.json      # a draft, from the model's code
    hitless check IMAGE --config config.json       # or put it into the image's working folder
    """,
    bad="""
    COPY model.py /app/
    """,
    good="""
    COPY model.py config.json /app/
    """,
)
def has_a_config(seen: Seen) -> Verdict:
    """There is a config.json: given, in the image, or beside it.

    It is the contract: which paths are served, what they take and answer, how health is asked. Without it the declared
    example is assumed, `POST /` with a picture and `GET /health`, and verdicts are about that.
    """
    config = _config(seen)
    if config.assumed:
        return failed(
            "there is no config.json",
            expected="a config.json in the image's working folder, in /home, beside the image, or by --config",
            actual="none; POST / and GET /health are assumed",
        )
    return passed(config.where)


@rule(
    "HL204",
    "API-1",
    Level.SHOULD,
    Stage.CONFIG,
    fix="""
    rm old/config.json     # or say which one counts: hitless check IMAGE --config config.json
    """,
    bad="""
    COPY config.json /app/config.json
    COPY v1/config.json /home/config.json
    """,
    good="""
    COPY config.json /app/config.json
    """,
)
def has_one_config(seen: Seen) -> Verdict:
    """No second config.json of the image says something else.

    An import of a package with two is refused, and which of two a person means is a guess. Files of this name that are
    other programs' (they have neither `model_algorithm` nor `apis`), and exact copies, do not count.
    """
    config = _config(seen)
    if config.others:
        return failed(
            "there are several config.json that differ",
            *[Evidence(other) for other in config.others],
            expected=f"one, such as {config.where}",
            actual=", ".join((config.where, *config.others[:3])),
        )
    return passed("there is no other")


@rule(
    "HL205",
    "API-2",
    Level.MUST,
    Stage.CONFIG,
    levels=dict.fromkeys(("2024-09", "2025-08", "custom-engine"), Level.SHOULD),
    fix="""
    "port": 8080
    """,
    bad="""
    {"model_type": "Image", "port": 9000}
    """,
    good="""
    {"model_type": "Image", "port": 8080}
    """,
)
def port_is_the_editions(seen: Seen) -> Verdict:
    """The declared port is the one that the edition asks for.

    Older editions say that it must be 8080; the one of 2024-09 shows no other; later ones leave it open, if the form
    declares the same. Batch services ask 127.0.0.1:8080 in all of them.
    """
    contract, profile = _contract(seen), seen.profile
    if contract is None:
        return not_applicable(BROKEN)
    if profile.port_rule == "free" and seen.purpose is not Purpose.BATCH:
        return not_applicable("the edition leaves the port open")
    if contract.port != profile.port:
        return failed("another port is declared", expected=str(profile.port), actual=str(contract.port))
    return passed(f"{contract.port}")


@rule(
    "HL206",
    "API-2",
    Level.INFO,
    Stage.CONFIG,
    fix="""
    "protocol": "http"
    """,
    bad="""
    {"model_type": "Image", "protocol": "https"}   # in an edition whose samples are http
    """,
    good="""
    {"model_type": "Image", "protocol": "http"}
    """,
)
def protocol_is_the_editions(seen: Seen) -> Verdict:
    """The declared protocol is the one that the edition's samples speak.

    The other one can be chosen in the form, and has to be: the platform asks in the protocol that it was told, and a
    mismatch ends in “SSL error” behind a gateway, far from its cause.
    """
    contract, profile = _contract(seen), seen.profile
    if contract is None:
        return not_applicable(BROKEN)
    if contract.protocol != profile.protocol:
        return failed("another protocol is declared", expected=profile.protocol, actual=contract.protocol)
    return passed(contract.protocol)


@rule(
    "HL207",
    "API-1",
    Level.MUST,
    Stage.CONFIG,
    fix="""
    "apis": [{"url": "/", "method": "post",
      "request": {"Content-type": "application/json", "data": {"type": "object"}},
      "response": {"Content-type": "application/json", "data": {"type": "object"}}}]
    """,
    bad="""
    {"model_type": "Image", "apis": []}
    """,
    good="""
    {"model_type": "Image", "apis": [{"url": "/", "method": "post"}]}
    """,
)
def declares_an_api(seen: Seen) -> Verdict:
    """At least one api is declared.

    The clause is about the urls in `apis`: without any, nothing is routed to the model, and nothing can be asked of the
    image to prove that it serves.
    """
    contract = _contract(seen)
    if contract is None:
        return not_applicable(BROKEN)
    if not contract.apis:
        return failed(
            "no api is declared", expected="at least one entry of `apis`", actual="none", reproduce=_check(seen)
        )
    return passed(", ".join(f"{api.method} {api.url}" for api in contract.apis[:_SHOWN]))


@rule(
    "HL212",
    "API-1",
    Level.SHOULD,
    Stage.CONFIG,
    fix="""
    # Install in the image, and delete the key:
    RUN pip install --no-cache-dir -r requirements.txt
    """,
    bad="""
    {"model_type": "Image", "dependencies": [{"installer": "pip", "packages": [{"package_name": "numpy"}]}]}
    """,
    good="""
    {"model_type": "Image"}
    """,
)
def leaves_dependencies_to_the_image(seen: Seen) -> Verdict:
    """No dependencies are declared for a custom image.

    The platform installs them for its own engines only. In a custom image they are ignored, and what they name is
    missing at run time unless the image has it.
    """
    contract = _contract(seen)
    if contract is None:
        return not_applicable(BROKEN)
    if contract.model_type == "Image" and contract.dependencies:
        names = [package.specifier for one in contract.dependencies for package in one.packages]
        return failed("dependencies are ignored", expected="none", actual=", ".join(names[:_SHOWN]) or "an entry")
    return passed("none are declared, or an engine installs them")


@rule(
    "HL213",
    "API-1",
    Level.SHOULD,
    Stage.CONFIG,
    fix="""
    "model_type": "Image"
    """,
    bad="""
    {"model_type": "PyTorch", "apis": [{"url": "/"}]}    # in a custom image
    """,
    good="""
    {"model_type": "Image", "apis": [{"url": "/"}]}
    """,
)
def is_declared_as_an_image(seen: Seen) -> Verdict:
    """The model_type of a custom image is Image.

    With the name of an engine, the platform takes its own image for that engine, and this one is never started.
    """
    contract = _contract(seen)
    if contract is None:
        return not_applicable(BROKEN)
    if seen.record.opened.kind not in ("image", "rootfs", "root file system"):
        return not_applicable("the subject is no image")
    if contract.model_type != "Image":
        return failed("another model_type is declared", expected="Image", actual=contract.model_type)
    return passed("Image")
