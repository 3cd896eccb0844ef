"""The command line: each command loads the settings and calls what the core offers.

What a command needs is imported inside it: `likeness --help` shows at once, and `likeness config`
works where a library is missing.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from core import commands
from core.errors import ConfigurationError, LikenessError
from core.runs_cli import runs
from core.settings import Settings, describe, installed_channels

if TYPE_CHECKING:
    from core.bootstrap import App

BLOCK = ("<!-- diagram -->", "<!-- /diagram -->")
"""What encloses the diagram in a page."""


class _CommandLine(typer.Typer):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """An error of ours is a sentence for whoever typed the command, not a traceback."""
        try:
            return super().__call__(*args, **kwargs)
        except LikenessError as error:
            typer.echo(str(error), err=True)
            raise SystemExit(2 if isinstance(error, ConfigurationError) else 1) from None


app = _CommandLine(
    name="likeness",
    help="A chat bot on many channels that makes a personal AI avatar from a person's photos.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


commands.add_to(app)
app.add_typer(runs, name="runs")


@app.command()
def run() -> None:
    """Run everything on this machine: the channels that are configured, and the worker."""
    from core.http import address
    from core.http import configured as serves_http
    from core.processes import run_together

    settings = Settings.load()
    channels = _configured_channels(settings)
    if _embedded(settings):
        _migrate(settings)
    beside = ["worker"]
    if serves_http(settings):
        beside.append("http")
        typer.echo(f"{'http':<10} {address(settings.http)}")
    pages = commands.configured_pages(settings)
    for name, channel in channels.items():
        typer.echo(f"{name:<10} {getattr(channel, 'address', '') or 'on'}")
    for name, page in pages.items():
        typer.echo(f"{name:<10} {page.address}")
        commands.tell_password(page.prepare(settings.data_dir))
    typer.echo(f"{'data':<10} {settings.data_dir.resolve()}")
    typer.echo("Ctrl-C stops all of it.")
    if not run_together([*(f"channel {name}" for name in channels), *pages, *beside]):
        typer.echo("One process stopped by itself (its last lines say why), so all did.", err=True)
        raise typer.Exit(1)


@app.command()
def web() -> None:
    """Serve the chat page."""
    _serve("web")


@app.command()
def telegram() -> None:
    """Serve the Telegram bot."""
    _serve("telegram")


@app.command()
def http() -> None:
    """Serve webhooks and /health."""
    from core import http as web_server
    from core.bootstrap import bootstrap

    application = bootstrap(Settings.load())
    with _seen("http", application):
        web_server.serve(application)


@app.command()
def channel(name: Annotated[str, typer.Argument(help="As its entry point calls it.")]) -> None:
    """Serve any installed channel."""
    _serve(name)


@app.command()
def worker() -> None:
    """Run the jobs: photos, trainings, and the sweep for what was left behind."""
    from core.bootstrap import bootstrap
    from core.heartbeat import beating

    application = bootstrap(Settings.load())
    with beating("worker", application.trouble):
        application.worker().run()


@app.command()
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


@app.command()
def migrate(
    to: Annotated[str | None, typer.Option(help="The last one to run, by number or name.")] = None,
    down: Annotated[
        bool, typer.Option("--down", help="Undo the last one, or all until --to.")
    ] = False,
) -> None:
    """Bring the database's schema up to this version of the program, or back."""
    done = _migrate(Settings.load(), to, down)
    typer.echo("\n".join(done) if done else "Nothing to do.")


@app.command()
def repair(
    believing: Annotated[
        bool, typer.Option(help="Even where most of it seems amiss: this is the right store.")
    ] = False,
) -> None:
    """Compare stored photos with the database: orphans are deleted, lost photos fetched again."""
    from core.avatars import orphans
    from core.bootstrap import bootstrap

    application = bootstrap(Settings.load())
    done = orphans.repair(application.store, time.time(), believing=believing)
    typer.echo(f"{done.objects} objects: {done.doomed} without a photo, deleted by the worker")
    typer.echo(f"{done.photos} photos: {done.pending} without their object, fetched again")
    for refusal in done.refused:
        typer.echo(f"Left alone: {refusal}", err=True)


@app.command()
def erase(
    user: Annotated[uuid.UUID, typer.Argument(help="Their id, as log lines and tables name it.")],
) -> None:
    """Erase a person who has asked for it, just as “Delete everything” does."""
    from core.avatars import erasing
    from core.bootstrap import bootstrap

    application = bootstrap(Settings.load())
    conversation_id = erasing.order(application.inbox, user, time.time())
    if conversation_id is None:
        typer.echo(f"Nobody has the id {user}.", err=True)
        raise typer.Exit(1)
    application.engine.drain(conversation_id)
    typer.echo("Their rows are deleted; the worker deletes the rest within a minute or so.")


@app.command()
def config() -> None:
    """Show the settings in force and where each came from."""
    typer.echo(describe(Settings.load()), nl=False)


@app.command()
def diagram(
    into: Annotated[Path | None, typer.Option(help=f"A page with {BLOCK[0]} … {BLOCK[1]}.")] = None,
) -> None:
    """Draw the flow as a Mermaid diagram, from its table."""
    from core.bootstrap import diagram as drawn

    if into is None:
        typer.echo(drawn())
    else:
        _replace_block(into, f"```mermaid\n{drawn().strip()}\n```")


def _serve(name: str) -> None:
    from core.bootstrap import bootstrap

    application = bootstrap(Settings.load())
    with _seen(name, application):
        application.channel(name).run(application)


@contextmanager
def _seen(part: str, application: App) -> Iterator[None]:
    """Beat, and look at the alerts' rules where no worker does."""
    from core.alerts import standing_in
    from core.heartbeat import beating

    seconds = application.settings.alerts.check_seconds
    with beating(part), standing_in(application.watch(), seconds):
        yield


def _configured_channels(settings: Settings) -> dict[str, Any]:
    made = {name: made(settings.channel(name)) for name, made in installed_channels().items()}
    return {name: channel for name, channel in made.items() if channel.configured}


def _embedded(settings: Settings) -> bool:
    return settings.database_url.startswith("sqlite:///")


def _migrate(settings: Settings, to: str | None = None, down: bool = False) -> list[str]:
    from core.db import connect
    from core.migrations import runner

    if _embedded(settings):
        _make_folder(Path(settings.database_url.removeprefix("sqlite:///")).parent)
    database = connect(settings.database_url, settings.database.synchronous)
    try:
        return list(runner.migrate(database, target=to, down=down))
    finally:
        database.close()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The folder {folder} can't be made: {error.strerror}. Correct data_dir or the url."
        ) from None


def _console_log(settings: Settings) -> TextIO:
    """Where the logs go: into a file while somebody reads the terminal."""
    if not sys.stderr.isatty():
        return sys.stderr
    _make_folder(settings.data_dir)
    return (settings.data_dir / "console.log").open("a", encoding="utf-8")


def _terminal_language() -> str:
    """`ru` where the terminal speaks Russian; the channel knows what to do with the others."""
    locale = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "en")
    return locale.split("_")[0].split(".")[0].lower()


def _replace_block(page: Path, text: str) -> None:
    before, start, rest = page.read_text(encoding="utf-8").partition(BLOCK[0])
    _, end, after = rest.partition(BLOCK[1])
    if not end:
        raise ConfigurationError(f"{page} has no {BLOCK[0]} … {BLOCK[1]}. Put it where it belongs.")
    page.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    app()
