"""Two hosts with a data folder each, one database and one S3 server."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.app.bootstrap import App, bootstrap
from core.avatars import disposal
from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.avatars.privacy import erasure_worker
from core.base.settings import Settings
from core.conversation.models import Conversation
from core.services.minio_store import MinioStore
from tests.fakes.s3 import ACCESS_KEY, SECRET_KEY, S3Server
from tests.privacy.people import MARK, Marked, found_below


@pytest.fixture
def hosts(db: Any, database_url: str, s3: S3Server, tmp_path: Path) -> Iterator[tuple[App, App]]:
    """The one that receives, and the one that works."""

    def host(name: str) -> App:
        environ = {
            "LIKENESS_DATABASE__URL": database_url,
            "LIKENESS_DATA_DIR": str(tmp_path / name),
            "LIKENESS_STORAGE__BACKEND": "minio",
            "LIKENESS_STORAGE__ENDPOINT": s3.endpoint,
            "LIKENESS_STORAGE__SECURE": "false",
            "LIKENESS_STORAGE__ACCESS_KEY": ACCESS_KEY,
            "LIKENESS_STORAGE__SECRET_KEY": SECRET_KEY,
            "LIKENESS_STORAGE__PREFIX": f"{tmp_path.name}/",
            "LIKENESS_PHOTOS__FIND_FACES": "false",
        }
        return bootstrap(Settings.load(environ=environ), io.StringIO())

    both = host("receives"), host("works")
    yield both
    for app in both:
        assert isinstance(app.store, MinioStore)
        app.store.close()
        app.close()


def test_a_photo_is_judged_on_another_host_than_the_one_that_received_it(
    hosts: tuple[App, App],
) -> None:
    receives, works = hosts
    Marked(receives).live()
    for photo_id in works.verdicts.due(4e9, 10):
        works.verdicts.judge(photo_id)
    assert {photo.validation_status for photo in AvatarPhoto.select()} == {
        PhotoValidationStatus.VALID
    }


def test_an_erasure_on_one_host_leaves_nothing_on_another(
    hosts: tuple[App, App], tmp_path: Path
) -> None:
    receives, works = hosts
    anna = Marked(receives)
    anna.live()
    user_id = str(Conversation.get_by_id(anna.id).user_id)
    pending = [photo.reference["spool"] for photo in AvatarPhoto.select()]
    assert all(MARK.encode() in works.spool.read(name) for name in pending)
    anna.order_erasure()
    ledger = works.erasures
    steps = erasure_worker.Erasing(works.store, works.spool, works.jobs, ledger, clock=lambda: 4e9)
    steps.erase(user_id)
    disposal.delete_doomed(works.store, 4e9)
    assert steps.erase(user_id)
    assert list(receives.store.keys("")) == []
    assert found_below(tmp_path / "receives") == found_below(tmp_path / "works") == []
