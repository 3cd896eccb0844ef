"""Admin actions from the command line: the same as the dashboard's."""

from __future__ import annotations

import getpass
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from core.base.errors import LikenessError
from core.operation.auth import Visitor

if TYPE_CHECKING:
    from core.app.bootstrap import App
    from core.operation.admin_actions import AdminActions


REASON = Annotated[str, typer.Option(help="Why, for the audit; asked for in a terminal.")]


@contextmanager
def admin_actions(application: App) -> Iterator[AdminActions]:
    """The admin actions; an error of ours is printed, with exit code 1."""
    from core.operation.admin_actions import AdminActions

    try:
        yield AdminActions(application, Visitor(operator(), "admin"))
    except LikenessError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def why(reason: str) -> str:
    """The given reason, else one asked for in the terminal."""
    if reason or not sys.stdin.isatty():
        return reason
    return str(typer.prompt("Why"))


def operator() -> str:
    """The audit's name for the current account."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name
        user = "?"
    return f"command line ({user}@{socket.gethostname()})"
