"""What tests of the stores may ask for: a real S3 server, and a store of either kind."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from core.services.minio_store import MinioStore
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
