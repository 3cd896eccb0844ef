"""What tests of the stores may ask for: a real S3 server, and a store of either kind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from core.avatars.models import Avatar, AvatarStatus
from core.avatars.ports import ObjectStore
from core.conversation.models import Conversation
from core.services.minio_store import MinioStore
from core.services.storage import FolderStore
from tests import makers
from tests.fakes.s3 import S3Server

pytest.register_assert_rewrite("tests.services.store_contract")


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A server for all tests; whoever kills it starts it again."""
    with S3Server(tmp_path_factory.mktemp("s3") / "server") as server:
        yield server


@pytest.fixture
def minio_store(s3: S3Server) -> Iterator[MinioStore]:
    """An empty store, in a part of a bucket that it has for itself."""
    store = s3.store("photos", prefix=f"{uuid4().hex}/")
    yield store
    store.close()


@pytest.fixture(params=["folder", "minio"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """An empty store of either kind."""
    if request.param == "folder":
        return FolderStore(tmp_path / "objects")
    made: ObjectStore = request.getfixturevalue("minio_store")
    return made


@pytest.fixture
def owner(db: Any) -> Conversation:
    return makers.conversation()


@pytest.fixture
def avatar(owner: Conversation) -> Avatar:
    return makers.avatar(owner, photos=0, status=AvatarStatus.UPLOADING)
