"""Objects in a folder: the store of one machine, and how bytes get onto a disk for good."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time
from typing import BinaryIO
from uuid import uuid4

from core.base.errors import ObjectMissing, StorageUnavailable

LONGEST_PART = 200
"""Bytes of one part of a key; file systems allow 255."""
LONGEST_KEY = 1024
"""Bytes of a key: what S3 allows."""
PIECE = 1024 * 1024
"""Bytes that are read at once of what may be large."""


class FolderStore:
    """An ObjectStore in a folder: the object `a/b/c` is the file `<root>/a/b/c`.

    Only the owner of the process can read it. The root is made once, here: one that
    disappears later is a disk that was unmounted, not an empty store.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        make_folder(self.root)

    def put(self, key: str, data: bytes) -> None:
        self._put(key, (data,))

    def put_file(self, key: str, file: BinaryIO) -> None:
        file.seek(0)
        self._put(key, pieces(file))

    def _put(self, key: str, chunks: Iterable[bytes]) -> None:
        path = self._path(key)
        with disk_errors(key):
            self._look_for_root()
            for folder in reversed(path.relative_to(self.root).parents[:-1]):
                (self.root / folder).mkdir(mode=0o700, exist_ok=True)
            write_durably(path, chunks)
            for folder in path.parent.relative_to(self.root).parents:
                sync_folder(self.root / folder)

    def get(self, key: str) -> bytes:
        with disk_errors(key):
            try:
                return self._path(key).read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                self._look_for_root()
                raise ObjectMissing(key) from error

    def stream(self, key: str) -> Iterator[bytes]:
        with disk_errors(key):
            try:
                file = self._path(key).open("rb")
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                self._look_for_root()
                raise ObjectMissing(key) from error
            with file:
                yield from pieces(file)

    def exists(self, key: str) -> bool:
        with disk_errors(key):
            found = self._path(key).is_file()
            if not found:
                self._look_for_root()
            return found

    def public_link(self, key: str, seconds: int) -> str:  # noqa: ARG002
        """Always "": nobody else can reach a folder."""
        return ""

    def delete(self, key: str) -> None:
        path = self._path(key)
        with disk_errors(key):
            self._look_for_root()
            try:
                path.unlink()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return
            sync_folder(path.parent)

    def delete_prefix(self, prefix: str) -> int:
        """Remove a folder, what a killed process left half written included.

        A put that is under way in it fails with StorageUnavailable.
        """
        folder = self._folder(prefix)
        if folder == self.root:
            raise ValueError("An empty prefix would delete every object.")
        with disk_errors(prefix):
            self._look_for_root()
            removed = remove_tree(folder)
            if folder.parent.is_dir():
                sync_folder(folder.parent)
        return removed

    def keys(self, prefix: str) -> Iterator[str]:
        folder = self._folder(prefix)
        with disk_errors(prefix):
            self._look_for_root()
            for path in files_in(folder):
                if not is_partial(path):
                    yield path.relative_to(self.root).as_posix()

    def sweep(self, older_than_seconds: float) -> int:
        """Remove what killed processes left half written, and say how many files it was."""
        with disk_errors("the store"):
            partials = (path for path in files_in(self.root) if is_partial(path))
            return remove_older(partials, older_than_seconds)

    def _path(self, key: str) -> Path:
        return self.root / checked_key(key)

    def modified(self, key: str) -> float:
        """When an object was last put, in seconds since 1970; ObjectMissing where there is none."""
        if not self.exists(key):
            raise ObjectMissing(key)
        with disk_errors(key):
            try:
                return self._path(key).stat().st_mtime
            except FileNotFoundError as error:  # deleted since
                raise ObjectMissing(key) from error

    def _folder(self, prefix: str) -> Path:
        return self.root / checked_prefix(prefix)

    def _look_for_root(self) -> None:
        if not self.root.is_dir():
            raise StorageUnavailable(f"The folder {self.root} is gone.")


def checked_key(key: str) -> str:
    """The key itself, where it names a place inside the store; else ValueError.

    A part that starts with a dot is refused too: `.` and `..` lead elsewhere, and the
    other such names are what is still being written.
    """
    if "\\" in key or "\0" in key:
        raise ValueError(f"An object key can't contain a backslash or NUL: {key!r}")
    if len(key.encode()) > LONGEST_KEY:
        raise ValueError(f"An object key has at most {LONGEST_KEY} bytes: {key[:80]!r}…")
    for part in key.split("/"):
        if not part or part.startswith(".") or len(part.encode()) > LONGEST_PART:
            raise ValueError(f"An object key can't have the part {part!r}: {key!r}")
    return key


def checked_prefix(prefix: str) -> str:
    """The prefix itself, where it is "" or whole parts: `7/` must not take `77/` along."""
    if not prefix:
        return prefix
    if not prefix.endswith("/"):
        raise ValueError(f"A prefix of object keys ends with a slash: {prefix!r}")
    checked_key(prefix[:-1])
    return prefix


@contextmanager
def disk_errors(about: str) -> Iterator[None]:
    """Tell errors of the disk as StorageUnavailable, with their cause."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(f"The disk failed at {about}: {error}") from error


def make_folder(folder: Path) -> None:
    """Make a private folder, its parents included, that outlives a power cut."""
    with disk_errors(str(folder)):
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir(mode=0o700, exist_ok=True)
            sync_folder(path.parent)


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """What is in a file, in pieces that fit into memory."""
    while piece := file.read(PIECE):
        yield piece


def length_of(file: BinaryIO) -> int:
    """How many bytes an open file has; it is read from its beginning next."""
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    return length


def write_durably(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file so that it is there whole or not at all, and stays after a power cut."""
    partial = path.with_name(f".{uuid4().hex}.part")
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in (data,) if isinstance(data, bytes) else data:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def is_partial(path: Path) -> bool:
    return path.name.startswith(".")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: fsync of a file alone doesn't."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def files_in(folder: Path) -> Iterator[Path]:
    """Every file below a folder; an absent folder has none."""
    for parent, _, names in os.walk(folder, onerror=_raise_unless_gone):
        for name in names:
            yield Path(parent, name)


def remove_tree(folder: Path) -> int:
    """Remove a folder and all in it; how many whole files there were."""
    removed = 0
    for parent, _, names in os.walk(folder, topdown=False, onerror=_raise_unless_gone):
        for name in names:
            path = Path(parent, name)
            path.unlink(missing_ok=True)
            removed += not is_partial(path)
        with suppress(FileNotFoundError):  # another process was faster
            os.rmdir(parent)
    return removed


def remove_older(paths: Iterator[Path], seconds: float) -> int:
    """Remove the files last written more than so many seconds ago, and count them."""
    limit = time() - seconds
    removed = 0
    for path in paths:
        with suppress(FileNotFoundError):  # another process was faster
            if path.stat().st_mtime <= limit:
                path.unlink()
                removed += 1
    return removed


def _raise_unless_gone(error: OSError) -> None:
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error
