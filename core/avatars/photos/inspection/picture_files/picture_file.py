"""A picture file: what it declares, its clean bytes, and the picture that is in it."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from PIL import Image, ImageChops

from core.base.errors import LikenessError

MEGAPIXEL = 1024 * 1024
"""Cameras sold as 50 megapixels make 50.3 million pixels."""
MOST_PIXELS = {"JPEG": 50 * MEGAPIXEL, "PNG": 16 * MEGAPIXEL}
MOST_SCANS = 100
"""Progressive files have about 10; a 220 kB one with 160 takes seconds."""
MOST_SCANNED = 512 * MEGAPIXEL
"""Pixels, each scan counted: 0.17 s at the measured 0.33 ms for a scan of a megapixel."""
MOST_HELD = 80 * MEGAPIXEL
"""Coefficients of 2 bytes that a picture built up by scans holds all at once, however small it
is wanted: 50 megapixels with colours at half their size have 75 million, 150 MB.
"""
LABORIOUS = 0.16
"""Seconds of decoding, as estimated, that are not taken from the process that asks."""
INFLATED, FILLED, CONVERTED, SCANNED = 28e-9, 1.1e-9, 5e-9, 0.35e-9
"""Seconds for a byte of the file, a byte of its pixels, one that must be converted (turned,
transparency, 16 bits, four inks), and for a pixel of a scan where there are several; as measured.
"""
NOISE = b"\x5a\x93" * 2048
"""Coded data that is taken for some picture, and contains no marker."""
BAND = 256
"""Rows of a picture that are compared at once."""
REDUCED = 16
"""Rows of a smaller picture that are made at once."""
MOST_PARTS = 20_000
"""Segments or chunks: a file of 10 MB with chunks of 8 kB has 1,300."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


_WAYS = {1: (0, 0), 8: (0, 1), 3: (0, 2), 6: (0, 3), 2: (1, 0), 5: (1, 1), 4: (1, 2), 7: (1, 3)}
"""Each orientation as a mirror, left to right, and then quarter turns anticlockwise."""
_ORIENTATIONS = {way: orientation for orientation, way in _WAYS.items()}


class Unreadable(LikenessError):
    """The file can't be read as a picture: `reason` is one of the codes of photos.py.

    `size` is its width and height where that is the reason.
    """

    def __init__(self, reason: str, size: tuple[int, int] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.size = size


@dataclass(frozen=True, slots=True)
class PictureFile:
    """What the file declares, and the file without what a picture doesn't need."""

    format: Literal["JPEG", "PNG"]
    coded: tuple[int, int]
    """Width and height before it is turned upright."""
    clean: bytes
    orientation: int = 1
    """As in EXIF: 1 is upright, 6 must be turned clockwise."""
    plain: bool = True
    """8 bits of grey or RGB without transparency: everyone sees the same in it."""
    profile: bytes = b""
    scans: int = 1
    held: int = 0
    """Coefficients that are held until the last scan."""
    frames: int = 1
    raw: int = 0
    """Bytes of all pixels, as laborious as they are; of a JPEG only those in four inks."""
    ended: bool = True
    """Whether the file says where the image ends; it may have been cut off otherwise."""

    @property
    def laborious(self) -> bool:
        """Whether decoding takes so long that a process of its own should do it."""
        converted = not self.plain or self.orientation > 1
        filled = self.raw * (CONVERTED if converted else FILLED)
        scanned = SCANNED * self.scans * self.coded[0] * self.coded[1] if self.scans > 1 else 0.0
        inflated = INFLATED * len(self.clean) if self.format == "PNG" or self.scans > 1 else 0.0
        return inflated + filled + scanned > LABORIOUS

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright picture."""
        width, height = self.coded
        return (height, width) if self.orientation >= 5 else (width, height)

    @property
    def refusal(self) -> str | None:
        """Why it must not be decoded."""
        pixels = self.coded[0] * self.coded[1]
        if pixels > MOST_PIXELS[self.format]:
            return "too_many_pixels"
        if self.scans > MOST_SCANS or self.scans * pixels > MOST_SCANNED:
            return "too_complex"
        if self.held > MOST_HELD:
            return "too_complex"
        return "animated" if self.frames > 1 else None

    def decode(self, side: int | None = None) -> Image.Image:
        """The picture: upright, RGB or grey, what was transparent white; or Unreadable.

        With a `side` it comes smaller, as long as the shorter side doesn't fall below so many
        pixels, or the longer one below four times as many: that is several times quicker.
        """
        return self.upright(self.load(side), side)

    def load(self, side: int | None = None) -> Image.Image:
        """What is coded, as it lies; or Unreadable. A `side` lets a JPEG come smaller."""
        if self.refusal:
            raise Unreadable(self.refusal)
        loaded = self._loaded(self.clean, side)
        if not self.ended or self._ends_grey(loaded):
            longer = self._loaded(self.clean[:-2] + NOISE + self.clean[-2:], side)
            if _differ(loaded, longer):
                raise Unreadable("broken")
        return loaded

    def _ends_grey(self, loaded: Image.Image) -> bool:
        """Whether it may have been cut off and ended properly: what a JPEG lacks is mid-grey.

        If it was, further data would have been decoded; behind a whole picture it is skipped.
        """
        if self.format != "JPEG" or self.scans > 1:
            return False
        last = loaded.getpixel((loaded.width - 1, loaded.height - 1))
        return last in (128, (128, 128, 128))

    def _loaded(self, data: bytes, side: int | None) -> Image.Image:
        with _broken(), Image.open(BytesIO(data), formats=(self.format,)) as image:
            if side and (shrink := _shrink(self.coded, side)) > 1:
                width, height = (max(1, int(length / shrink)) for length in self.coded)
                image.draft(None, (width, height))
            image.load()
            return image

    def upright(self, loaded: Image.Image, side: int | None = None) -> Image.Image:
        """What `load` gave, as `decode` promises it."""
        with _broken():
            picture = _opaque(loaded, int(_shrink(loaded.size, side)) if side else 1)
            turn = _TURNS.get(self.orientation)
            return picture if turn is None else picture.transpose(turn)


def further_turned(orientation: int, quarters: int) -> int:
    """The orientation of what is turned by so many quarters more, anticlockwise."""
    mirror, before = _WAYS[orientation]
    return _ORIENTATIONS[mirror, (before + quarters) % 4]


def exif_orientation(tiff: bytes) -> int:
    """The orientation that an EXIF block names, 1 where it is missing or nonsense."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for place in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(order + "HH", tiff, place)
            if tag == 0x0112:
                (value,) = struct.unpack_from(order + ("H" if kind == 3 else "I"), tiff, place + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def most_megapixels(format: object) -> int:
    """How many megapixels a picture in this format may have."""
    return MOST_PIXELS["PNG" if format == "PNG" else "JPEG"] // MEGAPIXEL


@contextmanager
def _broken() -> Iterator[None]:
    """Whatever Pillow raises over broken data is Unreadable; it has no base error for that."""
    try:
        yield
    except MemoryError:
        raise  # our fault, not the file's
    except Exception as error:
        raise Unreadable("broken") from error


def _differ(one: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures of one size do, band by band: a copy of all would be as large again."""
    bands = ((0, top, one.width, min(top + BAND, one.height)) for top in range(0, one.height, BAND))
    return any(ImageChops.difference(one.crop(b), other.crop(b)).getbbox() for b in bands)


def _shrink(size: tuple[int, int], side: int) -> float:
    """How many times smaller a picture may get; a long strip need not be large either way."""
    return max(min(size) / side, max(size) / (4 * side))


def _opaque(image: Image.Image, times: int = 1) -> Image.Image:
    """The same picture in RGB or grey of 8 bits, over white, and so many times smaller.

    It is made smaller before it is copied: 16 megapixels are 64 MB each time.
    """
    if image.mode.startswith("I"):  # 16 bits of grey, which convert() would clip
        if times > 1 and image.mode == "I;16":
            size = (image.width // times, image.height // times)
            image = image.resize(size, Image.Resampling.BOX)  # as it is: half the memory
            times = 1
        deep = _reduced(image.convert("I"), times)
        return deep.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        image = image if image.mode in ("LA", "RGBA") else image.convert("RGBA")
        image = _reduced(image, times).convert("RGBA")
        page = Image.new("RGB", image.size, "white")
        page.paste(image, mask=image.getchannel("A"))
        return page
    if image.mode == "1":
        image = image.convert("L")
    return _reduced(image, times) if image.mode in ("RGB", "L") else _coloured(image, times)


def _coloured(image: Image.Image, times: int) -> Image.Image:
    """In RGB, band by band: all of it at once would be three times as large, and as slow."""
    if times <= 1:
        return image.convert("RGB")
    small = Image.new("RGB", (-(-image.width // times), -(-image.height // times)))
    for top in range(0, image.height, REDUCED * times):
        band = image.crop((0, top, image.width, min(top + REDUCED * times, image.height)))
        small.paste(band.convert("RGB").reduce(times), (0, top // times))
    return small


def _reduced(image: Image.Image, times: int) -> Image.Image:
    return image.reduce(times) if times > 1 else image
