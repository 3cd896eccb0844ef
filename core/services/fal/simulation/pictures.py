"""Drawn pictures of a simulated order: the same one for the same model, seed and words."""

from __future__ import annotations

import colorsys
import hashlib
import math
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from random import Random
from urllib.parse import urlsplit

from PIL import Image, ImageDraw, ImageFont

from core.services.drawings.people import Look, person, tinted

_PIXELS = 1_000_000
_DEFAULT_SIZE = (1024, 768)
_LARGEST_SEED = 2**32
_MODELS = 2**16
_LINES = 4
_WRITTEN = re.compile(r"(\d)x(\d{1,4})x(\d{1,4})x([0-9a-f]{1,16})x([0-9a-f]{4})", re.ASCII)
_SOUNDS = "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch ' y ' e yu ya"
_LATIN = str.maketrans(dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", _SOUNDS.split(), strict=True)))
"""The font that Pillow brings has no Cyrillic letters."""
_SKINS = ("#f4cfae", "#e3ab82", "#c68a5c", "#7a4b2e")
_HAIRS = ("#4a2c1d", "#1d1512", "#c98b3c", "#8a8680")


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of an order's pictures but their words; `model` is a hash from 0 to 65,535."""

    count: int
    width: int
    height: int
    seed: int
    model: int

    @classmethod
    def asked(cls, arguments: Mapping[str, object], run: str) -> Drawing:
        """What an order asks for; without a seed, the run decides."""
        width, height = _size(arguments)
        count, seed = arguments.get("num_images", 1), arguments.get("seed")
        chosen = abs(seed) if isinstance(seed, int) else _hash(run, _LARGEST_SEED)
        pictures = count if isinstance(count, int) else 1
        return cls(pictures, width, height, chosen, _hash(model_of(arguments), _MODELS))

    @classmethod
    def read(cls, code: str) -> Drawing | None:
        """The drawing behind a code; None where it is none."""
        found = _WRITTEN.fullmatch(code)
        if found is None:
            return None
        count, width, height = map(int, found.groups()[:3])
        return cls(count, width, height, int(found[4], 16), int(found[5], 16))

    @property
    def code(self) -> str:
        return f"{self.count}x{self.width}x{self.height}x{self.seed:x}x{self.model:04x}"

    def picture(self, number: int, words: str) -> bytes:
        """One of the pictures, counted from 0, as a JPEG."""
        seed = self.seed + number
        wall = self._wall()
        drawn = Image.new("RGB", (self.width, self.height), wall)
        self._pose(drawn, Random(seed), wall)
        _caption(drawn, words, f"seed {seed}")
        return jpeg(drawn)

    def black(self) -> bytes:
        """What fal gives in the place of a picture that it has flagged."""
        return jpeg(Image.new("RGB", (self.width, self.height)))

    def _wall(self) -> str:
        """The model's own colour, never a dark one."""
        hue, saturation = self.model / _MODELS, 0.3 + self.model % 16 / 40
        red, green, blue = (
            round(255 * part) for part in colorsys.hsv_to_rgb(hue, saturation, 0.85)
        )
        return f"#{red:02x}{green:02x}{blue:02x}"

    def _pose(self, drawn: Image.Image, chance: Random, wall: str) -> None:
        """The model's own person, as the seed poses them."""
        side = min(drawn.size)
        x, y = self.width * chance.uniform(0.42, 0.58), self.height * chance.uniform(0.36, 0.44)
        light = tinted(wall, "#ffffff", chance.uniform(0.15, 0.4))
        ImageDraw.Draw(drawn).circle((x, y), side * chance.uniform(0.3, 0.48), fill=light)
        looks = Random(self.model)
        look = Look(
            skin=looks.choice(_SKINS),
            hair=looks.choice(_HAIRS),
            shirt=tinted(wall, "#20242c", 0.55),
            long_hair=looks.random() < 0.5,
            turn=chance.uniform(-0.7, 0.7),
            smile=chance.uniform(0.2, 1.1),
        )
        person(drawn, look, x, y, side * chance.uniform(0.17, 0.24))


def model_of(arguments: Mapping[str, object]) -> str:
    """The weights' address without its signature, or the finetune id; "" where there is neither."""
    loras = arguments.get("loras")
    first = loras[0] if isinstance(loras, list) and loras else {}
    path = first.get("path") if isinstance(first, Mapping) else None
    if isinstance(path, str) and path:
        return urlsplit(path)._replace(query="", fragment="").geturl()
    return str(arguments.get("finetune_id") or "")


def jpeg(drawn: Image.Image) -> bytes:
    out = BytesIO()
    drawn.save(out, "JPEG", quality=85)
    return out.getvalue()


def _size(arguments: Mapping[str, object]) -> tuple[int, int]:
    """Pixels as asked for, or of about a megapixel where a ratio is."""
    size, ratio = arguments.get("image_size"), arguments.get("aspect_ratio")
    if isinstance(size, Mapping):
        return int(size["width"]), int(size["height"])
    if not isinstance(ratio, str):
        return _DEFAULT_SIZE
    across, down = map(int, ratio.split(":"))
    unit = math.sqrt(_PIXELS / (across * down))
    return int(across * unit), int(down * unit)


def _hash(text: str, below: int) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % below


def _caption(drawn: Image.Image, words: str, seed: str) -> None:
    """The words and the seed, on a dark band at the lower edge."""
    height = max(12, drawn.width // 28)
    lines = [*textwrap.wrap(words.lower().translate(_LATIN), 44)[:_LINES], seed]
    draw = ImageDraw.Draw(drawn)
    step = height * 13 // 10
    top = drawn.height - step * len(lines) - height
    draw.rectangle((0, top, drawn.width, drawn.height), "#20242c")
    for number, line in enumerate(lines):
        place = (height, top + height // 2 + number * step)
        draw.text(place, line, "#f4f5f7", font=_font(height))


@lru_cache(maxsize=8)
def _font(height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=height)
