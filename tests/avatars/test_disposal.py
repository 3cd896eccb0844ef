"""What nobody needs any more goes, and nothing else."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from core.avatars import disposal
from core.avatars.disposal import DoomedObject
from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.avatars.photos import held
from core.avatars.photos.held import HeldPhoto
from core.base.errors import StorageUnavailable
from core.conversation.models import InboxEvent
from core.services.storage import FolderStore
from tests import makers

NOW = 1_000_000.0
LATER = NOW + disposal.GRACE_SECONDS


@pytest.fixture
def store(db: Any, tmp_path: Path) -> FolderStore:
    made = FolderStore(tmp_path / "objects")
    for key in ("7/anna/1", "7/anna/2", "7/ben/1", "8/anna/1"):
        made.put(key, b"face")
    return made


def left(store: FolderStore) -> list[str]:
    return sorted(store.keys(""))


def test_all_below_a_doomed_prefix_goes(store: FolderStore) -> None:
    disposal.doom("7/anna/", NOW)
    assert disposal.delete_doomed(store, LATER) == 1
    assert left(store) == ["7/ben/1", "8/anna/1"]
    assert list(DoomedObject.select()) == []


def test_a_doomed_object_goes_alone(store: FolderStore) -> None:
    disposal.doom("7/anna/1", NOW)
    disposal.delete_doomed(store, LATER)
    assert left(store) == ["7/anna/2", "7/ben/1", "8/anna/1"]


def test_it_stays_for_a_moment_so_that_a_put_under_way_is_caught_too(store: FolderStore) -> None:
    disposal.doom("7/anna/", NOW)
    assert disposal.delete_doomed(store, LATER - 0.01) == 0
    assert len(left(store)) == 4


def test_it_is_deleted_at_once_and_what_is_put_meanwhile_later(store: FolderStore) -> None:
    disposal.doom("7/anna/", NOW)
    disposal.doom("7/ben/1", NOW)
    seen = disposal.delete_early(store, 0)
    assert left(store) == ["8/anna/1"]
    store.put("7/anna/3", b"face")
    assert disposal.delete_early(store, seen) == seen
    assert left(store) == ["7/anna/3", "8/anna/1"]
    disposal.delete_doomed(store, LATER)
    assert left(store) == ["8/anna/1"]


def test_a_store_that_is_out_of_order_is_asked_again(store: FolderStore, tmp_path: Path) -> None:
    disposal.doom("7/anna/", NOW)
    store.root.rename(tmp_path / "unmounted")
    with pytest.raises(StorageUnavailable):
        disposal.delete_doomed(store, LATER)
    (tmp_path / "unmounted").rename(store.root)
    assert disposal.delete_doomed(store, LATER) == 1


@pytest.mark.parametrize(
    ("place", "expected"),
    [("7/anna/1", True), ("7/anna/", True), ("7/", True), ("7/anna/2", False), ("77/", False)],
)
def test_an_object_is_doomed_with_its_place(store: FolderStore, place: str, expected: bool) -> None:
    disposal.doom(place, NOW)
    assert disposal.doomed("7/anna/1") is expected


def test_a_removed_photo_goes_when_its_time_is_over(store: FolderStore) -> None:
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=0)
    valid = PhotoValidationStatus.VALID
    old: dict[str, Any] = {
        "removed_at": NOW - 700,
        "minio_key": "7/anna/1",
        "reference": {"spool": "abc"},
    }
    makers.photo(avatar, owner, valid, **old)
    recent = makers.photo(avatar, owner, valid, removed_at=NOW - 500, minio_key="7/anna/2")
    kept = makers.photo(avatar, owner, valid)
    assert disposal.delete_removed(NOW - 600, NOW) == ["abc"]
    assert {photo.id for photo in AvatarPhoto.select()} == {recent.id, kept.id}
    disposal.delete_doomed(store, LATER)
    assert left(store) == ["7/anna/2", "7/ben/1", "8/anna/1"]


def test_an_object_that_another_photo_names_stays(store: FolderStore) -> None:
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=0)
    valid = PhotoValidationStatus.VALID
    makers.photo(avatar, owner, valid, removed_at=1.0, minio_key="7/anna/1")
    makers.photo(avatar, owner, valid, minio_key="7/anna/1")
    disposal.delete_removed(NOW, NOW)
    assert AvatarPhoto.select().count() == 1
    assert list(DoomedObject.select()) == []


def test_held_photos_are_forgotten_in_time(db: Any) -> None:
    owner = makers.conversation()
    for held_at, name in ((NOW - 2, "old"), (NOW - 1, None), (NOW + 1, "new")):
        reference = {"spool": name} if name else {"file_id": "7"}
        HeldPhoto.create(user=owner.user, conversation=owner, reference=reference, held_at=held_at)
    assert held.forget(NOW) == ["old"]
    assert [held.reference for held in HeldPhoto.select()] == [{"spool": "new"}]


def test_what_may_still_be_named_by_a_photo_or_an_update_is_waited_for(db: Any) -> None:
    assert disposal.waiting_seconds(NOW) == 0
    owner = makers.conversation()
    moment = datetime.datetime.fromtimestamp(NOW - 50, datetime.UTC).replace(tzinfo=None)
    makers.photo(makers.avatar(owner, photos=0), owner, created_at=moment)
    assert disposal.waiting_seconds(NOW) == 50
    event = {"conversation": owner, "channel": "web", "bot": "web", "kind": "photo"}
    InboxEvent.create(**event, update_id="1", received_at=NOW - 70)
    InboxEvent.create(**event, update_id="2", received_at=NOW - 90, handled_at=NOW)
    InboxEvent.create(**event, update_id="3", received_at=NOW - 99, failed_at=NOW)
    assert disposal.waiting_seconds(NOW) == 70
