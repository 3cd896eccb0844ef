"""`make bench-photos`: what the check of a photo costs, beside the bare decode of the same file.

    python -m benchmarks.photos              everything (about a minute)
    python -m benchmarks.photos --rounds 3   fewer rounds

Whole checks and bare decodes take turns within one run, so that a noisy machine is noisy for both.
Read the ratios.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import json
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pillow_heif
from PIL import Image

from core.app.bootstrap import App, bootstrap
from core.avatars import queries
from core.avatars.models import Avatar, AvatarPhoto, Consent, PhotoValidationStatus
from core.avatars.photos.inspection import pixels
from core.avatars.photos.inspection.conversion import Converter
from core.avatars.photos.inspection.inspector import Inspector
from core.avatars.photos.inspection.picture_files.formats import read
from core.avatars.photos.inspection.verdict import Purpose
from core.avatars.photos.rules import LOOKED_AT, Opened, accept, open_photo
from core.base.settings import Settings
from core.base.settings.product.pictures import SECOND_LOOK
from core.conversation.messages import Address, Event, Kind, Person, Update
from core.conversation.models import Conversation
from core.services.faces import YuNet
from core.services.second_look import SecondLook
from tests.photographs import (
    ASTRONAUT,
    COFFEE,
    ROCKET,
    encoded,
    far_away,
    jpeg,
    photograph,
    selfie,
)
from tests.pictures_for_tests import exif

Files = Mapping[str, bytes]

CAMERA, TELEGRAM = (4000, 3000), (1280, 960)
WANTED = {CAMERA: 1.0, TELEGRAM: 10.0}
"""Bare decodes that a whole check may cost, at the median."""
SECONDS = 1.0
"""That one thread works on end, when threads are compared."""
ALBUM = 3.0
"""Seconds within which an album of ten should have its settled screen."""
LOOK = SecondLook()
"""Asked where its package is installed."""
THREADS = 1.7
"""How many times as much two threads should do as one."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.photos")
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    finder = YuNet()
    inspector = Inspector(finder, converter=Converter())
    for size in (CAMERA, TELEGRAM):
        portraits, others = _files(size, people=True), _files(size, people=False)
        _heading(f"{size[0]} × {size[1]}, milliseconds")
        _compare("portraits", inspector, portraits, rounds, WANTED[size])
        _compare("without a face", inspector, others, rounds, None)
        if find_spec(SECOND_LOOK[0]):
            twice = Inspector(finder, converter=Converter(), unsafe=LOOK)
            _compare("with a second look", twice, portraits, rounds, None)
        _steps(finder, portraits, rounds)
        _parallel(inspector, portraits, rounds)
    _heading("others, milliseconds")
    for name, data in _others().items():
        seconds = _timed(partial(inspector.inspect, data), min(rounds, 5))
        print(f"  {name:34}{seconds * 1000:8.1f}")
    _album()
    _memory(inspector)


def _compare(
    name: str, inspector: Inspector, files: Files, rounds: int, wanted: float | None
) -> None:
    """The whole check against the bare decode, in turns."""
    bare: list[float] = []
    whole: list[float] = []
    for _ in range(rounds + 1):
        for data in files.values():
            bare.append(_once(partial(_decode, data)))
            whole.append(_once(partial(inspector.inspect, data)))
    bare, whole = bare[len(files) :], whole[len(files) :]  # the first round warms up
    ratio = statistics.median(w / b for w, b in zip(whole, bare, strict=True))
    print(f"  {name + ': bare decode':34}{statistics.median(bare) * 1000:8.1f}")
    print(f"  {name + ': whole check':34}{statistics.median(whole) * 1000:8.1f}", end="")
    print(f"   {ratio:.2f} ×{_judged(ratio <= wanted, f'at most {wanted}') if wanted else ''}")


def _steps(finder: YuNet, files: Files, rounds: int) -> None:
    """Each step alone, the median over all files."""
    taken: dict[str, list[float]] = {}
    for data in files.values():
        opened = open_photo(data)
        assert isinstance(opened, Opened)
        grey, rgb = opened.picture.convert("L"), np.asarray(opened.picture.convert("RGB"))
        faces = finder.find(rgb)
        steps: dict[str, Callable[[], object]] = {
            "content hash": partial(sha256, data),
            "header, cleaning": partial(read, data),
            "bounded decode": partial(opened.file.decode, LOOKED_AT),
            "near-duplicate hash": partial(pixels.fingerprint, grey),
            "faces": partial(finder.find, rgb),
            "quality": partial(pixels.measure, grey, faces[0]),
            "what is stored": partial(accept, opened),
        }
        if find_spec(SECOND_LOOK[0]):
            steps["second look"] = partial(LOOK, opened.picture.convert("RGB"))
        for name, step in steps.items():
            taken.setdefault(name, []).append(_timed(step, rounds))
    for name, seconds in taken.items():
        print(f"    {name:32}{statistics.median(seconds) * 1000:8.2f}")


def _parallel(inspector: Inspector, files: Files, rounds: int) -> None:
    """Photos a second with one thread and with two, in turns."""
    some = list(files.values())
    once = _once(lambda: list(map(inspector.inspect, some)))
    photos = some * math.ceil(SECONDS / once)  # so many that the last one alone does not count
    speeds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(max(3, rounds // 3)):
        for threads, found in speeds.items():
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(inspector.inspect, photos[:threads]))  # a detector for each
                started = time.perf_counter()
                list(pool.map(inspector.inspect, photos))
                found.append(len(photos) / (time.perf_counter() - started))
    one, two = (statistics.median(found) for found in speeds.values())
    gain = statistics.median(b / a for a, b in zip(*speeds.values(), strict=True))
    print(f"  one thread {one:.0f} photos/s, two {two:.0f}   {gain:.2f} ×", end="")
    print(_judged(gain >= THREADS, f"at least {THREADS}"))


def _album() -> None:
    """Ten photos of a person, from the first one's arrival to the screen that may be shown."""
    _heading("an album of ten, seconds from its arrival to its settled screen")
    for size in (TELEGRAM, CAMERA):
        photos = [
            jpeg(_grainy(far_away(0.12 + 0.04 * n).resize(size, Image.Resampling.BICUBIC), 2), 85)
            for n in range(10)
        ]
        with TemporaryDirectory() as folder:
            seconds = _settled(Path(folder), photos)
        print(f"  {size[0]} × {size[1]:<27}{seconds:8.2f}{_judged(seconds <= ALBUM, 'at most 3')}")


def _settled(folder: Path, photos: Sequence[bytes]) -> float:
    """The whole product on SQLite and a folder: inbox, worker, verdicts; then a second of quiet."""
    environ = {"LIKENESS_DATA_DIR": str(folder), "LIKENESS_LOG__LEVEL": "error"}
    app = bootstrap(Settings.load(environ=environ))
    chat = _begun(app)
    worker = app.worker()
    app.inspect(photos[0], Purpose(), {})  # what is loaded once does not count
    worker.start()
    try:
        started = time.perf_counter()
        for data in photos:
            chat(Event(Kind.PHOTO, file={"spool": app.spool.put(data)}))
        judged = AvatarPhoto.validation_status != PhotoValidationStatus.PENDING
        while AvatarPhoto.select().where(judged).count() < len(photos):
            assert time.perf_counter() < started + 60, "they are not judged"
            time.sleep(0.01)
        return time.perf_counter() - started + app.settings.conversation.quiet_seconds
    finally:
        worker.stop()
        app.database.close()


def _begun(app: App) -> Callable[[Event], None]:
    """Somebody whose portrait waits for photos; what they do next."""
    keys = itertools.count()

    def do(event: Event) -> None:
        update = Update(str(next(keys)), Address("web", "web", "anna"), event, Person("Anna", "en"))
        app.engine.drain(app.engine.receive(update)[0].conversation_id)

    do(Event(Kind.COMMAND, "start"))
    owner = Conversation.get()
    Consent.create(user=owner.user, version=queries.CONSENT_VERSION, given_at=0)
    avatar = Avatar.create(user=owner.user, name="Anna", avatar_type="character", gender="female")
    memory = json.dumps({"avatar": avatar.id.hex})
    Conversation.update(state="uploading_photos", memory=memory).execute()
    return do


def _memory(inspector: Inspector) -> None:
    """What one check adds to the process at its peak."""
    _heading("peak memory of one check, MB more than before")
    files = {
        "12 megapixels": _files(CAMERA, people=True)["face"],
        "1280 pixels": _files(TELEGRAM, people=True)["face"],
        "50 megapixels": jpeg(Image.new("RGB", (8192, 6144), "tan")),
        "PNG of 16 megapixels": encoded(Image.new("RGB", (4096, 4096), "tan"), "PNG"),
        **_others(),
    }
    for name, data in files.items():
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
        before = _status("VmRSS")
        inspector.inspect(data)
        print(f"  {name:34}{_status('VmHWM') - before:8.0f}")
    print(f"  {'the whole process now':34}{_status('VmRSS'):8.0f}")


def _files(size: tuple[int, int], *, people: bool) -> Files:
    """Photos of several kinds, with the grain and the compression of a phone."""
    scenes = (
        {
            "face": photograph(ASTRONAUT).crop((0, 0, 512, 384)),
            "selfie": selfie(0.8, 1.33),
            "half-length": far_away(0.4),
            "far away": far_away(0.15),
        }
        if people
        else {"coffee": photograph(COFFEE), "rocket": photograph(ROCKET)}
    )
    camera = size == CAMERA
    return {
        name: jpeg(_grainy(scene.resize(size, Image.Resampling.BICUBIC), 4 if camera else 2), level)
        for (name, scene), level in zip(
            scenes.items(), (85, 88, 92, 94) if camera else (80, 80, 87, 87), strict=False
        )
    }


def _others() -> Files:
    pillow_heif.register_heif_opener()
    large = _grainy(photograph(ASTRONAUT).crop((0, 0, 512, 384)).resize(CAMERA), 3)
    lying = large.transpose(Image.Transpose.ROTATE_90)
    return {
        "12 megapixels turned by EXIF": jpeg(lying, exif=exif(6)),
        "12 megapixels on their side": jpeg(lying),
        "HEIC of 12 megapixels": encoded(large, "HEIF", quality=60),
        "WebP of 12 megapixels": encoded(large, "WEBP", quality=80, method=0),
    }


def _grainy(picture: Image.Image, noise: float) -> Image.Image:
    grain = np.random.default_rng(1).normal(0, noise, (picture.height, picture.width, 1))
    levels = np.asarray(picture, np.int16) + grain.astype(np.int16)
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))


def _decode(data: bytes) -> None:
    with Image.open(BytesIO(data)) as picture:
        picture.load()


def _timed(call: Callable[[], object], rounds: int) -> float:
    call()
    return statistics.median(_once(call) for _ in range(rounds))


def _once(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _status(line: str) -> float:
    rows: Sequence[str] = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) / 1024 for row in rows if row.startswith(line))


def _judged(holds: bool, wanted: str) -> str:
    return f"   ({wanted}: {'ok' if holds else 'MISSED'})"


def _heading(text: str) -> None:
    print(f"\n{text}")


if __name__ == "__main__":
    main()
