"""The commands that run until they are stopped: everything together, or one process."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from core.app import extras
from core.app.commands import dashboard, data
from core.base.errors import ConfigurationError
from core.base.processes.isolation import Isolation, guarded
from core.base.settings import Settings
from core.base.settings.installed import channel_names, made_channel
from core.conversation.delivery.channel import Addressed, Hooked, Troubled

if TYPE_CHECKING:
    from core.app.bootstrap import App


def add_to(app: typer.Typer) -> None:
    """Make the commands known to the command line."""
    own = (run, http, worker, console)
    for command in own:
        app.command()(command)
    for name in channel_names():
        if name not in {"channel", *(command.__name__ for command in own)}:
            app.command(name, help=f"Serve the channel {name}.")(_server_of(name))


def run() -> None:
    """Run everything on this machine: the channels that are configured, and the worker."""
    from core.app.processes import run_together
    from core.operation.http import address
    from core.operation.http import configured as serves_http

    settings = Settings.load()
    channels = _configured_channels(settings)
    pages = dashboard.configured(settings)
    extras.require("worker", *channels, *pages)
    if data.embedded(settings):
        data.migrated(settings)
    pages = dashboard.configured(settings)
    with data.claimed(settings):
        made = [page.prepare(settings.data_dir) for page in pages.values()]
    beside = ["worker"]
    if serves_http(settings) or any(map(_is_delivered_to, channels.values())):
        beside.append("http")
        typer.echo(f"{'http':<10} {address(settings.http)}")
    for name, channel in channels.items():
        typer.echo(f"{name:<10} {channel.address if isinstance(channel, Addressed) else 'on'}")
    for (name, page), password in zip(pages.items(), made, strict=True):
        typer.echo(f"{name:<10} {page.address}")
        dashboard.tell_password(password)
    typer.echo(f"{'data':<10} {settings.data_dir.resolve()}")
    typer.echo("Ctrl-C stops all of it.")
    if not run_together([*pages, *beside], channels):
        typer.echo("One process stopped by itself (its last lines say why), so all did.", err=True)
        raise typer.Exit(1)


def http() -> None:
    """Serve webhooks and /health."""
    from core.app.bootstrap import bootstrap
    from core.operation import http as web_server

    extras.require("http")
    application = bootstrap(Settings.load())
    with _seen("http", application, lambda: _troubles(application)):
        web_server.serve(application)


def worker() -> None:
    """Run the jobs: photos, trainings, and the sweep for what was left behind."""
    from core.app.bootstrap import bootstrap
    from core.base.processes.heartbeat import beating
    from core.base.processes.liveness import told
    from core.base.processes.mode import named

    extras.require("worker")
    settings = Settings.load()
    application = bootstrap(settings)
    with (
        told(settings.data_dir, "worker"),
        beating("worker", application.trouble, mode=named(application.trainer.test_mode)),
    ):
        application.worker().run()


def console(
    name: Annotated[
        str, typer.Option("--as", help="Who you are: one person for each name.")
    ] = "me",
    language: Annotated[str, typer.Option("--lang", help="en, ru; else your terminal's.")] = "",
) -> None:
    """Chat in this terminal, or from a script through a pipe."""
    from core.app.bootstrap import bootstrap

    extras.require("worker")  # one works in this process
    settings = Settings.load()
    application = bootstrap(settings, _console_log(settings))
    found = (kind for kind in application.channels.values() if kind.capabilities.terminal)
    terminal = next(found, None)
    if terminal is None:
        raise ConfigurationError("No channel is installed that talks in a terminal.")
    run: Callable[..., None] = terminal.run  # takes more than every channel's
    run(application, name=name, language=language or _terminal_language())


def _server_of(name: str) -> Callable[[], None]:
    return lambda: serve(name)


def serve(name: str) -> None:
    """Serve an installed channel until it is asked to stop."""
    from core.app.bootstrap import bootstrap
    from core.app.processes import ended_before, kept

    extras.require(name)
    application = bootstrap(Settings.load())
    if not kept():
        application.channel(name)  # one that can't even be made is a sentence
    isolation = Isolation(name, _sleep, before=ended_before())

    def run() -> None:
        if name not in application.channels:
            renew()
        application.channel(name).run(application)

    def renew() -> None:  # what it kept in mind may be what it failed by
        application.channels[name] = made_channel(application.settings, name)

    with _seen(name, application, lambda: isolation.trouble() or _troubles(application)):
        isolation.serve(run, renew)


def _is_delivered_to(channel: object) -> bool:
    return isinstance(channel, Hooked) and bool(channel.webhook_url)


def _troubles(application: App) -> str:
    """What the channels of this process say that an operator must do."""
    found = (c.trouble for c in application.channels.values() if isinstance(c, Troubled))
    return "; ".join(filter(None, found))


def _sleep(seconds: float) -> None:
    """Wait; a process that is asked to stop meanwhile ends as it should."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    time.sleep(seconds)


@contextmanager
def _seen(part: str, application: App, probe: Callable[[], str] = str) -> Iterator[None]:
    """Beat, and look at the alerts' rules where no worker does."""
    from core.base.processes.heartbeat import beating
    from core.base.processes.liveness import told
    from core.operation.standby_watch import standing_in

    settings = application.settings
    watching = standing_in(application.watch(), settings.alerts.check_seconds)
    with told(settings.data_dir, part), beating(part, probe), watching:
        yield


def _configured_channels(settings: Settings) -> dict[str, Any]:
    """The channels to be started; one that can't even say so is left out, and named."""
    found = {}
    for name in channel_names():
        channel = guarded(name, _made_if_configured, settings, name)
        if channel is None:
            typer.echo(f"The channel {name!r} is left out: it fails, see above.", err=True)
        elif channel:
            found[name] = channel
    return found


def _made_if_configured(settings: Settings, name: str) -> object:
    channel = made_channel(settings, name)
    return channel if channel.configured else ""


def _console_log(settings: Settings) -> TextIO:
    """Where the logs go: into a file while somebody reads the terminal."""
    from core.base.db import make_folder

    if not sys.stderr.isatty():
        return sys.stderr
    make_folder(settings.data_dir)
    return (settings.data_dir / "console.log").open("a", encoding="utf-8")


def _terminal_language() -> str:
    """`ru` where the terminal speaks Russian; the channel knows what to do with the others."""
    locale = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "en")
    return locale.split("_")[0].split(".")[0].lower()
