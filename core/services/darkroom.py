"""Pictures that were painted: decoded, marked, looked at again, and compared with photos."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from io import BytesIO
from typing import cast

from core.avatars.photos.inspection.decency import Unsafe
from core.avatars.photos.inspection.faces.face_port import SURE, FaceFinder
from core.avatars.photos.inspection.faces.people import FaceReader, Vector
from core.avatars.photos.inspection.picture_files.formats import read
from core.avatars.photos.inspection.picture_files.picture_file import Unreadable
from core.avatars.photos.rules import LOOKED_AT
from core.avatars.pictures.darkroom import Finished
from core.services.made_by_ai import XMP

BLACK = 8
"""A picture without a brighter value (of 255) is what a painter gives in the place of one."""
QUALITY = 92

Tools = Callable[[], tuple[FaceFinder, FaceReader]]


class Darkroom:
    """See the port. `faces` gives what compares faces, `unsafe` is the second look.

    Either may be missing; vectors of faces are in memory alone, for as long as a call takes.
    """

    def __init__(self, faces: Tools | None, unsafe: Unsafe | None) -> None:
        self._faces = faces
        self._unsafe = unsafe

    def finish(self, data: bytes) -> Finished | None:
        """The picture as it is to be kept; None where there is none, or it is black."""
        try:
            picture = read(data).decode().convert("RGB")
        except Unreadable:
            return None
        of_colours = cast("tuple[tuple[int, int], ...]", picture.getextrema())
        if max(lightest for _, lightest in of_colours) < BLACK:
            return None
        out = BytesIO()
        picture.save(out, "JPEG", quality=QUALITY, xmp=XMP)
        return Finished(out.getvalue(), *picture.size)

    def indecent(self, data: bytes) -> bool:
        """Whether a second look, where there is one, says that it is not safe for work."""
        return self._unsafe is not None and self._unsafe(read(data).decode().convert("RGB"))

    def likeness(
        self, pictures: Sequence[bytes], photos: Sequence[bytes]
    ) -> tuple[float | None, ...]:
        """The cosine of each picture's face to the middle of those in the photos."""
        known = list(self._vectors(photos)) if self._faces else []
        if not known:
            return (None,) * len(pictures)
        middle = sum(known[1:], start=known[0])
        middle = middle / max(float(middle @ middle) ** 0.5, 1e-9)
        found = (next(self._vectors([picture]), None) for picture in pictures)
        return tuple(None if one is None else round(float(one @ middle), 3) for one in found)

    def _vectors(self, pictures: Sequence[bytes]) -> Iterator[Vector]:
        """Of the largest sure face in each; one without a face gives none."""
        import numpy as np  # which only a worker has

        finder, reader = self._tools
        for data in pictures:
            try:
                rgb = np.asarray(read(data).decode(LOOKED_AT).convert("RGB"))
            except Unreadable:
                continue
            faces = finder.find(rgb)
            if faces and faces[0].score >= SURE:
                yield reader.read(rgb, faces[0])

    @cached_property
    def _tools(self) -> tuple[FaceFinder, FaceReader]:
        assert self._faces is not None, "the caller has looked"
        return self._faces()
