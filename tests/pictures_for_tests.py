"""Photos for tests: distinct, plausible, quickly made, and the same every time."""

from functools import lru_cache
from io import BytesIO
from random import Random
from typing import Any

from PIL import Image, ImageDraw

ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F


@lru_cache(maxsize=256)
def photo(
    n: int,
    size: tuple[int, int] = (1280, 960),
    format: str = "JPEG",
    *,
    mode: str = "RGB",
    orientation: int | None = None,
    gps: tuple[float, float] | None = None,
    **options: Any,
) -> bytes:
    """The nth photo: a head before a scene that no other n has. About 12 ms as a JPEG.

    `orientation` and `gps` (degrees) go into its EXIF; the coded picture is `size` in
    any case. Further options are Pillow's for the format.
    """
    if orientation or gps:
        options["exif"] = exif(orientation, gps)
    if format == "PNG":
        options.setdefault("compress_level", 1)
    else:
        options.setdefault("quality", 85)
    out = BytesIO()
    scene(n, size).convert(mode).save(out, format, **options)
    return out.getvalue()


def scene(n: int, size: tuple[int, int] = (1280, 960)) -> Image.Image:
    """The nth picture itself."""
    random = Random(n)
    blurs = Image.frombytes("RGB", (8, 6), bytes(40 + b // 2 for b in random.randbytes(144)))
    grain = Image.frombytes("L", (160, 120), random.randbytes(160 * 120)).convert("RGB")
    far = Image.blend(blurs.resize(grain.size, Image.Resampling.BICUBIC), grain, 0.15)
    picture = far.resize(size, Image.Resampling.BILINEAR)
    _draw_head(ImageDraw.Draw(picture), size, random)
    return picture


def _draw_head(draw: ImageDraw.ImageDraw, size: tuple[int, int], random: Random) -> None:
    radius = min(size) * random.uniform(0.15, 0.25)
    x = size[0] * random.uniform(0.35, 0.65)
    y = size[1] * random.uniform(0.35, 0.5)
    shade = random.randint(70, 220)
    skin = (shade, shade * 3 // 4, shade * 3 // 5)
    draw.ellipse((x - 2 * radius, y + radius, x + 2 * radius, size[1] * 2), fill=skin[::-1])
    draw.ellipse((x - radius, y - 1.3 * radius, x + radius, y + 1.3 * radius), fill=skin)
    for side in (-0.4, 0.4):
        draw.circle((x + side * radius, y - 0.2 * radius), radius * 0.12, fill="white")
        draw.circle((x + side * radius, y - 0.2 * radius), radius * 0.06, fill="black")
    mouth = (x - 0.45 * radius, y + 0.2 * radius, x + 0.45 * radius, y + 0.8 * radius)
    draw.arc(mouth, 20, 160, fill=(120, 30, 40), width=max(2, round(radius * 0.08)))


def exif(orientation: int | None = None, gps: tuple[float, float] | None = None) -> Image.Exif:
    """What a phone writes: its maker, which way up, and where the person was."""
    tags = Image.Exif()
    tags[MAKER] = "Phone & Sons"
    if orientation:
        tags[ORIENTATION] = orientation
    if gps:
        north, east = gps
        tags.get_ifd(GPS).update(
            {1: "N", 2: (north, 0.0, 0.0), 3: "E", 4: (east, 0.0, 0.0), 27: b"ASCII\0\0\0HERE"}
        )
    return tags


def lying(picture: Image.Image, orientation: int) -> Image.Image:
    """The picture as a phone of this orientation (1 to 8) codes it."""
    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return picture.transpose(turned[orientation]) if orientation > 1 else picture
