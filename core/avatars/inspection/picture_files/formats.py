"""Which formats there are, and which of them can be read."""

import re
import struct

from core.avatars.inspection.picture_files import jpeg, png
from core.avatars.inspection.picture_files.picture_file import PictureFile, Unreadable

_SIGNATURES = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "WEBP": rb"RIFF....WEBP",
    "AVIF": rb"....ftypavi[fs]",
    "HEIC": rb"....ftyp(he[iv].|mif1|msf1)",
    "BMP": rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "JXL": rb"\xff\x0a|\0\0\0\x0cJXL ",
    "JPEG2000": rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51",
    "PSD": rb"8BPS",
    "ICO": rb"\0\0\x01\0.\0",
    "SVG": rb"\s*(<\?xml.{0,200}?\?>\s*)?<svg",
}
_PATTERNS = {name: re.compile(pattern, re.DOTALL) for name, pattern in _SIGNATURES.items()}
_FILM = re.compile(
    rb"\0\0\0[\x08-\x80]ftyp(isom|iso[2-9]|mp4[12]|avc1|qt  |MSNV|3gp.|M4V )|....mpvd", re.DOTALL
)
"""Where a film begins; a HEIC that moves has it in a box of its own."""
_FIRST_BOX = 32
"""Bytes in which a HEIC file says what it is itself."""
_READERS = {"JPEG": jpeg.read, "PNG": png.read}


def recognise(data: bytes) -> str | None:
    """The name of the picture format that the first bytes are the signature of."""
    head = data[:512]
    return next((name for name, pattern in _PATTERNS.items() if pattern.match(head)), None)


def picture_length(data: bytes) -> int:
    """Bytes of the picture at the beginning of a file: a motion photo has a film behind it."""
    found = _FILM.search(data, _FIRST_BOX)
    return found.start() if found else len(data)


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
