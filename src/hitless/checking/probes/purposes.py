"""Why a request is sent: the words by which looking and judging find each other. Data only."""

from __future__ import annotations

START_HEALTH = "start: health"
START_API = "start: api"
TRACE = "trace"
CASE = "case"
GOLDEN = "golden"
UNKNOWN_PATH = "unknown path"
OTHER_METHOD = "other method"
FORM = "form: "  # and what is special about it, of which clients make use
CONCURRENT = "at once"
LARGE = "large body"
OVER = "body over the limit"
MALFORMED = "malformed: "
ALIVE = "good after: "
HEALTH = "health"
HEALTH_LOAD = "health under load"
BATCH_FIRST, BATCH_AGAIN = "as a batch service starts it", "started again"

HTTP_1_0 = FORM + "HTTP/1.0"
CHUNKED = FORM + "chunked"
EXPECT = FORM + "Expect: 100-continue"
SLOWLY = FORM + "sent slowly"

# What is noted of a start, and after it.
LISTENING, HEALTHY, ANSWERING, READY = "listening", "healthy", "answering", "ready"
ELSEWHERE = "answers elsewhere"  # detail: the port
LISTENS = "listens inside"  # detail: address:port of a socket
STAYED = "stayed up"  # detail: seconds
FILLED = "filled its output"  # detail: the number of requests
NOT_CONFINED = "not confined"
STARTED_AGAIN = "started again"
TOLD_SOCKETS = "hitless-check: socket"  # before each line of /proc/net/tcp

# Idle connections, a stop, and a rollout.
TRIED = "to see how quick it is"
POOLED = "load on pooled connections"
POOL_SIZE = 8  # pooled connections of a load at first; more where they are busy
FRESH = "load on new connections"
LOAD = frozenset({POOLED, FRESH})

# KEEP_ALIVE: the first request of a connection, and the one after its idle time
OPENED = "before it is idle"
IDLE = "after it was idle"
POOL_OPENED = "one of many, before they are idle"
POOL_IDLE = "one of many, after they were idle"

# STOP
SLOW = "sent slowly, begun before SIGTERM and finished after it"
REST = "on a connection that is left idle until the linger is nearly over"
LATE = "begun at the end of the linger, finished after it"
PULSE = "once a second, to see its health"
RECEIVED = LOAD | {SLOW, REST, LATE}  # what may not be lost

# What is noted of them.
SIGTERM_SENT = "SIGTERM was delivered"
LOAD_ENDED = "the load ended"
SWAP_BEGAN = "the new instance gets requests, too"
SWAP_TOLD = "the old instance gets no more requests"
