"""A picture file: what it declares, its clean bytes, and the picture that is in it."""

import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from PIL import Image

from core.errors import LikenessError

MEGAPIXEL = 1024 * 1024
"""Cameras sold as 50 megapixels make 50.3 million pixels."""
MOST_PIXELS = {"JPEG": 50 * MEGAPIXEL, "PNG": 16 * MEGAPIXEL}
MOST_SCANS = 100
"""Progressive files have about 10; a 220 kB one with 160 takes seconds."""
MOST_SCANNED = 1024 * MEGAPIXEL
"""Pixels, each scan counted: 0.35 s at the measured 0.33 ms for a scan of a megapixel."""
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


class Unreadable(LikenessError):
    """The file can't be read as a picture: `reason` is one of the codes of photos.py."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


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
    frames: int = 1

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
        return "animated" if self.frames > 1 else None

    def decode(self, side: int | None = None) -> Image.Image:
        """The picture: upright, RGB or grey, what was transparent white; or Unreadable.

        With a `side`, a JPEG comes at a half, quarter or eighth of its size as long as
        neither side falls below so many pixels: that is several times quicker.
        """
        if self.refusal:
            raise Unreadable(self.refusal)
        try:
            return self._decoded(side)
        except MemoryError:
            raise  # our fault, not the file's
        except Exception as error:  # Pillow has no base error for what broken data raises
            raise Unreadable("broken") from error

    def _decoded(self, side: int | None) -> Image.Image:
        with Image.open(BytesIO(self.clean), formats=(self.format,)) as image:
            if side:
                image.draft(None, (side, side))
            image.load()
            picture = _opaque(image)
        turn = _TURNS.get(self.orientation)
        return picture if turn is None else picture.transpose(turn)


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


def _opaque(image: Image.Image) -> Image.Image:
    """The same picture in RGB or grey of 8 bits, over white."""
    if image.mode.startswith("I"):  # 16 bits of grey, which convert() would clip
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        page = Image.new("RGB", image.size, "white")
        page.paste(image, mask=image.getchannel("A"))
        return page
    return image if image.mode in ("RGB", "L") else image.convert("RGB")
