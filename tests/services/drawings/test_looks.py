"""The drawn looks: one for each pack that says so, small, and what the module draws."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageStat

from benchmarks.looks.__main__ import LARGEST, LOOKS, drawn
from benchmarks.looks.canvas import HEIGHT, WIDTH
from core.avatars.pictures.packs import packs
from core.avatars.screens.pictures.examples import LOOKS as KEY
from core.avatars.screens.pictures.examples import looks
from core.base.texts import translator
from core.services.drawings.drawing import drawing
from core.services.drawings.looks import FOLDER, UPRIGHT, example
from core.services.pictures import thumbnail
from tests.sizes import few

IN_A_BUBBLE = 320
SMALL = 50_000
"""Bytes of the three that a newcomer loads, of the 150,000 that all may have."""


def test_each_pack_that_is_drawn_has_its_look_and_no_look_is_without_a_pack() -> None:
    assert {pack.slug for pack in packs().values() if pack.drawn} == set(LOOKS)
    assert {path.stem for path in FOLDER.iterdir()} == set(LOOKS)


def test_what_the_first_screen_shows_is_drawn_and_little_to_load() -> None:
    shown = [drawing(picture.key) for picture in looks(translator("en"))]
    small = [thumbnail(data, IN_A_BUBBLE) for data in shown if data]
    assert len(set(small)) == 3
    assert sum(map(len, small)) < SMALL


def test_of_a_pack_without_a_look_nothing_is_drawn() -> None:
    assert example("sea-side") is None
    assert drawing(f"{KEY}sea-side") is None
    assert drawing("photos/1") is None


@pytest.mark.parametrize("slug", LOOKS)
def test_each_is_a_small_upright_picture(slug: str) -> None:
    data = example(slug)
    assert data
    assert len(data) <= LARGEST
    with Image.open(BytesIO(data)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (WIDTH, HEIGHT))
    assert HEIGHT / WIDTH == UPRIGHT


@pytest.mark.parametrize("slug", few(LOOKS))
def test_what_is_kept_is_what_is_drawn(slug: str) -> None:
    with Image.open(FOLDER / f"{slug}.jpg") as kept:
        apart = ImageChops.difference(kept.convert("RGB"), drawn(LOOKS[slug]))
    assert max(ImageStat.Stat(apart).mean) < 6, "draw it anew: python -m benchmarks.looks"
