"""PNG: chunks with a name, a length and a checksum."""

import struct
import zlib
from collections.abc import Iterator, Set

from core.avatars.photos.inspection.picture_files import colour_profile
from core.avatars.photos.inspection.picture_files.picture_file import (
    MOST_PARTS,
    PictureFile,
    Unreadable,
    exif_orientation,
)

_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_LAYERS = {2: 3, 4: 2, 6: 4}
_PALETTE, _OPAQUE_COLOURS = 3, {0, 2, 3}
_LACED = 4
"""Times as long as usual: the pixels of an interlaced file come in seven passes."""


def read(data: bytes) -> PictureFile:
    chunks = list(_chunks(data))
    kinds = [kind for kind, _ in chunks]
    bodies = dict(reversed(chunks))  # of several, the first counts
    if kinds[0] != b"IHDR" or kinds.count(b"IHDR") != 1 or b"IDAT" not in bodies:
        raise Unreadable("broken")
    width, height, bits, colours, *_, laced = struct.unpack_from(">IIBBBBB", bodies[b"IHDR"])
    if colours == _PALETTE and b"PLTE" not in bodies:
        raise Unreadable("broken")
    coded = bits * _LAYERS.get(colours, 1) // 8
    clear = b"tRNS" in bodies  # four bytes for each pixel, however few are coded
    profile = _profile(bodies.get(b"iCCP", b""), b"RGB " if colours & 2 else b"GRAY")
    return PictureFile(
        "PNG",
        (width, height),
        _clean(chunks, profile, _KEPT if colours == _PALETTE else _KEPT - {b"PLTE"}),
        orientation=exif_orientation(bodies.get(b"eXIf", b"")),
        plain=bits == 8 and colours in _OPAQUE_COLOURS and not clear,
        profile=profile,
        frames=int.from_bytes(bodies.get(b"acTL", b"")[:4]),
        raw=width * height * max(coded, 4 if clear else 1) * (_LACED if laced else 1),
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and body, up to the end of the image; only what is kept must be whole.

    Where its pixels came, the end of the file, or what is no chunk, ends the image as well: that
    no pixel is missing shows when they are inflated.
    """
    place, pixels = 8, False
    for _ in range(MOST_PARTS):
        length, kind = _head(data, place)
        if kind == b"IEND" or (pixels and not kind.isalpha()):
            yield b"IEND", b""
            return
        if not kind:
            raise Unreadable("broken")
        body = data[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, place + 8 + length)
        if kind in _KEPT and zlib.crc32(kind + body) != checksum:
            raise Unreadable("broken")
        yield kind, body
        pixels = pixels or kind == b"IDAT"
        place += 12 + length
    raise Unreadable("too_complex")


def _head(data: bytes, place: int) -> tuple[int, bytes]:
    """Length and kind of the next chunk; an empty kind where the file has no other whole one."""
    length, kind = struct.unpack(">I4s", data[place : place + 8].ljust(8, b"\0"))
    whole = place + 12 + length <= len(data) or kind == b"IEND"
    return (length, kind) if whole else (0, b"")


def _clean(chunks: list[tuple[bytes, bytes]], profile: bytes, needed: Set[bytes]) -> bytes:
    kept = [(kind, body) for kind, body in chunks if kind in needed]
    if profile:
        kept.insert(1, (b"iCCP", b"colours\0\0" + zlib.compress(profile)))
    made = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in kept
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)


def _profile(body: bytes, space: bytes) -> bytes:
    _, _, packed = body.partition(b"\0")
    try:
        found = zlib.decompressobj().decompress(packed[1:], colour_profile.LARGEST + 1)
    except zlib.error:
        return b""
    profile = colour_profile.essential(found)
    return profile if profile[16:20] == space else b""
