"""Bytes that a person has just sent, kept until the inbox knows of them."""

import re
from pathlib import Path
from uuid import uuid4

from core.base.errors import ObjectMissing
from core.services.storage import (
    disk_errors,
    files_in,
    make_folder,
    remove_older,
    sync_folder,
    write_durably,
)

_NAME = re.compile(r"[0-9a-f]{32}")


class Spool:
    """A folder of nameless files: a name tells nothing and can't be guessed.

    Errors: ObjectMissing for a name that is not there, StorageUnavailable for the disk.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        make_folder(self.folder)

    def put(self, data: bytes) -> str:
        """Keep the bytes, for good, and say under which name."""
        name = uuid4().hex
        with disk_errors(name):
            write_durably(self.folder / name, data)
        return name

    def read(self, name: str) -> bytes:
        with disk_errors(name):
            try:
                return self._path(name).read_bytes()
            except FileNotFoundError as error:
                if not self.folder.is_dir():
                    raise
                raise ObjectMissing(name) from error

    def remove(self, name: str) -> None:
        """Remove what is no longer needed; an absent name is fine."""
        with disk_errors(name):
            try:
                self._path(name).unlink()
            except (FileNotFoundError, ObjectMissing):
                return
            sync_folder(self.folder)

    def sweep(self, older_than_seconds: float) -> int:
        """Remove what nobody fetched, half-written files included, and count it."""
        with disk_errors("the spool"):
            return remove_older(files_in(self.folder), older_than_seconds)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ObjectMissing(name)
        return self.folder / name
