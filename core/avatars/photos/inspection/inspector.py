"""The whole check of a photo: what the file is, what the picture is, and what it is good for.

photos.py tells whether the bytes are a picture that can be kept. On the picture that was decoded
for this, small, everything else is done too, cheap before expensive: the same bytes again, the
same picture again, faces, light and sharpness.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from types import MappingProxyType

import numpy as np
from PIL import Image

from core.avatars.photos.inspection import alike, pixels, quality
from core.avatars.photos.inspection.alike import Fingerprint
from core.avatars.photos.inspection.conversion import FORMATS, Converter
from core.avatars.photos.inspection.decency import Unsafe, decent
from core.avatars.photos.inspection.faces import pose, upright
from core.avatars.photos.inspection.faces.face_port import SURE, Face, FaceFinder, Pixels
from core.avatars.photos.inspection.picture_files.formats import read
from core.avatars.photos.inspection.picture_files.picture_file import PictureFile, Unreadable
from core.avatars.photos.inspection.verdict import Known, Purpose, Verdict
from core.avatars.photos.inspection.weighing import Looked, weighed
from core.avatars.photos.rules import (
    JSON,
    Judgement,
    Lighten,
    Opened,
    PhotoRules,
    accept,
    open_photo,
    set_right,
)

_ANY_SIZE = 1 << 40


class Inspector:
    """Checks photos; any number of threads may ask it at once, outside any transaction.

    Without `faces` none are looked for or missed; without a converter, JPEG and PNG are accepted
    alone; without `unsafe`, nothing is refused as indecent.
    """

    def __init__(
        self,
        faces: FaceFinder | None,
        rules: PhotoRules | None = None,
        converter: Converter | None = None,
        unsafe: Unsafe | None = None,
    ) -> None:
        self._faces = faces
        self._rules = rules or PhotoRules()
        self._converter = converter
        self._unsafe = unsafe

    def inspect(
        self,
        data: bytes,
        purpose: Purpose | None = None,
        known: Mapping[str, Known] = MappingProxyType({}),
    ) -> Verdict:
        """The verdict on a photo, whatever the bytes are; `known` are the avatar's others."""
        file_hash = sha256(data).hexdigest()
        for name, other in known.items():
            if other.file_hash == file_hash:
                return Verdict("duplicate", None, len(data), file_hash, duplicate_of=name)
        purpose = purpose or Purpose()
        opened = decent(self._opened(data, file_hash, purpose.whose), self._unsafe)
        if isinstance(opened, Judgement):
            return Verdict.of(opened)
        return self._seen(opened, purpose, known)

    def _opened(self, data: bytes, file_hash: str, whose: str) -> Opened | Judgement:
        opened = open_photo(data, self._rules, file_hash, self._lighten(whose))
        if isinstance(opened, Opened) or opened.reason != "wrong_format":
            return opened
        if self._converter is None or opened.format not in FORMATS:
            return opened
        return self._converted(data, opened, self._converter, whose)

    def _lighten(self, whose: str) -> Lighten | None:
        converter = self._converter
        if converter is None:
            return None

        def lighten(file: PictureFile) -> PictureFile:
            made = converter.convert(file.clean, file.format, file.orientation, whose)
            return read(made.data)

        return lighten

    def _converted(
        self, data: bytes, sent: Judgement, converter: Converter, whose: str
    ) -> Opened | Judgement:
        """The same photo as a JPEG, described by what was sent."""
        try:
            made = converter.convert(data, sent.format or "", whose=whose)
        except Unreadable as error:
            told: dict[str, JSON] = {"error": repr(error.__cause__)[:200]}
            width, height = error.size or (None, None)
            return replace(sent, reason=error.reason, metadata=told, width=width, height=height)
        sent = replace(sent, width=made.width, height=made.height)
        least = self._rules.min_side
        if min(made.width, made.height) >= least:
            least = 1  # a long strip was large enough before it was made smaller
        opened = open_photo(made.data, PhotoRules(least, _ANY_SIZE))
        if isinstance(opened, Opened):
            return replace(opened, seen=replace(sent, reason=None))
        return replace(sent, reason=opened.reason, data=opened.data)

    def _seen(self, opened: Opened, purpose: Purpose, known: Mapping[str, Known]) -> Verdict:
        opened, faces = self._upright(opened, purpose)
        picture = opened.picture
        grey = picture if picture.mode == "L" else picture.convert("L")
        print_ = pixels.fingerprint(grey)
        looked = _looked(grey, faces, print_, (opened.seen.width or grey.width) / grey.width)
        prints = {n: k.fingerprint for n, k in known.items() if k.fingerprint is not None}
        repeats = any(alike.looks_alike(print_, other) for other in prints.values())
        more = ("looks_alike",) if repeats else ()
        if not purpose.overruled and (same := alike.find_same(print_, prints)) is not None:
            return _repeated(opened, looked, purpose, same)
        return _judged(opened, looked, purpose, more)

    def _upright(self, opened: Opened, purpose: Purpose) -> tuple[Opened, tuple[Face, ...] | None]:
        """The photo the way up that its person stands, and the faces in it, if they are sought.

        What lies in the picture of a thing or a style is its maker's business.
        """
        if self._faces is None:
            return opened, None
        rgb = _pixels(opened.picture)
        faces = self._faces.find(rgb)
        if not purpose.person or not (turns := upright.quarters(self._faces, rgb, faces)):
            return opened, faces
        try:
            opened = set_right(opened, turns)
        except Unreadable:
            return opened, faces  # it must be read at another size, which fails: better lying
        return opened, self._faces.find(_pixels(opened.picture))


def _looked(
    grey: Image.Image, found: tuple[Face, ...] | None, print_: Fingerprint, scale: float
) -> Looked:
    faces = found or ()
    first = faces[0] if faces else None
    measures = pixels.measure(grey, first, scale)
    sure = first is None or first.score >= SURE
    whole = measures if sure else pixels.measure(grey, None, scale)
    drawn = not faces and pixels.drawn(grey)
    held = pose.of(faces, grey.size)
    return Looked(print_, faces, found is not None, measures, whole, grey.size, held, drawn)


def _pixels(picture: Image.Image) -> Pixels:
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _repeated(opened: Opened, looked: Looked, purpose: Purpose, same: str) -> Verdict:
    """It shows what another one shows, or so it seems: kept small, to be overruled.

    What else would be refused in it is advice by then: its person has seen it beside the other.
    """
    found = _judged(opened, looked, replace(purpose, overruled=True), (), small=True)
    return replace(found, status="duplicate", reason="repeated", duplicate_of=same)


def _judged(
    opened: Opened, looked: Looked, purpose: Purpose, more: tuple[str, ...], small: bool = False
) -> Verdict:
    reason, advice = weighed(looked, purpose, more)
    kept = accept(opened, small=small or bool(reason))
    metadata: dict[str, JSON] = {**kept.metadata, **looked.kept, "advice": [*advice]}
    found = Verdict.of(replace(kept, metadata=metadata))
    return replace(
        found,
        status="invalid" if reason else "valid",
        reason=reason,
        has_face=looked.has_face,
        quality_score=quality.score(looked.measures),
        advice=advice,
    )
