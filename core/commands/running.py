"""The commands that run until they are stopped: everything together, or one process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from core.commands import dashboard, data
from core.settings import Settings
from core.settings.installed import installed_channels

if TYPE_CHECKING:
    from core.bootstrap import App


def add_to(app: typer.Typer) -> None:
    """Make the commands known to the command line."""
    for command in (run, web, telegram, http, channel, worker, console):
        app.command()(command)


def run() -> None:
    """Run everything on this machine: the channels that are configured, and the worker."""
    from core.http import address
    from core.http import configured as serves_http
    from core.processes import run_together

    settings = Settings.load()
    channels = _configured_channels(settings)
    if data.embedded(settings):
        data.migrated(settings)
    data.claimed(settings)
    beside = ["worker"]
    if serves_http(settings):
        beside.append("http")
        typer.echo(f"{'http':<10} {address(settings.http)}")
    pages = dashboard.configured(settings)
    for name, channel in channels.items():
        typer.echo(f"{name:<10} {getattr(channel, 'address', '') or 'on'}")
    for name, page in pages.items():
        typer.echo(f"{name:<10} {page.address}")
        dashboard.tell_password(page.prepare(settings.data_dir))
    typer.echo(f"{'data':<10} {settings.data_dir.resolve()}")
    typer.echo("Ctrl-C stops all of it.")
    if not run_together([*(f"channel {name}" for name in channels), *pages, *beside]):
        typer.echo("One process stopped by itself (its last lines say why), so all did.", err=True)
        raise typer.Exit(1)


def web() -> None:
    """Serve the chat page."""
    _serve("web")


def telegram() -> None:
    """Serve the Telegram bot."""
    _serve("telegram")


def http() -> None:
    """Serve webhooks and /health."""
    from core import http as web_server
    from core.bootstrap import bootstrap

    application = bootstrap(Settings.load())
    with _seen("http", application):
        web_server.serve(application)


def channel(name: Annotated[str, typer.Argument(help="As its entry point calls it.")]) -> None:
    """Serve any installed channel."""
    _serve(name)


def worker() -> None:
    """Run the jobs: photos, trainings, and the sweep for what was left behind."""
    from core.bootstrap import bootstrap
    from core.heartbeat import beating
    from core.mode import named

    application = bootstrap(Settings.load())
    with beating("worker", application.trouble, mode=named(application.trainer.test_mode)):
        application.worker().run()


def console(
    name: Annotated[
        str, typer.Option("--as", help="Who you are: one person for each name.")
    ] = "me",
    language: Annotated[str, typer.Option("--lang", help="en, ru; else your terminal's.")] = "",
) -> None:
    """Chat in this terminal, or from a script through a pipe."""
    from core.bootstrap import bootstrap

    settings = Settings.load()
    application = bootstrap(settings, _console_log(settings))
    terminal: Any = application.channel("console")  # its run() takes more than every channel's
    terminal.run(application, name=name, language=language or _terminal_language())


def _serve(name: str) -> None:
    from core.bootstrap import bootstrap

    application = bootstrap(Settings.load())
    with _seen(name, application):
        application.channel(name).run(application)


@contextmanager
def _seen(part: str, application: App) -> Iterator[None]:
    """Beat, and look at the alerts' rules where no worker does."""
    from core.heartbeat import beating
    from core.standing_in import standing_in

    seconds = application.settings.alerts.check_seconds
    with beating(part), standing_in(application.watch(), seconds):
        yield


def _configured_channels(settings: Settings) -> dict[str, Any]:
    made = {name: made(settings.channel(name)) for name, made in installed_channels().items()}
    return {name: channel for name, channel in made.items() if channel.configured}


def _console_log(settings: Settings) -> TextIO:
    """Where the logs go: into a file while somebody reads the terminal."""
    from core.db import make_folder

    if not sys.stderr.isatty():
        return sys.stderr
    make_folder(settings.data_dir)
    return (settings.data_dir / "console.log").open("a", encoding="utf-8")


def _terminal_language() -> str:
    """`ru` where the terminal speaks Russian; the channel knows what to do with the others."""
    locale = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "en")
    return locale.split("_")[0].split(".")[0].lower()
