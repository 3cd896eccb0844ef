"""What was painted is looked at before anybody sees it: decoded, marked, compared with photos."""

from __future__ import annotations

from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageOps

from core.services.darkroom import Darkroom
from core.services.fal.simulation.results import PAGE
from core.services.likeness import FaceTools
from core.services.made_by_ai import XMP, marked
from tests.photographs import ASTRONAUT, CAT, encoded, jpeg, lit, photograph, selfie

BLIND = Darkroom(None, None)
SEEING = Darkroom(FaceTools(), None)
ME = photograph(ASTRONAUT)
IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_picture_is_kept_as_a_jpeg_that_says_by_what_it_was_made(format: str) -> None:
    finished = BLIND.finish(encoded(ME, format))
    assert finished is not None
    kept = Image.open(BytesIO(finished.data))
    assert (kept.format, kept.size) == ("JPEG", ME.size)
    assert (finished.width, finished.height) == ME.size
    assert marked(finished.data)
    assert not marked(encoded(ME, format))


def test_the_mark_can_be_read_by_others_and_is_there_once() -> None:
    finished = BLIND.finish(jpeg(ME, xmp=XMP))
    assert finished is not None
    written = Image.open(BytesIO(finished.data)).info["xmp"].decode("utf-8-sig")
    assert written.count("trainedAlgorithmicMedia") == 1
    (said,) = ElementTree.fromstring(written).iter(f"{IPTC}DigitalSourceType")
    assert str(next(iter(said.attrib.values()))).endswith("/trainedAlgorithmicMedia")


@pytest.mark.parametrize(
    "data",
    [b"", PAGE, jpeg(ME)[:2000], jpeg(ME)[: len(jpeg(ME)) // 8], b"\xff\xd8\xff" + b"\0" * 100],
    ids=["nothing", "a page", "its beginning", "an eighth", "no content"],
)
def test_what_can_not_be_decoded_is_no_picture(data: bytes) -> None:
    assert BLIND.finish(data) is None


@pytest.mark.parametrize("level", [0, 3])
def test_a_black_picture_is_none(level: int) -> None:
    assert BLIND.finish(jpeg(Image.new("RGB", (864, 1152), (level,) * 3))) is None


def test_a_dark_picture_is_one() -> None:
    assert BLIND.finish(jpeg(lit(ME, 0.1))) is not None


def test_only_a_second_look_finds_anything_indecent() -> None:
    data = jpeg(ME)
    assert not BLIND.indecent(data)
    assert Darkroom(None, lambda given: given.size == ME.size).indecent(data)
    assert not Darkroom(None, lambda given: given.size != ME.size).indecent(data)


def test_the_person_themselves_is_likest() -> None:
    photos = [jpeg(selfie(0.5)), jpeg(lit(ME, 0.7))]
    pictures = [jpeg(ImageOps.invert(ME)), jpeg(ImageOps.mirror(ME)), jpeg(photograph(CAT))]
    other, mirrored, cat = SEEING.likeness(pictures, photos)
    assert mirrored is not None
    assert mirrored > 0.6
    assert other is None or other < mirrored
    assert cat is None, "nobody is in it"


def test_what_can_not_be_compared_is_not_measured() -> None:
    mine, cats = [jpeg(ME)], [jpeg(photograph(CAT)), b"no photo"]
    assert SEEING.likeness(mine, cats) == (None,)
    assert SEEING.likeness(mine, []) == (None,)
    assert SEEING.likeness([b"no picture", *mine], mine) == (None, 1.0)
    assert BLIND.likeness(mine, mine) == (None,)
