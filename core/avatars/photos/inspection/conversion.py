"""Pictures in formats that are not stored, turned into JPEG by a process that can be killed.

Readers of HEIC, AVIF, WebP and TIFF are large and old in places: they get a process of their own,
without our environment, with little time and memory. One runs at a time, by turns between people.
What a file declares decides how long it may take of the processors; what else goes on on this
machine decides nothing: see docs/decisions/0022.
"""

import os
import signal
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.avatars.photos.inspection.converting import FIRST, REASONS
from core.avatars.photos.inspection.picture_files.picture_file import Unreadable
from core.avatars.photos.inspection.turns import Turns
from core.base.errors import Overloaded, kind_of

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

SECONDS, MEGAPIXEL = 1.0, 0.2
"""Of the processors' time, all of them together: for any picture, and for each megapixel that it
declares. HEIC of 12 megapixels takes 0.4 to 0.8 s, WebP 0.4.
"""
MEMORY = 700_000_000
"""Bytes that it may write to; HEIC of 48 megapixels takes up to 560 MB."""
CLOCK = 60.0
"""Seconds after which a try is given up, and the picture waits: others had the machine."""

_CRASHES = (signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)
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

    def __init__(
        self,
        seconds: float = SECONDS,
        megapixel: float = MEGAPIXEL,
        memory: int = MEMORY,
        clock: float = CLOCK,
    ) -> None:
        self._limits = (str(seconds), str(megapixel), str(memory))
        self._clock = clock
        self._turns = Turns()

    def convert(self, data: bytes, format: str, orientation: int = 0, whose: str = "") -> Converted:
        """Convert what `recognise` calls `format`; or Unreadable, with the reason.

        An `orientation`, as in EXIF, is believed before what the file says. People have their
        turns, `whose` it is; Overloaded says that the file is not at fault and may be tried later.
        """
        arguments = (_pillows(format, data), *self._limits, str(orientation))
        with self._turns.taken(whose, self._clock):
            done = self._run(data, arguments)
        if done.returncode:
            raise _refusal(done) from _Failed(done.returncode, done.stderr)
        if len(done.stdout) <= _SIZE.size:
            raise Overloaded("the process that converts pictures said nothing")
        return Converted(done.stdout[_SIZE.size :], *_SIZE.unpack_from(done.stdout))

    def _run(self, data: bytes, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[bytes]:
        command = (
            sys.executable,
            "-P",
            "-m",
            "core.avatars.photos.inspection.converting",
            *arguments,
        )
        try:
            return subprocess.run(
                command,
                input=data,
                capture_output=True,
                timeout=self._clock,
                env=_environment(),
                check=False,
            )
        except (subprocess.TimeoutExpired, OSError) as error:
            raise Overloaded(f"a picture could not be converted now: {kind_of(error)}") from error


class _Failed(Exception):
    """What the process said; kept as the cause of a photo's refusal."""


def _pillows(format: str, data: bytes) -> str:
    if format in ("JPEG", "PNG"):
        return format  # a laborious one
    if format not in FORMATS:
        raise Unreadable("wrong_format")
    if format == "HEIC" and b"avif" in data[:_HEAD]:
        return "AVIF"  # both are HEIF files, and "mif1" alone doesn't tell which
    return FORMATS[format]


def _refusal(done: subprocess.CompletedProcess[bytes]) -> Unreadable | Overloaded:
    """What an exit code says of the file; one that says nothing of it is our machine's.

    The limits on time and memory follow from what the file declares. A process that was killed
    otherwise, or could not even start, was in nobody's way but the machine's.
    """
    code, said = done.returncode, done.stdout
    if code == -signal.SIGPROF:
        return Unreadable("too_laborious")
    if -code in _CRASHES:
        return Unreadable("broken")
    if not 0 <= code - FIRST < len(REASONS):
        return Overloaded(f"the process that converts pictures ended with {code}")
    size = _SIZE.unpack_from(said) if len(said) >= _SIZE.size else None
    return Unreadable(REASONS[code - FIRST], size)


def _environment() -> dict[str, str]:
    """Where our modules are, and nothing else: no password, token or key."""
    return {"PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path)}
