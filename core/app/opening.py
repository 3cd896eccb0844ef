"""The database as a process begins with it: there, of this version, and beside our photos."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.app import photo_folder
from core.base import db
from core.base.migrations import runner
from core.base.settings import Settings


def database(settings: Settings, elsewhere: bool = False) -> Any:
    """Made where there is none yet; raises SchemaMismatch or ConfigurationError where it won't do.

    `elsewhere` is for what takes no photos; see `photo_folder.claim`.
    """
    opened = bound(settings)
    prepare(settings, opened)
    photo_folder.claim(settings, elsewhere)
    if not db.is_sqlite():  # the thread that starts a process seldom asks anything again
        db.release()
    return opened


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
