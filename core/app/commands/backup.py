"""The commands for the worst day: backups, and what is settled once one is restored."""

from __future__ import annotations

import datetime
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.app.commands.data import embedded
from core.base.errors import BackupError, ConfigurationError
from core.base.settings import Settings

if TYPE_CHECKING:
    from core.app.backup.settling import Settled

FOLDER = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the backup is.")]
LEDGER = Annotated[
    Path | None, typer.Option(help="The ledger of erasures, or the old data folder with it.")
]
NONE_ERASED = Annotated[
    bool, typer.Option("--none-erased", help="Nobody was erased since, or that can't be known.")
]


def add_to(app: typer.Typer) -> None:
    """Make the commands known to the command line."""
    for command in (backup, restore, settle):
        app.command()(command)


def backup(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
) -> None:
    """Back up database, objects, uploads and secrets while everything runs."""
    from core.app.backup import taking

    settings = Settings.load()
    _refuse_others(settings)
    began = time.monotonic()
    made = taking.take(settings, folder)
    typer.echo(
        f"{folder} is the backup of {_written(made.made_at)}: {made.files} files, "
        f"{made.size / 1e6:.1f} MB, in {time.monotonic() - began:.1f} s."
    )
    if made.missing:
        typer.echo(
            f"{made.missing} files that the database names were gone before: `likeness repair` "
            "has them fetched again.",
            err=True,
        )
    typer.echo(
        f"It holds photos and secrets: keep it private, and for {settings.backup.keep_days} days "
        "at most (backup.keep_days), as erasures are remembered no longer."
    )


def restore(folder: FOLDER, erasures: LEDGER = None, none_erased: NONE_ERASED = False) -> None:
    """Restore a backup into an empty data folder; erases again who was erased since."""
    from core.app.backup import restoring
    from core.base.logs import log

    settings = Settings.load()
    _refuse_others(settings)
    log.configure(settings.log)
    done = restoring.restore(settings, folder, erasures, none_erased)
    typer.echo(f"Restored as of {_written(done.made_at)}: {done.files} files.")
    for name in done.migrated:
        typer.echo(f"The backup was of an earlier version: {name} was run.")
    _tell(done.settled)
    typer.echo("Make sure that the old installation is stopped, then start this one.")


def settle(
    moment: Annotated[str, typer.Argument(help="Of the backup, as 2026-11-30T08:15Z.")],
    erasures: LEDGER = None,
    none_erased: NONE_ERASED = False,
) -> None:
    """Settle a database that other tools restored, before anything is started."""
    from core.app.backup import settling
    from core.base.logs import log
    from core.services import erasure_ledger

    if (erasures is None) is not none_erased:
        raise ConfigurationError(
            "Say --erasures FILE, with the ledgers of all hosts in one file, or --none-erased."
        )
    settings = Settings.load()
    log.configure(settings.log)
    erased = [] if erasures is None else erasure_ledger.read(erasures)
    _tell(settling.settle_restored(settings, _moment(moment), erased))


def _refuse_others(settings: Settings) -> None:
    if not embedded(settings):
        raise BackupError(
            "The database is a PostgreSQL server: back it up with `pg_dump --format=custom`, after "
            "it copy the bucket, and keep erasures.log of each data folder. Once `pg_restore` is "
            "done, run `likeness settle MOMENT --erasures FILE` before anything is started; "
            "docs/operating.md has each step."
        )
    if settings.storage.backend != "folder":
        raise BackupError(
            'Objects are kept on an S3 server (storage.backend = "minio"), which this doesn\'t '
            "copy. Back up the bucket with the server's own means and the database with "
            "`sqlite3 likeness.db '.backup FILE'`; docs/operating.md has each step."
        )


def _tell(done: Settled) -> None:
    if done.orders:
        typer.echo(
            f"{done.orders} orders may have been sent since, and are not sent again by themselves: "
            "`likeness runs uncertain` lists those that fal.ai doesn't know by itself."
        )
    typer.echo(f"{done.erased} people were erased since, and are erased again.")


def _moment(text: str) -> float:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{text!r} is no moment. Write it as 2026-11-30T08:15Z, when the backup was begun."
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()


def _written(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))
