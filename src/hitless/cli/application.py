"""The verbs of `hitless` put together: one typer application. What each does is in its own file."""

from __future__ import annotations

from typing import Annotated

import typer

from hitless import __version__
from hitless.cli import base, config
from hitless.cli.build import build
from hitless.cli.init import init
from hitless.cli.inspect import inspect
from hitless.cli.predict import predict
from hitless.cli.push import pull, push
from hitless.cli.reload import reload
from hitless.cli.serve import serve

_HELP = """Serve a model package, a folder with config.json and a model, without ever dropping a request.

\b
Examples:
  hitless init my-model                      make a package
  hitless serve my-model                     serve it, with a page to try it
  hitless predict my-model                   one request, without a server
  hitless predict http://127.0.0.1:8080      one request to a server
  hitless build my-model --base base -o image  make its image
  hitless reload my-model                    the server takes over a new version
  hitless config check my-model/config.json  what is wrong with it
"""

app = typer.Typer(
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"hitless {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """What goes for all verbs."""


app.command()(init)
app.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(serve)
app.command()(predict)
app.command()(reload)
app.command()(build)
app.command()(inspect)
app.command()(push)
app.command()(pull)
app.add_typer(base.app, name="base")
app.add_typer(config.app, name="config")
