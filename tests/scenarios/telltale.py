"""Pictures that tell who took them, where and with what; and what a picture tells."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import cache
from io import BytesIO

from PIL import Image, ImageCms, PngImagePlugin

from tests.pictures_for_tests import photo

GPS = (52.5, 13.25)
WORDS = ("HERE", "Phone & Sons", "Anna was at home", "No copyright", "sRGB built-in")
"""The place and the maker that the EXIF of these pictures has, their comments, and the texts of
their colour profile."""
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">Anna was at home</x:xmpmeta>'
HARMLESS_MARKERS = {0xE0: "JFIF\0", 0xE2: "ICC_PROFILE\0", 0xEE: "Adobe"}
HARMLESS_CHUNKS = {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "iCCP", "sRGB", "gAMA", "cHRM"}


@cache
def jpeg(n: int, size: tuple[int, int]) -> bytes:
    """With EXIF, GPS, XMP, a comment, and a colour profile that has texts."""
    return photo(n, size, gps=GPS, comment=b"Anna was at home", xmp=XMP, icc_profile=_profile())


@cache
def png(n: int, size: tuple[int, int]) -> bytes:
    """The same as a PNG, its texts plain and compressed."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "Anna was at home")
    texts.add_text("Raw profile", "Anna was at home", zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return photo(n, size, "PNG", gps=GPS, pnginfo=texts, icc_profile=_profile())


def told_by(data: bytes) -> list[str]:
    """What a picture's bytes tell of its maker: segments that may, and words that do."""
    opened = Image.open(BytesIO(data))
    parts = list(_segments(data) if opened.format == "JPEG" else _chunks(data))
    found = [f"EXIF {tag}" for tag in opened.getexif()]
    found += [name for name, _ in parts if name not in ("", *HARMLESS_CHUNKS)]
    whole = data + b"".join(body for _, body in parts)
    for word in WORDS:
        if any(word.encode(coding) in whole for coding in ("ascii", "utf-16-be", "utf-16-le")):
            found.append(word)
    return sorted(found)


def _segments(data: bytes) -> Iterator[tuple[str, bytes]]:
    """A JPEG's segments, "" where they are harmless, and whatever follows its end."""
    at = 2
    while data[at + 1] != 0xDA:
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        body = data[at + 4 : at + 2 + length]
        name = {0xFE: "COM"}.get(marker, f"APP{marker - 0xE0}" if 0xE0 <= marker < 0xF0 else "")
        harmless = HARMLESS_MARKERS.get(marker, "").encode()
        yield ("" if harmless and body.startswith(harmless) else name), body
        at += 2 + length
    after = data[data.rindex(b"\xff\xd9") + 2 :]
    if after:
        yield "after the end", after


def _chunks(data: bytes) -> Iterator[tuple[str, bytes]]:
    """A PNG's chunks; a profile's bytes as they are when it is unpacked."""
    at = 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body, name = data[at + 8 : at + 8 + length], kind.decode()
        if name == "iCCP":
            title, _, packed = body.partition(b"\0")
            body = title + zlib.decompress(packed[1:])
        yield name, b"" if name == "IDAT" else body
        at += 12 + length


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
