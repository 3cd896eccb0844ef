"""Store and database compared: what belongs to nothing goes, what is lost is fetched again."""

import time
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from core.avatars import disposal, orphans
from core.avatars.models import (
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    DoomedObject,
    PhotoValidationStatus,
)
from core.avatars.orphans import DatedStore, Repaired, repair
from core.avatars.verdicts import Verdicts
from core.conversation.models import Conversation
from core.errors import Gone, StorageUnavailable
from tests import makers
from tests.pictures_for_tests import photo as picture
from tests.services.store_contract import folder_store

HOUR = 3600.0
INVALID, PENDING, VALID = (
    PhotoValidationStatus.INVALID,
    PhotoValidationStatus.PENDING,
    PhotoValidationStatus.VALID,
)


@pytest.fixture(params=["folder", "minio"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> DatedStore:
    if request.param == "folder":
        return folder_store(tmp_path)
    made: DatedStore = request.getfixturevalue("minio_store")
    return made


@pytest.fixture
def owner(db: Any) -> Conversation:
    return makers.conversation()


@pytest.fixture
def avatar(owner: Conversation) -> Avatar:
    return makers.avatar(owner, photos=0, status=AvatarStatus.UPLOADING)


def later() -> float:
    """Two hours from now, when whatever was put today is old."""
    return time.time() + 2 * HOUR


def key_of(avatar: Avatar, n: int) -> str:
    return disposal.prefix_of(avatar.user_id, avatar.id) + f"{n:064x}"


def stranger(n: int) -> str:
    """A key of ours that nobody's row can name."""
    return f"{uuid4().hex}/{uuid4().hex}/{n:064x}"


def kept(store: DatedStore, avatar: Avatar, owner: Conversation, numbers: Iterable[int]) -> None:
    """Valid photos with their objects."""
    for n in numbers:
        key = key_of(avatar, n)
        store.put(key, b"face")
        makers.photo(avatar, owner, VALID, file_hash=f"{n:064x}", minio_key=key, attempts=1)


def swept(store: DatedStore, now: float, **options: Any) -> Repaired:
    """Repaired, and what is doomed deleted."""
    done = repair(store, now, **options)
    disposal.delete_doomed(store, now + 60, limit=1_000_000)
    return done


def statuses() -> list[PhotoValidationStatus]:
    return [photo.validation_status for photo in AvatarPhoto.select().order_by(AvatarPhoto.number)]


def test_where_all_is_well_nothing_changes(
    store: DatedStore, avatar: Avatar, owner: Conversation
) -> None:
    kept(store, avatar, owner, range(3))
    assert swept(store, later()) == Repaired(objects=3, photos=3)
    assert len(list(store.keys(""))) == 3
    assert statuses() == [VALID] * 3


def test_an_empty_house_is_well(store: DatedStore, db: Any) -> None:
    assert swept(store, later()) == Repaired()


# objects without a row


def test_an_object_without_a_row_is_deleted(
    store: DatedStore, avatar: Avatar, owner: Conversation
) -> None:
    kept(store, avatar, owner, range(2))
    for key in (key_of(avatar, 9), stranger(1)):
        store.put(key, b"face")
    done = swept(store, later())
    assert (done.objects, done.doomed) == (4, 2)
    assert sorted(store.keys("")) == [key_of(avatar, 0), key_of(avatar, 1)]
    assert DoomedObject.select().count() == 0


def test_an_object_younger_than_an_hour_may_still_get_its_row(
    store: DatedStore, avatar: Avatar
) -> None:
    store.put(key_of(avatar, 1), b"face")
    assert swept(store, time.time() + HOUR / 2) == Repaired(objects=1, young=1)
    assert store.exists(key_of(avatar, 1))


@pytest.mark.parametrize("status", list(PhotoValidationStatus))
def test_an_object_that_any_row_names_stays(
    store: DatedStore, avatar: Avatar, owner: Conversation, status: PhotoValidationStatus
) -> None:
    store.put(key_of(avatar, 1), b"face")
    makers.photo(avatar, owner, status, minio_key=key_of(avatar, 1))
    assert swept(store, later()).doomed == 0
    assert store.exists(key_of(avatar, 1))


def test_a_photo_that_comes_again_waits_until_its_orphan_is_gone(
    store: DatedStore, avatar: Avatar
) -> None:
    store.put(key_of(avatar, 1), b"face")
    now = later()
    assert repair(store, now).doomed == 1
    assert disposal.doomed(key_of(avatar, 1))
    assert repair(store, now).doomed == 0
    assert DoomedObject.select().count() == 1


def test_what_a_row_has_named_meanwhile_stays(
    store: DatedStore, avatar: Avatar, owner: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(key_of(avatar, 1), b"face")
    modified = store.modified

    def named_just_now(key: str) -> float:
        makers.photo(avatar, owner, PENDING, minio_key=key)
        return modified(key)

    monkeypatch.setattr(store, "modified", named_just_now)
    assert swept(store, later()).doomed == 0
    assert store.exists(key_of(avatar, 1))


def test_what_others_keep_in_the_store_is_left_alone(store: DatedStore, avatar: Avatar) -> None:
    others = ["backup.tar", "7/anna/1", f"{uuid4().hex}/notes", stranger(1).upper()]
    for key in others:
        store.put(key, b"precious")
    assert swept(store, later()) == Repaired(objects=4, foreign=4)
    assert set(store.keys("")) == set(others)


def test_a_store_of_another_database_is_not_emptied(
    store: DatedStore, avatar: Avatar, owner: Conversation, monkeypatch: pytest.MonkeyPatch
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


# rows without an object


@pytest.mark.parametrize("reference", [{"file_id": "abc"}, {"spool": "gone"}])
def test_a_photo_whose_object_is_gone_is_judged_once_more(
    store: DatedStore, avatar: Avatar, owner: Conversation, reference: dict[str, str]
) -> None:
    kept(store, avatar, owner, range(2))
    lost = makers.photo(
        avatar, owner, VALID, reference, file_hash="f" * 64, minio_key=key_of(avatar, 9), attempts=1
    )
    now = later()
    assert swept(store, now) == Repaired(objects=2, photos=3, pending=1)
    assert statuses() == [VALID, VALID, PENDING]

    def fetch(_channel: str, known: Any, _limit: int) -> bytes:
        if "spool" in known:
            raise Gone("the spooled file is gone")
        return picture(1)

    inbox = makers.inbox(lambda: now)
    verdicts = Verdicts(makers.settings(), store, inbox, fetch, lambda: now)
    assert verdicts.due(now, 10) == [str(lost.id)]
    assert verdicts.judge(str(lost.id)) is not None
    found = makers.fresh(lost)
    if "spool" in reference:
        assert (found.validation_status, found.reason) == (INVALID, "gone")
    else:
        assert found.validation_status is VALID
        assert store.get(found.minio_key)
    assert makers.told(owner) == [("judged", str(avatar.id))]
    assert makers.fresh(avatar).photos_count == 2 + (found.validation_status is VALID)
    assert swept(store, later()).pending == 0


def test_a_photo_that_failed_often_gets_a_new_ones_patience(
    store: DatedStore, avatar: Avatar, owner: Conversation
) -> None:
    lost = makers.photo(avatar, owner, VALID, minio_key=key_of(avatar, 9), attempts=8)
    swept(store, later())
    found = makers.fresh(lost)
    assert (found.attempts, found.postponed) == (8, 8)


def test_photos_in_training_and_removed_ones_are_left_alone(
    store: DatedStore, avatar: Avatar, owner: Conversation
) -> None:
    training = makers.avatar(owner, photos=0, status=AvatarStatus.TRAINING)
    makers.photo(training, owner, VALID, minio_key=key_of(training, 1))
    makers.photo(avatar, owner, VALID, minio_key=key_of(avatar, 1), removed_at=1.0)
    makers.photo(avatar, owner, INVALID)
    assert swept(store, later()) == Repaired(photos=1, busy=1)


def test_a_store_that_was_mistaken_for_ours_loses_nobodys_verdicts(
    store: DatedStore, avatar: Avatar, owner: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "FEW", 5)
    for n in range(6):
        makers.photo(avatar, owner, VALID, file_hash=f"{n:064x}", minio_key=key_of(avatar, n))
    assert swept(store, later()).refused == ["photos"]
    assert statuses() == [VALID] * 6
    assert swept(store, later(), believing=True).pending == 6


def test_every_avatar_is_gone_through(
    store: DatedStore, owner: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "BATCH", 2)
    for n in range(5):
        made = makers.avatar(owner, photos=0, status=AvatarStatus.UPLOADING)
        kept(store, made, owner, [1])
        makers.photo(made, owner, VALID, file_hash="f" * 64, minio_key=key_of(made, 9))
        store.put(key_of(made, 100 + n), b"orphan")
    assert swept(store, later()) == Repaired(objects=10, doomed=5, photos=10, pending=5)


def test_a_sweep_ends_early_when_it_is_asked_to(
    store: DatedStore, avatar: Avatar, owner: Conversation
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
