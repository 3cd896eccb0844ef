"""Every kind of store keeps to the one contract."""

from pathlib import Path

import pytest

from core.avatars.ports import ObjectStore
from core.services.minio_store import MinioStore
from core.services.storage import FolderStore
from tests.services.store_contract import StoreContract


class TestFolderStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        return FolderStore(tmp_path / "objects")


class TestMinioStore(StoreContract):
    @pytest.fixture
    def store(self, minio_store: MinioStore) -> ObjectStore:
        return minio_store
