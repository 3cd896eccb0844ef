"""The database as a process begins with it: there, of this version, and beside our photos."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.app import photo_folder, surroundings
from core.base import db
from core.base.errors import ConfigurationError
from core.base.migrations import runner
from core.base.settings import Settings

HALF_RESTORED = "half-restored"
"""The file in the data folder that stands there while a backup is restored into it."""


def database(settings: Settings, elsewhere: bool = False, restoring: bool = False) -> Any:
    """Made where there is none yet; raises SchemaMismatch or ConfigurationError where it won't do.

    `elsewhere` is for what takes no photos; see `photo_folder.claim`. Only what is `restoring` a
    backup may open what is half restored.
    """
    if not restoring:
        refuse_half_restored(settings)
    opened = bound(settings)
    prepare(settings, opened)
    photo_folder.claim(settings, elsewhere)
    if not elsewhere:
        surroundings.tell(settings)
    if not db.is_sqlite():  # the thread that starts a process seldom asks anything again
        db.release()
    return opened


def refuse_half_restored(settings: Settings) -> None:
    """Raise ConfigurationError where a backup was not restored to its end."""
    folder = settings.data_dir
    if (folder / HALF_RESTORED).exists():
        raise ConfigurationError(
            f"{folder} is half restored: `likeness restore` was stopped, or still runs. Empty the "
            "folder (the backup has all of it) and restore once more."
        )


def bound(settings: Settings) -> Any:
    """The configured database, with the models bound to it; its folder is made."""
    url = settings.database_url
    if url.startswith("sqlite:///"):
        db.make_folder(Path(url.removeprefix("sqlite:///")).parent)
    return db.connect(url, settings.database.synchronous)


def prepare(settings: Settings, opened: Any) -> None:
    """Make the schema of the bound database, or refuse one that doesn't fit."""
    with unpooled(settings, opened) as server:
        runner.prepare(server)


@contextmanager
def unpooled(settings: Settings, opened: Any) -> Iterator[Any]:
    """The bound database, without the pooler that may stand before it."""
    if not settings.database.direct_url:
        yield opened
        return
    server = db.handle(settings.database.direct_url)
    try:
        yield server
    finally:
        server.close()
