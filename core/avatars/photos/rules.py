"""What makes a photo acceptable.

Each check is cheap before the next one is expensive: bytes, signature, what the header
declares, decoding. What a code of a refusal means to the person is told in core.base.texts:

empty            nothing arrived
too_big          more bytes than allowed
not_a_picture    some other kind of file
wrong_format     a picture, but not a JPEG or PNG that everyone can open
broken           damaged, or cut off on its way
too_many_pixels  cheap to send, but too much to decode
too_complex      the same, by the way it is built
too_laborious    the same, as it turned out: it took more of the processors than its size may
animated         a film, not a photo
too_small        fewer pixels than training needs
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from io import BytesIO
from typing import Literal, TypeAlias

from PIL import Image

from core.avatars.photos.inspection.picture_files.formats import picture_length, read, recognise
from core.avatars.photos.inspection.picture_files.picture_file import (
    PictureFile,
    Unreadable,
    further_turned,
)

Lighten: TypeAlias = Callable[[PictureFile], PictureFile]
"""Gives the same picture, upright, in a file that is decoded in no time."""
JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

LOOKED_AT = 640
"""Pixels of the shorter side that a JPEG is decoded at, at least, to be looked at."""
RE_ENCODED = 1430
"""The same where it is stored anew: a trainer uses about 1024, and 12 megapixels, 3000 pixels high,
can be decoded at a half then, which saves three quarters of turning and encoding them.
"""
MISTAKEN = 1024
"""The same where it is refused, but may be overruled."""
SHOWN = 320
"""The same where it is too small, and kept only to be shown with the reason."""
MOST_SHOWN = 4 * 1024 * 1024
"""Pixels of a picture that is decoded only to be shown."""


@dataclass(frozen=True, slots=True)
class PhotoRules:
    min_side: int = 512
    """Pixels of the shorter side."""
    max_bytes: int = 10 * 1024 * 1024
    """Of the picture; what a film behind it adds does not count."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a photo, and what is to be stored of a valid one.

    Size and hash are those of the bytes as they were sent, so that the same file sent
    again is found by its hash, whatever we made of it. The object's key is therefore
    `<user>/<avatar>/<file_hash>`, though `data` has another hash of its own: the same
    file always gives the same `data`, and a put under that key can be repeated.
    """

    status: Literal["valid", "invalid", "duplicate"]
    """No file is a duplicate by itself: that is for a `Verdict` to say."""
    reason: str | None
    file_size: int
    file_hash: str
    format: str | None = None
    """What was sent, as far as the first bytes tell: JPEG, PNG, HEIC, …"""
    width: int | None = None
    """Pixels of the picture that was sent, standing upright."""
    height: int | None = None
    data: bytes | None = None
    """A JPEG or PNG: upright, without metadata, and readable to everyone.

    Of a refused photo: what it is shown by, where it is a picture that is only too small.
    """
    metadata: dict[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opened:
    """A photo that may be looked at; what is stored of it is made once it is accepted."""

    seen: Judgement
    file: PictureFile
    loaded: Image.Image
    picture: Image.Image
    """Upright, RGB or grey, the shorter side LOOKED_AT pixels to twice as many where it can be."""


def judge(data: bytes, rules: PhotoRules | None = None) -> Judgement:
    """Judge a photo, whatever the bytes are. Lack of memory alone is raised: it is our fault."""
    opened = open_photo(data, rules)
    return accept(opened) if isinstance(opened, Opened) else opened


def open_photo(
    data: bytes,
    rules: PhotoRules | None = None,
    file_hash: str = "",
    lighten: Lighten | None = None,
) -> Opened | Judgement:
    """The photo, decoded once and so shown to be whole; or why it can't be accepted.

    A caller that knows the SHA-256 of the bytes may give it as `file_hash`. What is laborious
    to decode is left to `lighten`, which may say that it is Unreadable.
    """
    reason = _weighed(data, rules or PhotoRules())
    file_hash = file_hash or sha256(data).hexdigest()
    seen = Judgement("invalid", reason, len(data), file_hash, recognise(data))
    if reason:
        return seen
    try:
        file = read(data)
        width, height = file.size
        seen = replace(seen, width=width, height=height)
        reason = _measured(file, rules or PhotoRules())
        if reason:
            return replace(seen, reason=reason, data=_shown(file, reason))
        return _opened(seen, lighten(file) if lighten and file.laborious else file)
    except Unreadable as error:
        told: dict[str, JSON] = {"error": repr(error.__cause__)[:200]} if error.__cause__ else {}
        return replace(seen, reason=error.reason, metadata=told)


def set_right(opened: Opened, quarters: int) -> Opened:
    """The photo turned anticlockwise by so many quarters, where its file has it wrong."""
    seen, file = opened.seen, opened.file
    right = replace(file, orientation=further_turned(file.orientation, quarters))
    if quarters % 2:
        seen = replace(seen, width=seen.height, height=seen.width)
    loaded = right.load(RE_ENCODED) if _kept(file) else opened.loaded
    return Opened(seen, right, loaded, right.upright(loaded, LOOKED_AT))


def accept(opened: Opened, small: bool = False) -> Judgement:
    """The verdict on a photo that nothing speaks against, with what is to be stored of it.

    `small` is for one that will hardly be used: where it must be stored anew, which takes time
    and memory, then no larger than a trainer can use.
    """
    seen, file = opened.seen, opened.file
    kept, data = _kept(file), file.clean
    width, height = seen.width, seen.height
    if not kept:
        picture = file.upright(opened.loaded, MISTAKEN if small else None)
        data = _as_jpeg(picture, file.profile)
        width, height = picture.size
    stored: dict[str, JSON] = {
        "format": file.format if kept else "JPEG",
        "width": width,
        "height": height,
        "bytes": len(data),
    }
    metadata: dict[str, JSON] = {
        "orientation": file.orientation,
        "re_encoded": not kept,
        "stored": stored,
    }
    return replace(seen, status="valid", reason=None, data=data, metadata=metadata)


def _weighed(data: bytes, rules: PhotoRules) -> str | None:
    if not data:
        return "empty"
    if len(data) > rules.max_bytes and picture_length(data) > rules.max_bytes:
        return "too_big"
    return None if recognise(data) else "not_a_picture"


def _measured(file: PictureFile, rules: PhotoRules) -> str | None:
    if file.refusal:
        return file.refusal
    return "too_small" if min(file.coded) < rules.min_side else None


def _shown(file: PictureFile, reason: str) -> bytes | None:
    """A small picture of a photo that is too small; or Unreadable."""
    if reason != "too_small" or file.coded[0] * file.coded[1] > MOST_SHOWN:
        return None
    return _as_jpeg(file.decode(SHOWN), file.profile, quality=80)


def _opened(seen: Judgement, file: PictureFile) -> Opened:
    loaded = file.load(LOOKED_AT if _kept(file) else RE_ENCODED)
    return Opened(seen, file, loaded, file.upright(loaded, LOOKED_AT))


def _kept(file: PictureFile) -> bool:
    """Whether its own bytes will do."""
    return file.plain and file.orientation == 1


def _as_jpeg(picture: Image.Image, profile: bytes, quality: int = 95) -> bytes:
    """Encode so that nobody sees the difference, at 95: colours at their full size."""
    picture.info.clear()  # Pillow would write a comment, and keeps what it doesn't know
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, subsampling=0, icc_profile=profile or None)
    return out.getvalue()
