"""No bytes bring the judge down, and each kind of them gets its reason."""

import random
from collections.abc import Callable
from time import process_time

import pytest

from core.avatars.photos.inspection.picture_files.formats import read
from core.avatars.photos.rules import Judgement, judge
from tests import nasty_files as nasty
from tests.pictures_for_tests import photo
from tests.yardstick import soon

JPEG, PNG = photo(1), photo(1, format="PNG")
PROGRESSIVE, GREY = photo(1, progressive=True), photo(1, mode="L")
RESTARTING = photo(1, restart_marker_rows=1)


def reason(data: bytes) -> str | None:
    judgement = judge(data)
    assert (judgement.status == "valid") == (judgement.reason is None)
    return judgement.reason


def shows_the_same(one: Judgement, other: Judgement) -> bool:
    """Whether what is stored of both is one picture, to the pixel."""
    assert one.data is not None
    assert other.data is not None
    return read(one.data).decode().tobytes() == read(other.data).decode().tobytes()


def test_no_bytes_at_all_are_told_apart() -> None:
    assert reason(b"") == "empty"


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"hello",
        b"%PDF-1.7 " + JPEG,
        b"<html>" + PNG,
        nasty.archive(),
        b"BM, a letter",
        b"P1 is urgent, 2 of 3 are not",
        JPEG[1:],
        b"\0\0\0\x18ftypisom" + bytes(500),
        b"\xff\xd8",
        b"\x89PNG\r\n\x1a",
    ],
)
def test_what_does_not_start_as_a_picture_is_none(data: bytes) -> None:
    assert reason(data) == "not_a_picture"


@pytest.mark.parametrize("format", ["GIF", "WEBP", "BMP", "TIFF", "ICO", "JPEG2000", "PPM"])
def test_another_format_is_told_by_its_name_whatever_the_file_is_called(format: str) -> None:
    judgement = judge(nasty.converted(format))
    assert (judgement.reason, judgement.format) == ("wrong_format", format)


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b"\0\0\0\x18ftypheic" + bytes(99), "HEIC"),
        (b"\0\0\0\x18ftypavif" + bytes(99), "AVIF"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JXL"),
        (b"8BPS\0\1", "PSD"),
        (b"P2\n# CREATOR: GIMP\n640 480\n255\n0 0", "PPM"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    ],
)
def test_formats_of_phones_and_artists_are_told_by_their_names(data: bytes, format: str) -> None:
    judgement = judge(data)
    assert (judgement.reason, judgement.format) == ("wrong_format", format)


@pytest.mark.parametrize("share", [0.0001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.9999])
@pytest.mark.parametrize("whole", [JPEG, PNG, photo(1, progressive=True)])
def test_a_file_that_was_cut_off_is_broken(whole: bytes, share: float) -> None:
    assert reason(whole[: max(9, int(len(whole) * share))]) == "broken"


@pytest.mark.parametrize(
    ("whole", "lost"), [(JPEG, 4), (JPEG, 9), (GREY, 4), (RESTARTING, 9), (PNG, 17)]
)
def test_not_even_the_last_bytes_of_the_picture_may_be_missing(whole: bytes, lost: int) -> None:
    assert reason(whole[:-lost]) == "broken"
    assert reason(whole[:-lost] + bytes(lost)) == "broken"
    assert reason(whole[:-lost] + bytes(5000)) == "broken"


@pytest.mark.parametrize("whole", [JPEG, PROGRESSIVE, GREY, RESTARTING])
@pytest.mark.parametrize(
    "end", [b"", b"\xff", b"\0\0", b"\xff\0", bytes(5000), b"ab", b"ab" * 999, b"\xff\xd9<html>"]
)
def test_a_jpeg_that_is_seen_whole_is_accepted_however_its_file_ends(
    whole: bytes, end: bytes
) -> None:
    odd = judge(whole[:-2] + end)
    assert odd.status == "valid"
    assert shows_the_same(odd, judge(whole))


@pytest.mark.parametrize(
    "end",
    [
        b"",
        b"\0\0\0",
        b"\0\0\0\0IE",
        b"\0\0\0\0IEND",
        bytes(12),
        bytes(999),
        b"\x93 some other bytes",
    ],
)
def test_a_png_that_is_seen_whole_is_accepted_however_its_file_ends(end: bytes) -> None:
    odd = judge(PNG[:-12] + end)
    assert odd.data == judge(PNG).data


def test_a_flipped_bit_behind_the_picture_breaks_no_png() -> None:
    assert reason(PNG[:-5] + b"@" + PNG[-4:]) is None


def test_a_progressive_jpeg_that_lacks_a_whole_scan_is_broken_unless_it_ends_properly() -> None:
    last = PROGRESSIVE.rindex(b"\xff\xda")
    tables = PROGRESSIVE[:last].rindex(b"\xff\xc4")  # of the last scan alone
    assert reason(PROGRESSIVE[:tables]) == "broken"
    assert reason(PROGRESSIVE[:last]) == "broken"


@pytest.mark.parametrize("place", [20, 1000, 50_000])
def test_a_flipped_bit_breaks_a_png(place: int) -> None:
    flipped = bytearray(PNG)
    flipped[place] ^= 4
    assert reason(bytes(flipped)) == "broken"


def test_a_wrong_checksum_matters_only_where_the_chunk_does() -> None:
    comment = nasty.chunk(b"tEXt", b"a\0b", checksum=1)
    palette = nasty.chunk(b"PLTE", bytes(3), checksum=1)
    assert reason(PNG[:33] + comment + PNG[33:]) is None
    assert reason(PNG[:33] + palette + PNG[33:]) == "broken"


@pytest.mark.parametrize(
    "data",
    [
        nasty.SIGNATURE,
        nasty.SIGNATURE + PNG[33:],
        PNG[:33] + PNG[8:],
        PNG[:33] + nasty.chunk(b"IEND", b""),
        nasty.png((600, 600), colours=3),
        nasty.png((600, 600), b""),
        nasty.png((600, 600), bits=3),
        nasty.png((0, 600)),
        b"\xff\xd8\xff\xd9",
        JPEG[:2] + JPEG[-2:] + b"\xff",
        nasty.declaring(JPEG, (1280, 0)),
        JPEG[: JPEG.index(b"\xff\xda")] + b"\xff\xd9",
        nasty.with_segment(JPEG, 0xC0, b"\x08"),
        JPEG[:2] + b"\xff\xe1\xff\xff" + JPEG[2:],
        JPEG[:2] + b"\xff\xe1\0\0" + JPEG[2:],
        b"\xff\xd8\xff" + random.Random(1).randbytes(50_000),
    ],
)
def test_a_file_whose_parts_do_not_fit_is_broken(data: bytes) -> None:
    assert reason(data) == "broken"


def test_kinds_of_jpeg_that_hardly_anyone_can_open_are_a_wrong_format() -> None:
    frame = JPEG.index(b"\xff\xc0")
    lossless = JPEG[: frame + 1] + b"\xc3" + JPEG[frame + 2 :]
    twelve_bits = JPEG[: frame + 4] + b"\x0c" + JPEG[frame + 5 :]
    assert reason(lossless) == reason(twelve_bits) == "wrong_format"


@pytest.mark.sized
@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (nasty.declaring(JPEG, (8192, 6400)), "broken"),
        (nasty.declaring(JPEG, (8193, 6400)), "too_many_pixels"),
        (nasty.declaring(JPEG, (65535, 65535)), "too_many_pixels"),
        (nasty.png((4096, 4096), bits=1, colours=0), None),
        (nasty.png((4096, 4097), bits=1, colours=0), "too_many_pixels"),
        (nasty.png((2**31 - 1, 2**31 - 1), b""), "too_many_pixels"),
    ],
)
def test_a_picture_of_too_many_pixels_is_never_decoded(data: bytes, wanted: str | None) -> None:
    started = process_time()
    assert reason(data) == wanted
    assert soon(process_time() - started, 1)


@pytest.mark.parametrize(
    ("scans", "size", "wanted"),
    [
        (100, (1280, 960), None),
        (101, (1280, 960), "too_complex"),
        (2000, (1280, 960), "too_complex"),
        (90, (4000, 3000), "too_complex"),
    ],
)
def test_a_progressive_bomb_is_never_decoded(
    scans: int, size: tuple[int, int], wanted: str | None
) -> None:
    assert reason(nasty.of_scans(scans, size)) == wanted


@pytest.mark.sized
@pytest.mark.parametrize(
    ("build", "wanted"),
    [
        (nasty.png_bomb_of_chunks, "too_complex"),
        (nasty.jpeg_bomb_of_segments, "too_complex"),
        (nasty.png_bomb_of_text, None),
        (nasty.png_bomb_of_profile, None),
    ],
)
def test_a_bomb_in_what_is_not_the_picture_goes_off_nowhere(
    build: Callable[[], bytes], wanted: str | None
) -> None:
    data = build()
    started = process_time()
    assert reason(data) == wanted
    assert soon(process_time() - started, 0.5)


def test_an_animation_is_no_photo_but_a_single_frame_of_one_is() -> None:
    assert reason(nasty.two_frames("PNG")) == "animated"
    single = nasty.with_chunk(PNG, b"acTL", b"\0\0\0\1\0\0\0\0")
    assert reason(single) is None


@pytest.mark.parametrize("whole", [JPEG, PNG])
@pytest.mark.parametrize("more", [nasty.archive(), b"<script>alert(1)</script>", JPEG, b"\0" * 9])
def test_what_hangs_behind_a_picture_is_not_stored(whole: bytes, more: bytes) -> None:
    judgement = judge(whole + more)
    assert judgement.status == "valid"
    assert judgement.data == judge(whole).data


def test_what_hides_in_front_of_the_picture_is_not_stored() -> None:
    page = b"<script>alert(1)</script>"
    for data in (
        nasty.with_segment(JPEG, 0xFE, page),
        nasty.with_segment(JPEG, 0xE7, page),
        JPEG[:2] + b"\xff" * 30 + JPEG[2:],
        nasty.with_chunk(PNG, b"scRp", page),
    ):
        judgement = judge(data)
        assert judgement.status == "valid"
        assert judgement.data == judge(JPEG if data[:1] == b"\xff" else PNG).data
