"""What a process stands on, and may find out too late: disk, clock, and one place for photos.

Every start says what is doubtful or wrong of it; `likeness doctor` asks the same.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import structlog

from core.base import db
from core.base.checkup import Doubt
from core.base.errors import ConfigurationError, LikenessError, StorageUnavailable
from core.base.settings import Settings
from core.conversation.delivery.lease import clock

log = structlog.get_logger()

SKEW_WARNING, SKEW_WRONG = 2.0, 30.0
"""Seconds between the database's clock and ours: leases last ten, claims sixty."""
ROOM_WARNING, ROOM_WRONG = 2e9, 2e8
"""Free bytes of a disk: a trained model takes 200 MB, and SQLite's log as much as its file."""


def tell(settings: Settings) -> None:
    """Log what is doubtful or wrong at a start, which goes on: it may be mended meanwhile."""
    for look in (disk, clocks, one_place):
        try:
            look(settings)
        except Doubt as doubt:
            log.warning("this may cost something", about=look.__name__, said=str(doubt))
        except LikenessError as error:
            log.error("this will go wrong", about=look.__name__, said=str(error))


def disk(settings: Settings) -> str:
    """Whether there is room for what is to come."""
    places = [
        settings.data_dir,
        *([settings.objects_dir] if settings.storage.backend == "folder" else []),
    ]
    free = {place: shutil.disk_usage(_existing(place)).free for place in places}
    place = min(free, key=lambda known: free[known])
    said = f"{free[place] / 1e9:.1f} GB are free for {place.absolute()}"
    if free[place] < ROOM_WRONG:
        raise StorageUnavailable(f"Only {said}. Make room, or name another disk by data_dir.")
    if free[place] < ROOM_WARNING:
        raise Doubt(f"Only {said}: a trained model takes 0.2 GB. Make room.")
    return said


def _existing(place: Path) -> Path:
    return next(path for path in (place.absolute(), *place.absolute().parents) if path.exists())


def clocks(_settings: Settings) -> str:
    """Whether the database's clock goes as ours does."""
    before = time.time()
    theirs = clock()
    skew = theirs - (before + time.time()) / 2
    said = f"the database's is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} ours"
    if abs(skew) > SKEW_WRONG:
        raise ConfigurationError(
            f"The clocks differ: {said}. Claims and leases of several hosts rely on them: run "
            "chrony or systemd-timesyncd on both."
        )
    if abs(skew) > SKEW_WARNING:
        raise Doubt(f"The clocks differ: {said}. Run chrony or systemd-timesyncd on both.")
    return said


def one_place(settings: Settings) -> str:
    """Whether every host that may use the database has the same objects."""
    if settings.storage.backend == "folder" and not db.is_sqlite():
        raise Doubt(
            f"Objects are in a folder ({settings.objects_dir.absolute()}) and rows on a server: "
            "that works on one host, or on several that mount the folder. For several hosts set "
            'storage.backend = "minio".'
        )
    return "photos are kept where the database's other processes keep them"
