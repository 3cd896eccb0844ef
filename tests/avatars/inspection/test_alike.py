"""The same picture is known again; another one of the same person is not taken for it."""

import json
from collections.abc import Callable
from itertools import combinations

import pytest
from PIL import Image, ImageEnhance, ImageOps

from core.avatars.photos.inspection.alike import (
    ALIKE,
    SAME,
    Fingerprint,
    distance,
    find_same,
    lacks_variety,
    largest_group,
    looks_alike,
    same_picture,
)
from core.avatars.photos.inspection.pixels import fingerprint
from core.services.drawings.people import Look, person
from tests.photographs import (
    ASTRONAUT,
    CAT,
    COFFEE,
    LEFT_EYE,
    RIGHT_EYE,
    ROCKET,
    photograph,
    selfie,
    sent_on,
)
from tests.pictures_for_tests import scene

NAMES = [ASTRONAUT, CAT, COFFEE, ROCKET, LEFT_EYE]


def cropped(
    picture: Image.Image, left: float, top: float, right: float, bottom: float
) -> Image.Image:
    width, height = picture.size
    return picture.crop(
        (round(left * width), round(top * height), round(right * width), round(bottom * height))
    )


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "sent on": sent_on,
    "mirrored": ImageOps.mirror,
    "mirrored and sent on": lambda picture: sent_on(ImageOps.mirror(picture)),
    "half its size": lambda picture: picture.resize([v // 2 for v in picture.size]),
    "three times its size": lambda picture: picture.resize([v * 3 for v in picture.size]),
    "stretched": lambda picture: picture.resize((picture.width, picture.height * 9 // 10)),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.7),
    "with contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(1.25),
    "grey": lambda picture: picture.convert("L"),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_is_the_same_picture(name: str, copy: str) -> None:
    original = photograph(name)
    one, other = fingerprint(original), fingerprint(COPIES[copy](original))
    assert same_picture(one, other)
    assert same_picture(other, one)


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_whose_lights_are_burnt_out_looks_alike_at_least(name: str) -> None:
    lighter = ImageEnhance.Brightness(photograph(name)).enhance(1.25)
    assert looks_alike(fingerprint(photograph(name)), fingerprint(lighter))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("angle", [1, 2, -2])
def test_a_slightly_turned_copy_looks_alike(name: str, angle: float) -> None:
    turned = photograph(name).rotate(angle, Image.Resampling.BICUBIC)
    assert looks_alike(fingerprint(photograph(name)), fingerprint(turned))


def test_two_frames_of_one_scene_look_alike_but_are_not_the_same() -> None:
    left, right = (fingerprint(photograph(name)) for name in (LEFT_EYE, RIGHT_EYE))
    assert not same_picture(left, right)
    assert looks_alike(left, right)


def still(look: Look, x: int = 640, y: int = 420) -> Image.Image:
    """Somebody in a room, before a camera that doesn't move."""
    room = photograph(COFFEE).resize((1280, 960), Image.Resampling.BICUBIC)
    person(room, look, x, y, head=170)
    return room


FRAMES = {
    "20 pixels aside": still(Look(), x=660),
    "40 pixels aside": still(Look(), x=600),
    "20 pixels lower": still(Look(), y=440),
    "a smile": still(Look(smile=1.0)),
    "a straight face": still(Look(smile=0.1)),
    "a glance to the side": still(Look(turn=0.12)),
    "mirrored, and a smile": ImageOps.mirror(still(Look(smile=1.0))),
}


@pytest.mark.parametrize("frame", FRAMES)
def test_another_frame_of_a_camera_that_stands_still_is_not_the_same(frame: str) -> None:
    one, other = fingerprint(still(Look())), fingerprint(FRAMES[frame])
    assert distance(one, other) <= SAME, "told apart too easily to show anything"
    assert not same_picture(one, other)
    assert not same_picture(other, one)
    assert looks_alike(one, other)
    copy = fingerprint(sent_on(FRAMES[frame]))
    assert same_picture(other, copy)
    assert not same_picture(one, copy)


@pytest.mark.parametrize("name", NAMES)
def test_different_parts_of_one_picture_are_different_photos(name: str) -> None:
    whole = photograph(name)
    parts = [
        whole,
        cropped(whole, 0, 0, 0.75, 1),
        cropped(whole, 0.25, 0, 1, 1),
        cropped(whole, 0, 0, 1, 0.7),
        cropped(whole, 0.1, 0.1, 0.9, 0.9),
    ]
    for one, other in combinations([fingerprint(part) for part in parts], 2):
        assert not same_picture(one, other)


def test_selfies_nearer_and_farther_are_different_photos() -> None:
    prints = [fingerprint(selfie(fill)) for fill in (0.5, 0.7, 0.9)]
    for one, other in combinations(prints, 2):
        assert not same_picture(one, other)


def test_different_scenes_are_far_apart() -> None:
    prints = [fingerprint(photograph(name)) for name in NAMES]
    prints += [fingerprint(scene(n)) for n in range(12)]
    assert all(distance(one, other) > ALIKE for one, other in combinations(prints, 2))


def test_a_fingerprint_survives_being_kept() -> None:
    one = fingerprint(photograph(ASTRONAUT))
    assert Fingerprint.of_kept(json.loads(json.dumps(one.kept))) == one


WRONG: list[object] = [
    *(None, "x", [], {}, {"rough": "12"}),
    dict.fromkeys(("rough", "mirrored", "difference", "small"), "zz"),
    {**dict.fromkeys(("rough", "mirrored", "difference"), "12"), "small": "AAAA"},
]


@pytest.mark.parametrize("kept", WRONG)
def test_what_an_older_version_kept_counts_as_nothing(kept: object) -> None:
    assert Fingerprint.of_kept(kept) is None


def test_the_photo_that_is_repeated_is_named() -> None:
    known = {name: fingerprint(photograph(name)) for name in NAMES}
    assert find_same(fingerprint(sent_on(photograph(COFFEE))), known) == COFFEE
    assert find_same(fingerprint(scene(1)), known) is None


def test_a_set_is_told_how_many_of_it_look_alike() -> None:
    turned = {f"turned {angle}": photograph(CAT).rotate(angle) for angle in (0, 1, 2)}
    photos = turned | {name: photograph(name) for name in (ASTRONAUT, COFFEE)}
    group = largest_group({name: fingerprint(photo) for name, photo in photos.items()})
    assert group == tuple(turned)
    assert largest_group({"one": fingerprint(photograph(CAT))}) == ()


@pytest.mark.parametrize(
    ("alike", "total", "said"), [(8, 10, True), (5, 10, True), (4, 10, False), (2, 3, False)]
)
def test_half_of_a_set_must_look_alike_before_it_is_said(
    alike: int, total: int, said: bool
) -> None:
    assert lacks_variety(alike, total) is said
