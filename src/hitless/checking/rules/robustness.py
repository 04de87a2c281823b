"""What a service does with requests that its contract does not name: HL605 to HL614. Each fault fails one rule.

| what the subject does                                                          | fails |
|--------------------------------------------------------------------------------|-------|
| answers 2xx on a path or for a method that nobody declared                     | HL605 |
| answers 5xx, or not at all, there                                              | HL606 |
| answers 5xx, or not at all, what is malformed, and lives on                    | HL607 |
| answers 2xx what is malformed                                                  | HL608 |
| does not answer any more after a malformed or a large request                  | HL609 |
| breaks at a body of the size that the gateway lets through, and lives on       | HL610 |
| fails when it is asked by several at once                                      | HL612 |
| does not understand a chunked body; HTTP/1.0, Expect or a slow client           | HL613; HL614 |
"""

from __future__ import annotations

import math

from hitless.checking import again
from hitless.checking.asked import (
    answers,
    asked,
    deaths,
    is_broken,
    is_good,
    survived,
    usual,
    why_unasked,
)
from hitless.checking.events import Exchange, Stage
from hitless.checking.probes.purposes import (
    ALIVE,
    CHUNKED,
    CONCURRENT,
    EXPECT,
    HTTP_1_0,
    LARGE,
    MALFORMED,
    OTHER_METHOD,
    SLOWLY,
    UNKNOWN_PATH,
)
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.starts import incomplete, shown
from hitless.checking.verdict import Evidence, Verdict, failed, not_applicable, passed, unproven
from hitless.spec.contract import WITHOUT_BODY

_BROKEN = "its api does not answer what conforms (HL601)"
_PAGES = ("GET", "HEAD", "OPTIONS")  # methods by which services show pages and describe themselves
_HEADER = "a header of"
_MODEL = "(the model decides)"


def _actual(one: Exchange) -> str:
    return str(one.status) if one.status else f"no answer: {one.failure.value if one.failure else one.detail}"


def _failure(seen: Seen, message: str, one: Exchange, expected: str, *others: Evidence) -> Verdict:
    return failed(
        message, shown(one), *others, expected=expected, actual=_actual(one), reproduce=again.answered(seen, one)
    )


def _silent(seen: Seen) -> Verdict:
    """There is nothing to judge: either nothing was asked, or the service does not work at all."""
    return unproven(why_unasked(seen)) if answers(seen) else not_applicable(_BROKEN)


def _unbroken(seen: Seen) -> Verdict:
    """Nothing malformed was asked."""
    apis = seen.contract.apis
    if all(api.request is None or api.method in WITHOUT_BODY for api in apis):
        return not_applicable("no api takes a body")
    return _silent(seen)


@rule(
    "HL605", "API-1", Level.INFO, Stage.API,
    fix="""
    mux.HandleFunc("POST /{$}", predict)      // Go: this path and this method, no other
    """,
    bad="""
    mux.HandleFunc("/", predict)              // every path, every method
    """,
    good="""
    mux.HandleFunc("POST /{$}", predict)
    """,
)  # fmt: skip
def refuses_what_it_does_not_declare(seen: Seen) -> Verdict:
    """A path or a method that config.json does not declare is refused (404, 405).

    Who misspells a path should learn it from the status, not from a strange answer. Pages (GET, HEAD, OPTIONS) on
    declared paths are no fault. This is advice: no clause demands it.
    """
    sent = [
        one
        for one in asked(seen, UNKNOWN_PATH, OTHER_METHOD)
        if one.purpose == UNKNOWN_PATH or one.method not in _PAGES
    ]
    if not sent or not answers(seen):
        return _silent(seen)
    taken = next((one for one in sent if is_good(one)), None)
    if taken is not None:
        return _failure(seen, "it answers with success what nobody declared", taken, "404 or 405")
    return passed(f"none of {len(sent)} got an answer 2xx")


@rule(
    "HL606", "API-1", Level.SHOULD, Stage.API,
    fix="""
    @app.errorhandler(404)
    def unknown(error): return {"error": "no such path"}, 404
    """,
    bad="""
    handler = ROUTES[self.path]           # KeyError: 500, or the connection is cut
    """,
    good="""
    handler = ROUTES.get(self.path)
    if handler is None: return self.send_error(404)
    """,
)  # fmt: skip
def stays_calm_about_unknown_paths(seen: Seen) -> Verdict:
    """A path or a method that config.json does not declare does not break anything.

    Errors of the server count as failures of the service: the platform's breaker and its alarms do not know that nobody
    was to ask this.
    """
    sent = asked(seen, UNKNOWN_PATH, OTHER_METHOD)
    if not sent or not answers(seen):
        return _silent(seen)
    broken = next((one for one in sent if is_broken(one) and one.status not in (501, 505)), None)
    if broken is not None:
        return _failure(seen, "an unknown path or method makes it fail", broken, "404, 405 or another answer 4xx")
    return passed(f"{len(sent)} such requests were answered, none with an error of the server")


@rule(
    "HL607", "API-1", Level.SHOULD, Stage.API,
    fix="""
    try:
        value = json.loads(body)
    except ValueError as error:
        return {"error": str(error)}, 400
    """,
    bad="""
    value = request.get_json()["images"]      # KeyError: 500
    """,
    good="""
    if "images" not in value: return {"error": "images is missing"}, 422
    """,
)  # fmt: skip
def refuses_what_is_malformed(seen: Seen) -> Verdict:
    """A malformed request is answered as the client's fault (4xx), not as the server's.

    Broken JSON, a field that is missing or of another type, a form without its end, a file that is none: clients send
    them every day. An answer 500 hides whose fault it is, counts as a failure of the service, and often comes with a
    worker that died.
    """
    sent = [one for one in survived(seen, MALFORMED) if not one.purpose.startswith(MALFORMED + _HEADER)]
    if not sent:
        return not_applicable("it did not survive it (HL609)") if list(deaths(seen)) else _unbroken(seen)
    broken = [one for one in sent if is_broken(one)]
    if broken:
        names = ", ".join(one.purpose.removeprefix(MALFORMED) for one in broken)
        one = min(broken, key=lambda one: len(one.curl) or math.inf)  # the command that is quickest to paste
        others = [shown(other) for other in broken if other is not one][:3]
        return _failure(seen, f"it fails at {len(broken)} of {len(sent)}: {names}", one, "an answer 4xx", *others)
    if why := incomplete(seen.record, Stage.API):
        return unproven(why)
    return passed(f"{len(sent)} malformed requests were answered, none with an error of the server")


@rule(
    "HL608", "API-1", Level.INFO, Stage.API,
    fix="""
    return {"error": "the body is no JSON"}, 400
    """,
    bad="""
    return {"error": "the body is no JSON"}       # with status 200
    """,
    good="""
    return {"error": "the body is no JSON"}, 400
    """,
)  # fmt: skip
def does_not_take_what_is_malformed(seen: Seen) -> Verdict:
    """A malformed request does not get an answer 2xx.

    Only what is wrong by the grammar or by the schema is counted. A batch service writes an answer 2xx into its results
    as if the model had said it. This is advice: no clause demands it.
    """
    sent = [one for one in survived(seen, MALFORMED) if not one.purpose.endswith(_MODEL)]
    if not sent:
        return _unbroken(seen)
    taken = [one for one in sent if is_good(one)]
    if taken:
        names = ", ".join(one.purpose.removeprefix(MALFORMED) for one in taken)
        return _failure(seen, f"it answers with success: {names}", taken[0], "an answer 4xx")
    return passed(f"none of {len(sent)} got an answer 2xx")


@rule(
    "HL609", "API-1", Level.MUST, Stage.API,
    fix="""
    # the server catches what a handler raises, and reads no more than Content-Length from the connection
    gunicorn --workers 2 --timeout 60 app:app
    """,
    bad="""
    except Exception: os._exit(1)
    """,
    good="""
    except Exception: log.exception("request failed"); return {"error": "internal"}, 500
    """,
)  # fmt: skip
def lives_on(seen: Seen) -> Verdict:
    """After a malformed or a very large request the next good one is answered as before.

    One client's mistake may not end the service for all others.
    """
    after = asked(seen, ALIVE)
    for sent, good in deaths(seen):
        return _failure(
            seen,
            f"it does not answer any more after: {good.purpose.removeprefix(ALIVE)}",
            sent,
            "the good request after it is answered as before",
            shown(good),
        )
    if not after:
        return _silent(seen)
    if why := incomplete(seen.record, Stage.API):
        return unproven(why)
    return passed(f"it answered the good request after each of {len(after)}")


@rule(
    "HL610", "API-1", Level.SHOULD, Stage.API,
    fix="""
    client_max_body_size 13m;        # nginx in the image: the default is 1 MiB
    """,
    bad="""
    self.rfile.read(1 << 20)         # the rest of the body is taken for the next request
    """,
    good="""
    self.rfile.read(int(self.headers["Content-Length"]))
    """,
)  # fmt: skip
def takes_large_bodies(seen: Seen) -> Verdict:
    """A body as large as the gateway lets through is taken, or refused cleanly (413).

    The gateway ends what is larger than 12 MB; what is smaller comes through to the container.
    """
    sent = survived(seen, LARGE)
    if not asked(seen, LARGE):
        return _unsized(seen)
    if not sent:
        return not_applicable("it did not survive it (HL609)")
    broken = next(filter(is_broken, sent), None)
    limit = seen.profile.body_limit_bytes
    if broken is not None:
        return _failure(seen, f"it fails at a body of {limit:,} bytes", broken, "an answer 2xx, or 413")
    said = "refused cleanly" if any(one.status == 413 for one in sent) else "taken"
    return passed(f"a body of {limit:,} bytes is {said}", shown(sent[0]))


def _unsized(seen: Seen) -> Verdict:
    if incomplete(seen.record, Stage.API) or not answers(seen):
        return _silent(seen)
    return not_applicable("nobody knows how to make a large request that conforms")


@rule(
    "HL612", "API-1", Level.SHOULD, Stage.API,
    fix="""
    gunicorn --workers 2 --worker-class gthread --threads 16 --backlog 2048 app:app
    """,
    bad="""
    server.request_queue_size = 0
    """,
    good="""
    gunicorn --worker-class gthread --threads 16 app:app
    """,
)  # fmt: skip
def answers_several_at_once(seen: Seen) -> Verdict:
    """Sixteen clients at once get the answers that one gets alone.

    A model may be asked one after the other inside; the connections may wait, but none may be turned away.
    """
    sent = asked(seen, CONCURRENT)
    if not sent:
        return _silent(seen)
    wrong = [one for one in sent if not _is_usual(seen, one)]
    if wrong:
        return _failure(
            seen, f"{len(wrong)} of {len(sent)} requests at once failed", wrong[0], "the answer that one gets alone"
        )
    return passed(f"{len(sent)} requests by 16 clients at once were answered")


@rule(
    "HL613", "API-1", Level.INFO, Stage.API,
    fix="""
    gunicorn app:app                 # a server that decodes chunked bodies itself
    """,
    bad="""
    body = self.rfile.read(int(self.headers["Content-Length"]))      # there is none
    """,
    good="""
    body = await request.body()
    """,
)  # fmt: skip
def takes_chunked_bodies(seen: Seen) -> Verdict:
    """A body without a length, in chunks, is understood (RFC 9112, 7.1).

    Clients that stream a file send it so, and so do some proxies. Every HTTP/1.1 server must understand it; the
    specification does not mention it.
    """
    return _same_as_usual(seen, "a chunked body is not understood", CHUNKED)


@rule(
    "HL614", "API-1", Level.SHOULD, Stage.API,
    fix="""
    # use a server that speaks HTTP/1.1 whole: Gunicorn, uvicorn, nginx, Node, Go, …
    """,
    bad="""
    if self.request_version != "HTTP/1.1": self.connection.close()
    """,
    good="""
    class Handler(BaseHTTPRequestHandler): protocol_version = "HTTP/1.1"
    """,
)  # fmt: skip
def understands_usual_clients(seen: Seen) -> Verdict:
    """Requests as usual clients send them are answered: HTTP/1.0, `Expect: 100-continue`, and in pieces.

    curl asks with `Expect` before it sends more than 1 MiB, balancers check with HTTP/1.0, and a network cuts a request
    where it likes.
    """
    return _same_as_usual(seen, "a good request in another form is not answered", HTTP_1_0, EXPECT, SLOWLY)


def _is_usual(seen: Seen, one: Exchange) -> bool:
    return is_good(one) or one.api is None or one.status == usual(seen, one.api)


def _same_as_usual(seen: Seen, message: str, *purposes: str) -> Verdict:
    sent = asked(seen, *purposes)
    if not sent:
        nothing = not incomplete(seen.record, Stage.API) and answers(seen)
        return not_applicable("no api takes a body") if nothing else _silent(seen)
    wrong = next((one for one in sent if not _is_usual(seen, one)), None)
    if wrong is not None:
        return _failure(seen, message, wrong, f"{usual(seen, wrong.api or 0)}, as in the usual form")
    return passed(f"{', '.join(one.purpose.partition(': ')[2] for one in sent)}: answered")
