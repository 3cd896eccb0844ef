"""A photo that a second look finds indecent is refused, and nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image

from core.avatars.photos.inspection.conversion import Converter
from core.avatars.photos.inspection.inspector import Inspector
from core.avatars.photos.inspection.verdict import OVERRULABLE, Purpose
from core.services.faces import YuNet
from tests.photographs import ASTRONAUT, encoded, jpeg, photograph
from tests.pictures_for_tests import exif

PORTRAIT = photograph(ASTRONAUT)
SIZE = (400, 300)
SMALL = PORTRAIT.resize(SIZE)


class Look:
    """Finds everything indecent, or nothing, and remembers what it was shown."""

    def __init__(self, indecent: bool) -> None:
        self.indecent = indecent
        self.shown: list[Image.Image] = []

    def __call__(self, picture: Image.Image) -> bool:
        self.shown.append(picture)
        return self.indecent


def inspector(look: Callable[[Image.Image], bool]) -> Inspector:
    return Inspector(YuNet(), converter=Converter(), unsafe=look)


@pytest.mark.parametrize("overruled", [False, True])
@pytest.mark.parametrize("kind", ["portrait", "style"])
@pytest.mark.parametrize(
    "data",
    [jpeg(PORTRAIT), jpeg(SMALL), encoded(PORTRAIT, "WEBP"), jpeg(PORTRAIT, exif=exif(6))],
    ids=["a photo", "too small", "another format", "turned"],
)
def test_what_is_indecent_is_refused_without_a_trace(
    data: bytes, kind: str, overruled: bool
) -> None:
    verdict = inspector(Look(True)).inspect(data, Purpose(kind, "character", overruled))
    assert (verdict.status, verdict.reason, verdict.data) == ("invalid", "indecent", None)
    assert verdict.metadata == {}, "no fingerprint, face or score"
    assert verdict.reason not in OVERRULABLE


def test_what_is_decent_is_judged_as_ever() -> None:
    data, small = jpeg(PORTRAIT), jpeg(SMALL)
    with_a_look, without = inspector(Look(False)), Inspector(YuNet())
    assert with_a_look.inspect(data) == without.inspect(data)
    assert with_a_look.inspect(small) == without.inspect(small)


def test_the_look_is_at_the_upright_picture_in_colour() -> None:
    look = Look(False)
    inspector(look).inspect(jpeg(PORTRAIT.resize((600, 900)).convert("L"), exif=exif(6)))
    (shown,) = look.shown
    assert shown.mode == "RGB"
    assert shown.width > shown.height


def test_nothing_is_looked_at_where_nothing_could_be_stored() -> None:
    look = Look(True)
    assert inspector(look).inspect(b"no picture").reason == "not_a_picture"
    assert look.shown == []
