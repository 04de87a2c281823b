"""The verbs of `hitless` put together: one typer application. What each does is in its own file.

Of a command that names its verb only that verb is loaded: a rebuild takes less than what all of them would cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from hitless import __version__

_HELP = """Serve a model package, a folder with config.json and a model, without ever dropping a request.

\b
Examples:
  hitless init my-model                      make a package
  hitless serve my-model                     serve it, with a page to try it
  hitless predict my-model                   one request, without a server
  hitless predict http://127.0.0.1:8080      one request to a server
  hitless build my-model --base base -o image  make its image
  hitless check image                        prove that it conforms
  hitless reload my-model                    the server takes the new version
  hitless config check my-model/config.json  what is wrong with it
"""


def application(verb: str = "") -> typer.Typer:
    """All verbs, or only the one that is asked for."""
    app = typer.Typer(
        help=_HELP,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    app.callback()(_options)
    for add in (_VERBS[verb],) if verb in _VERBS else _VERBS.values():
        add(app)
    return app


def _init(app: typer.Typer) -> None:
    from hitless.cli.init import init

    app.command()(init)


def _predict(app: typer.Typer) -> None:
    from hitless.cli.predict import predict

    app.command()(predict)


def _reload(app: typer.Typer) -> None:
    from hitless.cli.reload import reload

    app.command()(reload)


def _build(app: typer.Typer) -> None:
    from hitless.cli.build import build

    app.command()(build)


def _dockerfile(app: typer.Typer) -> None:
    from hitless.cli.dockerfile import dockerfile

    app.command()(dockerfile)


def _check(app: typer.Typer) -> None:
    from hitless.cli.check import check

    app.command()(check)


def _explain(app: typer.Typer) -> None:
    from hitless.cli.explain import explain

    app.command()(explain)


def _inspect(app: typer.Typer) -> None:
    from hitless.cli.inspect import inspect

    app.command()(inspect)


def _serve(app: typer.Typer) -> None:
    from hitless.cli.serve import serve

    settings = {"allow_extra_args": True, "ignore_unknown_options": True}  # it reads them itself
    app.command(add_help_option=False, context_settings=settings)(serve)


def _push(app: typer.Typer) -> None:
    from hitless.cli.push import push

    app.command()(push)


def _pull(app: typer.Typer) -> None:
    from hitless.cli.push import pull

    app.command()(pull)


def _base(app: typer.Typer) -> None:
    from hitless.cli import base

    app.add_typer(base.app, name="base")


def _config(app: typer.Typer) -> None:
    from hitless.cli import config

    app.add_typer(config.app, name="config")


_VERBS: Mapping[str, Callable[[typer.Typer], None]] = {  # as the help lists them
    "init": _init, "serve": _serve, "predict": _predict, "reload": _reload, "build": _build,
    "dockerfile": _dockerfile, "check": _check, "explain": _explain, "inspect": _inspect, "push": _push, "pull": _pull,
    "base": _base, "config": _config,
}  # fmt: skip


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"hitless {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """What goes for all verbs."""
