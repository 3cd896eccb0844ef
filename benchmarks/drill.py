"""`make bench-backup`: how long a backup and its restoration take, against a plain `cp -r`.

    python -m benchmarks.drill                           5,000 made-up conversations, 1,000 photos
    python -m benchmarks.drill --conversations 50000     a larger history

A history is made up (`likeness demo-data`), with files of 300 kB as photos, while nothing runs.
Each round copies the data folder, backs it up and restores the backup, one after another; medians.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from core.app.backup import restoring, taking
from core.avatars.models import AvatarPhoto
from core.base.db import connect, run, transaction
from core.base.migrations import runner
from core.base.settings import Settings
from core.operation.demo import Story, fill
from core.services.storage import FolderStore

PHOTO_BYTES = 300_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=5_000)
    parser.add_argument("--photos", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with TemporaryDirectory(prefix="likeness-") as folder:
        place = Path(folder)
        size = _made_up(_settings(place / "data"), given.conversations, given.photos)
        print(
            f"{given.conversations:,} conversations, {given.photos:,} photos, {size / 1e6:.0f} MB"
        )
        _measure(place, given.rounds)


def _settings(data: Path) -> Settings:
    return Settings.load(environ={"LIKENESS_DATA_DIR": str(data), "LIKENESS_CONFIG": "/dev/null"})


def _made_up(settings: Settings, conversations: int, photos: int) -> int:
    """Fill a data folder; its bytes."""
    settings.data_dir.mkdir()
    database = connect(settings.database_url)
    runner.migrate(database)
    fill(conversations, Story(time.time(), 90.0, 7, 0.5))
    store = FolderStore(settings.objects_dir)
    valid = AvatarPhoto.select().where(AvatarPhoto.validation_status == "valid").limit(photos)
    chosen = list(valid)
    with transaction():  # what is made up is stored nowhere
        run("UPDATE avatar_photos SET minio_key = NULL")
    for photo in chosen:
        key = f"{photo.user_id.hex}/{photo.avatar_id.hex}/{uuid4().hex * 2}"
        store.put(key, uuid4().bytes * (PHOTO_BYTES // 16))
        with transaction():
            run("UPDATE avatar_photos SET minio_key = ? WHERE id = ?", key, photo.id.hex)
    database.close()
    return sum(file.stat().st_size for file in settings.data_dir.rglob("*") if file.is_file())


def _measure(place: Path, rounds: int) -> None:
    settings, there = _settings(place / "data"), _settings(place / "there")
    took: dict[str, list[float]] = {"cp -r": [], "backup": [], "restore": []}
    for _ in range(rounds):
        took["cp -r"].append(_timed(lambda: shutil.copytree(place / "data", place / "copy")))
        took["backup"].append(_timed(lambda: taking.take(settings, place / "backup")))
        took["restore"].append(
            _timed(lambda: restoring.restore(there, place / "backup", None, none_erased=True))
        )
        for name in ("copy", "backup", "there"):
            shutil.rmtree(place / name)
    base = statistics.median(took["cp -r"])
    for name, seconds in took.items():
        median = statistics.median(seconds)
        print(f"{name:<8} {median:7.2f} s {median / base:6.2f} ×")


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
