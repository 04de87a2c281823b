"""`hitless serve`, as the other verbs see it. `hitless.cli.main` takes the short way before typer is loaded."""

from __future__ import annotations

import typer


def serve(context: typer.Context) -> None:
    """Serve a package. Its options: hitless serve --help."""
    from hitless.serving.command import main

    raise typer.Exit(main(context.args, laptop=True))
