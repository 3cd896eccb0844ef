"""The folder store with `modified`; to be dropped once FolderStore has it."""

from core.errors import ObjectMissing
from core.services.storage import FolderStore, disk_errors


class DatedFolder(FolderStore):
    """The folder store, until it has `modified` itself."""

    def modified(self, key: str) -> float:
        if not self.exists(key):
            raise ObjectMissing(key)
        with disk_errors(key):
            try:
                return self._path(key).stat().st_mtime
            except FileNotFoundError as error:  # deleted since
                raise ObjectMissing(key) from error
