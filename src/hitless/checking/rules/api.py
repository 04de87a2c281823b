"""Requests that the contract allows, and their answers: HL601 to HL604. Every fault is the failure of one rule.

| what the subject does                                                       | fails |
|-----------------------------------------------------------------------------|-------|
| has no such path or method, or fails (5xx, no answer) at what conforms       | HL601 |
| answers a given request with something else than what was given for it      | HL602 |
| answers with another content type than it declares                          | HL603 |
| answers with a body that its own schema does not allow                      | HL604 |

A made-up request that conforms may still be nonsense to a model: an answer 400 or 422 to it proves nothing.
"""

from __future__ import annotations

import json

from hitless.checking import again
from hitless.checking.asked import (
    asked,
    conforming,
    is_as_expected,
    is_broken,
    is_good,
    is_json,
    media_type,
    parsed,
    why_unasked,
)
from hitless.checking.events import Exchange, Stage
from hitless.checking.facts.asked import EXAMPLE
from hitless.checking.facts.seen import FileSeen
from hitless.checking.probes.purposes import CASE, GOLDEN
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.starts import shown
from hitless.checking.verdict import Verdict, excerpt, failed, not_applicable, passed, unproven
from hitless.spec.contract import JSON, MULTIPART, Api, Payload
from hitless.spec.dialect import to_json_schema

_NO_SUCH = (404, 405, 501)
_ADVICE = "give a request that it knows: -F images=@seven.jpg, or [[example]] in hitless.toml"
_NONE_GOOD = "no api gave an answer with success (HL601)"


def _named(api: Api) -> str:
    return f"{api.method} {api.url}"


@rule(
    "HL601", "API-1", Level.MUST, Stage.START, Stage.API,
    fix="""
    # config.json and the server name the same path and method
    "apis": [{"url": "/", "method": "post", …}]
    @app.route("/", methods=["POST"])
    """,
    bad="""
    "apis": [{"url": "/predict", "method": "post", …}]
    @app.route("/", methods=["POST"])
    """,
    good="""
    "apis": [{"url": "/predict", "method": "post", …}]
    @app.route("/predict", methods=["POST"])
    """,
)  # fmt: skip
def answers_what_conforms(seen: Seen) -> Verdict:
    """Every api of config.json answers a request that conforms to it.

    Requests are made from the schema of each api, and sent with those that were given. The path must exist, with the
    method that is declared, and nothing that the schema allows may break the service. A model may still refuse an input
    that was made up (400, 422): that is no failure, and proves nothing; then give a request that it knows.
    """
    open_ones: list[str] = []
    for number, api in enumerate(seen.contract.apis):
        sent = conforming(seen, number)
        broken = next((one for one in sent if is_broken(one)), None)
        if broken is not None:
            return _broken(seen, broken, api)
        if sent and all(one.status in _NO_SUCH for one in sent):
            return _missing(seen, sent[0], api)
        refused = next((one for one in sent if one.purpose == GOLDEN and not is_good(one)), None)
        if refused is not None:
            return _refused(seen, refused, api)
        if not any(map(is_good, sent)):
            open_ones.append(_open(seen, sent, api))
    if open_ones:
        return unproven("; ".join(open_ones))
    first = next(iter(asked(seen, GOLDEN, CASE)), None)
    return passed(f"all of {len(seen.contract.apis)} answer", *([shown(first)] if first else []))


def _broken(seen: Seen, one: Exchange, api: Api) -> Verdict:
    return failed(
        f"{_named(api)} fails at a request that conforms to its schema",
        shown(one),
        expected="an answer 2xx",
        actual=f"{one.status}" if one.status else f"no answer: {one.failure.value if one.failure else one.detail}",
        reproduce=again.answered(seen, one),
    )


def _missing(seen: Seen, one: Exchange, api: Api) -> Verdict:
    return failed(
        f"the image does not serve {_named(api)}, which config.json declares",
        shown(one),
        expected="an answer 2xx",
        actual=str(one.status),
        reproduce=again.answered(seen, one),
    )


def _refused(seen: Seen, one: Exchange, api: Api) -> Verdict:
    return failed(
        f"{_named(api)} refuses the given request",
        shown(one),
        expected="an answer 2xx",
        actual=str(one.status),
        reproduce=again.answered(seen, one),
    )


def _open(seen: Seen, sent: list[Exchange], api: Api) -> str:
    if sent:
        return f"{_named(api)} refused what was made from its schema ({sent[0].status}): {_ADVICE}"
    if api.protocol not in (None, "http", "https"):
        return f"{_named(api)} speaks {api.protocol}, which is not asked here"
    return f"{_named(api)} was not asked: {why_unasked(seen)}; {_ADVICE}"


@rule(
    "HL602", "API-1", Level.MUST, Stage.START, Stage.API,
    fix="""
    # either the model or the expected answer is of another version
    [[example]]
    form = { images = "@seven.jpg" }
    answer = { mnist_result = 7 }
    """,
    bad="""
    return {"mnist_result": str(digit)}      # "7", where 7 was expected
    """,
    good="""
    return {"mnist_result": int(digit)}
    """,
)  # fmt: skip
def answers_as_expected(seen: Seen) -> Verdict:
    """A given request gets the answer that was given with it.

    The only proof that the model in the image is the one that is meant. Where none is given, the examples of a package
    that `hitless build` put into the image are taken: these show that it does what it says of itself. Numbers may
    differ by a thousandth.
    """
    given = [one for one in asked(seen, GOLDEN) if one.expected is not None]
    if not given:
        untaken = [one.path for one in seen.all(FileSeen) if one.asked_for == EXAMPLE and _was_not_kept(one)]
        if untaken:
            return unproven(f"the package's example {untaken[0]} could not be taken: give one with -F and --expect")
        return not_applicable("no request was given with its answer")
    good = [one for one in given if is_good(one)]
    for one in good:
        if not _is_as_given(one):
            return failed(
                "a given request got another answer",
                shown(one),
                expected=one.expected or "",
                actual=excerpt(one.body, 400),
                reproduce=again.answered(seen, one),
            )
    if len(good) < len(given):
        return not_applicable("a given request was refused (HL601)")
    return passed(f"{len(good)} of {len(good)} answers are as given", shown(good[0]))


def _was_not_kept(file: FileSeen) -> bool:
    return file.kind == "file" and file.content is None


def _is_as_given(one: Exchange) -> bool:
    if one.expected is None:
        return True
    try:
        return is_as_expected(parsed(one), json.loads(one.expected))
    except ValueError:
        return False


def _declared(seen: Seen) -> list[tuple[Exchange, Payload]]:
    """Answers with success, each with what its api declares of them."""
    found = []
    for number, api in enumerate(seen.contract.apis):
        if api.response is not None:
            found += [(one, api.response) for one in conforming(seen, number) if is_good(one)]
    return found


@rule(
    "HL603", "API-1", Level.SHOULD, Stage.START, Stage.API,
    fix="""
    return jsonify(answer)          # Flask: application/json
    """,
    bad="""
    return json.dumps(answer)       # Flask: text/html
    """,
    good="""
    return jsonify(answer)
    """,
)  # fmt: skip
def answers_with_its_content_type(seen: Seen) -> Verdict:
    """An answer has the content type that config.json declares.

    Clients and the console read an answer by its type. Published samples declare `multipart/form-data` for answers that
    are JSON: there, any type will do.
    """
    pairs = [(one, said) for one, said in _declared(seen) if said.content_type != MULTIPART and one.size]
    if not pairs:
        return not_applicable("no answer with a declared type" if seen.contract.apis else _NONE_GOOD)
    for one, said in pairs:
        kind = media_type(one)
        if kind != said.content_type and not (said.content_type == JSON and is_json(kind)):
            return failed(
                "an answer has another content type than config.json declares",
                shown(one),
                expected=said.content_type,
                actual=kind or "none",
                reproduce=again.answered(seen, one),
            )
    return passed(f"{len(pairs)} answers are {pairs[0][1].content_type}")


@rule(
    "HL604", "API-1", Level.SHOULD, Stage.START, Stage.API,
    fix="""
    "response": {"Content-type": "application/json", "data": {"type": "object",
                 "properties": {"mnist_result": {"type": "integer"}}}}
    """,
    bad="""
    {"mnist_result": "7"}           # declared as an integer
    """,
    good="""
    {"mnist_result": 7}
    """,
)  # fmt: skip
def answers_by_its_schema(seen: Seen) -> Verdict:
    """An answer has the form that config.json declares.

    The platform derives what the console shows, and others their clients, from the schema in `response`.
    """
    if any(not _is_as_given(one) for one in asked(seen, GOLDEN) if is_good(one)):
        return not_applicable("a given request got another answer (HL602)")
    pairs = [(one, said) for one, said in _declared(seen) if said.schema and said.content_type in (JSON, MULTIPART)]
    judged = 0
    for one, said in pairs:
        if len(one.body) < one.size:
            continue
        judged += 1
        fault = _fault(one, said)
        if fault:
            return failed(
                "an answer does not have the form that config.json declares",
                shown(one),
                expected=excerpt(json.dumps(said.schema, ensure_ascii=False), 400),
                actual=fault,
                reproduce=again.answered(seen, one),
            )
    if not judged:
        return not_applicable("no answer with a declared form")
    return passed(f"{judged} answers have the declared form")


def _fault(one: Exchange, said: Payload) -> str:
    import jsonschema_rs  # takes as long to load as a tenth of the rules

    try:
        value = parsed(one)
    except ValueError:
        return f"no JSON: {excerpt(one.body, 80)}"
    try:
        errors = jsonschema_rs.validator_for(to_json_schema(said.schema or {})).iter_errors(value)
    except (ValueError, jsonschema_rs.ValidationError):
        return ""  # the schema itself is told by the rules on config.json
    first = next(iter(errors), None)
    return "" if first is None else excerpt(str(first.message), 400)
