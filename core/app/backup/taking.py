"""Making a backup while everything runs.

The database is copied as of one moment by SQLite's online backup. Uploads wait below `spool/` until
they are judged, which takes less than a second, so those that the rows name are copied at that
moment, before the database; where one was faster, another moment is taken. Objects are stored
before a row names them and deleted after it, so they are copied last: one that is gone by then was
deleted since.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from core.app.backup import manifest
from core.app.backup.manifest import DATA, DATABASE, OBJECTS, Manifest
from core.app.opening import HALF_RESTORED, refuse_half_restored
from core.avatars.disposal import SPOOLED
from core.base.errors import BackupError
from core.base.processes.heartbeat import version
from core.base.settings import Settings
from core.services import erasure_ledger
from core.services.storage import files_in, is_partial, sync_folder

MOMENTS = 20
"""So many moments are tried at most, until one has every upload that its rows name."""
BUSY_SECONDS = 30.0
_PART = ".likeness-part"
_BEFORE = "spool/"
"""Where the first versions kept uploads, in the data folder."""
_LEFT_OUT = ("jobs.db", "console.log", erasure_ledger.NAME, HALF_RESTORED)
"""Files of the data folder that begin with one of these: made anew, or to outlive a backup."""

_KEYS = {
    "avatar_photos": "minio_key", "training_runs": "weights_key",
    "trained_models": "weights_key", "pictures": "key",
}  # fmt: skip
"""Columns that name objects."""
_UPLOADS = """
SELECT json_extract(reference, '$.spool') FROM avatar_photos WHERE validation_status = 'pending'
UNION SELECT json_extract(reference, '$.spool') FROM held_photos
UNION SELECT json_extract(payload, '$[3].spool') FROM inbox
      WHERE handled_at IS NULL AND payload <> ''
"""


class Taken(NamedTuple):
    """A finished backup: its moment, its size, and the objects that its rows name in vain."""

    made_at: float
    files: int
    size: int
    missing: int


def take(settings: Settings, place: Path) -> Taken:
    """Make a backup in a new folder; nothing stands under its name before it is whole.

    Raises BackupError.
    """
    place = place.absolute()
    _refuse(settings, place)
    with _errors(place), _staged(place) as staged:
        made = _Making(settings, staged)
        made_at = made.database()
        made.objects()
        made.data_folder()
        schema = _migrations(staged / DATABASE)
        origin = str(settings.data_dir.absolute())
        Manifest(manifest.FORMAT, version(), made_at, schema, origin, made.files).write(staged)
        sizes = [size for size, _ in made.files.values()]
        return Taken(made_at, len(sizes), sum(sizes), made.missing)


class _Making:
    """What has been copied so far. A file that vanishes meanwhile is passed over."""

    def __init__(self, settings: Settings, staged: Path) -> None:
        self.files: dict[str, tuple[int, str]] = {}
        self.missing = 0
        self._settings = settings
        self._staged = staged
        self._file = manifest.database_file(settings)

    def database(self) -> float:
        """Copy the database and the uploads of one moment, which is returned."""
        for folder, name in self._spools():
            self._below(folder, name)
        with closing(_opened(self._file)) as connection:
            for left in reversed(range(MOMENTS)):
                made_at = time.time()
                connection.execute("BEGIN")  # the first reading after it fixes the moment
                uploads = {str(name) for (name,) in connection.execute(_UPLOADS) if name}
                lost = [name for name in uploads if not self._upload(name)]
                if not lost or not left:
                    self.missing += len(lost)
                    _copied(connection, self._staged / DATABASE)
                    self._note(DATABASE, self._staged / DATABASE)
                    return made_at
                connection.rollback()
        raise AssertionError("the last moment is taken")

    def objects(self) -> None:
        """Copy the objects that the rows of that moment name."""
        with closing(_opened(self._staged / DATABASE)) as moment:
            keys, exports = _named(moment)
        folder = self._settings.objects_dir
        lost = [key for key in keys if not self._one(folder / key, OBJECTS + key)]
        for prefix in exports:
            self._below(folder / prefix, OBJECTS + prefix)
        if lost:
            with closing(_opened(self._file)) as now:
                self.missing += len(set(lost) & _named(now)[0])

    def data_folder(self) -> None:
        """Copy secrets, and whatever else is kept in the data folder."""
        folder = self._settings.data_dir.absolute()
        apart = (folder / _BEFORE, self._settings.objects_dir.absolute())
        for file in files_in(folder):
            ours = file.name.startswith((self._file.name, *_LEFT_OUT)) or is_partial(file)
            if not ours and not any(file.is_relative_to(other) for other in apart):
                self._one(file, DATA + file.relative_to(folder).as_posix())

    def _upload(self, name: str) -> bool:
        return any(self._one(folder / name, place + name) for folder, place in self._spools())

    def _spools(self) -> tuple[tuple[Path, str], ...]:
        """The folders that uploads wait in, and what they are called in a backup."""
        settings = self._settings
        return (
            (settings.objects_dir / SPOOLED, OBJECTS + SPOOLED),
            (settings.data_dir / _BEFORE, DATA + _BEFORE),
        )

    def _below(self, folder: Path, name: str) -> None:
        for file in files_in(folder):
            if not is_partial(file):
                self._one(file, name + file.relative_to(folder).as_posix())

    def _one(self, file: Path, name: str) -> bool:
        """Copy a file, once; False where there is none."""
        if name in self.files:
            return True
        try:
            self.files[name] = manifest.copy(file, self._staged / name)
        except FileNotFoundError:
            (self._staged / name).unlink(missing_ok=True)
            return False
        return True

    def _note(self, name: str, file: Path) -> None:
        self.files[name] = manifest.hashed(file)


def _opened(file: Path) -> sqlite3.Connection:
    """A connection of our own to a database that is there."""
    return sqlite3.connect(
        f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )


def _copied(connection: sqlite3.Connection, target: Path) -> None:
    """Copy the database as the connection's transaction sees it, and look whether it is whole."""
    target.touch(mode=0o600)
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = delete")
        found = copy.execute("PRAGMA quick_check").fetchone()[0]
    connection.rollback()
    if found != "ok":
        raise BackupError(
            f"The database is damaged ({found}), and so would be its backup. Keep the backups "
            "that you have."
        )


def _named(connection: sqlite3.Connection) -> tuple[set[str], list[str]]:
    """The objects that rows name, and the prefixes of those that were made to be downloaded."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    keys: set[str] = set()
    for table, column in _KEYS.items():
        if table in tables:
            found = connection.execute(f"SELECT {column} FROM {table} WHERE {column} <> ''")
            keys.update(key for (key,) in found)
    exports = connection.execute("SELECT user_id, id FROM exports WHERE made_at IS NOT NULL")
    return keys, [f"{user}/{export}/" for user, export in exports]


def _migrations(file: Path) -> list[str]:
    with closing(_opened(file)) as connection:
        found = connection.execute(f"SELECT name FROM {manifest.HISTORY} ORDER BY name")
        return [str(name) for (name,) in found]


# where it is written


def _refuse(settings: Settings, place: Path) -> None:
    refuse_half_restored(settings)
    if not manifest.database_file(settings).is_file():
        raise BackupError(
            f"There is nothing to back up: {manifest.database_file(settings)} is not there. Check "
            "data_dir."
        )
    if os.path.lexists(place):
        raise BackupError(f"{place} exists already. Name a new folder: a backup replaces nothing.")
    for folder in (settings.data_dir, settings.objects_dir):
        if place.is_relative_to(folder.absolute()):
            raise BackupError(
                f"{place} lies in {folder}, which is to be backed up. Name a folder elsewhere, "
                "best on another disk."
            )


@contextmanager
def _staged(place: Path) -> Iterator[Path]:
    """A hidden folder beside the place, which it becomes where all goes well."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _clear(place.parent)
    staged = place.with_name(f".{uuid4().hex}{_PART}")
    staged.mkdir(mode=0o700)
    try:
        with _held(staged):
            yield staged
            os.sync()
            staged.rename(place)
            sync_folder(place.parent)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise


def _clear(parent: Path) -> None:
    """Remove what those left that were killed over it."""
    for left in parent.glob(f".*{_PART}"):
        with suppress(OSError), _held(left):
            shutil.rmtree(left)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder as long as this process lives; OSError where another one holds it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _errors(place: Path) -> Iterator[None]:
    """What the disk or SQLite refuses, in a sentence."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise BackupError(f"The database can't be backed up: {error}.") from error
    except OSError as error:
        named = f" ({error.filename})" if error.filename else ""
        raise BackupError(
            f"The backup {place} can't be written: {error.strerror}{named}. Nothing is left of it. "
            "Name a place that is writable and has room."
        ) from error
