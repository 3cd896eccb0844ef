"""A whole check: each photo gets its verdict, its reason and its advice."""

import ctypes
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from random import Random

import pillow_heif
import pytest
from PIL import Image, ImageFilter, ImageOps

from core.avatars.photos.inspection.conversion import Converter
from core.avatars.photos.inspection.faces.face_port import Face, Pixels
from core.avatars.photos.inspection.inspector import Inspector
from core.avatars.photos.inspection.verdict import MISTAKABLE, OVERRULABLE, Known, Purpose, Verdict
from core.avatars.photos.rules import PhotoRules
from core.services.faces import YuNet
from tests import nasty_files as nasty
from tests.photographs import (
    ASTRONAUT,
    CAT,
    COFFEE,
    FACE,
    LEFT_EYE,
    RIGHT_EYE,
    ROCKET,
    encoded,
    far_away,
    jpeg,
    large,
    lit,
    pair,
    photograph,
    selfie,
    sent_on,
)
from tests.pictures_for_tests import exif, lying, photo
from tests.sizes import SIZE
from tests.yardstick import soon, worth

pillow_heif.register_heif_opener()
INSPECTOR = Inspector(YuNet(), converter=Converter())
PORTRAIT, CHARACTER = Purpose(), Purpose("style", "character")
STYLE = Purpose("style", "style")
JPEG, PNG = photo(1), photo(1, format="PNG")
PERSON = jpeg(photograph(ASTRONAUT))
SECONDS, MEGABYTES, TRIES = 0.2, 150, 4


def inspect(picture: Image.Image | bytes, purpose: Purpose = PORTRAIT) -> Verdict:
    data = picture if isinstance(picture, bytes) else jpeg(picture)
    return INSPECTOR.inspect(data, purpose)


def enlarged(name: str) -> Image.Image:
    picture = photograph(name)
    return picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.BICUBIC)


# What is in the picture


def test_a_good_portrait_is_valid_and_described() -> None:
    verdict = inspect(PERSON)
    assert (verdict.status, verdict.reason, verdict.advice) == ("valid", None, ())
    assert verdict.has_face is True
    assert verdict.quality_score is not None
    assert 0.8 < verdict.quality_score <= 1
    assert (verdict.width, verdict.height, verdict.file_size) == (512, 512, len(PERSON))
    assert verdict.file_hash == sha256(PERSON).hexdigest()
    assert verdict.data is not None


def test_what_is_remembered_fits_into_a_column() -> None:
    kept = json.loads(json.dumps(inspect(pair(0.5)).metadata))
    assert len(kept["faces"]) == 2
    assert set(kept["faces"][0]) == {"score", "left", "top", "width", "height"}
    assert 0 < kept["faces"][0]["height"] < 1
    assert set(kept["quality"]) == {"sharpness", "mean", "spread", "black", "white", "height"}
    assert kept["advice"] == ["several_faces"]
    assert Known.of("x", kept).fingerprint is not None


@pytest.mark.parametrize("name", [CAT, COFFEE, ROCKET])
def test_a_portrait_needs_a_face(name: str) -> None:
    verdict = inspect(enlarged(name))
    assert (verdict.status, verdict.reason, verdict.has_face) == ("invalid", "no_face", False)


@pytest.mark.parametrize("name", [CAT, COFFEE, ROCKET])
def test_a_style_needs_none(name: str) -> None:
    verdict = inspect(enlarged(name), STYLE)
    assert (verdict.status, verdict.has_face, verdict.advice) == ("valid", False, ())


def test_of_a_person_trained_as_a_style_the_missing_face_is_advice() -> None:
    verdict = inspect(enlarged(COFFEE), CHARACTER)
    assert (verdict.status, verdict.has_face, verdict.advice) == ("valid", False, ("no_face",))


@pytest.mark.parametrize("fill", [0.5, 0.8, 1.0, 1.2])
def test_a_selfie_that_fills_the_frame_is_valid(fill: float) -> None:
    verdict = inspect(selfie(fill))
    assert (verdict.status, verdict.has_face) == ("valid", True)


@pytest.mark.parametrize(("share", "advice"), [(0.07, ("face_small",)), (0.12, ())])
def test_somebody_far_away_is_asked_to_come_nearer(share: float, advice: tuple[str, ...]) -> None:
    verdict = inspect(far_away(share))
    assert (verdict.status, verdict.advice) == ("valid", advice)


@pytest.mark.parametrize(("second", "advice"), [(0.1, ()), (0.4, ("several_faces",))])
def test_company_is_remarked_on(second: float, advice: tuple[str, ...]) -> None:
    assert inspect(pair(second)).advice == advice


class Doubtful(YuNet):
    """Never quite sure."""

    def find(self, rgb: Pixels, near: bool = False) -> tuple[Face, ...]:
        return tuple(replace(face, score=0.7) for face in super().find(rgb, near))


def test_what_may_be_a_face_is_accepted_with_a_remark() -> None:
    verdict = Inspector(Doubtful()).inspect(PERSON, PORTRAIT)
    assert (verdict.status, verdict.has_face) == ("valid", None)
    assert verdict.advice == ("maybe_no_face",)


def test_where_nobody_looks_for_faces_none_is_missed() -> None:
    verdict = Inspector(None).inspect(jpeg(enlarged(CAT)), PORTRAIT)
    assert (verdict.status, verdict.has_face, verdict.advice) == ("valid", None, ())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_face_is_looked_for_in_the_upright_picture(orientation: int) -> None:
    picture = far_away(0.4)
    verdict = inspect(jpeg(lying(picture, orientation), exif=exif(orientation, gps=(55.7, 37.6))))
    assert (verdict.status, verdict.has_face) == ("valid", True)
    assert (verdict.width, verdict.height) == picture.size
    assert verdict.data is not None
    assert b"HERE" not in verdict.data
    with Image.open(BytesIO(verdict.data)) as stored:
        assert stored.size == picture.size
        assert not stored.getexif()


# How good it is


@pytest.mark.parametrize(
    ("radius", "status", "advice"),
    [(0, "valid", ()), (1, "valid", ("blurred",)), (2.5, "invalid", ("blurred",))],
)
def test_the_more_blur_the_less_welcome(
    radius: float, status: str, advice: tuple[str, ...]
) -> None:
    verdict = inspect(photograph(ASTRONAUT).filter(ImageFilter.GaussianBlur(radius)))
    assert (verdict.status, verdict.advice) == (status, advice)
    assert (verdict.reason == "too_blurred") == (status == "invalid")


@pytest.mark.parametrize(
    ("gain", "reason", "advice"),
    [
        (0.02, "too_dark", {"dark"}),
        (0.1, None, {"dark"}),
        (0.3, None, {"dark"}),
        (1.0, None, set()),
        (1.35, None, {"bright"}),
        (2.0, None, {"bright"}),
        (8.0, None, {"bright"}),
        (300.0, "too_bright", {"bright"}),
    ],
)
def test_light_refuses_only_where_it_hides_the_face_and_is_told_before_that(
    gain: float, reason: str | None, advice: set[str]
) -> None:
    verdict = inspect(lit(photograph(ASTRONAUT), gain))
    assert verdict.reason == reason
    assert set(verdict.advice) >= advice


def test_quality_falls_as_a_photo_gets_worse() -> None:
    worse = [photograph(ASTRONAUT).filter(ImageFilter.GaussianBlur(r)) for r in (0, 0.5, 1, 1.5)]
    scores = [inspect(picture).quality_score for picture in worse]
    assert scores == sorted(scores, key=lambda score: -(score or 0))


def test_the_light_of_a_style_is_its_makers_business() -> None:
    verdict = inspect(lit(enlarged(COFFEE), 0.1), STYLE)
    assert (verdict.status, verdict.advice) == ("valid", ("dark",))


# What may be overruled


@pytest.mark.parametrize(
    ("picture", "reason", "advice"),
    [
        (enlarged(CAT), "no_face", "no_face"),
        (lit(photograph(ASTRONAUT), 300.0), "too_bright", "bright"),
        (lit(photograph(ASTRONAUT), 0.02), "too_dark", "dark"),
        (photograph(ASTRONAUT).filter(ImageFilter.GaussianBlur(3)), "too_blurred", "blurred"),
    ],
)
def test_a_refusal_that_may_be_our_mistake_can_be_overruled(
    picture: Image.Image, reason: str, advice: str
) -> None:
    refused = inspect(picture)
    assert refused.reason == reason
    assert reason in MISTAKABLE
    assert refused.data is not None
    verdict = inspect(picture, Purpose(overruled=True))
    assert (verdict.status, verdict.reason) == ("valid", None)
    assert verdict.advice[0] == advice


@pytest.mark.parametrize("data", [b"", b"junk", PERSON[:900], jpeg(photograph(CAT))])
def test_what_is_no_usable_picture_can_not_be_overruled(data: bytes) -> None:
    verdict = inspect(data, Purpose(overruled=True))
    assert verdict.status == "invalid"
    assert verdict.reason not in MISTAKABLE


def test_what_may_be_overruled_is_kept_large_enough_to_be_trained_on() -> None:
    lying = jpeg(Image.new("RGB", (4000, 3000), "tan"), exif=exif(6))
    verdict = inspect(lying)
    assert verdict.reason in MISTAKABLE
    assert verdict.data is not None
    with Image.open(BytesIO(verdict.data)) as kept:
        assert min(kept.size) >= 1024
        assert kept.height > kept.width


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_what_is_only_too_small_is_kept_to_be_shown(format: str) -> None:
    verdict = inspect(encoded(photograph(CAT), format))
    assert (verdict.reason, verdict.width, verdict.height) == ("too_small", 451, 300)
    assert verdict.data is not None
    with Image.open(BytesIO(verdict.data)) as kept:
        assert kept.size == (451, 300)


def test_a_strip_is_not_decoded_to_be_shown() -> None:
    verdict = inspect(flat("PNG", (500, 30_000)))
    assert (verdict.reason, verdict.data) == ("too_small", None)


# The same again


def known(*pictures: Image.Image | bytes) -> dict[str, Known]:
    verdicts = [inspect(picture) for picture in pictures]
    return {str(n): Known.of(v.file_hash, v.metadata) for n, v in enumerate(verdicts)}


@pytest.mark.parametrize(
    "again",
    [
        lambda picture: picture,
        sent_on,
        ImageOps.mirror,
        lambda picture: sent_on(ImageOps.mirror(picture)),
        lambda picture: picture.convert("L"),
    ],
)
def test_the_same_picture_again_is_a_duplicate(
    again: Callable[[Image.Image], Image.Image],
) -> None:
    picture = far_away(0.4)
    others = known(photograph(ASTRONAUT), picture)
    verdict = INSPECTOR.inspect(jpeg(again(picture), 80), PORTRAIT, others)
    found = (verdict.status, verdict.reason, verdict.duplicate_of)
    assert found == ("duplicate", "repeated", "1")


@pytest.mark.sized
def test_the_same_bytes_are_known_without_a_look() -> None:
    others = {"7": Known(sha256(large()).hexdigest())}
    started = time.thread_time()
    verdict = INSPECTOR.inspect(large(), PORTRAIT, others)
    assert (verdict.status, verdict.duplicate_of) == ("duplicate", "7")
    assert soon(time.thread_time() - started, 0.02)


def test_what_only_shows_the_same_is_kept_to_be_overruled_and_the_same_file_is_not() -> None:
    copy = jpeg(photograph(ASTRONAUT), 60)
    likeness = INSPECTOR.inspect(copy, PORTRAIT, known(PERSON))
    assert likeness.reason in OVERRULABLE
    assert likeness.data is not None
    assert (likeness.has_face, likeness.quality_score is None) == (True, False)
    identical = INSPECTOR.inspect(PERSON, PORTRAIT, known(PERSON))
    assert (identical.status, identical.reason, identical.data) == ("duplicate", None, None)


def test_what_its_person_says_is_another_picture_is_accepted() -> None:
    copy = jpeg(photograph(ASTRONAUT), 60)
    verdict = INSPECTOR.inspect(copy, Purpose(overruled=True), known(PERSON))
    assert (verdict.status, verdict.advice) == ("valid", ("looks_alike",))


def test_another_photo_of_the_same_person_is_none() -> None:
    for picture in (selfie(0.6), selfie(0.6, 1.0), selfie(0.8), far_away(0.2)):
        verdict = INSPECTOR.inspect(jpeg(picture), PORTRAIT, known(photograph(ASTRONAUT)))
        assert verdict.status == "valid"


def test_two_frames_of_one_scene_are_two_photos_that_look_alike() -> None:
    left, right = (jpeg(enlarged(name)) for name in (LEFT_EYE, RIGHT_EYE))
    first = INSPECTOR.inspect(left, STYLE)
    others = {"1": Known.of(first.file_hash, first.metadata)}
    second = INSPECTOR.inspect(right, STYLE, others)
    assert (second.status, second.advice) == ("valid", ("looks_alike",))


def nodding(down: int) -> Image.Image:
    """The astronaut, with nothing moved but the face."""
    frame = photograph(ASTRONAUT).copy()
    left, top, width, height = (round(value) for value in FACE)
    face = frame.crop((left, top, left + width, top + height))
    frame.paste(face, (left, top + down))
    return frame.resize((1024, 1024), Image.Resampling.LANCZOS)


@pytest.mark.parametrize("down", [6, 12])
def test_two_frames_of_one_person_are_two_photos_that_look_alike(down: int) -> None:
    first, frame = jpeg(nodding(0)), jpeg(nodding(down))
    second = INSPECTOR.inspect(frame, PORTRAIT, known(first))
    assert (second.status, second.has_face, second.advice) == ("valid", True, ("looks_alike",))
    again = INSPECTOR.inspect(jpeg(sent_on(nodding(down)), 80), PORTRAIT, known(first, frame))
    assert (again.status, again.duplicate_of) == ("duplicate", "1")


def test_a_photo_from_before_hashes_were_kept_is_known_by_its_bytes_alone() -> None:
    others = {"1": Known.of(sha256(PERSON).hexdigest(), {})}
    assert INSPECTOR.inspect(PERSON, PORTRAIT, others).status == "duplicate"
    assert INSPECTOR.inspect(jpeg(photograph(ASTRONAUT), 70), PORTRAIT, others).status == "valid"


# Other formats


@pytest.mark.parametrize(
    ("pillows", "format"),
    [("HEIF", "HEIC"), ("AVIF", "AVIF"), ("WEBP", "WEBP"), ("TIFF", "TIFF"), ("BMP", "BMP")],
)
def test_a_portrait_in_another_format_is_converted(pillows: str, format: str) -> None:
    data = encoded(photograph(ASTRONAUT), pillows)
    verdict = inspect(data)
    assert (verdict.status, verdict.has_face, verdict.format) == ("valid", True, format)
    assert (verdict.file_size, verdict.file_hash) == (len(data), sha256(data).hexdigest())
    assert verdict.data is not None
    assert verdict.data[:3] == b"\xff\xd8\xff"


def test_in_another_format_it_is_still_the_same_picture() -> None:
    data = encoded(photograph(ASTRONAUT), "WEBP")
    assert INSPECTOR.inspect(data, PORTRAIT, known(PERSON)).status == "duplicate"


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: nasty.two_frames("GIF"), "animated"),
        (lambda: encoded(photograph(CAT), "WEBP"), "too_small"),
        (lambda: encoded(photograph(ASTRONAUT), "WEBP")[:3000], "broken"),
        (lambda: encoded(photograph(ASTRONAUT), "ICO", sizes=[(64, 64)]), "wrong_format"),
    ],
    ids=["animated", "too small", "broken", "wrong format"],
)
def test_what_can_not_be_converted_is_refused_with_the_reason(
    build: Callable[[], bytes], reason: str
) -> None:
    verdict = inspect(build())
    assert (verdict.status, verdict.reason) == ("invalid", reason)


def test_without_a_converter_other_formats_are_refused() -> None:
    verdict = Inspector(YuNet()).inspect(nasty.converted("WEBP"), PORTRAIT)
    assert (verdict.reason, verdict.format) == ("wrong_format", "WEBP")


def test_the_rules_hold_for_converted_ones_as_they_were_sent() -> None:
    data = encoded(photograph(ASTRONAUT), "WEBP", quality=60)
    strict = Inspector(YuNet(), PhotoRules(min_side=513), Converter())
    narrow = Inspector(YuNet(), PhotoRules(max_bytes=len(data)), Converter())
    assert strict.inspect(data).reason == "too_small"
    assert narrow.inspect(data).status == "valid"
    assert narrow.inspect(data + b"\0").reason == "too_big"


# Nasty files


def flat(format: str, size: tuple[int, int], mode: str = "RGB", **options: object) -> bytes:
    return encoded(Image.new(mode, size), format, **options)


CORPUS: dict[str, tuple[Callable[[], bytes], str | None]] = {
    "nothing": (lambda: b"", "empty"),
    "junk": (lambda: b"junk" * 999, "not_a_picture"),
    "an archive": (nasty.archive, "not_a_picture"),
    "a page before a PNG": (lambda: b"<html>" + PNG, "not_a_picture"),
    "a PDF before a JPEG": (lambda: b"%PDF-1.7 " + JPEG, "not_a_picture"),
    "one byte too many": (lambda: JPEG + bytes(10 * 1024**2 + 1 - len(JPEG)), "too_big"),
    "an icon": (lambda: nasty.converted("ICO"), "wrong_format"),
    "a JPEG cut in half": (lambda: JPEG[: len(JPEG) // 2], "broken"),
    "a PNG cut in half": (lambda: PNG[: len(PNG) // 2], "broken"),
    "a JPEG without its last pixels": (lambda: JPEG[:-9], "broken"),
    "a flipped bit": (lambda: PNG[:5000] + bytes((PNG[5000] ^ 4,)) + PNG[5001:], "broken"),
    "a header alone": (lambda: nasty.SIGNATURE, "broken"),
    "no palette": (lambda: nasty.png((600, 600), colours=3), "broken"),
    "no height": (lambda: nasty.declaring(JPEG, (1280, 0)), "broken"),
    "a giant": (lambda: nasty.declaring(JPEG, (65535, 65535)), "too_many_pixels"),
    "a giant PNG": (lambda: nasty.png((2**31 - 1, 2**31 - 1), b""), "too_many_pixels"),
    "17 megapixels of PNG": (lambda: flat("PNG", (4096, 4097), "L"), "too_many_pixels"),
    "51 megapixels": (lambda: flat("JPEG", (8193, 6400), "L"), "too_many_pixels"),
    "101 scans": (lambda: nasty.of_scans(101), "too_complex"),
    "90 scans of 12 megapixels": (lambda: nasty.of_scans(90, (4000, 3000)), "too_complex"),
    "30 scans of 30 megapixels": (lambda: nasty.of_scans(30, (6000, 5000)), "too_complex"),
    "held all at once": (
        lambda: flat("JPEG", (8000, 6000), progressive=True, subsampling=0),
        "too_complex",
    ),
    "many chunks": (nasty.png_bomb_of_chunks, "too_complex"),
    "many segments": (nasty.jpeg_bomb_of_segments, "too_complex"),
    "a moving PNG": (lambda: nasty.two_frames("PNG"), "animated"),
    "511 pixels": (lambda: flat("PNG", (511, 512)), "too_small"),
    "16 megapixels of one bit": (
        lambda: nasty.png((4096, 4096), bits=1, colours=0),
        "too_dark",
    ),
    "a strip": (lambda: flat("JPEG", (512, 65500)), "too_dark"),
    "50 megapixels of grey": (lambda: flat("JPEG", (8192, 6400), "L"), "too_dark"),
    "50 megapixels on their side": (
        lambda: flat("JPEG", (8192, 6400), exif=exif(6)),
        "too_dark",
    ),
    "a compressed comment": (nasty.png_bomb_of_text, "no_face"),
    "a compressed profile": (nasty.png_bomb_of_profile, "no_face"),
    "thumbnails": (nasty.thumbnailed, "no_face"),
    "a place": (lambda: nasty.telling("JPEG"), "no_face"),
    "a place in a PNG": (lambda: nasty.telling("PNG"), "no_face"),
    "two pictures": (lambda: nasty.two_frames("MPO"), "no_face"),
    "an archive behind": (lambda: JPEG + nasty.archive(), "no_face"),
}


def peak(line: str) -> float:
    """A line of the process's memory, in megabytes."""
    (found,) = (row for row in Path("/proc/self/status").read_text().splitlines() if line in row)
    return int(found.split()[1]) / 1024


@pytest.mark.sized
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
@pytest.mark.parametrize("name", CORPUS)
def test_every_nasty_file_gets_its_verdict_soon_and_cheaply(name: str) -> None:
    build, reason = CORPUS[name]
    data = build()
    inspect(PERSON)  # what is loaded once does not count
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = peak("VmRSS")
    verdict = inspect(data)
    megabytes = peak("VmHWM") - before
    assert (verdict.status, verdict.reason) == ("invalid", reason)
    assert megabytes < MEGABYTES
    if SIZE != "small":
        assert min(worth_of(lambda: inspect(data)) for _ in range(TRIES)) < SECONDS


def worth_of(work: Callable[[], object]) -> float:
    """Seconds that work took of a processor, counted as the machine's that the limit is from.

    The yardstick is laid on right before and behind it: what slows the one slows the other.
    """
    before, started = worth(1), time.thread_time()
    work()
    return 2 * (time.thread_time() - started) / (before + worth(1))


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_place_is_not_stored(format: str) -> None:
    verdict = inspect(nasty.telling(format), STYLE)
    assert verdict.data is not None
    assert b"HERE" not in verdict.data


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(
    "behind",
    [*(Random(seed).randbytes(5000) for seed in range(4)), PERSON],
    ids=["1", "2", "3", "4", "a second JPEG"],
)
def test_a_whole_jpeg_without_its_end_is_accepted_whatever_is_behind(
    behind: bytes, progressive: bool
) -> None:
    whole = jpeg(photograph(ASTRONAUT), 90, progressive=progressive)
    assert inspect(whole[:-2] + behind, PORTRAIT).status == "valid"
    assert inspect(whole[: len(whole) * 2 // 3] + behind, PORTRAIT).reason == "broken"
