"""The command line: each command loads the settings and calls what the core offers."""

from __future__ import annotations

from typing import Annotated

import typer

from core import __version__
from core.app.commands import alive, backup, dashboard, data, running, showing
from core.app.commands.channel import channel
from core.app.commands.fal import fal
from core.app.commands.runs import runs
from core.app.commands.support import support
from core.app.commands.webhook import webhook
from core.app.processes import share_arenas, stop_with_starter
from core.base.errors import ConfigurationError, LikenessError
from core.base.logs import log


class _CommandLine(typer.Typer):
    def __call__(self, *args: object, **kwargs: object) -> object:
        """An error of ours is a sentence for the person at the command line, not a traceback."""
        log.begin()
        share_arenas()
        stop_with_starter()
        try:
            return super().__call__(*args, **kwargs)
        except LikenessError as error:
            typer.echo(str(error), err=True)
            raise SystemExit(2 if isinstance(error, ConfigurationError) else 1) from None
        except Exception as error:
            told = _unavailable(error)
            if not told:
                raise
            typer.echo(told, err=True)
            raise SystemExit(1) from None


def _unavailable(error: Exception) -> str:
    """That the database went away or is full by now; "" where it is something else."""
    from core.base.db import blameless, database
    from core.base.migrations.runner import unavailable

    return unavailable(database, str(error)) if blameless(error) else ""


app = _CommandLine(
    name="likeness",
    help="A chat bot on many channels that makes a personal AI avatar from a person's photos.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"likeness {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """What stands before every command."""


for commands in (running, dashboard, data, backup, alive, showing):
    commands.add_to(app)
app.add_typer(channel, name="channel")
app.add_typer(runs, name="runs")
app.add_typer(fal, name="fal")
app.add_typer(support, name="support")
app.add_typer(webhook, name="webhook")


if __name__ == "__main__":
    app()
