"""Objects in a folder: what the contract of all stores (`store_contract`) doesn't say."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import StorageUnavailable
from core.services.storage import FolderStore, checked_key

KEY = "7/anna/" + "ab" * 32


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "objects")


def test_an_object_stays_when_the_store_is_opened_again(store: FolderStore) -> None:
    store.put(KEY, b"face")
    assert FolderStore(store.root).get(KEY) == b"face"


def test_deleting_a_person_leaves_no_trace_of_them(store: FolderStore) -> None:
    store.put("7/anna/1", b"x")
    (store.root / "7/anna/.left-by-a-killed-process.part").write_bytes(b"half a face")
    assert store.delete_prefix("7/") == 1
    assert list(store.root.iterdir()) == []


@given(st.text() | st.lists(st.sampled_from(["..", ".", "a", "", "~", "\\"])).map("/".join))
def test_no_accepted_key_leads_out_of_the_root(key: str) -> None:
    root = Path("/store")
    try:
        path = root / checked_key(key)
    except ValueError:
        return
    assert Path(os.path.normpath(path)) == path
    assert path.is_relative_to(root)
    assert path != root


def test_only_the_owner_of_the_process_can_read(store: FolderStore) -> None:
    store.put(KEY, b"face")
    path = store.root / KEY
    assert path.stat().st_mode & 0o077 == 0
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in list(path.parents)[:3])


def test_a_root_that_disappears_is_a_failing_disk_and_not_an_empty_store(
    store: FolderStore,
) -> None:
    store.put(KEY, b"face")
    store.root.rename(store.root.with_name("unmounted"))
    for act in (
        lambda: store.put(KEY, b"x"),
        lambda: store.get(KEY),
        lambda: store.exists(KEY),
        lambda: store.delete(KEY),
        lambda: store.delete_prefix("7/"),
        lambda: list(store.keys("")),
    ):
        with pytest.raises(StorageUnavailable):
            act()
    assert not store.root.exists()


def test_an_unreadable_disk_is_told_with_its_cause(store: FolderStore) -> None:
    (store.root / "loop").symlink_to("loop")
    with pytest.raises(StorageUnavailable, match="loop") as caught:
        store.get("loop")
    assert isinstance(caught.value.__cause__, OSError)


def test_a_root_that_cannot_be_made_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageUnavailable):
        FolderStore(tmp_path / "file" / "objects")


def test_what_killed_processes_left_is_swept_once_it_is_old(store: FolderStore) -> None:
    store.put(KEY, b"face")
    left = (store.root / KEY).with_name(".left.part")
    left.write_bytes(b"half a f")
    assert store.sweep(3600) == 0
    os.utime(left, (0, 0))
    os.utime(store.root / KEY, (0, 0))
    assert store.sweep(3600) == 1
    assert not left.exists()
    assert list(store.keys("")) == [KEY]
