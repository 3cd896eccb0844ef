"""Contact sheets and thumbnails, looked at by their pixels."""

from io import BytesIO
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageStat

from core.services.made_by_ai import XMP, marked
from core.services.pictures import EMPTY, MARKS, PAGE, WIDEST, contact_sheet, thumbnail
from tests.pictures_for_tests import photo
from tests.yardstick import soon

TILE = 320
GUTTER = TILE // 24


def opened(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    assert picture.format == "JPEG"
    return picture.convert("RGB")


def tile(sheet: Image.Image, row: int, column: int) -> Image.Image:
    step = TILE + GUTTER
    left, top = GUTTER + column * step, GUTTER + row * step
    return sheet.crop((left, top, left + TILE, top + TILE))


def near(colour: object, wanted: tuple[int, int, int], by: int = 24) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(a - b) <= by for a, b in zip(colour, wanted, strict=True))


def flat(colour: str, size: tuple[int, int] = (800, 600)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def share_of(picture: Image.Image, colour: tuple[int, int, int]) -> float:
    pixels = list(picture.resize((80, 80), Image.Resampling.NEAREST).get_flattened_data())
    return sum(near(pixel, colour) for pixel in pixels) / len(pixels)


@pytest.mark.parametrize(
    ("count", "across", "down"),
    [(1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 2, 2), (5, 3, 2), (7, 3, 3), (10, 4, 3), (12, 4, 3)],
)
def test_tiles_stand_in_a_grid_with_even_gutters(count: int, across: int, down: int) -> None:
    sheet = opened(contact_sheet([(flat("navy"), "")] * count))
    step = TILE + GUTTER
    assert sheet.size == (across * step + GUTTER, down * step + GUTTER)
    for line in range(across + 1):
        assert near(sheet.getpixel((line * step + GUTTER // 2, 100)), PAGE)
    for line in range(down + 1):
        assert near(sheet.getpixel((100, line * step + GUTTER // 2)), PAGE)


def test_pictures_keep_their_order() -> None:
    colours = ["red", "green", "blue", "white", "black"]
    sheet = opened(contact_sheet([(flat(colour), "") for colour in colours], columns=2))
    for place, colour in enumerate(colours):
        middle = tile(sheet, *divmod(place, 2)).getpixel((TILE // 2, TILE // 2))
        assert near(middle, Image.new("RGB", (1, 1), colour).getpixel((0, 0)))  # type: ignore[arg-type]  # an RGB pixel is a tuple


def test_a_tile_has_round_corners() -> None:
    sheet = opened(contact_sheet([(flat("navy"), "")]))
    assert near(tile(sheet, 0, 0).getpixel((0, 0)), PAGE)


def test_a_check_is_green_and_a_cross_is_red_in_the_upper_right() -> None:
    sheet = opened(contact_sheet([(flat("navy"), "1 ✅"), (flat("navy"), "2 ❌"), (None, "3")]))
    corners = [tile(sheet, 0, n).crop((TILE * 3 // 4, 0, TILE, TILE // 4)) for n in range(3)]
    assert share_of(corners[0], MARKS["✅"]) > 0.2
    assert share_of(corners[1], MARKS["❌"]) > 0.15
    assert share_of(corners[2], MARKS["✅"]) == share_of(corners[2], MARKS["❌"]) == 0


def test_an_emoji_with_a_variation_selector_is_a_mark_too() -> None:
    assert contact_sheet([(None, "1 ✅\ufe0f")]) == contact_sheet([(None, "1 ✅")])


def test_the_number_is_drawn_in_white_on_a_dark_badge_in_the_lower_left() -> None:
    labelled = opened(contact_sheet([(flat("navy"), "8")]))
    corner = tile(labelled, 0, 0).crop((0, TILE * 3 // 4, TILE // 4, TILE))
    assert share_of(corner, (255, 255, 255)) > 0.01
    assert share_of(corner, (24, 26, 50)) > 0.2


def test_different_numbers_look_different_and_a_long_label_is_no_trouble() -> None:
    sheets = {contact_sheet([(None, label)]) for label in ("1", "2", "50", "", "a label " * 40)}
    assert len(sheets) == 5


@pytest.mark.parametrize("data", [None, b"", b"no picture", photo(1)[:5000], photo(1)[:-200]])
def test_what_is_missing_or_broken_is_a_grey_tile(data: bytes | None) -> None:
    sheet = opened(contact_sheet([(data, ""), (photo(2), "")]))
    assert share_of(tile(sheet, 0, 0), EMPTY) > 0.8
    assert share_of(tile(sheet, 0, 1), EMPTY) < 0.2


def test_tiles_may_be_higher_than_wide() -> None:
    sheet = opened(contact_sheet([(flat("navy"), "1"), (None, "")], upright=1.5))
    assert sheet.size == (2 * (TILE + GUTTER) + GUTTER, TILE * 3 // 2 + 2 * GUTTER)
    assert share_of(sheet.crop((60, TILE, TILE, TILE * 3 // 2)), EMPTY) == 0, "filled to its foot"


def test_pictures_stand_upright_on_the_sheet() -> None:
    lying = Image.new("RGB", (600, 800), "blue")
    lying.paste("red", (0, 0, 300, 800))
    out = BytesIO()
    tags = Image.Exif()
    tags[0x0112] = 6
    lying.save(out, "JPEG", exif=tags)
    shown = tile(opened(contact_sheet([(out.getvalue(), "")])), 0, 0)
    assert near(shown.getpixel((160, 40)), (255, 0, 0))
    assert near(shown.getpixel((160, 280)), (0, 0, 255))


def test_a_crop_keeps_the_proportions_and_the_upper_part_of_a_portrait() -> None:
    tall = Image.new("RGB", (600, 1200), "green")
    tall.paste("red", (0, 200, 600, 500))
    out = BytesIO()
    tall.save(out, "PNG")
    shown = tile(opened(contact_sheet([(out.getvalue(), "")])), 0, 0)
    assert share_of(shown, (255, 0, 0)) == pytest.approx(0.5, abs=0.05)


def test_transparency_is_white() -> None:
    out = BytesIO()
    Image.new("RGBA", (600, 600), (255, 0, 0, 0)).save(out, "PNG")
    assert near(opened(thumbnail(out.getvalue(), 100)).getpixel((50, 50)), (255, 255, 255))


@pytest.mark.sized
def test_fifty_photos_are_one_sheet_that_a_chat_can_take() -> None:
    pictures = [(photo(n % 10, (4000, 3000)), f"{n} ✅") for n in range(50)]
    started = thread_time()
    data = contact_sheet(pictures)
    assert soon(thread_time() - started, 5)
    assert len(data) < 5_000_000
    assert max(opened(data).size) <= WIDEST


def test_a_sheet_of_nothing_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="needs a picture"):
        contact_sheet([])


def test_a_sheet_carries_no_metadata_of_its_photos() -> None:
    data = contact_sheet([(photo(1, gps=(55.7, 37.6)), "1")])
    assert b"Exif" not in data
    assert b"Phone & Sons" not in data


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((1280, 960), (160, 120)), ((960, 1280), (120, 160)), ((100, 50), (100, 50))],
)
def test_a_thumbnail_is_the_whole_picture_and_never_enlarged(
    size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    assert opened(thumbnail(photo(1, size), 160)).size == wanted


def test_a_thumbnail_stands_upright() -> None:
    assert opened(thumbnail(photo(1, orientation=8), 160)).size == (120, 160)


def test_a_thumbnail_looks_like_its_picture() -> None:
    whole = opened(photo(1)).resize((160, 120))
    shown = opened(thumbnail(photo(1), 160))
    means = zip(ImageStat.Stat(whole).mean, ImageStat.Stat(shown).mean, strict=True)
    assert all(abs(a - b) < 6 for a, b in means)


def test_a_thumbnail_of_a_broken_picture_is_a_grey_tile() -> None:
    shown = opened(thumbnail(b"\xff\xd8\xff broken", 160))
    assert shown.size == (160, 160)
    assert share_of(shown, EMPTY) > 0.8


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["JPEG", "PNG"]), st.integers(0, 20_000))
def test_no_bytes_make_it_fail(junk: bytes, format: str, place: int) -> None:
    whole = photo(1, (64, 48), format)
    mutated = whole[: place % len(whole)] + junk + whole[place % len(whole) + len(junk) :]
    for data in (junk, mutated):
        opened(contact_sheet([(data, "1 ✅")], tile=64))
        opened(thumbnail(data, 64))


def test_what_is_drawn_from_a_picture_made_by_ai_says_so_and_from_photos_does_not() -> None:
    out = BytesIO()
    Image.new("RGB", (900, 1200), "navy").save(out, "JPEG", xmp=XMP)
    made, taken = out.getvalue(), flat("navy")
    assert marked(thumbnail(made, 320))
    assert marked(contact_sheet([(taken, "1"), (made, "2"), (None, "3")]))
    assert not marked(thumbnail(taken, 320))
    assert not marked(contact_sheet([(taken, "1"), (None, "2")]))
