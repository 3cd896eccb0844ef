"""Photos whose object is gone: found, and fetched again."""

from typing import Any

import pytest

from core.avatars.models import Avatar, AvatarStatus
from core.avatars.photos.verdicts import Verdicts
from core.avatars.ports import ObjectStore
from core.avatars.privacy import orphans
from core.avatars.privacy.orphans import Repaired
from core.base.errors import Gone
from core.conversation.models import Conversation
from tests import makers
from tests.pictures_for_tests import photo as picture
from tests.services.orphan_makers import (
    INVALID,
    PENDING,
    VALID,
    kept,
    key_of,
    later,
    statuses,
    swept,
)


@pytest.mark.parametrize("reference", [{"file_id": "abc"}, {"spool": "gone"}])
def test_a_photo_whose_object_is_gone_is_judged_once_more(
    store: ObjectStore, avatar: Avatar, owner: Conversation, reference: dict[str, str]
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
    verdicts = Verdicts(makers.settings(), store, inbox, fetch, makers.inspect, lambda: now)
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
    store: ObjectStore, avatar: Avatar, owner: Conversation
) -> None:
    lost = makers.photo(avatar, owner, VALID, minio_key=key_of(avatar, 9), attempts=8)
    swept(store, later())
    found = makers.fresh(lost)
    assert (found.attempts, found.postponed) == (8, 8)


def test_photos_in_training_and_removed_ones_are_left_alone(
    store: ObjectStore, avatar: Avatar, owner: Conversation
) -> None:
    training = makers.avatar(owner, photos=0, status=AvatarStatus.TRAINING)
    makers.photo(training, owner, VALID, minio_key=key_of(training, 1))
    makers.photo(avatar, owner, VALID, minio_key=key_of(avatar, 1), removed_at=1.0)
    makers.photo(avatar, owner, INVALID)
    assert swept(store, later()) == Repaired(photos=1, busy=1)


def test_a_store_that_was_mistaken_for_ours_loses_nobodys_verdicts(
    store: ObjectStore, avatar: Avatar, owner: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "FEW", 5)
    for n in range(6):
        makers.photo(avatar, owner, VALID, file_hash=f"{n:064x}", minio_key=key_of(avatar, n))
    assert swept(store, later()).refused == ["photos"]
    assert statuses() == [VALID] * 6
    assert swept(store, later(), believing=True).pending == 6


def test_every_avatar_is_gone_through(
    store: ObjectStore, owner: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "BATCH", 2)
    for n in range(5):
        made = makers.avatar(owner, photos=0, status=AvatarStatus.UPLOADING)
        kept(store, made, owner, [1])
        makers.photo(made, owner, VALID, file_hash="f" * 64, minio_key=key_of(made, 9))
        store.put(key_of(made, 100 + n), b"orphan")
    assert swept(store, later()) == Repaired(objects=10, doomed=5, photos=10, pending=5)
