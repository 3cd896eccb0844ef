"""Objects in a folder: whole or not at all, for good, and nowhere else."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.avatars.ports import ObjectStore
from core.errors import ObjectMissing, StorageUnavailable
from core.services.storage import FolderStore, checked_key

KEY = "7/anna/" + "ab" * 32
BAD_KEYS = [
    *("", "/", "a//b", "/etc/passwd", "a/", "../a", "a/../b", "a/..", "./a", ".hidden", "a/.b"),
    *("a\\b", "..\\a", "a\0b", "a/" + "x" * 201, "/".join(["abc"] * 300), "a/\ud800"),
]
BAD_PREFIXES = ["7", "7/anna", "/", "../", "a/../", "a//", "\0/", ".hidden/"]


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "objects")


def test_it_is_an_object_store(store: FolderStore) -> None:
    port: ObjectStore = store
    port.put(KEY, b"face")
    assert port.get(KEY) == b"face"


def test_an_object_stays_when_the_store_is_opened_again(store: FolderStore) -> None:
    store.put(KEY, b"face")
    assert FolderStore(store.root).get(KEY) == b"face"


def test_an_empty_object_is_an_object(store: FolderStore) -> None:
    store.put(KEY, b"")
    assert store.exists(KEY)
    assert store.get(KEY) == b""


def test_putting_twice_is_the_same_as_once(store: FolderStore) -> None:
    store.put(KEY, b"face")
    store.put(KEY, b"face")
    assert list(store.keys("")) == [KEY]


def test_a_later_put_replaces_the_object(store: FolderStore) -> None:
    store.put(KEY, b"long ago" * 100)
    store.put(KEY, b"now")
    assert store.get(KEY) == b"now"


@pytest.mark.parametrize("key", [KEY, "7", "7/anna", KEY + "/more"])
def test_what_was_never_put_is_missing(store: FolderStore, key: str) -> None:
    store.put("8/ben/1", b"other")
    store.put("7/anna/1", b"other")
    assert not store.exists(key)
    with pytest.raises(ObjectMissing):
        store.get(key)


def test_something_below_an_object_is_missing(store: FolderStore) -> None:
    store.put(KEY, b"face")
    assert not store.exists(KEY + "/more")
    with pytest.raises(ObjectMissing):
        store.get(KEY + "/more")


def test_deleting_removes_the_object_and_may_be_repeated(store: FolderStore) -> None:
    store.put(KEY, b"face")
    for _ in range(2):
        store.delete(KEY)
        assert not store.exists(KEY)


def test_deleting_a_folder_as_if_it_were_an_object_removes_nothing(store: FolderStore) -> None:
    store.put(KEY, b"face")
    store.delete("7/anna")
    assert store.exists(KEY)


def test_deleting_a_prefix_removes_all_below_it_and_nothing_else(store: FolderStore) -> None:
    for key in ("7/anna/1", "7/anna/2", "7/ben/1", "77/anna/1"):
        store.put(key, b"x")
    assert store.delete_prefix("7/anna/") == 2
    assert store.delete_prefix("7/anna/") == 0
    assert sorted(store.keys("")) == ["7/ben/1", "77/anna/1"]


def test_deleting_a_person_leaves_no_trace_of_them(store: FolderStore) -> None:
    store.put("7/anna/1", b"x")
    (store.root / "7/anna/.left-by-a-killed-process.part").write_bytes(b"half a face")
    assert store.delete_prefix("7/") == 1
    assert list(store.root.iterdir()) == []


def test_nobody_can_delete_everything_by_an_empty_prefix(store: FolderStore) -> None:
    store.put(KEY, b"face")
    with pytest.raises(ValueError, match="every object"):
        store.delete_prefix("")
    assert store.exists(KEY)


def test_keys_are_those_below_the_prefix(store: FolderStore) -> None:
    for key in ("7/anna/1", "7/ben/1", "77/anna/1"):
        store.put(key, b"x")
    assert sorted(store.keys("7/")) == ["7/anna/1", "7/ben/1"]
    assert list(store.keys("7/anna/")) == ["7/anna/1"]
    assert list(store.keys("9/")) == []
    assert len(list(store.keys(""))) == 3


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_key_that_could_leave_the_store_is_refused(store: FolderStore, key: str) -> None:
    for act in (
        lambda: store.put(key, b"x"),
        lambda: store.get(key),
        lambda: store.exists(key),
        lambda: store.delete(key),
    ):
        with pytest.raises(ValueError, match=r"object key|surrogates"):
            act()


@pytest.mark.parametrize("prefix", BAD_PREFIXES)
def test_a_prefix_is_whole_parts_inside_the_store(store: FolderStore, prefix: str) -> None:
    for act in (lambda: store.delete_prefix(prefix), lambda: list(store.keys(prefix))):
        with pytest.raises(ValueError, match="object key"):
            act()


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
