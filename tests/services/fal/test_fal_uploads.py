"""Photos on their way to fal: one zip, streamed, and nothing of a name in it."""

import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.avatars.ports import Observation, Unreachable
from core.base.errors import StorageUnavailable
from core.base.settings import Settings
from core.base.settings.product.fal import Fal
from core.services.fal import FalTrainer
from core.services.fal.simulation import FalServer
from tests.patience import LONG

RUN = "7a1f3c52-9a43-4f6c-8a3a-0d6c0f1b2c3d"
JPEG = b"\xff\xd8\xff\xe0 a photo"
PNG = b"\x89PNG\r\n\x1a\n a picture"
EXTRA_BYTES = 100 * 2**20
Connect = Callable[..., FalTrainer]


def photos(count: int = 3) -> list[tuple[str, Callable[[], bytes]]]:
    return [(f"Anna Smith {number}.jpg", lambda: JPEG) for number in range(count)]


def test_a_zip_has_safe_names_one_date_and_every_photo_as_it_was(
    fal: FalServer, trainer: FalTrainer
) -> None:
    fal.ledger.keeps_uploads = True
    given = [("../../Anna.JPG", lambda: JPEG), ("b.exe", lambda: PNG), ("", lambda: b"other")]
    url = trainer.upload(RUN, given)
    data = fal.ledger.uploads[url.rpartition("/")[2]]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["001.jpg", "002.png", "003.jpg"]
        assert [archive.read(name) for name in archive.namelist()] == [JPEG, PNG, b"other"]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert b"Anna" not in data


def test_a_large_upload_says_again_and_again_that_it_goes_on(trainer: FalTrainer) -> None:
    seen: list[str] = []
    trainer.upload(RUN, [("1.jpg", lambda: bytes(2**20))], lambda: seen.append("alive"))
    assert len(seen) >= 16


def test_an_upload_expires_soon(fal: FalServer, trainer: FalTrainer) -> None:
    trainer.upload(RUN, photos())
    (headers,) = fal.ledger.upload_headers
    for name in ("x-fal-object-lifecycle", "x-fal-object-lifecycle-preference"):
        assert json.loads(headers[name]) == {"expiration_duration_seconds": 24 * 3600}


def test_an_upload_may_be_private(fal: FalServer, connect: Connect) -> None:
    private = Settings(fal=Fal(private_uploads=True, upload_hours=2))
    connect(fal.settings(private)).upload(RUN, photos())
    (headers,) = fal.ledger.upload_headers
    assert json.loads(headers["x-fal-object-lifecycle"]) == {
        "expiration_duration_seconds": 7200,
        "initial_acl": {"default": "forbid"},
    }


@pytest.mark.parametrize("phase", ["token", "upload"])
@pytest.mark.parametrize("fault", ["404", "500_untaken", "503_html", "reset", "malformed"])
def test_where_the_cdn_takes_nothing_the_other_storage_does(
    fal: FalServer, trainer: FalTrainer, phase: str, fault: str
) -> None:
    fal.plan.add(phase, fault)
    url = trainer.upload(RUN, photos())
    assert url.rpartition("/")[2] in fal.ledger.uploads
    assert "x-fal-object-lifecycle-preference" in fal.ledger.upload_headers[-1]


@pytest.mark.parametrize("phase", ["initiate", "put"])
def test_where_no_storage_takes_it_it_is_tried_later(
    fal: FalServer, trainer: FalTrainer, observed: list[Observation], phase: str
) -> None:
    fal.plan.add("token", "503_html")
    fal.plan.add(phase, "500")
    with pytest.raises(Unreachable) as caught:
        trainer.upload(RUN, photos())
    assert caught.value.failure.error_type == "http_503"
    assert [(o.phase, o.ok, o.run_id) for o in observed] == [("upload", False, RUN)]
    assert trainer.upload(RUN, photos())
    assert observed[-1].ok


def test_a_refused_key_is_not_tried_elsewhere(fal: FalServer, trainer: FalTrainer) -> None:
    fal.plan.add("token", "401")
    with pytest.raises(Unreachable) as caught:
        trainer.upload(RUN, photos())
    assert caught.value.failure.stop_submitting
    assert fal.ledger.upload_headers == []


def test_where_nobody_listens_it_is_tried_later(connect: Connect) -> None:
    with FalServer() as fal:
        trainer = connect(fal.settings(Settings()))
    with pytest.raises(Unreachable) as caught:
        trainer.upload(RUN, photos())
    assert caught.value.failure.error_type == "connection_failed"


def test_a_photo_that_cannot_be_read_is_the_storages_matter(
    trainer: FalTrainer, observed: list[Observation]
) -> None:
    def broken() -> bytes:
        raise StorageUnavailable("the disk failed")

    with pytest.raises(StorageUnavailable):
        trainer.upload(RUN, [("1.jpg", lambda: JPEG), ("2.jpg", broken)])
    assert observed == []


def test_no_file_stays_behind(
    trainer: FalTrainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    trainer.upload(RUN, photos())
    assert list(tmp_path.iterdir()) == []


MEASURE = """
import os, resource, sys
from core.base.settings.product.fal import Fal
from core.services.fal import FalTrainer
from core.base.settings import Settings

base = sys.argv[1]
places = Fal(key="k", queue_url=base + "/queue", rest_url=base + "/rest", cdn_url=base + "/cdn")
trainer = FalTrainer(Settings(fal=places), lambda observation: None)
read = lambda: b"\\xff\\xd8" + os.urandom(10 * 2**20 - 2)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
trainer.upload("r", [("1.jpg", lambda: b"\\xff\\xd8")])
before = peak()
trainer.upload("r", [("photo.jpg", read)] * 50)
print(peak() - before)
trainer.close()
"""


@pytest.mark.soak
@pytest.mark.sized
@pytest.mark.parametrize("token_fault", ["", "404"])
def test_fifty_photos_of_ten_megabytes_take_a_hundred_at_most(
    fal: FalServer, token_fault: str
) -> None:
    """In parts to the CDN, and in one piece to the other storage."""
    if token_fault:
        fal.plan.add("token", "503_html")  # of the first, small upload
        fal.plan.add("token", token_fault)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, fal.base],
        env=os.environ, capture_output=True, text=True, check=False, timeout=LONG,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < EXTRA_BYTES
    assert fal.ledger.uploaded_bytes > 500 * 2**20
