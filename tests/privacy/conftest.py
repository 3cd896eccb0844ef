"""A house for those who are to be forgotten: everything real, on either kind of database."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.app.bootstrap import App, bootstrap
from core.avatars import disposal
from core.avatars.privacy import erasure_worker
from core.base.settings import Settings
from tests.fakes.s3 import S3Server


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def app(
    database_url: str, tmp_path: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> Iterator[App]:
    monkeypatch.setattr(erasure_worker, "LINGER_SECONDS", 1.0)
    monkeypatch.setattr(disposal, "GRACE_SECONDS", 1.5)
    environ = {
        "LIKENESS_DATA_DIR": str(tmp_path),
        "LIKENESS_DATABASE__URL": database_url,
        "LIKENESS_LOG__LEVEL": "debug",
        "LIKENESS_TRAINING__MIN_PHOTOS": "1",
        "LIKENESS_TRAINING__SIMULATED_SECONDS": "0.5",
        "LIKENESS_TRAINING__SIMULATED_QUEUE_SECONDS": "0.1",
        "LIKENESS_TRAINING__PRICE_STYLE_USD": "2.5",
    }
    made = bootstrap(Settings.load(environ=environ), log)
    yield made
    made.jobs.close()
    made.database.close()


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3") / "server") as server:
        yield server
