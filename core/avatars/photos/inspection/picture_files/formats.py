"""Which formats there are, and which of them can be read."""

import re
import struct

from core.avatars.photos.inspection.picture_files import jpeg, png
from core.avatars.photos.inspection.picture_files.picture_file import PictureFile, Unreadable

_SIGNATURES = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "WEBP": rb"RIFF....WEBP",
    "AVIF": rb"....ftypavi[fs]",
    "HEIC": rb"....ftyp(....){,12}?(he[iv][cfmsx]|mi[fa][123f]|msf1|MiH[BE])",
    "BMP": rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "JXL": rb"\xff\x0a|\0\0\0\x0cJXL ",
    "JPEG2000": rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51",
    "PSD": rb"8BPS",
    "PPM": rb"P[1-6]\s(#[^\n]*\n|\s)*\d+\s+\d+\s",
    "ICO": rb"\0\0\x01\0.\0",
    "SVG": rb"\s*(<\?xml.{0,200}?\?>\s*)?<svg",
}
_PATTERNS = {name: re.compile(pattern, re.DOTALL) for name, pattern in _SIGNATURES.items()}
_FILM_TYPE = re.compile(rb"isom|iso[2-9]|mp4[12]|avc1|qt  |MSNV|3gp.|M4V ", re.DOTALL)
"""What the first box of a film, `ftyp`, says that it is."""
_FIRST_BOX = 32
"""Bytes in which a HEIC file says what it is itself."""
_LENGTH = 4
"""Bytes of a box's length, before its name, and of the name."""
_READERS = {"JPEG": jpeg.read, "PNG": png.read}


def recognise(data: bytes) -> str | None:
    """The name of the picture format that the first bytes are the signature of."""
    head = data[:512]
    return next((name for name, pattern in _PATTERNS.items() if pattern.match(head)), None)


def picture_length(data: bytes) -> int:
    """Bytes of the picture at the beginning of a file: a motion photo has a film behind it.

    A HEIC that moves has it in a box of its own, `mpvd`.
    """
    return min(_film(data, b"ftyp"), _film(data, b"mpvd"))


def _film(data: bytes, box: bytes) -> int:
    """Where the first such box begins that is a film's, its length of four bytes included.

    Names are looked for, not lengths: of megabytes of zeros each may be the first of a length.
    """
    place = data.find(box, _FIRST_BOX + _LENGTH)
    while place >= 0:
        if box == b"mpvd" or _is_film(data, place):
            return place - _LENGTH
        place = data.find(box, place + 1)
    return len(data)


def _is_film(data: bytes, place: int) -> bool:
    """Whether a `ftyp` there has the length and the type of a film's."""
    length = int.from_bytes(data[place - _LENGTH : place])
    return 8 <= length <= 128 and _FILM_TYPE.match(data, place + _LENGTH) is not None


def read(data: bytes) -> PictureFile:
    """Read a JPEG or PNG; Unreadable where it is neither, broken or absurdly built."""
    reader = _READERS.get(recognise(data) or "")
    if reader is None:
        raise Unreadable("wrong_format")
    try:
        file = reader(data)
    except struct.error as error:
        raise Unreadable("broken") from error
    if min(file.coded) < 1:
        raise Unreadable("broken")
    return file
