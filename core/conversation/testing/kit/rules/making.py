"""Photos for rules: small, each of its own bytes."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image

from core.conversation.testing.serving.dialogue import digest


@cache
def photo(number: int, side: int = 96) -> bytes:
    """A JPEG unlike any other number's."""
    image = Image.new("RGB", (side, side), ((number * 67) % 256, (number * 29) % 256, number % 256))
    image.putpixel((number % side, number // side % side), (255, 255, 255))
    data = io.BytesIO()
    image.save(data, "JPEG", quality=90, comment=f"photo {number}".encode())
    return data.getvalue()


def photos(count: int, first: int = 1) -> list[bytes]:
    """So many photos."""
    return [photo(first + n) for n in range(count)]


def digests(sent: list[bytes]) -> list[str]:
    """What the dialogue calls them, in order of these names."""
    return sorted(map(digest, sent))
