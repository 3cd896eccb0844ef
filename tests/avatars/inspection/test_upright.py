"""A person who lies on their side in the file stands in what is stored, and stays standing."""

import json
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageStat

from core.avatars.photos.inspection.faces import upright
from core.avatars.photos.inspection.inspector import Inspector
from core.avatars.photos.inspection.picture_files.picture_file import further_turned
from core.avatars.photos.inspection.verdict import Known, Purpose, Verdict
from core.services.faces import YuNet
from tests.photographs import (
    ASTRONAUT,
    COFFEE,
    encoded,
    far_away,
    jpeg,
    large,
    lit,
    pair,
    photograph,
    selfie,
)
from tests.pictures_for_tests import exif, lying

FINDER = YuNet()
INSPECTOR = Inspector(FINDER)
PORTRAIT, CHARACTER, STYLE = Purpose(), Purpose("style", "character"), Purpose("style", "style")
PEOPLE: dict[str, Callable[[], Image.Image]] = {
    "head and shoulders": lambda: photograph(ASTRONAUT),
    "near": lambda: selfie(0.6, 0.75),
    "aside": lambda: selfie(0.7, 1.33, 0.15),
    "wide": lambda: far_away(0.4),
    "farther": lambda: far_away(0.25),
}
QUARTERS = {
    1: Image.Transpose.ROTATE_90,
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_270,
}


def stored(verdict: Verdict) -> Image.Image:
    assert verdict.data is not None
    with Image.open(BytesIO(verdict.data)) as picture:
        picture.load()
    return picture


def near(one: Image.Image, other: Image.Image) -> bool:
    small = [picture.convert("RGB").resize((64, 64)) for picture in (one, other)]
    return max(ImageStat.Stat(ImageChops.difference(*small)).mean) < 8


@pytest.mark.parametrize("quarters", QUARTERS)
@pytest.mark.parametrize("person", PEOPLE)
def test_a_person_who_lies_is_stored_standing(person: str, quarters: int) -> None:
    standing = PEOPLE[person]()
    verdict = INSPECTOR.inspect(jpeg(standing.transpose(QUARTERS[quarters])), PORTRAIT)
    assert (verdict.status, verdict.has_face) == ("valid", True)
    assert "maybe_no_face" not in verdict.advice
    assert (verdict.width, verdict.height) == standing.size
    assert stored(verdict).size == standing.size
    assert near(stored(verdict), standing)


@pytest.mark.parametrize("person", PEOPLE)
def test_a_person_who_stands_is_left_as_they_are(person: str) -> None:
    data = jpeg(PEOPLE[person]())
    verdict = INSPECTOR.inspect(data, PORTRAIT)
    assert verdict.metadata["re_encoded"] is False


@pytest.mark.parametrize("gain", [0.15, 0.3, 2.0])
@pytest.mark.parametrize("tilt", [-25, -10, 10, 25])
def test_poor_light_and_a_tilted_head_turn_nothing(gain: float, tilt: int) -> None:
    tilted = photograph(ASTRONAUT).rotate(tilt, Image.Resampling.BICUBIC, fillcolor="grey")
    rgb = np.asarray(lit(tilted, gain))
    assert upright.quarters(FINDER, rgb, FINDER.find(rgb)) == 0


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_camera_that_was_wrong_about_the_way_up_is_put_right(
    format: str, orientation: int
) -> None:
    wrong = selfie(0.6, 0.75).transpose(Image.Transpose.ROTATE_90)
    data = encoded(lying(wrong, orientation), format, exif=exif(orientation))
    verdict = INSPECTOR.inspect(data, PORTRAIT)
    assert near(stored(verdict), selfie(0.6, 0.75))
    assert not stored(verdict).getexif()


def test_what_is_remembered_of_its_face_is_of_the_standing_picture() -> None:
    pictures = far_away(0.4), far_away(0.4).transpose(QUARTERS[1])
    seen = [json.loads(json.dumps(INSPECTOR.inspect(jpeg(p), PORTRAIT).metadata)) for p in pictures]
    (one,), (other,) = (metadata["faces"] for metadata in seen)
    for side in ("left", "top", "width", "height"):
        assert one[side] == pytest.approx(other[side], abs=0.03)


def test_the_same_photo_lying_and_standing_is_the_same_picture() -> None:
    first = INSPECTOR.inspect(jpeg(far_away(0.4)), PORTRAIT)
    known = {"1": Known.of(first.file_hash, first.metadata)}
    again = INSPECTOR.inspect(jpeg(far_away(0.4).transpose(QUARTERS[3])), PORTRAIT, known)
    assert (again.status, again.duplicate_of) == ("duplicate", "1")


def test_of_twelve_megapixels_that_lie_enough_is_stored() -> None:
    with Image.open(BytesIO(large())) as camera:
        data = jpeg(camera.transpose(QUARTERS[1]))
    verdict = INSPECTOR.inspect(data, PORTRAIT)
    assert (verdict.width, verdict.height) == (4000, 3000)
    assert 1024 <= min(stored(verdict).size) < 2048


@pytest.mark.parametrize("picture", [lambda: photograph(COFFEE), lambda: pair(1.0)])
def test_a_thing_and_a_style_lie_as_their_maker_wants(picture: Callable[[], Image.Image]) -> None:
    data = jpeg(picture().resize((1024, 768)).transpose(QUARTERS[1]))
    verdict = INSPECTOR.inspect(data, STYLE)
    assert (verdict.width, verdict.height) == (768, 1024)
    assert verdict.metadata["re_encoded"] is False


def test_a_person_trained_as_a_style_stands_as_well() -> None:
    verdict = INSPECTOR.inspect(jpeg(far_away(0.4).transpose(QUARTERS[1])), CHARACTER)
    assert (verdict.width, verdict.height) == far_away(0.4).size


@pytest.mark.parametrize("orientation", range(1, 9))
def test_four_quarters_more_are_none_and_each_lies_elsewhere(orientation: int) -> None:
    ways = [further_turned(orientation, quarters) for quarters in range(4)]
    assert len(set(ways)) == 4
    assert further_turned(ways[1], 3) == orientation
