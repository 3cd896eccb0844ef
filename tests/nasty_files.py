"""Files that are built to confuse, to crash or to tell on somebody."""

import struct
import zlib
from io import BytesIO
from zipfile import ZipFile

from PIL import Image

from tests.pictures_for_tests import exif, photo

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def segment(marker: int, body: bytes) -> bytes:
    """One segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """The JPEG with one more segment in front."""
    return jpeg[:2] + segment(marker, body) + jpeg[2:]


def chunk(kind: bytes, body: bytes, checksum: int | None = None) -> bytes:
    """One chunk of a PNG."""
    right = zlib.crc32(kind + body) if checksum is None else checksum
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", right)


def with_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """The PNG with one more chunk behind its header."""
    return png[:33] + chunk(kind, body) + png[33:]


def png(
    size: tuple[int, int],
    rows: bytes | None = None,
    *,
    bits: int = 8,
    colours: int = 2,
    extra: bytes = b"",
) -> bytes:
    """A PNG made by hand; its rows are black unless given."""
    width, height = size
    layers = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colours]
    if rows is None:
        rows = bytes((1 + -(-width * layers * bits // 8)) * height)
    header = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return SIGNATURE + chunk(b"IHDR", header) + extra + body


def interlaced(size: tuple[int, int]) -> bytes:
    """A black PNG in RGB whose sides are multiples of 8, in the seven passes of Adam7."""
    width, height = size
    passes = ((8, 8), (8, 8), (4, 8), (4, 4), (2, 4), (2, 2), (1, 2))  # across, down
    rows = sum((1 + 3 * width // across) * height // down for across, down in passes)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    body = chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b"")
    return SIGNATURE + chunk(b"IHDR", header) + body


def declaring(jpeg: bytes, size: tuple[int, int]) -> bytes:
    """The JPEG with another size in its header."""
    place = max(jpeg.find(b"\xff\xc0"), jpeg.find(b"\xff\xc2"))
    return jpeg[: place + 5] + struct.pack(">HH", size[1], size[0]) + jpeg[place + 9 :]


def of_scans(count: int, size: tuple[int, int] = (1280, 960)) -> bytes:
    """A progressive JPEG of few bytes whose last scan is repeated until there are `count`."""
    out = BytesIO()
    Image.new("RGB", size, "olive").save(out, "JPEG", progressive=True)
    jpeg = out.getvalue()
    last = jpeg[jpeg.rfind(b"\xff\xda") : -2]
    return jpeg[:-2] + last * (count - jpeg.count(b"\xff\xda")) + b"\xff\xd9"


def two_frames(format: str) -> bytes:
    """What MPO cameras and animators make: two pictures in one file."""
    first, second = (Image.open(BytesIO(photo(n))).convert("RGB") for n in (1, 2))
    out = BytesIO()
    first.save(out, format, save_all=True, append_images=[second])
    return out.getvalue()


def converted(format: str) -> bytes:
    """A photo in a format that is not accepted."""
    out = BytesIO()
    Image.open(BytesIO(photo(1))).save(out, format)
    return out.getvalue()


def archive() -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as zipped:
        zipped.writestr("payload.html", "<script>alert(1)</script>")
    return out.getvalue()


def telling(format: str) -> bytes:
    """A photo that names the phone and the place in every way its format knows."""
    whole = photo(1, format=format, gps=(55.7, 37.6))
    place = b"HERE 55.7 37.6"
    if format == "PNG":
        for kind in (b"tEXt", b"iTXt", b"prVt"):
            whole = with_chunk(whole, kind, b"Location\0\0\0\0\0" + place)
        whole = with_chunk(whole, b"PLTE", place + b"!")  # colours that nobody asked for
        packed = b"Location\0\0" + zlib.compress(place)
        return with_chunk(whole, b"zTXt", packed) + place
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x>" + place + b"</x>"
    for marker, body in ((0xE1, xmp), (0xED, b"Photoshop 3.0\0" + place), (0xFE, place)):
        whole = with_segment(whole, marker, body)
    return whole + place


def thumbnailed() -> bytes:
    """A photo whose EXIF and JFIF hold small pictures of their own, ends of image included."""
    whole = photo(1)
    small = photo(2, (64, 48))
    jfif = b"JFIF\0\1\1\0\0\1\0\1\2\2" + bytes(12)
    block = exif(6).tobytes() + b"\xff\xd8\xff" + small
    return whole[:2] + segment(0xE0, jfif) + segment(0xE1, block) + whole[20:]


def png_bomb_of_text() -> bytes:
    """A compressed comment of 200 MB in 200 kB."""
    packed = zlib.compress(bytes(200_000_000), 9)
    return with_chunk(photo(1, format="PNG"), b"zTXt", b"Comment\0\0" + packed)


def png_bomb_of_profile() -> bytes:
    packed = zlib.compress(bytes(100_000_000), 9)
    return with_chunk(photo(1, format="PNG"), b"iCCP", b"colours\0\0" + packed)


def png_bomb_of_chunks() -> bytes:
    whole = photo(1, format="PNG")
    return whole[:33] + chunk(b"tEXt", b"a\0b") * 300_000 + whole[33:]


def jpeg_bomb_of_segments() -> bytes:
    return b"\xff\xd8" + segment(0xFE, b"") * 500_000 + photo(1)[2:]
