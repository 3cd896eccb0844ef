"""Bytes that a person has just sent, kept in the object store until they have their verdict."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from core.avatars.disposal import SPOOLED
from core.avatars.ports import ObjectStore
from core.base.errors import ObjectMissing
from core.services.storage import disk_errors, files_in, remove_older

_NAME = re.compile(r"[0-9a-f]{32}")


class Spool:
    """Nameless objects, which every host reaches: a name tells nothing and can't be guessed.

    `before` is the folder where the first versions kept them; what waits there is still found.
    `clock` gives seconds since 1970. Errors: ObjectMissing for a name that is not there,
    StorageUnavailable.
    """

    def __init__(
        self, store: ObjectStore, before: Path, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._before = before.absolute()
        self._clock = clock

    def put(self, data: bytes, name: str = "") -> str:
        """Keep the bytes, for good, and return their name: a new one, unless one is given."""
        name = name or uuid4().hex
        assert _NAME.fullmatch(name)
        self._store.put(SPOOLED + name, data)
        return name

    def read(self, name: str) -> bytes:
        """The bytes of a name."""
        if not _NAME.fullmatch(name):
            raise ObjectMissing(name)
        try:
            return self._store.get(SPOOLED + name)
        except ObjectMissing:
            with disk_errors(name), suppress(FileNotFoundError):
                return (self._before / name).read_bytes()
            raise

    def remove(self, name: str) -> None:
        """Remove what is no longer needed; an absent name is fine."""
        if _NAME.fullmatch(name):
            with disk_errors(name):
                (self._before / name).unlink(missing_ok=True)
            self._store.delete(SPOOLED + name)

    def sweep(self, older_than_seconds: float) -> int:
        """Remove what nobody fetched, and count it."""
        limit = self._clock() - older_than_seconds
        with disk_errors("the spool"):
            removed = remove_older(files_in(self._before), older_than_seconds)
        for key in list(self._store.keys(SPOOLED)):
            with suppress(ObjectMissing):  # another process was faster
                if self._store.modified(key) <= limit:
                    self._store.delete(key)
                    removed += 1
        return removed
