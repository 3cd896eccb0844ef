"""Limits of a person and of photos."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.base.settings.section import Section


class Avatars(Section):
    """Limits of a person, and page sizes."""

    maximum: Annotated[int, Field(ge=1, le=1000)] = 10
    page_size: Annotated[int, Field(ge=1, le=20)] = 6
    name_length: Annotated[int, Field(ge=1, le=100)] = 40
    photo_page_size: Annotated[int, Field(ge=1, le=30)] = 9
    held_hours: Annotated[int, Field(ge=1, le=720)] = 24


class Photos(Section):
    """What makes a photo acceptable: pixels on the shorter side, bytes of the file, a face.

    After `delay_seconds` without a verdict its person is told that it takes longer than usual.
    """

    min_side: Annotated[int, Field(ge=1, le=10_000)] = 512
    max_bytes: Annotated[int, Field(ge=1024, le=1024**3)] = 10 * 1024 * 1024
    film_bytes: Annotated[int, Field(ge=0, le=1024**3)] = 10 * 1024 * 1024
    find_faces: bool = True
    compare_faces: bool = True
    delay_seconds: Annotated[float, Field(ge=1, le=3600)] = 20.0
    max_pending: Annotated[int, Field(ge=1, le=1000)] = 100

    @property
    def fetched_bytes(self) -> int:
        """The maximum download of a file: a picture and its film, in bytes."""
        return self.max_bytes + self.film_bytes
