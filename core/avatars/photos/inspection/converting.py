"""The process that turns a picture in some other format into a JPEG: bytes in, bytes out.

conversion.py runs it: whatever such a file does to the library that reads it, it does here, where
there are no secrets and little time and memory. On success the output is the width and height of
what was sent, as two big-endian integers of 32 bits, and the JPEG; otherwise the exit code names
the reason, and of too many pixels the output is their width and height.
"""

import contextlib
import mmap
import resource
import signal
import struct
import sys
import time
import warnings
from io import BytesIO

from PIL import Image

from core.avatars.photos.inspection.picture_files.picture_file import (
    MEGAPIXEL,
    MOST_PIXELS,
    PictureFile,
    Unreadable,
)

LOST = bytes(2)
"""Put for the end of a HEIC that lost it on its way, as that of a JPEG may be lost."""
REASONS = ("too_many_pixels", "animated", "wrong_format", "broken", "too_complex")
FIRST = 10
"""The exit code of the first reason."""
NO_MEMORY = 9
"""The exit code where the machine has less memory than the limit allows."""
SIDE = 2048
"""Pixels of the shorter side, at most: a trainer uses about 1024."""
FILMS = {"GIF", "WEBP", "AVIF"}
"""Where several pictures are a film; in a TIFF they are pages, in a HEIF they are choices."""
ALMOST = 0.9
"""What is hardly larger is left as it is."""
HALVED = 1.4
"""Times SIDE from which on it is halved: a tenth of the time, which 12 megapixels of HEIC need."""
ORIENTATION = 0x0112
_BOX, _LEAST = struct.Struct(">I4sQ"), 8
"""Length and name of a box, and the length where the first is 1; 0 reaches to the file's end."""

BRANDS = {
    *(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"),
    *(b"avif", b"avis", b"mif1", b"msf1"),
}
"""The major brands by which the readers of HEIF and AVIF know their files."""


def main() -> None:
    """Convert standard input.

    Arguments: its format, seconds, seconds a megapixel, bytes of memory, orientation.
    """
    wanted, seconds, megapixel, memory, orientation = sys.argv[1:]
    _limit_time(float(seconds))
    _limit(int(memory))
    warnings.simplefilter("ignore")  # what is odd about the file is nobody's concern
    Image.MAX_IMAGE_PIXELS = None  # we have a limit of our own
    try:
        made = convert(
            sys.stdin.buffer.read(), wanted, int(orientation), float(seconds), float(megapixel)
        )
    except Unreadable as refused:
        if refused.size:
            _answer(struct.pack(">II", *refused.size))
        sys.exit(FIRST + REASONS.index(refused.reason))
    except MemoryError:
        sys.exit(_short_of_memory(int(memory)))
    except Exception as error:  # noqa: BLE001  # Pillow has no base error for broken data
        if "memory" in str(error).lower():  # libheif's own word for it
            sys.exit(_short_of_memory(int(memory)))
        sys.exit(FIRST + REASONS.index("broken"))
    _answer(made)


def convert(
    data: bytes,
    wanted: str,
    orientation: int = 0,
    seconds: float = 1.0,
    megapixel: float = 0.2,
) -> bytes:
    """The size that was sent, and a JPEG: upright, over white, without metadata.

    It may take so many seconds of the processors, and so many more for each declared megapixel.
    """
    if wanted in ("HEIF", "AVIF"):
        data = _known_brand(data)
    if wanted == "HEIF":
        _learn_heif()
        data += LOST
    with Image.open(BytesIO(data), formats=(wanted,)) as image:
        _check(image, wanted)
        _limit_time(seconds + megapixel * image.width * image.height / MEGAPIXEL)
        profile = image.info.get("icc_profile")
        size = image.size
        if wanted == "JPEG":
            image.draft(None, _reduced(size))
        image.load()
        turned = orientation or _orientation(image, data)
        file = PictureFile("PNG", size, b"", orientation=turned)
        picture = file.upright(image, SIDE)
    out = BytesIO()
    _small(picture).save(out, "JPEG", quality=95, subsampling=0, icc_profile=profile)
    return struct.pack(">II", *file.size) + out.getvalue()


def _limit_time(seconds: float) -> None:
    """So much of the processors' time since this process began; its signal ends the process."""
    signal.setitimer(signal.ITIMER_PROF, max(0.001, seconds - time.process_time()))


def _limit(memory: int) -> None:
    """So much memory, and no file written."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _short_of_memory(memory: int) -> int:
    """The exit code: whether the file wants more than it may, or the machine has less than that."""
    resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    try:
        mmap.mmap(-1, memory).close()
    except (OSError, MemoryError):
        return NO_MEMORY
    return FIRST + REASONS.index("too_complex")


def _answer(made: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.buffer.write(made)
        sys.stdout.buffer.flush()


def _known_brand(data: bytes) -> bytes:
    """The file with `mif1` for a major brand that its readers don't know, though it is HEIF."""
    return data if data[8:12] in BRANDS else data[:8] + b"mif1" + data[12:]


def _learn_heif() -> None:
    try:
        import pillow_heif
    except ImportError as error:
        raise Unreadable("wrong_format") from error
    pillow_heif.register_heif_opener(thumbnails=False)


def _check(image: Image.Image, wanted: str) -> None:
    """What the header declares, before anything is decoded."""
    if image.width * image.height > MOST_PIXELS["JPEG"]:
        raise Unreadable("too_many_pixels", image.size)
    if wanted in FILMS and getattr(image, "is_animated", False):
        raise Unreadable("animated")
    if image.mode == "F":
        raise Unreadable("wrong_format")


def _reduced(size: tuple[int, int]) -> tuple[int, int]:
    """As small as a JPEG may come: its shorter side SIDE, a long one four times as many."""
    shrink = max(min(size) / SIDE, max(size) / (4 * SIDE), 1.0)
    return max(1, int(size[0] / shrink)), max(1, int(size[1] / shrink))


def _orientation(image: Image.Image, data: bytes) -> int:
    """What is still to be turned; the readers of some formats have done it by now.

    In HEIF the container says so, and EXIF is only repeated; but some programs write EXIF alone.
    """
    value: object = 1
    if image.format != "HEIF":
        with contextlib.suppress(Exception):  # broken EXIF raises anything, and spoils no photo
            value = image.getexif().get(ORIENTATION)
    elif not any(box in _container(data) for box in (b"irot", b"imir")):
        value = image.info.get("original_orientation")
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _container(data: bytes) -> bytes:
    """The box in which a HEIF file describes what it holds; it may stand behind the pixels."""
    place = 0
    while place + _BOX.size <= len(data):
        length, kind, longer = _BOX.unpack_from(data, place)
        length = longer if length == 1 else length or len(data)
        if kind == b"meta" or length < _LEAST:
            return data[place : place + length]
        place += length
    return b""


def _small(picture: Image.Image) -> Image.Image:
    picture.info.clear()  # Pillow would write a comment, and keeps what it doesn't know
    factor = SIDE / min(picture.size)
    if factor > ALMOST:
        return picture
    if factor * HALVED < 1:
        return picture.reduce(2)
    size = (round(picture.width * factor), round(picture.height * factor))
    return picture.resize(size, Image.Resampling.BICUBIC)


if __name__ == "__main__":
    main()
