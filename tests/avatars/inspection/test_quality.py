"""How good a photo is: its sharpness, light and framing, and the remarks on them."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from core.avatars.photos.inspection import pixels, quality
from core.avatars.photos.inspection.faces.face_port import Face
from core.avatars.photos.inspection.quality import Measures
from tests.photographs import ASTRONAUT, CAT, FACE, lit, photograph

ASTRONAUTS = Face(0.94, *FACE)


def measured(picture: Image.Image, face: Face | None = ASTRONAUTS) -> Measures:
    return pixels.measure(picture.convert("L"), face)


def blurred(radius: float) -> Image.Image:
    return photograph(ASTRONAUT).filter(ImageFilter.GaussianBlur(radius))


def smaller(scale: float) -> tuple[Image.Image, Face]:
    side = round(512 * scale)
    picture = photograph(ASTRONAUT).resize((side, side), Image.Resampling.LANCZOS)
    return picture, Face(0.9, *(value * scale for value in FACE))


def like(**changes: float) -> Measures:
    good = {"sharpness": 0.3, "mean": 130, "spread": 50, "black": 0, "white": 0, "height": 300}
    return Measures(**(good | changes))


def test_a_good_photo_draws_no_remark() -> None:
    found = measured(photograph(ASTRONAUT))
    assert quality.refusal(found) is None
    assert quality.advice(found) == ()
    assert found.sharpness == pytest.approx(quality.SHARP, abs=0.1)


def test_the_more_blur_the_less_sharpness() -> None:
    ladder = [measured(blurred(radius)).sharpness for radius in (0, 0.5, 1, 2, 4, 8)]
    assert ladder == sorted(ladder, reverse=True)
    assert len(set(ladder)) == len(ladder)


@pytest.mark.parametrize(
    ("radius", "refused", "advised"),
    [(0, None, ()), (1, None, ("blurred",)), (2, "too_blurred", ("blurred",))],
)
def test_blur_is_remarked_on_before_it_is_refused(
    radius: float, refused: str | None, advised: tuple[str, ...]
) -> None:
    found = measured(blurred(radius))
    assert (quality.refusal(found), quality.advice(found)) == (refused, advised)


@pytest.mark.parametrize("scale", [0.25, 0.4, 0.6, 0.8])
def test_a_small_face_is_not_taken_for_a_blurred_one(scale: float) -> None:
    assert quality.advice(measured(*smaller(scale))) == ()


def test_a_blurred_small_face_is() -> None:
    picture, face = smaller(0.5)
    hazy = picture.filter(ImageFilter.GaussianBlur(1.5))
    assert quality.refusal(measured(hazy, face)) == "too_blurred"


def test_noise_does_not_pass_for_sharpness() -> None:
    grain = np.random.default_rng(1).normal(0, 3, (2048, 2048))
    soft = np.asarray(blurred(3).convert("L").resize((2048, 2048)), np.float64)
    noisy = Image.fromarray((soft + grain).clip(0, 255).astype(np.uint8))
    face = Face(0.9, *(value * 4 for value in FACE))
    assert quality.refusal(measured(noisy, face)) == "too_blurred"


@pytest.mark.parametrize(
    ("gain", "refused", "advised"),
    [
        (0.1, "too_dark", "dark"),
        (0.3, None, "dark"),
        (0.6, None, None),
        (1.2, None, None),
        (1.35, None, "bright"),
        (2.5, "too_bright", "bright"),
    ],
)
def test_light_is_remarked_on_before_it_is_refused(
    gain: float, refused: str | None, advised: str | None
) -> None:
    found = measured(lit(photograph(ASTRONAUT), gain))
    assert quality.refusal(found) == refused
    assert quality.advice(found) == ((advised,) if advised else ())


def test_dark_skin_in_good_light_is_not_dark() -> None:
    assert quality.advice(like(mean=91)) == ()
    assert quality.refusal(like(mean=40)) is None


@pytest.mark.parametrize(("mean", "refused"), [(250, "too_bright"), (60, "too_dark")])
def test_where_nothing_is_to_be_seen_the_light_says_why(mean: float, refused: str) -> None:
    assert quality.refusal(like(mean=mean, spread=3)) == refused


def test_a_picture_without_a_face_is_measured_whole() -> None:
    found = measured(photograph(CAT), None)
    assert quality.refusal(found) is None
    assert found.height == photograph(CAT).height


@pytest.mark.parametrize(
    ("second", "height", "codes"),
    [
        (0.1, 100, ()),
        (0.3, 100, ("several_faces",)),
        (0.1, 39, ("face_small",)),
        (0.3, 39, ("several_faces", "face_small")),
    ],
)
def test_what_is_in_the_frame_is_remarked_on(
    second: float, height: float, codes: tuple[str, ...]
) -> None:
    side = second**0.5
    faces = (Face(0.9, 0, 0, 80, height), Face(0.9, 200, 0, 80 * side, height * side))
    assert quality.framing(faces, (900, 500)) == codes


def test_the_score_is_one_for_the_best_and_none_for_the_worst() -> None:
    assert quality.score(like()) == 1
    assert quality.score(like(sharpness=0.02)) == 0
    assert quality.score(like(mean=20)) == 0
    assert quality.score(like(height=30)) == 0


@pytest.mark.parametrize(
    "worse",
    [
        {"sharpness": 0.06},
        {"mean": 60},
        {"mean": 225},
        {"white": 0.3},
        {"spread": 20},
        {"height": 90},
    ],
)
def test_whatever_is_worse_lowers_the_score(worse: dict[str, float]) -> None:
    assert 0 < quality.score(like(**worse)) < 1


def test_a_face_that_hangs_over_the_edge_is_measured_as_far_as_it_is_seen() -> None:
    over = Face(0.9, -60, -70, 200, 250)
    outside = Face(0.9, 600, 600, 50, 50)
    for face in (over, outside):
        assert 0 <= quality.score(measured(photograph(ASTRONAUT), face)) <= 1
