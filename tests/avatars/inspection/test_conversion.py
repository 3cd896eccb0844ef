"""Pictures in other formats become JPEGs, in a process that no file can take anything from."""

from io import BytesIO

import pillow_heif
import pytest
from PIL import Image, ImageChops, ImageStat

from core.avatars.inspection import conversion
from core.avatars.inspection.conversion import FORMATS, Converted, Converter
from core.avatars.inspection.picture_files.formats import recognise
from core.avatars.inspection.picture_files.picture_file import Unreadable
from tests.nasty_files import two_frames
from tests.photographs import encoded, large
from tests.pictures_for_tests import exif, scene

pillow_heif.register_heif_opener()
CONVERTER = Converter()
ORIGINAL = scene(1, (800, 600))


def sent(format: str, picture: Image.Image = ORIGINAL, **options: object) -> bytes:
    return encoded(picture, FORMATS.get(format, format), **options)


def opened(made: Converted) -> Image.Image:
    picture = Image.open(BytesIO(made.data))
    picture.load()
    assert picture.format == "JPEG"
    return picture


def refused(data: bytes, format: str, converter: Converter = CONVERTER) -> str:
    with pytest.raises(Unreadable) as error:
        converter.convert(data, format)
    return error.value.reason


def near(one: Image.Image, other: Image.Image) -> bool:
    assert one.size == other.size
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other)).mean) < 5


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_becomes_a_jpeg_that_shows_the_same(format: str) -> None:
    data = sent(format)
    assert recognise(data) == format
    made = CONVERTER.convert(data, format)
    assert (made.width, made.height) == ORIGINAL.size
    assert near(opened(made), ORIGINAL)


@pytest.mark.parametrize("format", ["AVIF", "WEBP", "TIFF", "HEIC"])
@pytest.mark.parametrize(
    ("orientation", "turn"),
    [(3, Image.Transpose.ROTATE_180), (6, Image.Transpose.ROTATE_270)],
)
def test_what_lies_on_its_side_is_turned_upright(
    format: str, orientation: int, turn: Image.Transpose
) -> None:
    upright = ORIGINAL.transpose(turn)
    for tags in (exif(orientation), exif(orientation).tobytes()):  # HEIC: in EXIF alone, in both
        made = CONVERTER.convert(sent(format, exif=tags), format)
        assert (made.width, made.height) == upright.size
        assert near(opened(made), upright)


@pytest.mark.parametrize("format", ["HEIC", "AVIF", "WEBP", "TIFF"])
def test_nothing_tells_where_it_was_taken(format: str) -> None:
    data = sent(format, exif=exif(gps=(55.7, 37.6)))
    assert b"HERE" in data
    made = CONVERTER.convert(data, format)
    assert not opened(made).getexif()
    assert b"HERE" not in made.data


@pytest.mark.parametrize("format", ["WEBP", "AVIF", "GIF", "TIFF"])
def test_what_was_transparent_is_white(format: str) -> None:
    mode = "P" if format == "GIF" else "RGBA"
    options = {"transparency": 0} if format == "GIF" else {}
    made = CONVERTER.convert(sent(format, Image.new(mode, (600, 600)), **options), format)
    assert opened(made).convert("RGB").getpixel((300, 300)) == (255, 255, 255)


def test_sixteen_bits_of_grey_keep_their_shades() -> None:
    made = CONVERTER.convert(sent("TIFF", Image.new("I;16", (600, 600), 128 * 256)), "TIFF")
    assert opened(made).convert("L").getpixel((9, 9)) == 128


@pytest.mark.parametrize("mode", ["CMYK", "1", "YCbCr", "P", "LA"])
def test_printers_colours_are_understood(mode: str) -> None:
    picture = ORIGINAL.convert(mode)
    assert opened(CONVERTER.convert(sent("TIFF", picture), "TIFF")).size == ORIGINAL.size


def test_of_a_tiff_with_pages_the_first_is_taken() -> None:
    pages = encoded(ORIGINAL, "TIFF", save_all=True, append_images=[scene(2, (800, 600))])
    assert near(opened(CONVERTER.convert(pages, "TIFF")), ORIGINAL)


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_a_film_is_no_photo(format: str) -> None:
    assert refused(two_frames(format), format) == "animated"


def test_a_large_picture_becomes_smaller_but_is_described_as_it_was() -> None:
    with Image.open(BytesIO(large())) as picture:
        made = CONVERTER.convert(sent("WEBP", picture, quality=70, method=0), "WEBP")
    assert (made.width, made.height) == (4000, 3000)
    assert min(opened(made).size) == 1500


def test_one_that_is_hardly_too_large_keeps_what_it_may() -> None:
    made = CONVERTER.convert(sent("BMP", ORIGINAL.resize((2600, 2500))), "BMP")
    assert min(opened(made).size) == 2048


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.5])
def test_a_file_that_was_cut_off_is_broken(format: str, share: float) -> None:
    data = sent(format)
    assert refused(data[: int(len(data) * share)], format) == "broken"


@pytest.mark.parametrize("format", FORMATS)
def test_another_file_behind_the_signature_is_broken(format: str) -> None:
    assert refused(sent(format)[:20] + b"<html>" * 99, format) == "broken"


def test_formats_that_nobody_can_read_here_stay_wrong() -> None:
    assert refused(b"8BPS", "PSD") == "wrong_format"
    assert refused(sent("TIFF", Image.new("F", (600, 600))), "TIFF") == "wrong_format"


@pytest.mark.parametrize("format", ["GIF", "BMP", "TIFF"])
def test_a_picture_of_too_many_pixels_is_never_decoded(format: str) -> None:
    assert refused(sent(format, Image.new("1", (9000, 6000))), format) == "too_many_pixels"


def test_what_takes_too_long_is_ended() -> None:
    assert refused(sent("HEIC"), "HEIC", Converter(seconds=0.02)) == "too_complex"


def test_what_takes_too_much_memory_is_ended() -> None:
    bitmap = sent("BMP", Image.new("1", (7000, 7000)))
    assert refused(bitmap, "BMP", Converter(memory=60_000_000)) == "too_complex"


def test_no_secret_reaches_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", "secret")
    assert set(conversion._environment()) == {"PYTHONPATH"}
