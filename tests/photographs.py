"""Real photographs, from scikit-image's wheel, and what becomes of photographs on their way.

The astronaut (public domain) is the only person; chelsea is a cat. There are no others here.
"""

from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ASTRONAUT, CAT, COFFEE, ROCKET = "astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"
LEFT_EYE, RIGHT_EYE = "motorcycle_left.png", "motorcycle_right.png"
"""Two frames of one scene, a hand's breadth apart."""
FACE = (179.0, 63.0, 91.0, 111.0)
"""Left, top, width and height of the astronaut's face, of 512 × 512 pixels."""


@lru_cache
def photograph(name: str) -> Image.Image:
    """One of them in RGB; not to be changed."""
    spec = find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    return Image.open(Path(spec.origin).parent / "data" / name).convert("RGB")


def selfie(fill: float, aspect: float = 0.75, aside: float = 0.0) -> Image.Image:
    """The astronaut's face, as high as this share of the frame, or higher than it."""
    left, top, width, high = FACE
    height = high / fill
    x = left + width / 2 + aside * width - height * aspect / 2
    y = top + high / 2 - height / 2
    right, bottom = round(x + height * aspect), round(y + height)
    part = photograph(ASTRONAUT).crop((max(0, round(x)), max(0, round(y)), right, bottom))
    factor = 900 / part.height
    return part.resize((round(part.width * factor), 900), Image.Resampling.BICUBIC)


def far_away(share: float, size: tuple[int, int] = (1280, 960)) -> Image.Image:
    """The astronaut in a room, the face as high as this share of the shorter side."""
    room = photograph(COFFEE).resize(size, Image.Resampling.BICUBIC)
    person = photograph(ASTRONAUT)
    factor = share * min(size) / FACE[3]
    small = person.resize((round(512 * factor), round(512 * factor)), Image.Resampling.LANCZOS)
    left, top, width, height = (round(value * factor) for value in FACE)
    room.paste(small, (size[0] // 2 - left - width // 2, size[1] * 2 // 5 - top - height // 2))
    return room


def pair(second: float) -> Image.Image:
    """Two astronauts, the second one's face having this share of the first one's area."""
    person = photograph(ASTRONAUT).crop((100, 20, 360, 512))
    side = second**0.5
    small = person.resize((round(260 * side), round(492 * side)), Image.Resampling.LANCZOS)
    both = Image.new("RGB", (560, 512), "#667788")
    both.paste(person, (10, 20))
    both.paste(small, (285, 100))
    return both


def jpeg(picture: Image.Image, quality: int = 90, **options: Any) -> bytes:
    return encoded(picture, "JPEG", quality=quality, **options)


def encoded(picture: Image.Image, format: str, **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def sent_on(picture: Image.Image) -> Image.Image:
    """What a messenger makes of it: 80 % of the size, quality 60."""
    size = (picture.width * 4 // 5, picture.height * 4 // 5)
    small = picture.resize(size, Image.Resampling.BICUBIC)
    return Image.open(BytesIO(jpeg(small, 60))).convert("RGB")


def lit(picture: Image.Image, gain: float) -> Image.Image:
    """With so many times the light."""
    levels = np.asarray(picture, np.float64) * gain
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))


@lru_cache
def large(name: str = ASTRONAUT, size: tuple[int, int] = (4000, 3000), noise: float = 4) -> bytes:
    """A JPEG as a camera makes it: 12 megapixels, with grain."""
    whole = photograph(name)
    part = whole.crop((0, 0, whole.width, whole.width * size[1] // size[0]))
    picture = np.asarray(part.resize(size, Image.Resampling.BICUBIC), np.int16)
    grain = np.random.default_rng(1).normal(0, noise, (size[1], size[0], 1)).astype(np.int16)
    return jpeg(Image.fromarray((picture + grain).clip(0, 255).astype(np.uint8)), 88)
