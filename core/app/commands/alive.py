"""The command that asks after a process of this host: for a container's health check."""

from __future__ import annotations

from typing import Annotated

import typer

from core.base.errors import StorageUnavailable
from core.base.processes import liveness
from core.base.settings import Settings

WITHOUT_STORE = ("http", "dashboard")
"""Parts that go on without the object store."""


def add_to(app: typer.Typer) -> None:
    """Make the command known to the command line."""
    app.command()(alive)


def alive(
    part: Annotated[str, typer.Argument(help="worker, telegram, http …; any without.")] = "",
    ready: Annotated[
        bool, typer.Option("--ready", help="Also: what it needs is within reach from here.")
    ] = False,
) -> None:
    """Which processes of this host, or container, live; exit code 1 if the part's does not."""
    settings = Settings.load()
    parts = [part] if part else liveness.parts(settings.data_dir)
    if not parts:
        typer.echo(f"No process on this host, by {settings.data_dir.absolute()}.", err=True)
        raise typer.Exit(1)
    for each in parts:
        _say(settings, each, ready)


def _say(settings: Settings, part: str, ready: bool) -> None:
    told = _trouble(settings, part) or (ready and _unready(settings, part))
    if told:
        typer.echo(told, err=True)
        raise typer.Exit(1)
    typer.echo(f"{part} is {'ready' if ready else 'alive'}.")


def _trouble(settings: Settings, part: str) -> str:
    """Why it counts as dead; "" where it lives. The database isn't asked."""
    ago = liveness.age(settings.data_dir, part)
    if ago is None:
        return f"No process of {part} on this host, by {settings.data_dir.absolute()}."
    if ago > liveness.SECONDS:
        return f"{part} has said nothing for {ago:.0f} s: it was killed, or its loop stands still."
    return ""


def _unready(settings: Settings, part: str) -> str:
    """What a process with these settings can't reach; "" where there is nothing."""
    from core.base import db
    from core.base.logs import log
    from core.operation.serving.readiness import Readiness

    log.configure(settings.log)
    db.connect(settings.database_url, settings.database.synchronous)
    if part in WITHOUT_STORE:
        found = Readiness().look()
    else:
        found = Readiness(store=lambda: _ask_store(settings)).look()
    wrong = [f"{name}: {word}" for name, word in found.items() if word != "ok"]
    return f"{part} is not ready: {', '.join(wrong)}." if wrong else ""


def _ask_store(settings: Settings) -> None:
    """Raise StorageUnavailable where the store doesn't answer; a missing folder isn't made."""
    from core.app import services
    from core.operation.serving.readiness import NO_OBJECT

    if settings.storage.backend == "folder" and not settings.objects_dir.exists():
        raise StorageUnavailable(f"{settings.objects_dir.absolute()} is missing")
    services.store(settings).exists(NO_OBJECT)
