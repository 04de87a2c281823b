"""The table of servers: how each is started, its own times for stopping, and what it can answer. Starts nothing.

A command is split at its blanks; then the words in braces are filled in, as in the variables: {python} and {bin} of the
environment, {port} the address's, {port2} {port3} free ports, {peers} the folder of the peers' apps, {package} ours,
{temporary} a folder of the instance's own.

The times of the specification are scaled alike for all: 60 s of linger become LINGER_S, the 90 s DEADLINE_S, wherever
a server has a setting for them. Everything else is at its default, but for `--keep-alive 200` in the recipe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.rollout.asked import Dialect, Shape

WORKERS = 2
LINGER_S = 3
DEADLINE_S = 6
FULL_RATE = 1000.0
LOW_RATE = 250.0  # for servers that would be overloaded by more, on two cores beside balancer and clients
ALL = tuple(Shape)
NO_STREAM = (Shape.MIXED, Shape.SLOW_SEND, Shape.SLOW_READ)


@dataclass(frozen=True)
class Server:
    """`environment`: a folder of requirements, None for the project's own. `reloaded`: what its log says after SIGHUP;
    "" where only the change of its processes tells; None where it has no reload."""

    name: str
    title: str
    command: str
    environment: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    folder: str = ""  # of its app, in `peers`
    health: str = "/health"
    rate: float = LOW_RATE
    shapes: tuple[Shape, ...] = ALL
    dialect: Dialect = Dialect.PLAIN
    reloaded: str | None = None
    sharing: str = ""  # its own flag for a port that two instances share; else a library makes it possible
    times: str = "none of its own"  # its settings for stopping, for the table
    packages: tuple[str, ...] = ()


OURS = "hitless"
_GUNICORN = f"{{bin}}/gunicorn --workers {WORKERS} --bind 127.0.0.1:{{port}} --graceful-timeout {LINGER_S}"

SERVERS = (
    Server(
        OURS,
        "hitless",
        f"{{python}} -m hitless.serving {{package}} --host 127.0.0.1 --port {{port}} --workers {WORKERS}"
        f" --linger {LINGER_S} --deadline {DEADLINE_S} --log-format json",
        rate=FULL_RATE,
        sharing="--reuse-port",
        reloaded="reloaded: the new version serves",
        times=f"--linger {LINGER_S} --deadline {DEADLINE_S}",
        packages=("hitless", "uvloop", "httptools"),
    ),
    Server(
        "uvicorn",
        "FastAPI, uvicorn",
        f"{{bin}}/uvicorn app:app --workers {WORKERS} --no-access-log --host 127.0.0.1 --port {{port}}"
        f" --timeout-graceful-shutdown {DEADLINE_S}",
        environment="fastapi",
        folder="asgi",
        reloaded="",
        times=f"--timeout-graceful-shutdown {DEADLINE_S}",
        packages=("uvicorn", "fastapi"),
    ),
    Server(
        "gunicorn-recipe",
        "Flask, Gunicorn gevent, the recipe",
        "sh {peers}/flask/run.sh",
        environment="flask",
        folder="flask",
        variables={"GUNICORN": f"{_GUNICORN} --keep-alive 200 -k gevent app:app", "LINGER": f"{LINGER_S}"},
        times=f"sleep {LINGER_S}, then --graceful-timeout {LINGER_S}",
        packages=("gunicorn", "gevent", "Flask"),
    ),
    Server(
        "gunicorn-gevent",
        "Flask, Gunicorn gevent",
        f"{_GUNICORN} --keep-alive 200 -k gevent app:app",
        environment="flask",
        folder="flask",
        reloaded="",
        times=f"--graceful-timeout {LINGER_S}",
        sharing="--reuse-port",
        packages=("gunicorn", "gevent", "Flask"),
    ),
    Server(
        "gunicorn-gthread",
        "Flask, Gunicorn gthread",
        f"{_GUNICORN} --keep-alive 200 -k gthread --threads 64 app:app",
        environment="flask",
        folder="flask",
        reloaded="",
        times=f"--graceful-timeout {LINGER_S}",
        sharing="--reuse-port",
        packages=("gunicorn", "Flask"),
    ),
    Server(
        "granian",
        "FastAPI, granian",
        f"{{bin}}/granian --interface asgi --workers {WORKERS} --host 127.0.0.1 --port {{port}} --no-access-log"
        f" --workers-kill-timeout {DEADLINE_S} app:app",
        environment="granian",
        folder="asgi",
        reloaded="",
        times=f"--workers-kill-timeout {DEADLINE_S}",
        packages=("granian", "fastapi"),
    ),
    Server(
        "hypercorn",
        "FastAPI, hypercorn",
        f"{{bin}}/hypercorn --workers {WORKERS} --bind 127.0.0.1:{{port}} --graceful-timeout {DEADLINE_S} app:app",
        environment="hypercorn",
        folder="asgi",
        times=f"--graceful-timeout {DEADLINE_S}",
        packages=("hypercorn", "fastapi"),
    ),
    Server(
        "litserve",
        "LitServe",
        "{python} app.py",
        environment="litserve",
        folder="litserve",
        shapes=NO_STREAM,
        dialect=Dialect.JSON,
        packages=("litserve", "uvicorn"),
    ),
    Server(
        "bentoml",
        "BentoML",
        "{bin}/bentoml serve app:Echo --host 127.0.0.1 --port {port}",
        environment="bentoml",
        folder="bentoml",
        variables={"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": "{temporary}"},
        health="/healthz",
        packages=("bentoml", "uvicorn"),
    ),
    Server(
        "mlserver",
        "MLServer",
        "{bin}/mlserver start .",
        environment="mlserver",
        folder="mlserver",
        variables={
            "MLSERVER_HOST": "127.0.0.1",
            "MLSERVER_HTTP_PORT": "{port}",
            "MLSERVER_GRPC_PORT": "{port2}",
            "MLSERVER_METRICS_PORT": "{port3}",
        },
        health="/v2/health/ready",
        packages=("mlserver", "uvicorn"),
    ),
    Server(
        "cog",
        "Cog",
        "{python} -m cog.server.http --host 127.0.0.1",
        environment="cog",
        folder="cog",
        variables={"PORT": "{port}", "COG_PREDICT_TYPE_STUB": "predict.py:Predictor", "COG_MAX_CONCURRENCY": "128"},
        health="/health-check",
        shapes=NO_STREAM,
        dialect=Dialect.COG,
        packages=("cog",),
    ),
)


def named(names: str) -> tuple[Server, ...]:
    """The servers of a comma-separated list, in the table's order; `all`, `peers`; ValueError on an unknown name."""
    if names == "all":
        return SERVERS
    if names == "peers":
        return tuple(server for server in SERVERS if server.name != OURS)
    wanted, known = {name.strip() for name in names.split(",")}, {server.name for server in SERVERS}
    if wanted - known:
        raise ValueError(f"no such server: {', '.join(sorted(wanted - known))}; there are {', '.join(sorted(known))}")
    return tuple(server for server in SERVERS if server.name in wanted)
