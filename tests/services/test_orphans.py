"""Objects that no row names: found, and gone when they are old enough."""

import time
import tracemalloc
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from core.avatars import disposal
from core.avatars.disposal import DoomedObject
from core.avatars.models import Avatar, PhotoValidationStatus
from core.avatars.ports import ObjectStore
from core.avatars.privacy import orphans
from core.avatars.privacy.orphans import Repaired, repair
from core.base.errors import StorageUnavailable
from core.conversation.models import Conversation
from tests import makers
from tests.services.orphan_makers import (
    HOUR,
    PENDING,
    VALID,
    kept,
    key_of,
    later,
    statuses,
    stranger,
    swept,
)


def test_where_all_is_well_nothing_changes(
    store: ObjectStore, avatar: Avatar, owner: Conversation
) -> None:
    kept(store, avatar, owner, range(3))
    assert swept(store, later()) == Repaired(objects=3, photos=3)
    assert len(list(store.keys(""))) == 3
    assert statuses() == [VALID] * 3


def test_an_empty_house_is_well(store: ObjectStore, db: Any) -> None:
    assert swept(store, later()) == Repaired()


def test_an_object_without_a_row_is_deleted(
    store: ObjectStore, avatar: Avatar, owner: Conversation
) -> None:
    kept(store, avatar, owner, range(2))
    for key in (key_of(avatar, 9), stranger(1)):
        store.put(key, b"face")
    done = swept(store, later())
    assert (done.objects, done.doomed) == (4, 2)
    assert sorted(store.keys("")) == [key_of(avatar, 0), key_of(avatar, 1)]
    assert DoomedObject.select().count() == 0


def test_an_object_younger_than_an_hour_may_still_get_its_row(
    store: ObjectStore, avatar: Avatar
) -> None:
    store.put(key_of(avatar, 1), b"face")
    assert swept(store, time.time() + HOUR / 2) == Repaired(objects=1, young=1)
    assert store.exists(key_of(avatar, 1))


@pytest.mark.parametrize("status", list(PhotoValidationStatus))
def test_an_object_that_any_row_names_stays(
    store: ObjectStore, avatar: Avatar, owner: Conversation, status: PhotoValidationStatus
) -> None:
    store.put(key_of(avatar, 1), b"face")
    makers.photo(avatar, owner, status, minio_key=key_of(avatar, 1))
    assert swept(store, later()).doomed == 0
    assert store.exists(key_of(avatar, 1))


def test_a_photo_that_comes_again_waits_until_its_orphan_is_gone(
    store: ObjectStore, avatar: Avatar
) -> None:
    store.put(key_of(avatar, 1), b"face")
    now = later()
    assert repair(store, now).doomed == 1
    assert disposal.doomed(key_of(avatar, 1))
    assert repair(store, now).doomed == 0
    assert DoomedObject.select().count() == 1


def test_what_a_row_has_named_meanwhile_stays(
    store: ObjectStore, avatar: Avatar, owner: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(key_of(avatar, 1), b"face")
    modified = store.modified

    def named_just_now(key: str) -> float:
        makers.photo(avatar, owner, PENDING, minio_key=key)
        return modified(key)

    monkeypatch.setattr(store, "modified", named_just_now)
    assert swept(store, later()).doomed == 0
    assert store.exists(key_of(avatar, 1))


def test_what_others_keep_in_the_store_is_left_alone(store: ObjectStore, avatar: Avatar) -> None:
    others = ["backup.tar", "7/anna/1", f"{uuid4().hex}/notes", stranger(1).upper()]
    for key in others:
        store.put(key, b"precious")
    assert swept(store, later()) == Repaired(objects=4, foreign=4)
    assert set(store.keys("")) == set(others)


def test_a_store_of_another_database_is_not_emptied(
    store: ObjectStore, avatar: Avatar, owner: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "FEW", 5)
    monkeypatch.setattr(orphans, "HELD", 4)
    kept(store, avatar, owner, range(3))
    for n in range(6):
        store.put(stranger(n), b"somebody's face")
    done = swept(store, later())
    assert (done.doomed, done.refused) == (0, ["objects"])
    assert len(list(store.keys(""))) == 9
    assert swept(store, later(), believing=True).doomed == 6
    assert len(list(store.keys(""))) == 3


def test_a_sweep_ends_early_when_it_is_asked_to(
    store: ObjectStore, avatar: Avatar, owner: Conversation
) -> None:
    kept(store, avatar, owner, range(3))
    store.put(stranger(1), b"orphan")
    done = swept(store, later(), stopping=lambda: True)
    assert (done.doomed, done.pending) == (0, 0)


def test_a_store_out_of_reach_changes_nothing(avatar: Avatar, owner: Conversation) -> None:
    class Unreachable:
        def keys(self, prefix: str) -> Iterator[str]:
            raise StorageUnavailable("gone for a minute")

    makers.photo(avatar, owner, VALID, minio_key=key_of(avatar, 1))
    broken: Any = Unreachable()
    with pytest.raises(StorageUnavailable):
        repair(broken, later())
    assert statuses() == [VALID]


def test_a_hundred_thousand_objects_need_a_few_megabytes(sqlite_db: Any) -> None:
    class Endless:
        """A store of foreign and orphaned objects, none of which exist when looked at closely."""

        def keys(self, prefix: str) -> Iterator[str]:
            for n in range(100_000):
                yield f"{n:032x}/{n:032x}/{n:064x}"

    endless: Any = Endless()
    tracemalloc.start()
    done = repair(endless, later())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done.refused == ["objects"]
    assert most < 8_000_000
