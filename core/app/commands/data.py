"""The commands that look after what is kept: the schema, stored photos, a person's data."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import peewee
import typer

from core.app.commands import by_hand
from core.base.errors import ConfigurationError
from core.base.settings import Settings

SQLITE = "sqlite:///"


def add_to(app: typer.Typer) -> None:
    """Make the commands known to the command line."""
    for command in (migrate, repair, adopt, erase):
        app.command()(command)
    app.command("demo-data")(demo_data)


def migrate(
    to: Annotated[str | None, typer.Option(help="The last one to run, by number or name.")] = None,
    down: Annotated[
        bool, typer.Option("--down", help="Undo the last one, or all until --to.")
    ] = False,
) -> None:
    """Bring the database's schema up to this version of the program, or back."""
    done = migrated(Settings.load(), to, down)
    typer.echo("\n".join(done) if done else "Nothing to do.")


def repair(
    believing: Annotated[
        bool, typer.Option(help="Even where most of it seems amiss: this is the right store.")
    ] = False,
) -> None:
    """Compare stored photos with the database: orphans are deleted, lost photos fetched again."""
    from core.app.bootstrap import bootstrap
    from core.avatars.privacy import orphans

    application = bootstrap(Settings.load())
    done = orphans.repair(application.store, time.time(), believing=believing)
    typer.echo(f"{done.objects} objects: {done.doomed} without a photo, deleted by the worker")
    typer.echo(f"{done.photos} photos: {done.pending} without their object, fetched again")
    for refusal in done.refused:
        typer.echo(f"Left alone: {refusal}", err=True)


def adopt() -> None:
    """Keep photos in this machine's folder from now on: after a move, or a loss of the old one."""
    from core.app import photo_folder
    from core.operation.admin_actions import note

    settings = Settings.load()
    with prepared(settings):
        folders = photo_folder.adopt(settings)
        for folder in folders:
            note("command line", "adopt", str(folder))
            typer.echo(f"Photos are kept in {folder} from now on.")
    if not folders:
        typer.echo("The database stands in the folder of the photos: there is nothing to adopt.")


def erase(
    user: Annotated[uuid.UUID, typer.Argument(help="Their id, as log lines and tables name it.")],
    reason: by_hand.REASON = "",
) -> None:
    """Erase a person who has asked for it, just as “Delete everything” does."""
    from core.app.bootstrap import bootstrap

    application = bootstrap(Settings.load(), elsewhere=True)
    with by_hand.admin_actions(application) as actions:
        ordered = actions.erase(str(user), by_hand.why(reason))
    application.engine.drain(int(ordered.made))
    typer.echo("Their rows are deleted; the worker deletes the rest within a minute or so.")


def demo_data(
    conversations: Annotated[int, typer.Option(min=1, help="How many.")] = 500,
    days: Annotated[float, typer.Option(min=0.1, help="How far back they go.")] = 90,
    seed: Annotated[int, typer.Option(help="The same seed makes the same people.")] = 7,
    test_share: Annotated[
        float, typer.Option(min=0, max=1, help="The share of simulated trainings.")
    ] = 0.5,
    add: Annotated[bool, typer.Option("--add", help="Even where people are known.")] = False,
) -> None:
    """Fill the database with made-up people, to look at."""
    from core.operation import demo

    with prepared(Settings.load()):
        if not (demo.empty() or add):
            raise ConfigurationError(
                "The database knows people already; made-up ones could not be told from them. "
                "Name another database, or say --add."
            )
        demo.fill(conversations, demo.Story(time.time(), days, seed, test_share))
    typer.echo(f"{conversations} conversations of the last {days:g} days")


def embedded(settings: Settings) -> bool:
    """Whether the database is a file of ours, which nobody else looks after."""
    return settings.database_url.startswith(SQLITE)


def migrated(settings: Settings, to: str | None = None, down: bool = False) -> list[str]:
    """The names of the migrations that had to be run."""
    from core.app import opening
    from core.base.migrations import runner

    with _opened(settings) as database, opening.unpooled(settings, database) as server:
        return list(runner.migrate(server, target=to, down=down))


@contextmanager
def claimed(settings: Settings) -> Iterator[None]:
    """Refuse before anything starts what every process would refuse by itself.

    Within it the database is open.
    """
    from core.app import photo_folder

    with prepared(settings):
        photo_folder.claim(settings)
        yield


@contextmanager
def prepared(settings: Settings) -> Iterator[None]:
    """The database is open meanwhile, and fits this version."""
    from core.app import opening

    with _opened(settings) as database:
        opening.prepare(settings, database)
        yield


@contextmanager
def _opened(settings: Settings) -> Iterator[peewee.Database]:
    from core.app import opening

    opening.refuse_half_restored(settings)
    database = opening.bound(settings)
    try:
        yield database
    finally:
        database.close()
