"""A house in which pictures are ordered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from core.avatars.models.pictures import SIDES, Shape
from tests.avatars.pictures.picture_house import PictureHouse

Build = Callable[..., PictureHouse]


@pytest.fixture
def build(db: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Build]:
    """Builds houses, and closes them afterwards; square pictures are small, to be drawn quickly."""
    monkeypatch.setitem(SIDES, Shape.SQUARE, (96, 96))
    with ExitStack() as open_:

        def build(**how: Any) -> PictureHouse:
            made = PictureHouse(tmp_path, **how)
            open_.callback(made.close)
            return made

        yield build


@pytest.fixture
def house(build: Build) -> PictureHouse:
    return build()
