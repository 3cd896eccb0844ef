"""A face that the frame cuts off, and sets in which every face is from the front."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from PIL import Image

from core.avatars.photos.inspection.faces import pose
from core.avatars.photos.inspection.faces.face_port import Face
from core.avatars.photos.inspection.inspector import Inspector
from core.avatars.photos.inspection.verdict import Purpose, Verdict
from core.avatars.photos.inspection.weighing import reconsidered
from core.services.faces import YuNet
from tests.photographs import ASTRONAUT, FACE, far_away, jpeg, photograph

INSPECTOR = Inspector(YuNet())
PORTRAIT, CHARACTER, STYLE = Purpose(), Purpose("style", "character"), Purpose("style", "style")
SIZE = (600, 800)
STANDING = Face(0.9, 200, 200, 200, 260, marks=(250, 300, 350, 300, 300, 350, 260, 400, 340, 400))


def moved(face: Face, across: float = 0, down: float = 0, turn: float = 0) -> Face:
    """The same face elsewhere, its nose so many pixels more to the right."""
    marks = [mark + (down if place % 2 else across) for place, mark in enumerate(face.marks)]
    marks[4] += turn
    return replace(face, left=face.left + across, top=face.top + down, marks=tuple(marks))


def tilted(face: Face, degrees: float) -> Face:
    """The head leant to a side, around the nose."""
    x, y = face.marks[4:6]
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    marks: list[float] = []
    for across, down in zip(face.marks[::2], face.marks[1::2], strict=True):
        marks += (
            x + cos * (across - x) - sin * (down - y),
            y + sin * (across - x) + cos * (down - y),
        )
    return replace(face, marks=tuple(marks))


def cropped(left: float, top: float, right: float, bottom: float) -> Image.Image:
    """The astronaut, with so much around the face, in shares of its width and height."""
    x, y, width, height = FACE
    box = (x - left * width, y - top * height, x + (1 + right) * width, y + (1 + bottom) * height)
    x, y, right_end, bottom_end = map(round, box)
    part = photograph(ASTRONAUT).crop((x, y, right_end, bottom_end))
    factor = 900 / min(part.size)
    return part.resize((round(part.width * factor), round(part.height * factor)))


def inspect(picture: Image.Image, purpose: Purpose = PORTRAIT) -> Verdict:
    return INSPECTOR.inspect(jpeg(picture), purpose)


CUT = {
    "forehead": (0.5, -0.2, 0.5, 0.6),
    "chin": (0.5, 0.5, 0.5, -0.2),
    "cheek": (-0.25, 0.5, 0.8, 0.5),
}


@pytest.mark.parametrize("part", CUT)
@pytest.mark.parametrize("purpose", [PORTRAIT, CHARACTER], ids=["portrait", "character"])
def test_a_face_that_the_frame_cuts_off_is_accepted_with_advice(
    part: str, purpose: Purpose
) -> None:
    verdict = inspect(cropped(*CUT[part]), purpose)
    assert (verdict.status, "face_cut" in verdict.advice) == ("valid", True)


@pytest.mark.parametrize(
    "picture",
    [cropped(0.5, 0.4, 0.5, 0.4), photograph(ASTRONAUT), far_away(0.3)],
    ids=["head", "head and shoulders", "half-length"],
)
def test_a_head_that_is_seen_whole_needs_no_such_advice(picture: Image.Image) -> None:
    assert "face_cut" not in inspect(picture).advice


def test_how_a_style_cuts_faces_off_is_its_makers_business() -> None:
    assert "face_cut" not in inspect(cropped(*CUT["forehead"]), STYLE).advice


def test_it_is_remembered_for_another_training_type() -> None:
    seen = inspect(cropped(*CUT["forehead"]), STYLE)
    assert seen.width is not None
    assert seen.height is not None
    again = reconsidered(seen.metadata, (seen.width, seen.height), seen.has_face, PORTRAIT)
    assert again is not None
    assert "face_cut" in again[1]


def test_what_was_looked_at_before_poses_were_kept_is_judged_without() -> None:
    seen = inspect(cropped(*CUT["forehead"]))
    kept = {key: value for key, value in seen.metadata.items() if key != "pose"}
    again = reconsidered(kept, (900, 900), True, PORTRAIT)
    assert again is not None
    assert "face_cut" not in again[1]


@pytest.mark.parametrize(
    ("face", "cut"),
    [
        (STANDING, False),
        (moved(STANDING, down=-190), False),
        (moved(STANDING, down=-210), True),
        (moved(STANDING, down=330), False),
        (moved(STANDING, down=350), True),
        (moved(STANDING, across=-210), False),
        (moved(STANDING, across=-230), True),
        (moved(STANDING, across=230), True),
        (tilted(moved(STANDING, down=-190), 45), False),
        (tilted(moved(STANDING, across=-215), -80), True),
    ],
)
def test_forehead_chin_and_temples_are_where_the_head_leans(face: Face, cut: bool) -> None:
    found = pose.of((face,), SIZE)
    assert found is not None
    assert found.cut is cut


@pytest.mark.parametrize(("pixels", "turn"), [(0, 0), (30, 0.3), (-30, -0.3)])
@pytest.mark.parametrize("lean", [0, 20, -20])
def test_the_turn_is_that_of_the_nose_however_the_head_leans(
    pixels: float, turn: float, lean: float
) -> None:
    found = pose.of((tilted(moved(STANDING, turn=pixels), lean),), SIZE)
    assert found is not None
    assert found.turn == pytest.approx(turn, abs=0.01)


@pytest.mark.parametrize(
    "faces",
    [
        (),
        (replace(STANDING, score=0.7),),
        (replace(STANDING, marks=()),),
        (replace(STANDING, marks=(300.0, 300.0) * 5),),
    ],
    ids=["no face", "not sure", "no marks", "one point"],
)
def test_nothing_is_said_of_what_is_not_known(faces: tuple[Face, ...]) -> None:
    assert pose.of(faces, SIZE) is None


@pytest.mark.parametrize(
    ("turns", "frontal"),
    [
        ([0.0] * 6, True),
        ([0.0] * 5, False),
        ([0.0] * 9 + [0.3], False),
        ([0.0] * 9 + [-0.3], False),
        ([0.1] * 10, True),
        ([0.0] * 46 + [0.3] * 4, True),
        ([0.0] * 45 + [0.3] * 5, False),
        ([], False),
    ],
)
def test_a_set_is_from_the_front_where_hardly_a_face_is_turned(
    turns: list[float], frontal: bool
) -> None:
    assert pose.frontal(turns) is frontal
