"""What every ObjectStore keeps to, whatever it is made of. A kind of store is a fixture `store`."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.avatars.ports import ObjectStore
from core.base.errors import ObjectMissing

KEY = "7/anna/" + "ab" * 32
BAD_KEYS = [
    *("", "/", "a//b", "/etc/passwd", "a/", "../a", "a/../b", "a/..", "./a", ".hidden", "a/.b"),
    *("a\\b", "..\\a", "a\0b", "a/" + "x" * 201, "/".join(["abc"] * 300), "a/\ud800"),
]
BAD_PREFIXES = ["7", "7/anna", "/", "../", "a/../", "a//", "\0/", ".hidden/"]
LARGE = 9_000_000
"""More than S3's clients send in one piece unless they are told to."""


class StoreContract:
    """Every test here holds for every store."""

    def test_an_object_is_got_as_it_was_put(self, store: ObjectStore) -> None:
        for data in (b"face", b"", b"\xff\xd8\xff" * 1000, bytes(LARGE)):
            store.put(KEY, data)
            assert store.get(KEY) == data
            assert store.exists(KEY)

    def test_putting_twice_is_the_same_as_once(self, store: ObjectStore) -> None:
        store.put(KEY, b"face")
        store.put(KEY, b"face")
        assert list(store.keys("")) == [KEY]

    def test_a_later_put_replaces_the_object_though_it_has_the_same_size(
        self, store: ObjectStore
    ) -> None:
        store.put(KEY, b"long ago")
        store.put(KEY, b"just now")
        assert store.get(KEY) == b"just now"

    @pytest.mark.parametrize("key", [KEY, "7", "7/anna", "7/anna/10", "7/anna/1/more"])
    def test_what_was_never_put_is_missing(self, store: ObjectStore, key: str) -> None:
        store.put("7/anna/1", b"other")
        assert not store.exists(key)
        for act in (store.get, store.modified):
            with pytest.raises(ObjectMissing):
                act(key)

    def test_deleting_removes_the_object_and_may_be_repeated(self, store: ObjectStore) -> None:
        store.put(KEY, b"face")
        for _ in range(2):
            store.delete(KEY)
            assert not store.exists(KEY)

    def test_deleting_what_is_no_object_removes_nothing(self, store: ObjectStore) -> None:
        store.put("7/anna/1", b"face")
        for key in ("7", "7/anna", "7/anna/1/more", "7/anna/2"):
            store.delete(key)
        assert list(store.keys("")) == ["7/anna/1"]

    def test_deleting_a_prefix_removes_all_below_it_and_nothing_else(
        self, store: ObjectStore
    ) -> None:
        for key in ("7/anna/1", "7/anna/2", "7/annabel/1", "77/anna/1"):
            store.put(key, b"x")
        assert store.delete_prefix("7/anna/") == 2
        assert store.delete_prefix("7/anna/") == 0
        assert sorted(store.keys("")) == ["7/annabel/1", "77/anna/1"]
        assert store.delete_prefix("7/") == 1
        assert list(store.keys("")) == ["77/anna/1"]

    def test_nobody_can_delete_everything_by_an_empty_prefix(self, store: ObjectStore) -> None:
        store.put(KEY, b"face")
        with pytest.raises(ValueError, match="every object"):
            store.delete_prefix("")
        assert store.exists(KEY)

    def test_keys_are_those_below_the_prefix(self, store: ObjectStore) -> None:
        for key in ("7/anna/1", "7/ben/1", "77/anna/1"):
            store.put(key, b"x")
        assert sorted(store.keys("7/")) == ["7/anna/1", "7/ben/1"]
        assert list(store.keys("7/anna/")) == ["7/anna/1"]
        assert list(store.keys("9/")) == []
        assert len(list(store.keys(""))) == 3

    def test_odd_but_harmless_keys_are_kept_apart(self, store: ObjectStore) -> None:
        keys = ["7/a b", "7/a+b", "7/a%20b", "7/a&<>\"'b", "7/é", "7/e\u0301", "7/Ä/日本", "7/?#"]
        for key in keys:
            store.put(key, key.encode())
        assert {key: store.get(key) for key in store.keys("7/")} == {k: k.encode() for k in keys}
        assert store.delete_prefix("7/") == len(keys)

    @pytest.mark.parametrize("key", BAD_KEYS)
    def test_a_key_that_leads_elsewhere_is_refused(self, store: ObjectStore, key: str) -> None:
        for act in (
            lambda: store.put(key, b"x"),
            lambda: store.get(key),
            lambda: store.exists(key),
            lambda: store.modified(key),
            lambda: store.delete(key),
        ):
            with pytest.raises(ValueError, match=r"object key|surrogates"):
                act()

    @pytest.mark.parametrize("prefix", BAD_PREFIXES)
    def test_a_prefix_is_whole_parts_of_a_key(self, store: ObjectStore, prefix: str) -> None:
        for act in (lambda: store.delete_prefix(prefix), lambda: list(store.keys(prefix))):
            with pytest.raises(ValueError, match="object key"):
                act()

    def test_it_knows_when_an_object_was_put(self, store: ObjectStore) -> None:
        store.put(KEY, b"x")
        assert store.modified(KEY) == pytest.approx(time.time(), abs=5)

    def test_more_objects_than_one_answer_holds_are_listed_lazily_and_deleted(
        self, store: ObjectStore
    ) -> None:
        wanted = {f"7/anna/{n}" for n in range(2100)}
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda key: store.put(key, b""), wanted))
        store.put("77/anna/1", b"")
        listed = store.keys("7/")
        assert isinstance(listed, Iterator)
        assert next(listed) in wanted
        assert len(list(listed)) == 2099
        assert set(store.keys("7/")) == wanted
        assert store.delete_prefix("7/") == 2100
        assert list(store.keys("")) == ["77/anna/1"]

    def test_many_threads_put_one_object_and_nobody_sees_half_of_it(
        self, store: ObjectStore
    ) -> None:
        contents = [bytes([n]) * 300_000 for n in range(4)]
        store.put(KEY, contents[0])
        torn: list[int] = []

        def put_and_read(mine: bytes) -> None:
            for _ in range(15):
                store.put(KEY, mine)
                seen = store.get(KEY)
                if seen not in contents:
                    torn.append(len(seen))

        threads = [threading.Thread(target=put_and_read, args=(mine,)) for mine in contents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert torn == []
        assert list(store.keys("")) == [KEY]


def operations(store: ObjectStore) -> list[Callable[[], object]]:
    """All that can be asked of a store, ready to be called."""
    return [
        lambda: store.put(KEY, bytes(1_000_000)),
        lambda: store.get(KEY),
        lambda: store.exists(KEY),
        lambda: store.modified(KEY),
        lambda: store.delete(KEY),
        lambda: store.delete_prefix("7/"),
        lambda: list(store.keys("")),
    ]
