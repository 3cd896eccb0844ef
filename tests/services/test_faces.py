"""Where there is a face it is found, however large, and elsewhere none is claimed."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.avatars.photos.inspection.faces.face_port import POSSIBLE, SURE, Face
from core.base.errors import ConfigurationError
from core.services import faces as service
from core.services.faces import YuNet
from tests.photographs import (
    ASTRONAUT,
    CAT,
    COFFEE,
    FACE,
    ROCKET,
    far_away,
    lit,
    pair,
    photograph,
    selfie,
)

FINDER = YuNet()


def found(picture: Image.Image) -> tuple[Face, ...]:
    return FINDER.find(np.asarray(picture))


def sure(picture: Image.Image) -> list[Face]:
    return [face for face in found(picture) if face.score >= SURE]


def test_a_face_is_found_where_it_is() -> None:
    (face,) = found(photograph(ASTRONAUT))
    assert face.score > 0.9
    assert (face.left, face.top, face.width, face.height) == pytest.approx(FACE, abs=12)


@pytest.mark.parametrize("name", [CAT, COFFEE, ROCKET])
def test_a_picture_without_a_person_has_none(name: str) -> None:
    assert not sure(photograph(name))


@pytest.mark.parametrize("fill", [0.4, 0.6, 0.8, 0.9, 1.0, 1.15, 1.3])
@pytest.mark.parametrize("aspect", [0.56, 0.75, 1.0, 1.33])
@pytest.mark.parametrize("aside", [0.0, 0.15])
def test_a_selfie_that_fills_the_frame_has_a_face(fill: float, aspect: float, aside: float) -> None:
    assert len(sure(selfie(fill, aspect, aside))) == 1


@pytest.mark.parametrize("share", [0.05, 0.08, 0.12, 0.2, 0.3, 0.5])
def test_somebody_far_away_has_a_face_too(share: float) -> None:
    (face,) = sure(far_away(share))
    assert face.height == pytest.approx(share * 960, rel=0.2)


@pytest.mark.parametrize("second", [0.2, 0.4, 1.0])
def test_somebody_beside_is_seen_as_well(second: float) -> None:
    both = sure(pair(second))
    assert len(both) == 2
    assert both[0].area >= both[1].area


@pytest.mark.parametrize("gain", [0.1, 0.3, 1.5, 2.0])
def test_poor_light_hides_no_face(gain: float) -> None:
    assert len(sure(lit(photograph(ASTRONAUT), gain))) == 1


@pytest.mark.parametrize("size", [100, 300, 1500, 4000])
def test_a_face_is_where_it_is_at_any_size(size: int) -> None:
    (face,) = found(photograph(ASTRONAUT).resize((size, size)))
    box = [v * 512 / size for v in (face.left, face.top, face.width, face.height)]
    assert box == pytest.approx(FACE, abs=12)


def test_a_grey_face_is_a_face() -> None:
    assert len(sure(photograph(ASTRONAUT).convert("L").convert("RGB"))) == 1


def test_what_may_be_a_face_is_told_with_its_doubt() -> None:
    scores = [face.score for name in (CAT, COFFEE) for face in found(photograph(name))]
    assert all(POSSIBLE <= score < SURE for score in scores)


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 1), (64, 8192), (31, 33)])
def test_no_size_brings_it_down(size: tuple[int, int]) -> None:
    assert found(Image.new("RGB", size, "pink")) == ()


def test_threads_see_what_one_alone_sees() -> None:
    pictures = [photograph(ASTRONAUT), selfie(1.0), far_away(0.1), photograph(CAT)] * 5
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(found, pictures)) == [found(picture) for picture in pictures]


def test_a_missing_network_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PACKAGE", "no_such_package")
    with pytest.raises(ConfigurationError, match="pip install"):
        YuNet()


def test_the_network_comes_with_a_package() -> None:
    assert Path(service._packaged()).stat().st_size == 232_589
