"""The table of servers: how each is started, on what, and in which environment. Nothing here starts anything.

A command is split at its blanks; then the words in braces are filled in, as in the variables: {python} and {bin} of the
environment, {port} {port2} {port3} free ports, {model} the ONNX file, {package} the package folder of that size,
{temporary} a folder that is removed afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

WORKERS = 2


class Size(StrEnum):
    """Of the model."""

    SMALL = "small"  # the example's own
    LARGE = "large"  # 1.2 million parameters: bound by computing


@dataclass(frozen=True)
class Server:
    """`environment` is a folder of `peers/` with requirements, also the working directory; None: the project's own."""

    name: str
    title: str
    command: str
    environment: str | None = None
    packages: tuple[str, ...] = ()  # whose versions the tables show
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    sizes: tuple[Size, ...] = (Size.SMALL,)
    usual_start_s: float = 2.0  # for the estimate of the total time only


BOTH = (Size.SMALL, Size.LARGE)
OURS = "hitless"
OUR_PACKAGES = ("hitless", "uvloop", "httptools", "msgspec", "onnxruntime", "numpy", "simplejpeg")
HITLESS = f"{{python}} -m hitless.serving {{package}} --port {{port}} --workers {WORKERS}"

SERVERS = (
    Server(OURS, "hitless", HITLESS, packages=OUR_PACKAGES, sizes=BOTH, usual_start_s=0.6),
    Server("hitless-pillow", "hitless with Pillow", HITLESS, packages=("pillow",), usual_start_s=0.6),
    Server(
        "flask",
        "Gunicorn-gevent-Flask",
        f"{{bin}}/gunicorn --keep-alive 200 -k gevent --workers {WORKERS} --bind 127.0.0.1:{{port}} app:app",
        environment="flask",
        packages=("gunicorn", "gevent", "Flask", "Werkzeug"),
        sizes=BOTH,
    ),
    Server(
        "fastapi",
        "FastAPI-uvicorn",
        f"{{bin}}/uvicorn app:app --workers {WORKERS} --no-access-log --host 127.0.0.1 --port {{port}}",
        environment="fastapi",
        packages=("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "python-multipart"),
        sizes=BOTH,
    ),
    Server(
        "litserve",
        "LitServe",
        "{python} app.py",
        environment="litserve",
        packages=("litserve", "fastapi", "uvicorn"),
        usual_start_s=3.0,
    ),
    Server(
        "bentoml",
        "BentoML",
        "{bin}/bentoml serve app:Digit --host 127.0.0.1 --port {port}",
        environment="bentoml",
        packages=("bentoml", "starlette", "uvicorn"),
        variables={"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": "{temporary}"},
        usual_start_s=6.0,
    ),
    Server(
        "mlserver",
        "MLServer",
        "{bin}/mlserver start .",
        environment="mlserver",
        packages=("mlserver", "fastapi", "uvicorn", "uvloop"),
        variables={
            "MLSERVER_HOST": "127.0.0.1",
            "MLSERVER_HTTP_PORT": "{port}",
            "MLSERVER_GRPC_PORT": "{port2}",
            "MLSERVER_METRICS_PORT": "{port3}",
        },
        usual_start_s=5.0,
    ),
)


def named(names: str) -> tuple[Server, ...]:
    """The servers of a comma-separated list, in the table's order; raises ValueError on an unknown name."""
    wanted = {name.strip() for name in names.split(",")}
    known = {server.name for server in SERVERS}
    if wanted - known:
        raise ValueError(f"no such server: {', '.join(sorted(wanted - known))}; there are {', '.join(sorted(known))}")
    return tuple(server for server in SERVERS if server.name in wanted)
