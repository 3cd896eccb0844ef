"""The database as a process begins with it: there, of this version, and beside our photos."""

from __future__ import annotations

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
    url = settings.database_url
    if url.startswith("sqlite:///"):
        db.make_folder(Path(url.removeprefix("sqlite:///")).parent)
    opened = db.connect(url, settings.database.synchronous)
    runner.prepare(opened)
    photo_folder.claim(settings, elsewhere)
    return opened
