"""Where photos are kept without an S3 server, by one mark in the folder and one database row.

A process that works with the same database and another folder of objects would lose what the
others have taken in, so it is refused before it starts. A folder is known by a file in it, not by
a path: it may be moved, and several hosts may mount the same one.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import structlog

from core.base.db import is_sqlite, make_folder, run, transaction
from core.base.errors import ConfigurationError
from core.base.migrations.runner import LOCK_SECONDS
from core.base.processes.heartbeat import DEAD_AFTER
from core.base.settings import Settings

log = structlog.get_logger()

MARK = "photos-are-kept-here"
"""The file that says which folder this is."""
_LOCK = 0x11CE4E14


class Kept(NamedTuple):
    """The folder that the database knows: its mark, on which host, where, and since when."""

    id: str
    host: str
    path: str
    claimed_at: float


def claim(settings: Settings, elsewhere: bool = False) -> None:
    """Make sure that photos are kept where this database's other processes keep them.

    The first process to come says where. Raises ConfigurationError for any other folder. What
    takes no photos may be `elsewhere`: it claims nothing, and is warned where it will see none.
    """
    for name, folder in _folders(settings):
        if elsewhere:
            kept = _kept(name)
            if kept is not None and kept.id != _mark(folder):
                log.warning("photos are kept elsewhere and can't be shown here", host=kept.host)
        elif (kept := _claimed(name, folder)) is not None:
            raise ConfigurationError(_refusal(name, folder, kept))


def refuse_another(settings: Settings) -> None:
    """Raise ConfigurationError where photos are kept in another folder; claims nothing."""
    for name, folder in _folders(settings):
        kept = _kept(name)
        if kept is not None and kept.id != _mark(folder):
            raise ConfigurationError(_refusal(name, folder, kept))


def adopt(settings: Settings) -> list[Path]:
    """Keep photos in this process's folders from now on; which they are.

    Raises ConfigurationError while a process lives that may still take photos into another one.
    """
    alive = _alive(time.time())
    if alive:
        raise ConfigurationError(
            f"Still running with this database: {', '.join(alive)}. Stop them first; what was "
            f"killed counts as running for {DEAD_AFTER:.0f} seconds."
        )
    adopted = []
    for name, folder in _folders(settings):
        with transaction():
            run("DELETE FROM photo_folders WHERE name = ?", name)
            _claimed(name, folder)
        adopted.append(folder)
    return adopted


def _folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    """The folder on this machine that photos are kept in; none where they are on an S3 server.

    A process with a database file beside the photos has the photos.
    """
    if settings.storage.backend != "folder":
        return
    data = settings.data_dir.absolute()
    file = settings.database_url.removeprefix("sqlite:///")
    if settings.storage.folder:
        yield "objects", settings.objects_dir.absolute()
    elif Path(file).absolute().parent != data:
        yield "data", data


def _claimed(name: str, folder: Path) -> Kept | None:
    """Claim a place for this folder; the other folder that has it already, or None.

    One process at a time, so that all that come first make one mark together.
    """
    kept, mark = _kept(name), _mark(folder)
    if kept is not None:
        return None if kept.id == mark else kept
    with transaction():
        if not is_sqlite():
            run(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            run("SELECT pg_advisory_xact_lock(?)", _LOCK)
        kept, mark = _kept(name), _mark(folder)
        if kept is None:
            make_folder(folder)
            run(
                "INSERT INTO photo_folders (name, id, host, path, claimed_at) "
                "VALUES (?, ?, ?, ?, ?)",
                *(name, mark or _marked(folder), socket.gethostname()[:255]),
                *(str(folder)[:4096], time.time()),
            )
            return None
    return None if kept.id == mark else kept


def _kept(name: str) -> Kept | None:
    row = run(
        "SELECT id, host, path, claimed_at FROM photo_folders WHERE name = ?", name
    ).fetchone()
    return None if row is None else Kept(*row)


def _alive(now: float) -> list[str]:
    """The processes that live, but for dashboards, which take no photos."""
    found = run(
        "SELECT part, process FROM heartbeats WHERE at > ? AND part <> 'dashboard' ORDER BY part",
        now - DEAD_AFTER,
    ).fetchall()
    return [f"{part} ({process})" for part, process in found]


def _refusal(name: str, folder: Path, kept: Kept) -> str:
    setting = "data_dir" if name == "data" else "storage.folder"
    here = kept.host == socket.gethostname()
    who = "another folder of this machine" if here else "another host"
    since = time.strftime("%Y-%m-%d", time.gmtime(kept.claimed_at))
    return (
        f"Photos are kept on this machine, in {folder}, but {who} uses this database: photos are "
        f"in {kept.path} on {kept.host} since {since}, and each would lose what the other takes "
        f"in. Set {setting} to that folder, storage.backend to 'minio' for an S3 server that every "
        "host reaches, or database.url to a database of its own. Where the photos were moved here, "
        "or that folder is lost: stop everything and run `likeness adopt`."
    )


def _mark(folder: Path) -> str:
    """A folder's mark, or "" where it has none; raises ConfigurationError for an unreadable one."""
    try:
        found = (folder / MARK).read_text(encoding="ascii").strip()
        return uuid.UUID(found).hex
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ConfigurationError(f"{folder / MARK} can't be read: {error.strerror}.") from error
    except ValueError:
        raise ConfigurationError(
            f"{folder / MARK} is damaged. Delete it, stop everything and run `likeness adopt`."
        ) from None


def _marked(folder: Path) -> str:
    """The mark that a folder is given now, whole on the disk; raises ConfigurationError."""
    mark = uuid.uuid4().hex
    half = folder / f".{MARK}"
    try:
        with half.open("w", encoding="ascii") as file:
            file.write(f"{mark}\n")
            file.flush()
            os.fsync(file.fileno())
        half.replace(folder / MARK)
    except OSError as error:
        raise ConfigurationError(
            f"{folder} can't be written: {error.strerror}. Correct its rights, or name another."
        ) from error
    return mark
