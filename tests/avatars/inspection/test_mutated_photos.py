"""Whatever bytes arrive, the judge answers: refused with a reason, or stored and sound."""

from functools import lru_cache
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.avatars.photos.rules import Judgement, judge
from tests import nasty_files as nasty
from tests.pictures_for_tests import photo

JPEG, PNG = photo(1), photo(1, format="PNG")
REASONS = {
    *("empty", "too_big", "not_a_picture", "wrong_format", "broken"),
    *("too_many_pixels", "too_complex", "animated", "too_small"),
}


def is_sound(judgement: Judgement) -> bool:
    """Refused with a known reason, or stored as a picture that any reader can open."""
    if judgement.status == "invalid":
        shown = judgement.reason == "too_small" or judgement.data is None
        return judgement.reason in REASONS and shown
    assert judgement.data is not None
    with Image.open(BytesIO(judgement.data), formats=("JPEG", "PNG")) as picture:
        picture.load()
    return judgement.reason is None


@lru_cache
def small(format: str) -> bytes:
    """Small enough to be mutated a thousand times, large enough to be decoded."""
    options = {"JPEG": {"gps": (1.0, 2.0)}, "PNG": {}, "progressive": {"progressive": True}}
    return photo(3, (512, 512), "PNG" if format == "PNG" else "JPEG", **options[format])  # type: ignore[arg-type]  # options differ by format


@given(st.binary(max_size=2000))
def test_no_random_bytes_bring_it_down(junk: bytes) -> None:
    for head in (b"", b"\xff\xd8\xff", nasty.SIGNATURE, JPEG[:300], PNG[:33]):
        assert is_sound(judge(head + junk))


@settings(deadline=None, max_examples=150)
@given(
    format=st.sampled_from(["JPEG", "PNG", "progressive"]),
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=40)), max_size=5
    ),
    early=st.booleans(),
)
def test_no_damaged_photo_brings_it_down(
    format: str, edits: list[tuple[float, int, bytes]], early: bool
) -> None:
    data = small(format)
    for place, removed, added in edits:
        at = int(place * (700 if early else len(data)))
        data = data[:at] + added + data[at + removed :]
    assert is_sound(judge(data))


@settings(deadline=None, max_examples=150)
@given(
    kind=st.sampled_from([b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"eXIf", b"acTL", b"IDAT", b"gAMA"]),
    body=st.binary(max_size=60),
    place=st.sampled_from([8, 33]),
)
def test_no_chunk_with_a_right_checksum_brings_it_down(
    kind: bytes, body: bytes, place: int
) -> None:
    data = small("PNG")
    assert is_sound(judge(data[:place] + nasty.chunk(kind, body) + data[place:]))


@settings(deadline=None, max_examples=150)
@given(marker=st.integers(0xC0, 0xFE), body=st.binary(max_size=80), behind=st.booleans())
def test_no_segment_brings_it_down(marker: int, body: bytes, behind: bool) -> None:
    data = small("JPEG")
    at = data.index(b"\xff\xda") if behind else 2
    assert is_sound(judge(data[:at] + nasty.segment(marker, body) + data[at:]))
