"""What makes a photo acceptable, and what is kept of it."""

from hashlib import sha256
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageCms, ImageOps, ImageStat

from core.avatars.photos.rules import Judgement, PhotoRules, judge
from tests.nasty_files import png, telling, thumbnailed, two_frames, with_chunk, with_segment
from tests.pictures_for_tests import exif, photo

MIB = 1024 * 1024


def stored(judgement: Judgement) -> Image.Image:
    """The picture that is stored; its bytes are checked to be nothing but a picture."""
    assert judgement.status == "valid", judgement
    assert judgement.data is not None
    picture = Image.open(BytesIO(judgement.data))
    picture.load()
    assert not picture.getexif()
    assert set(picture.info) <= {
        *("jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "adobe"),
        *("adobe_transform", "progressive", "progression", "icc_profile"),
    }
    return picture


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are apart, 0 to 255, on average."""
    assert one.size == other.size
    apart = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    return max(ImageStat.Stat(apart).mean)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_an_ordinary_photo_is_valid_and_described(format: str) -> None:
    data = photo(1, format=format)
    judgement = judge(data)
    assert (judgement.status, judgement.reason, judgement.format) == ("valid", None, format)
    assert (judgement.width, judgement.height) == (1280, 960)
    assert judgement.file_size == len(data)
    assert judgement.file_hash == sha256(data).hexdigest()


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_an_upright_photo_is_stored_without_losing_a_pixel(format: str) -> None:
    data = photo(1, format=format, gps=(55.7, 37.6))
    judgement = judge(data)
    assert stored(judgement).tobytes() == Image.open(BytesIO(data)).tobytes()
    assert judgement.metadata["re_encoded"] is False


def test_a_progressive_photo_is_stored_without_losing_a_pixel() -> None:
    data = photo(1, progressive=True)
    assert stored(judge(data)).tobytes() == Image.open(BytesIO(data)).tobytes()


def test_the_same_bytes_always_give_the_same_object() -> None:
    for data in (photo(1), photo(1, orientation=6), photo(1, format="PNG")):
        assert judge(data) == judge(data)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_stored_upright(orientation: int, format: str) -> None:
    data = photo(1, (900, 700), format, orientation=orientation)
    judgement = judge(data)
    wanted = ImageOps.exif_transpose(Image.open(BytesIO(data)))
    assert difference(stored(judgement), wanted) < 2
    assert (judgement.width, judgement.height) == wanted.size
    assert judgement.metadata["orientation"] == orientation
    assert judgement.metadata["re_encoded"] is (orientation != 1)


@pytest.mark.parametrize("orientation", [9, 65535])
def test_an_orientation_that_does_not_exist_is_upright(orientation: int) -> None:
    assert stored(judge(photo(1, orientation=orientation))).size == (1280, 960)


def test_an_orientation_written_by_the_other_kind_of_processor_counts_too() -> None:
    block = exif(6).tobytes()[6:]
    little, big = block, b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    for tiff in (little, big):
        data = with_segment(photo(1), 0xE1, b"Exif\0\0" + tiff)
        assert stored(judge(data)).size == (960, 1280)


@pytest.mark.parametrize(
    "tiff", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff", b"?" * 500]
)
def test_broken_exif_spoils_no_photo(tiff: bytes) -> None:
    stored(judge(with_segment(photo(1), 0xE1, b"Exif\0\0" + tiff)))
    stored(judge(with_chunk(photo(1, format="PNG"), b"eXIf", tiff)))


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_nothing_that_is_stored_tells_where_or_with_what_it_was_taken(format: str) -> None:
    data = telling(format)
    assert data.count(b"HERE") > 3
    judgement = judge(data)
    stored(judgement)
    assert judgement.data is not None
    for secret in (b"HERE", b"Phone & Sons", b"Exif", b"eXIf", b"Location", b"ns.adobe.com"):
        assert secret not in judgement.data


def test_a_turned_photo_loses_its_metadata_too() -> None:
    judgement = judge(photo(1, orientation=6, gps=(55.7, 37.6), comment=b"at home"))
    stored(judgement)
    assert judgement.data is not None
    assert b"at home" not in judgement.data


def test_the_small_pictures_inside_metadata_are_dropped_with_it() -> None:
    judgement = judge(thumbnailed())
    assert stored(judgement).size == (960, 1280)
    assert judgement.data is not None
    assert judgement.data.count(b"\xff\xd8") == 1


def test_of_a_file_with_two_pictures_the_first_is_kept() -> None:
    judgement = judge(two_frames("MPO"))
    assert judgement.format == "JPEG"
    assert difference(stored(judgement), Image.open(BytesIO(photo(1)))) < 6
    assert judgement.data is not None
    assert judgement.data.count(b"\xff\xd8") == 1


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", [None, 6])
def test_colours_keep_their_meaning_but_the_profile_names_no_device(
    format: str, orientation: int | None
) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = photo(1, format=format, orientation=orientation, icc_profile=profile)
    kept = stored(judge(data)).info["icc_profile"]
    opened = ImageCms.ImageCmsProfile(BytesIO(kept))
    before = ImageCms.ImageCmsProfile(BytesIO(profile)).profile
    assert opened.profile.red_primary == before.red_primary
    assert opened.profile.xcolor_space == "RGB "
    assert not opened.profile.copyright
    assert not opened.profile.profile_description
    dates_and_devices = kept[24:36] + kept[48:56] + kept[80:100]
    assert dates_and_devices == bytes(len(dates_and_devices))


@pytest.mark.parametrize("profile", [b"x", b"acsp" * 500, bytes(128) + b"\xff" * 300])
def test_a_broken_profile_is_dropped(profile: bytes) -> None:
    for kind in ("JPEG", "PNG"):
        data = photo(1, format=kind, icc_profile=profile)
        assert "icc_profile" not in stored(judge(data)).info


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1", "I;16"])
def test_a_png_that_not_everyone_shows_alike_is_stored_as_plain_pixels(mode: str) -> None:
    if mode == "I;16":
        rows = b"".join(b"\0" + b"\x80\x01" * 600 for _ in range(600))
        data, wanted = png((600, 600), rows, bits=16, colours=0), Image.new("L", (600, 600), 128)
    else:
        data = photo(1, format="PNG", mode=mode)
        wanted = Image.open(BytesIO(data)).convert("RGB")
    picture = stored(judge(data))
    assert picture.mode in ("RGB", "L", "P")
    assert difference(picture, wanted) < 4


def test_what_was_transparent_becomes_white() -> None:
    out = BytesIO()
    Image.new("RGBA", (600, 600), (255, 0, 0, 0)).save(out, "PNG")
    assert stored(judge(out.getvalue())).getpixel((300, 300)) == (255, 255, 255)


def test_a_photo_in_the_colours_of_print_is_stored_in_those_of_screens() -> None:
    data = photo(1, mode="CMYK")
    picture = stored(judge(data))
    assert picture.mode == "RGB"
    assert difference(picture, Image.open(BytesIO(data)).convert("RGB")) < 4


def test_a_grey_photo_stays_as_it_is() -> None:
    for kind in ("JPEG", "PNG"):
        assert stored(judge(photo(1, format=kind, mode="L"))).mode == "L"


def test_a_turned_photo_far_larger_than_training_needs_is_stored_smaller() -> None:
    judgement = judge(photo(1, (8192, 6144), orientation=6))
    assert (judgement.width, judgement.height) == (6144, 8192)
    assert stored(judgement).size == (1536, 2048)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((512, 512), None),
        ((511, 512), "too_small"),
        ((512, 511), "too_small"),
        ((9, 9), "too_small"),
    ],
)
def test_512_pixels_are_enough_and_511_are_not(
    size: tuple[int, int], reason: str | None, format: str
) -> None:
    judgement = judge(photo(1, size, format))
    assert judgement.reason == reason
    assert (judgement.width, judgement.height) == size


@pytest.mark.parametrize(("length", "reason"), [(10 * MIB, None), (10 * MIB + 1, "too_big")])
def test_ten_mebibytes_are_enough_and_one_byte_more_is_not(length: int, reason: str | None) -> None:
    data = photo(1)
    judgement = judge(data + bytes(length - len(data)))
    assert (judgement.reason, judgement.file_size) == (reason, length)


def test_the_rules_are_the_callers() -> None:
    data = photo(1, (600, 600))
    assert judge(data, PhotoRules(min_side=600)).status == "valid"
    assert judge(data, PhotoRules(min_side=601)).reason == "too_small"
    assert judge(data, PhotoRules(max_bytes=len(data))).status == "valid"
    assert judge(data, PhotoRules(max_bytes=len(data) - 1)).reason == "too_big"
