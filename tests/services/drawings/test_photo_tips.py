"""The drawn examples: twelve different pictures on one sheet, made at once."""

import time
from io import BytesIO

import pytest
from PIL import Image, ImageStat

from core.services.drawings.photo_tips import COLUMNS, EXAMPLES, SIDE, example, sheet
from tests.yardstick import soon


def test_the_sheet_shows_all_of_them() -> None:
    with Image.open(BytesIO(sheet())) as picture:
        assert picture.format == "JPEG"
        assert picture.width > COLUMNS * SIDE
        assert picture.height > len(EXAMPLES) / COLUMNS * SIDE


def test_the_good_ones_come_first() -> None:
    assert "".join(mark for mark, _ in EXAMPLES.values()) == "✅" * 6 + "❌" * 6


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_is_a_small_square_that_is_always_the_same(name: str) -> None:
    with Image.open(BytesIO(example(name))) as picture:
        assert picture.size == (SIDE, SIDE)
    assert example(name) == example(name)


def test_bad_light_is_seen_as_such() -> None:
    levels = {}
    for name in ("dark", "front", "bright"):
        with Image.open(BytesIO(example(name))) as picture:
            levels[name] = ImageStat.Stat(picture.convert("L")).mean[0]
    assert levels["dark"] < 40 < levels["front"] < 220 < levels["bright"]


@pytest.mark.sized
def test_nobody_waits_for_the_sheet() -> None:
    sheet.cache_clear()
    started = time.thread_time()
    first = sheet()
    assert soon(time.thread_time() - started, 2)
    assert sheet() is first
