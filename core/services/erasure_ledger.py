"""Who was erased and when, in a file beside the database: a restored backup knows nothing of it.

One line for each, an id and a moment in seconds since 1970, and nothing else of the person. It is
kept as long as a backup may be, outside of every backup.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from core.base.errors import ConfigurationError
from core.services.storage import disk_errors, make_folder, sync_folder, write_durably

NAME = "erasures.log"
"""What it is called in the data folder."""
LOCK = ".erasures.lock"


class Erased(NamedTuple):
    """Who asked to be erased, and when."""

    user_id: uuid.UUID
    at: float


class ErasureLedger:
    """The file in a folder; any number of processes of this machine may write to it.

    Raises StorageUnavailable where the disk does.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder.absolute() / NAME

    def record(self, user_id: uuid.UUID, at: float) -> None:
        """Add a line, for good; the same one twice does no harm."""
        self.add([Erased(user_id, at)])

    def add(self, erased: Iterable[Erased]) -> None:
        """Add a line for each, for good."""
        with self._alone():
            new = not self.path.exists()
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(descriptor, "a", encoding="ascii") as file:
                file.writelines(_line(one) for one in erased)
                file.flush()
                os.fsync(file.fileno())
            if new:
                sync_folder(self.path.parent)

    def forget(self, before: float) -> int:
        """Drop the lines of before a moment, and count them."""
        if not self.path.exists():
            return 0
        with self._alone():
            known = list(lines(self.path))
            kept = [one for one in known if one.at >= before]
            if len(kept) < len(known):
                write_durably(self.path, "".join(map(_line, kept)).encode())
            return len(known) - len(kept)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with disk_errors(NAME):
            make_folder(self.path.parent)
            lock = os.open(self.path.with_name(LOCK), os.O_WRONLY | os.O_CREAT, 0o600)
            with open(lock, "w") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                yield


def read(place: Path) -> list[Erased]:
    """The lines of a ledger's file, or of the one in a folder; raises ConfigurationError."""
    file = place / NAME if place.is_dir() else place
    try:
        return list(lines(file))
    except OSError as error:
        raise ConfigurationError(
            f"The ledger of erasures {file} can't be read: {error.strerror}. Name the file "
            f"{NAME} of the old data folder, or that folder."
        ) from None
    except ValueError:
        raise ConfigurationError(
            f"{file} is no ledger of erasures: a line of it is no id and moment. Name the file "
            f"{NAME} of the old data folder, or that folder."
        ) from None


def lines(file: Path) -> Iterator[Erased]:
    """What stands in a file; raises OSError, and ValueError where it is another kind of file.

    A last line that a power cut has left half written is passed over: its erasure was not over,
    and is written again.
    """
    text = file.read_text(encoding="ascii")
    whole, _, _ = text.rpartition("\n")
    for line in whole.splitlines():
        user_id, _, at = line.partition(" ")
        if user_id:
            yield Erased(uuid.UUID(user_id), float(at))


def _line(one: Erased) -> str:
    return f"{one.user_id.hex} {one.at!r}\n"
