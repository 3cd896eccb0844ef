"""Every kind of store keeps to the one contract."""

from pathlib import Path

import pytest

from core.avatars.orphans import DatedStore
from core.services.minio_store import MinioStore
from tests.services.dated_folder import DatedFolder
from tests.services.store_contract import StoreContract


class TestFolderStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> DatedStore:
        return DatedFolder(tmp_path / "objects")


class TestMinioStore(StoreContract):
    @pytest.fixture
    def store(self, minio_store: MinioStore) -> DatedStore:
        return minio_store
