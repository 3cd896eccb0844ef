"""Pictures in formats that are not stored, turned into JPEG by a process that can be killed.

Readers of HEIC, AVIF, WebP and TIFF are large and old in places: they get a process of their own,
without our environment, with little time and memory. One runs at a time: three at once would each
be as slow as a hostile file.
"""

import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.avatars.inspection.converting import FIRST, REASONS
from core.avatars.inspection.picture_files.picture_file import Unreadable

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "HEIC": "HEIF",
        "AVIF": "AVIF",
        "WEBP": "WEBP",
        "GIF": "GIF",
        "BMP": "BMP",
        "TIFF": "TIFF",
    }
)
"""What can be converted, as `recognise` calls it, and what Pillow calls it."""

SECONDS = 0.9
"""Of the processors' time and by the clock, whichever takes longer; what two cores do at once,
as with HEIC and AVIF, may be twice as much. HEIC of 12 megapixels takes 0.4 to 0.8 s, WebP 0.4.
"""
MEMORY = 300_000_000
"""Bytes that it may write to; 12 megapixels take up to 215 MB in all."""
PATIENCE = 8.0
"""Times the seconds, by the clock: on a busy machine a process waits for its turn."""

_SIZE = struct.Struct(">II")
_HEAD = 64
"""Bytes in which a HEIC file names the formats that it is compatible with."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A JPEG: upright, over white, its shorter side at most 2048 pixels."""

    data: bytes
    width: int
    """Pixels of the picture that was sent, standing upright."""
    height: int


class Converter:
    """Converts pictures; any number of threads may ask it at once."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._limits = (str(seconds), str(memory))
        self._patience = PATIENCE * seconds
        self._turn = threading.Lock()

    def convert(self, data: bytes, format: str, orientation: int = 0) -> Converted:
        """Convert what `recognise` calls `format`; or Unreadable, with the reason.

        An `orientation`, as in EXIF, is believed before what the file says.
        """
        wanted = _pillows(format, data)
        arguments = (wanted, *self._limits, str(orientation))
        command = (sys.executable, "-P", "-m", "core.avatars.inspection.converting", *arguments)
        try:
            with self._turn:
                done = subprocess.run(
                    command,
                    input=data,
                    capture_output=True,
                    timeout=self._patience,
                    env=_environment(),
                    check=False,
                )
        except subprocess.TimeoutExpired as error:
            raise Unreadable("too_complex") from error
        if done.returncode:
            raise Unreadable(_reason(done.returncode)) from _Failed(done.returncode, done.stderr)
        width, height = _SIZE.unpack_from(done.stdout)
        return Converted(done.stdout[_SIZE.size :], width, height)


class _Failed(Exception):
    """What the process said; kept as the cause, for whoever looks into a photo's refusal."""


def _pillows(format: str, data: bytes) -> str:
    if format in ("JPEG", "PNG"):
        return format  # a laborious one
    if format not in FORMATS:
        raise Unreadable("wrong_format")
    if format == "HEIC" and b"avif" in data[:_HEAD]:
        return "AVIF"  # both are HEIF files, and "mif1" alone doesn't tell which
    return FORMATS[format]


def _reason(code: int) -> str:
    """What an exit code means; a process ended by a signal took too long or too much."""
    if code == -signal.SIGSEGV:
        return "broken"
    place = code - FIRST
    return REASONS[place] if 0 <= place < len(REASONS) else "too_complex"


def _environment() -> dict[str, str]:
    """Where our modules are, and nothing else: no password, token or key."""
    return {"PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path)}
