"""Pictures in other formats become JPEGs, in a process that no file can take anything from."""

import signal
import struct
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from core.avatars.photos.inspection import conversion
from core.avatars.photos.inspection.conversion import FORMATS, Converted, Converter
from core.avatars.photos.inspection.picture_files.formats import recognise
from core.avatars.photos.inspection.picture_files.picture_file import Unreadable
from core.base.errors import Overloaded
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


def pushed_back(heic: bytes, by: int) -> bytes:
    """The same with so many bytes before the box that describes it, as where pixels come first."""
    made, first = bytearray(heic), int.from_bytes(heic[:4])
    places = heic.index(b"iloc") + 8
    form, count = struct.unpack_from(">HH", heic, places)
    assert form == 0x4440  # of each item a number, a source, where it begins, and one part
    for place in range(places + 8, places + 8 + 18 * count, 18):
        struct.pack_into(">I", made, place, by + int.from_bytes(heic[place : place + 4]))
    return bytes(made[:first]) + struct.pack(">I4s", by, b"free") + bytes(by - 8) + made[first:]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_heic_that_says_twice_how_it_lies_is_turned_once(orientation: int) -> None:
    """In its container and in EXIF, wherever in the file the container stands."""
    data = sent("HEIC", exif=exif(orientation).tobytes())
    upright = ImageOps.exif_transpose(Image.open(BytesIO(sent("JPEG", exif=exif(orientation)))))
    for heic in (data, pushed_back(data, 1 << 17)):
        assert near(opened(CONVERTER.convert(heic, "HEIC")), upright)


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


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_heic_without_its_last_bytes_shows_what_the_whole_one_shows(lost: int) -> None:
    whole = sent("HEIC")
    cut = CONVERTER.convert(whole[: len(whole) - lost], "HEIC")
    first, second = (
        np.asarray(Image.open(BytesIO(made.data)).convert("L"), np.int16)
        for made in (CONVERTER.convert(whole, "HEIC"), cut)
    )
    assert float((np.abs(first - second) > 8).mean()) < 0.01


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


def test_what_takes_more_of_the_processors_than_its_pixels_allow_is_refused() -> None:
    strict = Converter(seconds=0.02, megapixel=0)
    assert refused(sent("HEIC"), "HEIC", strict) == "too_laborious"


def test_each_declared_megapixel_may_take_its_time() -> None:
    """From the moment the size is known: until then it has the seconds alone."""
    generous = Converter(seconds=10, megapixel=0.2)
    assert generous.convert(sent("WEBP"), "WEBP").width == 800
    mean = Converter(seconds=10, megapixel=-100)
    assert refused(sent("WEBP"), "WEBP", mean) == "too_laborious"


@pytest.mark.parametrize("format", FORMATS)
def test_a_machine_that_gives_it_no_time_refuses_no_picture(format: str) -> None:
    """The clock runs out, as on a busy machine: the picture may be tried later."""
    with pytest.raises(Overloaded):
        Converter(clock=0.001).convert(sent(format), format)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_the_machine_kills_refuses_no_picture(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "sys", _Dying(number))
    with pytest.raises(Overloaded):
        CONVERTER.convert(sent("WEBP"), "WEBP")


def test_a_process_that_can_not_start_refuses_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "sys", _Dying(0, executable="/nowhere/python"))
    with pytest.raises(Overloaded):
        CONVERTER.convert(sent("WEBP"), "WEBP")


class _Dying:
    """An interpreter that is killed at once, as the kernel does where memory is short."""

    path: tuple[str, ...] = ()

    def __init__(self, number: int, executable: str = "") -> None:
        self._folder = TemporaryDirectory()
        program = Path(self._folder.name) / "python"
        program.write_text(f"#!/bin/sh\nkill -{number} $$\n")
        program.chmod(0o700)
        self.executable = executable or str(program)


def test_of_two_hundred_megapixels_it_is_said_how_many_they_are() -> None:
    data = sent("TIFF", Image.new("1", (20_000, 10_000)))
    with pytest.raises(Unreadable) as error:
        CONVERTER.convert(data, "TIFF")
    assert (error.value.reason, error.value.size) == ("too_many_pixels", (20_000, 10_000))


def test_a_heic_of_two_hundred_megapixels_is_told_by_its_declared_size() -> None:
    data = sent("HEIC")
    declared = struct.pack(">II", *ORIGINAL.size)
    assert declared in data
    huge = data.replace(declared, struct.pack(">II", 16_320, 12_240))
    with pytest.raises(Unreadable) as error:
        CONVERTER.convert(huge, "HEIC")
    assert (error.value.reason, error.value.size) == ("too_many_pixels", (16_320, 12_240))


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("size", [(6048, 4032), (8064, 6048)])
def test_a_heic_of_24_and_of_48_megapixels_becomes_a_jpeg(size: tuple[int, int]) -> None:
    made = CONVERTER.convert(sent("HEIC", scene(1, size), quality=50), "HEIC")
    assert (made.width, made.height) == size
    assert min(opened(made).size) >= 1024


def test_what_takes_too_much_memory_is_ended() -> None:
    bitmap = sent("BMP", Image.new("1", (7000, 7000)))
    assert refused(bitmap, "BMP", Converter(memory=60_000_000)) == "too_complex"


def test_no_secret_reaches_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", "secret")
    assert set(conversion._environment()) == {"PYTHONPATH"}


@pytest.mark.parametrize("format", ["HEIC", "AVIF"])
@pytest.mark.parametrize(
    "brand", [b"mif2", b"mif3", b"miaf", b"MiHE", b"MiHB", b"tmap", b"1pic", b"heif", b"unif"]
)
def test_a_file_is_known_by_the_brands_that_it_is_compatible_with(
    format: str, brand: bytes
) -> None:
    data = sent(format)
    data = data[:8] + brand + data[12:]
    assert near(ORIGINAL, opened(CONVERTER.convert(data, recognise(data) or "")))


def test_a_film_is_no_picture() -> None:
    assert recognise(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\x08free" + bytes(64)) is None
