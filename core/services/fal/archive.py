"""Photos as one zip file on disk: one photo in memory at a time, and nothing of a name."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO

Photos = Iterable[tuple[str, Callable[[], bytes]]]

_SUFFIXES = {".jpg": ".jpg", ".jpeg": ".jpg", ".png": ".png", ".webp": ".webp"}
_STARTS = {b"\xff\xd8": ".jpg", b"\x89PNG": ".png"}


@contextmanager
def zipped(photos: Photos) -> Iterator[IO[bytes]]:
    """A temporary zip of the photos, at its beginning; it is gone afterwards.

    Its files are called 001.jpg, 002.png …, whatever the photos were called, and all have the
    same date. They are stored as they are: pictures don't get smaller.
    """
    with tempfile.TemporaryFile(prefix="likeness-", suffix=".zip") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for number, (name, read) in enumerate(photos, 1):
                data = read()
                archive.writestr(zipfile.ZipInfo(f"{number:03}{_suffix(name, data)}"), data)
                del data
        file.seek(0)
        yield file


def _suffix(name: str, data: bytes) -> str:
    for start, suffix in _STARTS.items():
        if data.startswith(start):
            return suffix
    return _SUFFIXES.get(PurePosixPath(name).suffix.lower(), ".jpg")
