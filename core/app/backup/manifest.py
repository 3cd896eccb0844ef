"""What a backup is: a folder with a list of its files, each with its size and hash.

backup.json     this list, and what the backup is of
likeness.db     the database, as of one moment
objects/…       the objects that its rows name
data/…          uploads and secrets of the data folder
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from core.base.errors import BackupError
from core.base.settings import Settings
from core.services.storage import pieces

NAME = "backup.json"
DATABASE = "likeness.db"
OBJECTS = "objects/"
DATA = "data/"
FORMAT = 1
HISTORY = "schema_migration"
"""The table in which playhouse keeps which migrations a database has."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is of. `made_at` is in seconds since 1970: what was committed by then is in it.

    `schema` names the migrations that the database has, `data_dir` where it was, `files` each
    file's bytes and SHA-256.
    """

    format: int
    version: str
    made_at: float
    schema: list[str]
    data_dir: str
    files: Mapping[str, tuple[int, str]]

    def write(self, folder: Path) -> None:
        """The last of a backup's files."""
        file = folder / NAME
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def read(folder: Path) -> Manifest:
    """The list of a backup that is whole by its files' names and sizes; raises BackupError."""
    try:
        known = json.loads((folder / NAME).read_text(encoding="utf-8"))
        files = {str(name): (int(size), str(sha)) for name, (size, sha) in known["files"].items()}
        found = Manifest(**{**known, "files": files})
    except OSError as error:
        raise BackupError(
            f"{folder} is no backup: its {NAME} can't be read ({error.strerror}). Name a folder "
            "that `likeness backup` has made."
        ) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BackupError(f"The backup {folder} is damaged: {NAME} is. Take another.") from None
    if found.format != FORMAT:
        raise BackupError(
            f"The backup {folder} was made by Likeness {found.version}, in a way that this version "
            "doesn't know. Restore it with that version."
        )
    for name, (size, _) in found.files.items():
        file = folder / name
        if ".." in Path(name).parts or not file.is_file() or file.stat().st_size != size:
            raise BackupError(f"The backup {folder} is damaged: {name} is. Take another.")
    return found


def place(settings: Settings, name: str) -> Path:
    """Where a file of a backup belongs."""
    if name.startswith(OBJECTS):
        return settings.objects_dir / name.removeprefix(OBJECTS)
    if name.startswith(DATA):
        return settings.data_dir / name.removeprefix(DATA)
    return database_file(settings)


def database_file(settings: Settings) -> Path:
    """The file of the embedded database."""
    return Path(settings.database_url.removeprefix("sqlite:///"))


def copy(source: Path, target: Path) -> tuple[int, str]:
    """Copy a file, for this account only; its bytes and SHA-256."""
    size, seen = 0, hashlib.sha256()
    with source.open("rb") as old:
        make_private(target.parent)
        with target.open("xb") as new:
            target.chmod(0o600)
            for piece in pieces(old):
                seen.update(piece)
                size += new.write(piece)
    return size, seen.hexdigest()


def make_private(folder: Path) -> None:
    """Make a folder and its parents, for this account only; without waiting for the disk."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)


def hashed(file: Path) -> tuple[int, str]:
    """A file's bytes and SHA-256."""
    with file.open("rb") as opened:
        return file.stat().st_size, hashlib.file_digest(opened, "sha256").hexdigest()
