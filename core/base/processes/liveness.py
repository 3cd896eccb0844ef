"""Whether this process still turns, told by a file of this host: whatever the database does.

A loop that others depend on says `turned` again and again. Where it has not for SECONDS, or where
the process is gone, the file grows old, and `likeness alive` says so.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, unquote

import structlog

from core.base.processes import process
from core.base.processes.beside import beside

log = structlog.get_logger()

SECONDS = 60.0
TOUCH_SECONDS = 5.0
_FORGOTTEN_AFTER = 86_400.0

_turned: list[float] = []
"""When the loop turned last (monotonic); empty where none has, and while none is to turn."""


def turned() -> None:
    """The loop of this process has turned."""
    _turned[:] = [time.monotonic()]


def resting() -> None:
    """No loop is to turn for now: what failed waits before it is started anew."""
    _turned.clear()


def stands_still() -> bool:
    """Whether a loop that should turn has not for too long."""
    return any(time.monotonic() - at > SECONDS for at in list(_turned))


@contextmanager
def told(folder: Path, part: str, seconds: float = TOUCH_SECONDS) -> Iterator[None]:
    """Keep the part's file in the data folder young while the body runs and its loop turns."""
    file = _file(folder, part)

    def tell(stopping: threading.Event) -> None:
        while True:
            if not stands_still():
                _touch(file)
            if stopping.wait(seconds):
                return

    try:
        with beside("liveness", tell):
            yield
    finally:
        with suppress(OSError):
            file.unlink(missing_ok=True)


def age(folder: Path, part: str) -> float | None:
    """How many seconds ago a process of the part was alive on this host; None if none was."""
    try:
        return max(0.0, time.time() - _file(folder, part).stat().st_mtime)
    except OSError:
        return None


def parts(folder: Path) -> list[str]:
    """The parts that ran on this host, and have not ended well since."""
    mark = f"@{quote(process.machine(), safe='')}"
    found = (folder / "alive").glob(f"*{mark}")
    return sorted(unquote(file.name.removesuffix(mark)) for file in found)


def _touch(file: Path) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            _clear(file.parent)
        file.touch(mode=0o600)
    except OSError as error:
        log.warning("can't say that this process lives", error=str(error.strerror))


def _clear(folder: Path) -> None:
    """Remove what killed containers left: each has another name."""
    for left in folder.iterdir():
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _FORGOTTEN_AFTER:
                left.unlink()


def _file(folder: Path, part: str) -> Path:
    return folder / "alive" / quote(f"{part}@{process.machine()}", safe="@")
