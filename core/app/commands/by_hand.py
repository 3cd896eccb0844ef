"""What the command line does in place of somebody at the dashboard: by the same operations."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from core.base.errors import LikenessError
from core.operation.auth import Visitor

if TYPE_CHECKING:
    from core.app.bootstrap import App
    from core.operation.admin_actions import Operations


@contextmanager
def operations(application: App) -> Iterator[Operations]:
    """Everything that may be done by hand; what can't be done is a sentence and exit code 1."""
    from core.operation.admin_actions import Operations

    try:
        yield Operations(application, Visitor(operator(), "admin"))
    except LikenessError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def operator() -> str:
    """Who types, as the audit names them."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name
        user = "?"
    return f"command line ({user}@{socket.gethostname()})"
