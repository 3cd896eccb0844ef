"""Restoring a backup into an empty data folder, and putting right what it can't know.

The folder says that it is half restored from the first file on until all is done, so that nobody
serves what is not settled: orders that may have been sent since the backup, and people who were
erased since.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from core.app import photo_folder
from core.app.backup import manifest, settling
from core.app.backup.manifest import Manifest
from core.app.backup.settling import Settled
from core.app.opening import HALF_RESTORED
from core.base.db import connect, run, transaction
from core.base.errors import BackupError
from core.base.migrations import runner
from core.base.settings import Settings
from core.services import erasure_ledger
from core.services.erasure_ledger import Erased, ErasureLedger
from core.services.storage import files_in, sync_folder

DAY = 86_400.0
_LEDGER = (erasure_ledger.NAME, erasure_ledger.LOCK)
"""What may lie in an otherwise empty data folder."""


_EMPTY = "{} is half restored: empty it."


class Restored(NamedTuple):
    """What was restored: its moment, the migrations that were run, what was settled."""

    made_at: float
    files: int
    migrated: list[str]
    settled: Settled


def restore(settings: Settings, folder: Path, ledger: Path | None, none_erased: bool) -> Restored:
    """Restore a backup where the settings keep their data; raises BackupError.

    Erasures since are read from `ledger`, else from the data folder, or the one that the backup was
    made of; where there is neither, somebody must say that there were none (`none_erased`).
    """
    backup = manifest.read(folder)
    _refuse_newer(backup, folder)
    _refuse_used(settings)
    erased = [] if none_erased else _erased(settings, backup, ledger)
    migrated = _copy(settings, folder, backup)
    settled = settling.settle_restored(settings, backup.made_at, erased)
    _finish(settings, erased)
    return Restored(backup.made_at, len(backup.files), migrated, settled)


def _refuse_newer(backup: Manifest, folder: Path) -> None:
    ahead = sorted(set(backup.schema) - set(runner.names()))
    if ahead:
        raise BackupError(
            f"The backup {folder} is ahead of this version of Likeness: it has {', '.join(ahead)}. "
            f"Restore it with version {backup.version} or a later one."
        )


def _refuse_used(settings: Settings) -> None:
    for place in (settings.data_dir, settings.objects_dir, manifest.database_file(settings)):
        files = [place] if place.is_file() else files_in(place)
        if any(file.name not in _LEDGER for file in files):
            raise BackupError(
                f"{place.absolute()} is in use, and restoring replaces nothing. Move it away (and "
                "keep it: it may hold the ledger of erasures), or set data_dir to an empty folder."
            )


def _erased(settings: Settings, backup: Manifest, ledger: Path | None) -> list[Erased]:
    """The erasures since the backup; raises BackupError where nobody can know of them any more."""
    age = (time.time() - backup.made_at) / DAY
    if age > settings.backup.keep_days:
        raise BackupError(
            f"The backup is {age:.0f} days old, and erasures are remembered for "
            f"{settings.backup.keep_days} (backup.keep_days): people who were erased since might "
            "come back. Take a later one, or say --none-erased if you know that nobody was."
        )
    if ledger is not None:
        return erasure_ledger.read(ledger)
    for folder in (settings.data_dir, Path(backup.data_dir)):
        if (folder / erasure_ledger.NAME).is_file():
            return erasure_ledger.read(folder)
    if Path(backup.data_dir).is_dir():  # it is there, and nobody was ever erased
        return []
    raise BackupError(
        "Who was erased since the backup is not known, and they would come back. Say --erasures "
        f"FILE with the {erasure_ledger.NAME} of the old data folder, or --none-erased if you "
        "know that nobody was, or that the folder is lost."
    )


def _copy(settings: Settings, folder: Path, backup: Manifest) -> list[str]:
    """Copy every file to its place, and bring the schema up; the migrations that were run."""
    with _disk_errors(settings):
        manifest.make_private(settings.data_dir)
        (settings.data_dir / HALF_RESTORED).touch(mode=0o600)
        sync_folder(settings.data_dir)
        for name, seen in backup.files.items():
            if manifest.copy(folder / name, manifest.place(settings, name)) != tuple(seen):
                raise BackupError(
                    f"The backup {folder} is damaged: {name} differs from what was backed up. "
                    f"{_EMPTY.format(settings.data_dir)} Take another backup."
                )
        os.sync()
    database = connect(settings.database_url, settings.database.synchronous)
    try:
        done = runner.migrate(database)
        with transaction():  # of processes that are gone, or of logins that have ended since
            for table in ("leases", "heartbeats", "dashboard_sessions"):
                run(f"DELETE FROM {table}")
            run("UPDATE avatar_photos SET next_check_at = 0 WHERE validation_status = 'pending'")
        photo_folder.adopt(settings)
    finally:
        database.close()
    return done


def _finish(settings: Settings, erased: Iterable[Erased]) -> None:
    ours = ErasureLedger(settings.data_dir)
    known = set(erasure_ledger.read(ours.path)) if ours.path.exists() else set()
    ours.add(one for one in erased if one not in known)
    (settings.data_dir / HALF_RESTORED).unlink()
    sync_folder(settings.data_dir)


@contextmanager
def _disk_errors(settings: Settings) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        named = f" ({error.filename})" if error.filename else ""
        raise BackupError(
            f"The backup can't be restored: {error.strerror}{named}. "
            f"{_EMPTY.format(settings.data_dir)} Then make room or correct its rights."
        ) from error
