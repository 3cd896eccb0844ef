"""Of a photo that moves the picture counts, and not the film behind it."""

from collections.abc import Callable
from functools import lru_cache

import pillow_heif
import pytest
from PIL import Image

from core.avatars.photos.inspection.conversion import Converter
from core.avatars.photos.inspection.inspector import Inspector
from core.avatars.photos.inspection.picture_files.formats import picture_length
from core.avatars.photos.rules import PhotoRules, judge
from tests.photographs import encoded
from tests.pictures_for_tests import photo, scene

pillow_heif.register_heif_opener()
JPEG = photo(1)
FILM = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(range(256)) * 400
IN_A_BOX = (len(FILM) + 8).to_bytes(4) + b"mpvd" + FILM
SAMSUNG = b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data"


@lru_cache
def heic() -> bytes:
    return encoded(scene(1, (800, 600)), "HEIF")


@pytest.mark.parametrize("between", [b"", SAMSUNG, photo(2)])
def test_a_film_behind_a_jpeg_makes_it_no_larger(between: bytes) -> None:
    sent = JPEG + between + FILM
    rules = PhotoRules(max_bytes=len(JPEG + between))
    found = judge(sent, rules)
    assert (found.status, found.file_size) == ("valid", len(sent))
    assert found.data == judge(JPEG).data
    assert judge(sent, PhotoRules(max_bytes=len(JPEG + between) - 1)).reason == "too_big"


@pytest.mark.parametrize("film", [FILM, IN_A_BOX])
def test_a_film_behind_a_heic_makes_it_no_larger(film: bytes) -> None:
    rules = PhotoRules(max_bytes=len(heic()))
    verdict = Inspector(None, rules, Converter()).inspect(heic() + film)
    assert (verdict.status, verdict.format) == ("valid", "HEIC")


def test_what_is_no_film_counts() -> None:
    assert picture_length(JPEG + bytes(5000)) == len(JPEG) + 5000
    assert judge(JPEG + bytes(5000), PhotoRules(max_bytes=len(JPEG))).reason == "too_big"


@pytest.mark.parametrize(
    "build",
    [lambda: JPEG, heic, lambda: encoded(Image.new("RGB", (9, 9)), "PNG"), bytes],
    ids=["JPEG", "HEIC", "PNG", "nothing"],
)
def test_a_photo_without_a_film_is_as_long_as_its_file(build: Callable[[], bytes]) -> None:
    data = build()
    assert picture_length(data) == len(data)
