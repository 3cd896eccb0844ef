"""Text, drawings and plain colours show nobody, and no light is at fault; in photos it may be."""

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from core.avatars.photos.inspection.inspector import Inspector
from core.avatars.photos.inspection.verdict import Purpose
from core.avatars.photos.inspection.weighing import reconsidered
from core.services.faces import YuNet
from tests.photographs import (
    ASTRONAUT,
    CAT,
    COFFEE,
    FACE,
    ROCKET,
    encoded,
    jpeg,
    lit,
    photograph,
    selfie,
)

INSPECTOR = Inspector(YuNet())
PORTRAIT, STYLE = Purpose(), Purpose("style", "style")
INKS = [
    ("white", "black"),
    ("#fafafa", "#333333"),
    ("white", "#bbbbbb"),
    ("#ffffe0", "#8888aa"),
    ("#f5f5f5", "#e08080"),
    ("black", "white"),
    ("#1e1e1e", "#d4d4d4"),
    ("#222222", "#777777"),
    ("#111111", "#336633"),
]


def reason(picture: Image.Image | bytes, purpose: Purpose = PORTRAIT) -> str | None:
    data = picture if isinstance(picture, bytes) else jpeg(picture)
    return INSPECTOR.inspect(data, purpose).reason


def page_of_text(page: str, ink: str, rows: int) -> Image.Image:
    """A screenshot of a letter, as a phone makes it."""
    picture = Image.new("RGB", (1080, 1920), page)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=34)
    for row in range(rows):
        draw.text((40, 60 + 60 * row), "Dear diary, this is no photo " * 2, fill=ink, font=font)
    return picture


def chat(wall: str, mine: str, theirs: str, ink: str) -> Image.Image:
    """A screenshot of a conversation, in a messenger's colours."""
    picture = Image.new("RGB", (1080, 1920), wall)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=34)
    for row in range(4):
        left, top = (40, 300)[row % 2], 120 + 200 * row
        box = (left, top, left + 700, top + 150)
        draw.rounded_rectangle(box, 24, fill=(mine, theirs)[row % 2])
        for line in (18, 74):
            draw.text((left + 24, top + line), f"See you at {row} there?", fill=ink, font=font)
    return picture


def table(page: str, lines: str, ink: str) -> Image.Image:
    """A sheet of numbers between lines that reach the picture's border."""
    picture = Image.new("RGB", (1600, 900), page)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(18)
    for left in range(0, 1600, 100):
        draw.line((left, 0, left, 900), fill=lines)
    for top in range(0, 900, 30):
        draw.line((0, top, 1600, top), fill=lines)
        draw.text((10, top + 5), f"{top} 3.14 row", fill=ink, font=font)
    return picture


def fogged(picture: Image.Image, fog: str, share: float) -> Image.Image:
    return Image.blend(picture, Image.new("RGB", picture.size, fog), share)


def before_a_wall(wall: str) -> Image.Image:
    """The astronaut's head, cut out, in a studio."""
    left, top, width, height = FACE
    box = (left - 40, top - 50, left + width + 40, top + height + 20)
    head = photograph(ASTRONAUT).crop(box).resize((510, 540), Image.Resampling.BICUBIC)
    mask = Image.new("L", head.size)
    ImageDraw.Draw(mask).ellipse((20, 0, 490, 540), fill=255)
    picture = Image.new("RGB", (900, 1200), wall)
    picture.paste(head, (195, 300), mask)
    return picture


@pytest.mark.parametrize(("page", "ink"), INKS)
@pytest.mark.parametrize("rows", [3, 12, 28])
def test_a_page_of_text_shows_no_face_whatever_its_colours(page: str, ink: str, rows: int) -> None:
    picture = page_of_text(page, ink, rows)
    for data in (jpeg(picture, 80), encoded(picture, "PNG")):
        assert reason(data) == "no_face"
        assert reason(data, STYLE) is None


def test_the_page_of_a_style_shows_no_face_once_it_is_to_be_a_portrait() -> None:
    seen = INSPECTOR.inspect(jpeg(page_of_text("white", "black", 12)), STYLE)
    assert seen.width is not None
    assert seen.height is not None
    kept = json.loads(json.dumps(seen.metadata))
    again = reconsidered(kept, (seen.width, seen.height), seen.has_face, PORTRAIT)
    assert again is not None
    assert again[0] == "no_face"


@pytest.mark.parametrize("width", [1440, 1080, 720])
@pytest.mark.parametrize(("page", "ink"), INKS[::3])
def test_a_page_of_text_is_known_at_every_size(page: str, ink: str, width: int) -> None:
    picture = page_of_text(page, ink, 12)
    smaller = picture.resize((width, width * 16 // 9), Image.Resampling.LANCZOS)
    assert reason(jpeg(smaller, 80)) == "no_face"


@pytest.mark.parametrize(("page", "ink"), INKS)
@pytest.mark.parametrize("size", [120, 260])
def test_a_few_large_words_show_no_face(page: str, ink: str, size: int) -> None:
    picture = Image.new("RGB", (1080, 1080), page)
    font = ImageFont.load_default(size=size)
    ImageDraw.Draw(picture).text((90, 300), "Good day", fill=ink, font=font)
    for data in (jpeg(picture, 80), encoded(picture, "PNG")):
        assert reason(data) == "no_face"


@pytest.mark.parametrize(
    "colours",
    [
        ("white", "#dcf8c6", "#f0f0f0", "#111111"),
        ("white", "#f4f8ff", "#f7f7f7", "#9999aa"),
        ("#0e1621", "#2b5278", "#182533", "white"),
        ("black", "#1f3a93", "#222222", "#eeeeee"),
    ],
)
def test_a_chat_shows_no_face_by_day_and_by_night(colours: tuple[str, str, str, str]) -> None:
    for data in (jpeg(chat(*colours), 80), encoded(chat(*colours), "PNG")):
        assert reason(data) == "no_face"


@pytest.mark.parametrize(
    "colours",
    [("white", "#cccccc", "#333333"), ("#fafafa", "#bbbbbb", "black"), ("#202020", "#555", "#ddd")],
)
def test_a_table_shows_no_face(colours: tuple[str, str, str]) -> None:
    for data in (jpeg(table(*colours)), encoded(table(*colours), "PNG")):
        assert reason(data) == "no_face"


@pytest.mark.parametrize("ink", ["black", "#aaaaaa"])
def test_a_drawing_on_white_paper_shows_no_face(ink: str) -> None:
    picture = Image.new("RGB", (1000, 1000), "white")
    ImageDraw.Draw(picture).ellipse((200, 200, 800, 800), outline=ink, width=6)
    assert reason(picture) == "no_face"


@pytest.mark.parametrize("colour", ["red", "#808080", "#f0f0f0", "#ffcc88", "#303030"])
def test_one_plain_colour_shows_no_face(colour: str) -> None:
    assert reason(Image.new("RGB", (1000, 1000), colour)) == "no_face"


@pytest.mark.parametrize(
    ("colour", "told"), [("black", "too_dark"), ("navy", "too_dark"), ("white", "too_bright")]
)
def test_of_black_and_white_alone_the_light_is_told(colour: str, told: str) -> None:
    assert reason(Image.new("RGB", (1000, 1000), colour)) == told


@pytest.mark.parametrize("name", [CAT, COFFEE, ROCKET])
@pytest.mark.parametrize("gain", [6, 10])
def test_a_photo_in_which_light_hides_everything_is_still_too_bright(
    name: str, gain: float
) -> None:
    picture = photograph(name)
    larger = picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.BICUBIC)
    assert reason(lit(larger, gain)) == "too_bright"


@pytest.mark.parametrize("fog", ["white", "#ebebeb", "#c8c8c8", "#141414"])
@pytest.mark.parametrize("share", [0.9, 0.95, 0.98])
def test_of_a_portrait_that_is_lost_in_fog_the_light_is_told(fog: str, share: float) -> None:
    """Also before a plain wall, which fog makes as even as paper."""
    people = (photograph(ASTRONAUT), selfie(0.6), *map(before_a_wall, ("white", "#777", "black")))
    for person in people:
        assert reason(fogged(person, fog, share)) in (None, "too_bright", "too_dark")


@pytest.mark.parametrize("levels", [(120, 160), (0, 3), (250, 255)])
def test_noise_is_no_drawing(levels: tuple[int, int]) -> None:
    """What a camera sees through its cap, or in the sun."""
    grain = np.random.default_rng(1).integers(*levels, (900, 900), np.uint8, endpoint=True)
    assert reason(Image.fromarray(grain)) in ("too_bright", "too_dark", "no_face")
