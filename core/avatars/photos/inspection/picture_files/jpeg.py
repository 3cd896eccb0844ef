"""JPEG: segments that each start with a marker, coded data behind some of them.

The mark that ends the image may be missing, be zeros, or be lost in other bytes: then the picture
must be shown to be whole by other means, which `PictureFile.load` does.
"""

import re
import struct
from collections.abc import Iterator, Sequence

from core.avatars.photos.inspection.picture_files import colour_profile
from core.avatars.photos.inspection.picture_files.picture_file import (
    MOST_PARTS,
    PictureFile,
    Unreadable,
    exif_orientation,
)

_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_START, _END, _SCAN, _JFIF, _EXIF, _ICC, _ADOBE = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_USUAL_FRAMES = {0xC0, 0xC1, 0xC2}
_TABLES = {0xC4, 0xDB, 0xDC, 0xDD, _SCAN} | _USUAL_FRAMES
_ICC_NAME = b"ICC_PROFILE\0"
_ICC_PIECE = 65_000


def read(data: bytes) -> PictureFile:
    *parts, last = _parts(data)
    ended = last[0] == _END
    frames = [(marker, body) for marker, body, _ in parts if marker in _FRAMES]
    scans = sum(marker == _SCAN for marker, _, _ in parts)
    if len(frames) != 1 or not scans:
        raise Unreadable("broken")
    marker, frame = frames[0]
    bits, height, width, layers = struct.unpack_from(">BHHB", frame)
    if marker not in _USUAL_FRAMES or bits != 8:
        raise Unreadable("wrong_format")
    if not ended and scans > 1 and not _complete(frame, parts):
        raise Unreadable("broken")
    exif = (body[6:] for m, body, _ in parts if m == _EXIF and body.startswith(b"Exif\0\0"))
    profile = _profile(parts, b"GRAY" if layers == 1 else b"RGB ")
    return PictureFile(
        "JPEG",
        (width, height),
        _clean(parts, profile),
        orientation=exif_orientation(next(exif, b"")),
        plain=layers in (1, 3),
        profile=profile,
        scans=scans,
        held=_held(frame, width * height) if scans > 1 else 0,
        raw=width * height * layers if layers == 4 else 0,
        ended=ended,
    )


def _held(frame: bytes, pixels: int) -> int:
    """Coefficients of all layers: one with half the samples across and down has a quarter."""
    samplings = [(body >> 4, body & 15) for body in frame[7::3]]
    most = max((h for h, _ in samplings), default=1) * max((v for _, v in samplings), default=1)
    return sum(h * v for h, v in samplings) * pixels // max(1, most)


def _parts(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, body and the coded data behind it; last the end of the image.

    Behind coded data the end of the file, or what can't belong to this image, is one as well, and
    has the marker 0.
    """
    place, scanned = 2, False
    for _ in range(MOST_PARTS):
        marker, start = _next_marker(data, place)
        if marker == _END:
            yield marker, b"", b""
            return
        length = int.from_bytes(data[start : start + 2])
        place = start + length
        if length < 2 or place > len(data) or marker < 0xC0 or marker == _START:
            if not scanned:
                raise Unreadable("broken")
            yield 0, b"", b""
            return
        body, coded = data[start + 2 : place], b""
        scanned = scanned or marker == _SCAN
        if marker == _SCAN:
            found = _MARKER.search(data, place)
            coded = data[place : found.end() - 2] if found else _to_the_end(data[place:])
            place += len(coded)
            if not found:
                yield marker, body, coded
                yield 0, b"", b""
                return
        yield marker, body, coded
    raise Unreadable("too_complex")


def _to_the_end(coded: bytes) -> bytes:
    """Coded data without the half of an end, or the zeros that stand for what never came.

    One zero stays: it may be the last byte, and adds too little to a picture to complete it.
    """
    kept = coded.rstrip(b"\0")
    return kept + b"\0" if len(kept) < len(coded) else coded.rstrip(b"\xff")


def _complete(frame: bytes, parts: Sequence[tuple[int, bytes, bytes]]) -> bool:
    """Whether the several scans bring every layer to its full precision."""
    lacking = {(layer, band) for layer in frame[6::3] for band in ("mean", "detail")}
    for marker, body, _ in parts:
        if marker == _SCAN and not body[-1] & 15:
            layers = body[1 : 1 + 2 * body[0] : 2]
            first, last = body[-3:-1]
            bands = (("mean",) if first == 0 else ()) + (("detail",) if last == 63 else ())
            lacking -= {(layer, band) for layer in layers for band in bands}
    return not lacking


def _next_marker(data: bytes, place: int) -> tuple[int, int]:
    found = _MARKER.search(data, place)
    if found is None:
        raise Unreadable("broken")
    return found[1][0], found.end()


def _clean(parts: list[tuple[int, bytes, bytes]], profile: bytes) -> bytes:
    """The parts that decoding needs: how colours are coded, tables, frame and scans."""
    heads = [body for m, body, _ in parts if m == _JFIF and body.startswith(b"JFIF\0")]
    made = [_segment(_JFIF, body[:12] + b"\0\0") for body in heads[:1] if len(body) >= 14]
    count = -(-len(profile) // _ICC_PIECE)
    for number in range(count):
        piece = profile[number * _ICC_PIECE : (number + 1) * _ICC_PIECE]
        made.append(_segment(_ICC, _ICC_NAME + bytes((number + 1, count)) + piece))
    for marker, body, coded in parts:
        if marker in _TABLES:
            made += _segment(marker, body), coded
        elif marker == _ADOBE and body.startswith(b"Adobe"):
            made.append(_segment(marker, body[:12]))
    return b"\xff\xd8" + b"".join(made) + b"\xff\xd9"


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _profile(parts: list[tuple[int, bytes, bytes]], space: bytes) -> bytes:
    start = len(_ICC_NAME)
    pieces = [body[start:] for m, body, _ in parts if m == _ICC and body.startswith(_ICC_NAME)]
    pieces.sort(key=lambda piece: piece[:1])
    profile = colour_profile.essential(b"".join(piece[2:] for piece in pieces))
    return profile if profile[16:20] == space else b""
