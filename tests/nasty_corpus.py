"""A corpus of nasty files with the verdict that each must get, and the costs of it.

Run as `python -m tests.nasty_corpus NAME…` it builds these files, judges each in this process as
the worker would, and prints a JSON line for each: verdict, seconds and megabytes more than before.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image, ImageFilter

from core.avatars.photos.inspection.conversion import Converter
from core.avatars.photos.inspection.inspector import Inspector
from core.services.faces import YuNet
from tests import nasty_files as nasty
from tests.photographs import ASTRONAUT, CAT, COFFEE, encoded, jpeg, lit, photograph, selfie
from tests.pictures_for_tests import exif, lying, photo
from tests.sizes import SIZE
from tests.yardstick import worth

pillow_heif.register_heif_opener()

Build = Callable[[], bytes]

MEGABYTE = 1024 * 1024
LONG, TIMES = 0.1, 3
"""Seconds: what takes longer is judged so often, and the least counts: others took the rest."""


@dataclass(frozen=True)
class Nasty:
    """How a file is built, and what becomes of it; `made` says that another process converts it."""

    build: Build
    status: str
    reason: str | None = None
    made: bool = False


def corpus() -> dict[str, Nasty]:
    """All of them, by name."""
    return dict(
        (*_no_pictures(), *_formats(), *_broken(), *_bombs(), *_sizes(), *_kinds(), *_seen())
    )


def person() -> Image.Image:
    return photograph(ASTRONAUT)


def _no_pictures() -> Iterator[tuple[str, Nasty]]:
    whole = jpeg(person())
    refused = {
        "nothing": (lambda: b"", "empty"),
        "one byte": (lambda: b"\xff", "not_a_picture"),
        "text": (lambda: b"Dear diary", "not_a_picture"),
        "zeros": (lambda: bytes(1_000_000), "not_a_picture"),
        "an archive": (nasty.archive, "not_a_picture"),
        "a PDF with a photo": (lambda: b"%PDF-1.7\n" + whole, "not_a_picture"),
        "a page with a photo": (lambda: b"<html><script>1</script>" + whole, "not_a_picture"),
        "a film's container": (lambda: b"\0\0\0\x18ftypisom" + bytes(500), "not_a_picture"),
        "a program": (lambda: b"\x7fELF" + bytes(5000), "not_a_picture"),
        "a drawing in text": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "wrong_format"),
        "a layered file": (lambda: b"8BPS\0\1" + bytes(5000), "wrong_format"),
        "a newer JPEG": (lambda: b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99), "wrong_format"),
        "one byte too many": (
            lambda: whole + bytes(10 * MEGABYTE + 1 - len(whole)),
            "too_big",
        ),
    }
    for name, (build, reason) in refused.items():
        yield name, Nasty(build, "invalid", reason)
    yield "as large as it may be", Nasty(lambda: whole + bytes(10 * MEGABYTE - len(whole)), "valid")


def _formats() -> Iterator[tuple[str, Nasty]]:
    """Pictures under a wrong name: nobody looks at the name."""
    for kind in ("WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF"):
        yield (
            f"{kind} of a person",
            Nasty(partial(_person_as, kind), "valid", made=True),
        )
        yield (
            f"{kind} cut off",
            Nasty(
                partial(_person_as, kind, 3000),
                "invalid",
                "broken",
                made=True,
            ),
        )
        yield (
            f"{kind} of nothing but its signature",
            Nasty(
                partial(_person_as, kind, 20, 3000),
                "invalid",
                "broken",
                made=True,
            ),
        )
    for kind in ("ICO", "JPEG2000"):
        yield (
            kind,
            Nasty(partial(nasty.converted, kind), "invalid", "wrong_format"),
        )
    for kind in ("GIF", "WEBP"):
        yield (
            f"moving {kind}",
            Nasty(partial(nasty.two_frames, kind), "invalid", "animated", made=True),
        )
    yield "moving PNG", Nasty(lambda: nasty.two_frames("PNG"), "invalid", "animated")
    yield (
        "a TIFF of 54 megapixels",
        Nasty(
            lambda: encoded(Image.new("1", (9000, 6000)), "TIFF"),
            "invalid",
            "too_many_pixels",
            made=True,
        ),
    )


def _broken() -> Iterator[tuple[str, Nasty]]:
    wholes = {
        "JPEG": lambda: jpeg(person()),
        "progressive JPEG": lambda: jpeg(person(), progressive=True),
        "PNG": lambda: encoded(person(), "PNG"),
    }
    for name, whole in wholes.items():
        for share in (0.001, 0.1, 0.5, 0.9, 0.99, 0.9999):
            yield (
                f"{name} cut at {share}",
                Nasty(
                    partial(_cut, whole, share),
                    "invalid",
                    "broken",
                ),
            )
    made: dict[str, Build] = {
        "PNG with a flipped bit": lambda: _flipped(encoded(person(), "PNG"), 5000),
        "PNG with a wrong checksum": lambda: _flipped(encoded(person(), "PNG"), 30),
        "PNG signature alone": lambda: nasty.SIGNATURE,
        "PNG without a palette": lambda: nasty.png((600, 600), colours=3),
        "PNG without rows": lambda: nasty.png((600, 600), b""),
        "PNG of three bits": lambda: nasty.png((600, 600), bits=3),
        "PNG without a width": lambda: nasty.png((0, 600)),
        "JPEG without a height": lambda: nasty.declaring(photo(1), (1280, 0)),
        "JPEG cut off and ended": lambda: jpeg(person())[:30_000] + b"\xff\xd9",
        "JPEG in grey, cut off and ended": lambda: _jpeg_in("L")[:-2000] + b"\xff\xd9",
        "JPEG of twice its height": lambda: nasty.declaring(jpeg(person()), (512, 1024)),
        "JPEG of nothing": lambda: b"\xff\xd8\xff\xd9",
        "JPEG of noise": lambda: b"\xff\xd8\xff" + np.random.default_rng(1).bytes(50_000),
        "JPEG of a long segment": lambda: photo(1)[:2] + b"\xff\xe1\xff\xff" + photo(1)[2:],
    }
    for name, build in made.items():
        yield name, Nasty(build, "invalid", "broken")


def _person_as(kind: str, length: int | None = None, more: int = 0) -> bytes:
    return encoded(person(), kind)[:length] + bytes(more)


def _cut(whole: Build, share: float) -> bytes:
    data = whole()
    return data[: max(12, int(len(data) * share))]


def _resized(size: tuple[int, int], kind: str) -> bytes:
    return encoded(person().resize(size), kind)


def _jpeg_in(mode: str) -> bytes:
    return jpeg(person().convert(mode))


def _lying_jpeg(orientation: int) -> bytes:
    return jpeg(lying(person(), orientation), exif=exif(orientation))


def _selfie(fill: float) -> bytes:
    return jpeg(selfie(fill))


def _flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes((data[place] ^ 4,)) + data[place + 1 :]


def _bombs() -> Iterator[tuple[str, Nasty]]:
    refused: dict[str, tuple[Build, str]] = {
        "a declared giant": (lambda: nasty.declaring(photo(1), (65535, 65535)), "too_many_pixels"),
        "a declared giant PNG": (
            lambda: nasty.png((2**31 - 1, 2**31 - 1), b""),
            "too_many_pixels",
        ),
        "51 megapixels of JPEG": (lambda: _flat("JPEG", (8193, 6400), "L"), "too_many_pixels"),
        "17 megapixels of PNG": (lambda: _flat("PNG", (4096, 4097), "L"), "too_many_pixels"),
        "88 megapixels with alpha": (lambda: _flat("PNG", (9400, 9400), "LA"), "too_many_pixels"),
        "101 scans": (lambda: nasty.of_scans(101), "too_complex"),
        "2000 scans": (lambda: nasty.of_scans(2000), "too_complex"),
        "90 scans of 12 megapixels": (lambda: nasty.of_scans(90, (4000, 3000)), "too_complex"),
        "48 megapixels in scans": (
            lambda: _flat("JPEG", (8000, 6000), progressive=True, subsampling=0),
            "too_complex",
        ),
        "300,000 chunks": (nasty.png_bomb_of_chunks, "too_complex"),
        "500,000 segments": (nasty.jpeg_bomb_of_segments, "too_complex"),
        "16 megapixels of one bit": (
            lambda: nasty.png((4096, 4096), bits=1, colours=0),
            "too_dark",
        ),
        "16 megapixels of palette": (lambda: _flat("PNG", (4096, 4096), "P"), "too_dark"),
        "50 megapixels of grey": (lambda: _flat("JPEG", (8192, 6400), "L"), "too_dark"),
        "50 megapixels on their side": (
            lambda: _flat("JPEG", (8192, 6400), exif=exif(6)),
            "too_dark",
        ),
        "a strip": (lambda: _flat("JPEG", (512, 65500)), "too_dark"),
        "a comment of 200 MB": (nasty.png_bomb_of_text, "no_face"),
        "a profile of 100 MB": (nasty.png_bomb_of_profile, "no_face"),
    }
    for name, (build, reason) in refused.items():
        yield name, Nasty(build, "invalid", reason)
    for bits, colours in ((16, 0), (8, 6), (16, 2), (16, 4), (16, 6)):
        yield (
            f"16 megapixels of PNG, {bits} bits of kind {colours}",
            Nasty(
                partial(nasty.png, (4096, 4096), bits=bits, colours=colours),
                "invalid",
                "too_bright" if colours & 4 else "too_dark",
                made=True,
            ),
        )

    photographs: dict[str, Build] = {
        "a PNG photograph of 16 megapixels": lambda: encoded(_cup((4600, 3600)), "PNG"),
        "one of 8 megapixels with alpha": lambda: _in_alpha(_cup((3264, 2448))),
        "an interlaced PNG of 16 megapixels": lambda: nasty.interlaced((4096, 4096)),
        "12 megapixels in four inks": lambda: jpeg(_cup((4000, 3000)).convert("CMYK"), 80),
        "the same in scans": lambda: jpeg(_cup((4000, 3000)).convert("CMYK"), progressive=True),
        "40 megapixels in scans": lambda: jpeg(_cup((7300, 5475)), 75, progressive=True),
        "40 scans of 12 megapixels": lambda: nasty.of_scans(40, (4000, 3000)),
        "16 megapixels of a clear palette": lambda: _clear(3),
        "16 megapixels of a clear grey": lambda: _clear(0),
    }
    seen = {
        **dict.fromkeys(photographs, "no_face"),
        "an interlaced PNG of 16 megapixels": "too_dark",
        "16 megapixels of a clear palette": "too_bright",
        "16 megapixels of a clear grey": "too_bright",
    }
    for name, build in photographs.items():
        yield name, Nasty(build, "invalid", seen[name], made=True)


def _cup(size: tuple[int, int]) -> Image.Image:
    return photograph(COFFEE).resize(size, Image.Resampling.BICUBIC)


def _in_alpha(picture: Image.Image) -> bytes:
    return encoded(picture.convert("RGBA"), "PNG")


def _clear(colours: int) -> bytes:
    """One bit for each of 16 megapixels, all of them transparent: 2 kB."""
    chunks = [nasty.chunk(b"PLTE", b"\0\0\0")] if colours == 3 else []
    chunks.append(nasty.chunk(b"tRNS", b"\0" if colours == 3 else b"\0\0"))
    return nasty.png((4096, 4096), bits=1, colours=colours, extra=b"".join(chunks))


def _flat(format: str, size: tuple[int, int], mode: str = "RGB", **options: object) -> bytes:
    return encoded(Image.new(mode, size), format, **options)


def _sizes() -> Iterator[tuple[str, Nasty]]:
    square = person()
    yield "512 pixels", Nasty(lambda: jpeg(square), "valid")
    for size in ((511, 512), (512, 511), (1, 1), (100, 5000), (1, 50000), (50000, 1)):
        for kind in ("JPEG", "PNG"):
            yield (
                f"{kind} of {size[0]} by {size[1]}",
                Nasty(
                    partial(_resized, size, kind),
                    "invalid",
                    "too_small",
                ),
            )


def _kinds() -> Iterator[tuple[str, Nasty]]:
    """Odd, but what a person would want to be taken."""
    for mode in ("L", "CMYK", "YCbCr"):
        yield f"JPEG in {mode}", Nasty(partial(_jpeg_in, mode), "valid")
    for mode in ("L", "LA", "RGBA", "P", "I;16"):
        yield f"PNG in {mode}", Nasty(partial(_in, mode), "valid")
    yield (
        "a palette with transparency",
        Nasty(lambda: encoded(person().quantize(255), "PNG", transparency=254), "valid"),
    )
    for orientation in range(1, 9):
        yield (
            f"orientation {orientation}",
            Nasty(
                partial(_lying_jpeg, orientation),
                "valid",
            ),
        )
    yield (
        "broken EXIF",
        Nasty(
            lambda: nasty.with_segment(jpeg(person()), 0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xff"),
            "valid",
        ),
    )
    strip = Nasty(partial(_wide, (20_000, 800)), "invalid", "no_face", made=True)
    yield "a TIFF of 20,000 by 800", strip
    yield "a grey corner", Nasty(_with_grey_corner, "valid")
    yield "a broken profile", Nasty(lambda: jpeg(person(), icc_profile=b"nonsense"), "valid")
    yield "two frames of a phone", Nasty(_mpo, "valid")
    yield "an archive behind a photo", Nasty(lambda: jpeg(person()) + nasty.archive(), "valid")
    yield "a place in EXIF", Nasty(lambda: jpeg(person(), exif=exif(gps=(55.7, 37.6))), "valid")


def _wide(size: tuple[int, int]) -> bytes:
    return encoded(_cup(size), "TIFF", compression="jpeg")


def _with_grey_corner() -> bytes:
    """As what is missing of a JPEG would be, but it is all there."""
    picture = person().copy()
    picture.paste((128, 128, 128), (256, 400, 512, 512))
    return jpeg(picture)


def _in(mode: str) -> bytes:
    if mode == "I;16":
        deep = np.asarray(person().convert("L"), np.uint16) * 256
        return encoded(Image.fromarray(deep), "PNG")
    return encoded(person().convert(mode), "PNG")


def _mpo() -> bytes:
    out = BytesIO()
    person().save(out, "MPO", save_all=True, append_images=[photograph(COFFEE).resize((512, 512))])
    return out.getvalue()


def _seen() -> Iterator[tuple[str, Nasty]]:
    """Whole pictures in which too little is seen."""
    refused: dict[str, tuple[Build, str]] = {
        "a cat": (lambda: jpeg(photograph(CAT).resize((902, 600))), "no_face"),
        "a cup": (lambda: jpeg(photograph(COFFEE).resize((900, 600))), "no_face"),
        "black": (lambda: jpeg(Image.new("RGB", (800, 800))), "too_dark"),
        "white": (lambda: jpeg(Image.new("RGB", (800, 800), "white")), "too_bright"),
        "nobody is seen in the dark": (lambda: jpeg(lit(person(), 0.02)), "too_dark"),
        "nobody is seen in the light": (lambda: jpeg(lit(person(), 300)), "too_bright"),
        "fog": (lambda: jpeg(person().filter(ImageFilter.GaussianBlur(40))), "too_blurred"),
    }
    for name, (build, reason) in refused.items():
        yield name, Nasty(build, "invalid", reason)
    for fill in (0.5, 0.8, 1.0):
        yield f"a selfie at {fill}", Nasty(partial(_selfie, fill), "valid")


def main(names: list[str]) -> None:
    """Judge these files; whatever they do, this process must live to tell."""
    files = corpus()
    inspector = Inspector(YuNet(), converter=Converter())
    inspector.inspect(jpeg(person()))  # what is loaded once does not count
    for name in names:
        data = files[name].build()
        told = [_told(inspector, data)]
        if _doubtful(told[0], files[name]):
            told += [_counted(inspector, data) for _ in range(TIMES - 1)]
        least = {key: min(found[key] for found in told) for key in ("seconds", "worked")}
        largest = {"megabytes": max(found["megabytes"] for found in told)}
        row = {"name": name, **_undisturbed(told), **least, **largest}
        sys.stdout.write(json.dumps(row) + "\n")


def _doubtful(found: dict[str, Any], wanted: Nasty) -> bool:
    """Whether to judge it again: what it cost counts in `make soak` alone."""
    if SIZE == "small":
        return bool(found["verdict"] != [wanted.status, wanted.reason])
    return bool(found["seconds"] > LONG)


def _counted(inspector: Inspector, data: bytes) -> dict[str, Any]:
    """Seconds as the machine's that the limits are from: its yardstick before and behind it."""
    before = worth(1)
    found = _told(inspector, data)
    slower = (before + worth(1)) / 2
    return {**found, **{key: found[key] / slower for key in ("seconds", "worked")}}


def _undisturbed(told: list[dict[str, Any]]) -> dict[str, Any]:
    """One that others did not make too laborious, if there is any."""
    return min(told, key=lambda found: bool(found["verdict"][1] == "too_complex"))


def _told(inspector: Inspector, data: bytes) -> dict[str, Any]:
    """The verdict, and what it took."""
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    elsewhere = os.times().children_user
    before, worked, started = _memory("VmRSS"), time.thread_time(), time.perf_counter()
    verdict = inspector.inspect(data)
    return {
        "verdict": [verdict.status, verdict.reason],
        "seconds": time.perf_counter() - started,
        "worked": time.thread_time() - worked,
        "elsewhere": os.times().children_user > elsewhere,
        "megabytes": _memory("VmHWM") - before,
    }


def _memory(line: str) -> float:
    rows = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) / 1024 for row in rows if row.startswith(line))


if __name__ == "__main__":
    main(sys.argv[1:] or list(corpus()))
