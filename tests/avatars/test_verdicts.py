"""A photo is judged once, beside the dialogue, and is never lost on the way."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import peewee
import pytest
from structlog.testing import capture_logs

from core.app import services
from core.avatars import disposal
from core.avatars.disposal import DoomedObject
from core.avatars.models import Avatar, AvatarPhoto, AvatarStatus, Consent, PhotoValidationStatus
from core.avatars.photos import missing, verdicts
from core.avatars.photos.counting import recount
from core.avatars.photos.inspection.inspector import Inspector
from core.avatars.photos.inspection.verdict import Known, Purpose, Verdict
from core.avatars.photos.verdicts import CLAIM_SECONDS, MISHAPS, Settled, Verdicts
from core.base.db import database, transaction
from core.base.errors import (
    Gone,
    Missing,
    Overloaded,
    RetryAfter,
    StorageUnavailable,
    Uncertain,
    Unreachable,
)
from core.services.storage import FolderStore
from tests import makers
from tests.conversation.chat import Clock
from tests.conversation.racing import at_once
from tests.killing import kill_between_steps
from tests.pictures_for_tests import photo as picture

PENDING, VALID = PhotoValidationStatus.PENDING, PhotoValidationStatus.VALID
INVALID, DUPLICATE = PhotoValidationStatus.INVALID, PhotoValidationStatus.DUPLICATE


class Store(FolderStore):
    """A folder that can be out of order, and lets something happen after a put."""

    broken = False
    then: Callable[[], object] = staticmethod(lambda: None)

    def put(self, key: str, data: bytes) -> None:
        if self.broken:
            raise StorageUnavailable("no disk")
        super().put(key, data)
        self.then()


class House:
    """A person with an avatar that collects photos, and a channel that has what they sent."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.clock = Clock()
        self.settings = makers.settings(**settings)
        self.store = Store(folder / "objects")
        self.look()
        self.owner = makers.conversation()
        self.avatar = makers.avatar(self.owner, photos=0)
        self.fetched: list[tuple[str, int]] = []
        self.sent: dict[str, bytes | Exception] = {}

    def look(self, inspector: Inspector | None = None) -> None:
        """Have photos judged from now on, by an inspector of the test's own if there is one."""
        inbox = makers.inbox(self.clock)
        inspect = inspector.inspect if inspector else makers.inspect
        self.verdicts = Verdicts(self.settings, self.store, inbox, self.fetch, inspect, self.clock)

    def fetch(self, channel: str, reference: Mapping[str, Any], limit: int) -> bytes:
        self.fetched.append((channel, limit))
        found = self.sent[str(reference["name"])]
        if isinstance(found, Exception):
            raise found
        return found

    def send(self, what: bytes | Exception, **columns: Any) -> AvatarPhoto:
        """A photo that waits for its verdict."""
        name = str(len(self.sent))
        self.sent[name] = what
        return makers.photo(self.avatar, self.owner, reference={"name": name}, **columns)

    def judge(self, photo: AvatarPhoto) -> Settled | None:
        return self.verdicts.judge(str(photo.id))

    def judged(self, what: bytes | Exception, **columns: Any) -> AvatarPhoto:
        """A photo that was sent and judged."""
        photo = self.send(what, **columns)
        self.judge(photo)
        return self.now(photo)

    def now(self, photo: AvatarPhoto) -> AvatarPhoto:
        found: AvatarPhoto = makers.fresh(photo)
        return found

    @property
    def told(self) -> list[tuple[str, str]]:
        return makers.told(self.owner)

    @property
    def objects(self) -> list[str]:
        return makers.objects(self.store)

    @property
    def status(self) -> tuple[AvatarStatus, int]:
        avatar = makers.fresh(self.avatar)
        return avatar.status, avatar.photos_count


@pytest.fixture
def house(db: Any, tmp_path: Path) -> House:
    return House(tmp_path)


# verdicts


@pytest.mark.parametrize("lacking", [Overloaded("others have the machine"), MemoryError()])
def test_what_the_machine_lacks_is_never_the_photos_fault(
    db: Any, tmp_path: Path, lacking: Exception
) -> None:
    house, tries = House(tmp_path), list[bytes]()
    judge = Inspector(None).inspect

    def inspect(data: bytes, purpose: Purpose, known: Mapping[str, Known]) -> Verdict:
        tries.append(data)
        if len(tries) < 3 * MISHAPS:
            raise lacking
        return judge(data, purpose, known)

    inbox = makers.inbox(house.clock)
    house.verdicts = Verdicts(house.settings, house.store, inbox, house.fetch, inspect, house.clock)
    photo = house.send(picture(1))
    while house.now(photo).validation_status is PENDING:
        house.judge(photo)
        house.clock.now += 100
    assert house.now(photo).validation_status is VALID
    assert len(tries) == 3 * MISHAPS
    assert ("delayed", str(house.avatar.id)) in house.told


def test_a_good_photo_is_stored_measured_and_told(house: House) -> None:
    photo = house.judged(picture(1))
    assert (photo.validation_status, photo.reason) == (VALID, "")
    assert (photo.width, photo.height, photo.file_size) == (1280, 960, len(picture(1)))
    key = f"{house.owner.user.id.hex}/{house.avatar.id.hex}/{photo.file_hash}"
    assert photo.minio_key == key
    assert house.objects == [key]
    assert photo.photo_metadata["format"] == "JPEG"
    assert house.told == [("judged", str(house.avatar.id))]


def test_it_is_fetched_through_its_own_channel_and_no_further_than_allowed(house: House) -> None:
    house.judged(picture(1))
    assert house.fetched == [("web", house.settings.photos.fetched_bytes)]


def test_a_bad_photo_says_why_and_leaves_no_object(house: House) -> None:
    photo = house.judged(picture(1)[:5000])
    assert (photo.validation_status, photo.reason) == (INVALID, "broken")
    assert photo.minio_key is None
    assert house.objects == []
    assert house.status == (AvatarStatus.UPLOADING, 0)


@pytest.mark.parametrize("size", [(800, 800), (400, 400)])
def test_an_indecent_photo_is_stored_nowhere(house: House, size: tuple[int, int]) -> None:
    house.look(Inspector(None, unsafe=lambda _picture: True))
    photo = house.judged(picture(1, size))
    assert (photo.validation_status, photo.reason) == (INVALID, "indecent")
    assert (photo.minio_key, house.objects, photo.photo_metadata) == (None, [], {"format": "JPEG"})
    assert house.status == (AvatarStatus.UPLOADING, 0)


def test_a_small_photo_is_kept_small_to_be_shown_with_the_reason(house: House) -> None:
    photo = house.judged(picture(1, (400, 400)))
    assert (photo.validation_status, photo.reason) == (INVALID, "too_small")
    assert (photo.width, photo.height) == (400, 400)
    assert house.objects == [photo.minio_key]
    assert len(house.store.get(house.objects[0])) < 40_000


def test_the_limits_are_those_of_the_settings(db: Any, tmp_path: Path) -> None:
    house = House(tmp_path, photos={"min_side": 300, "find_faces": False})
    house.look(services.inspector(house.settings))
    assert house.judged(picture(1, (400, 400))).validation_status is VALID


def test_the_same_file_again_is_a_duplicate(house: House) -> None:
    first, second = house.judged(picture(1)), house.judged(picture(1))
    assert (second.validation_status, second.reason) == (DUPLICATE, "duplicate")
    assert house.objects == [first.minio_key]
    assert house.status[1] == 1


def test_the_same_file_for_another_avatar_is_none(house: House) -> None:
    house.judged(picture(1))
    house.avatar = makers.avatar(house.owner, photos=0)
    assert house.judged(picture(1)).validation_status is VALID


def test_the_same_file_after_the_first_was_removed_is_none(house: House) -> None:
    first = house.judged(picture(1))
    AvatarPhoto.update(removed_at=1.0).where(AvatarPhoto.id == first.id).execute()
    assert house.judged(picture(1)).validation_status is VALID


def test_the_same_file_twice_at_once_counts_once(house: House) -> None:
    photos = [house.send(picture(1)) for _ in range(4)]
    at_once(*[lambda photo=photo: house.judge(photo) for photo in photos])
    seen = sorted(house.now(photo).validation_status for photo in photos)
    assert seen == [DUPLICATE] * 3 + [VALID]


def test_what_its_channel_no_longer_has_is_gone(house: House) -> None:
    photo = house.judged(Gone("too old"))
    assert (photo.validation_status, photo.reason) == (INVALID, "gone")


def missed(house: House, photo: AvatarPhoto, seconds: float) -> AvatarPhoto:
    """After another try, so many seconds later."""
    house.clock.forward(seconds)
    house.judge(photo)
    return house.now(photo)


def test_what_is_not_found_a_few_times_is_looked_for_again_and_lost_no_more(house: House) -> None:
    photo = house.send(Missing("wrong file_id or the file is temporarily unavailable"))
    for _ in range(missing.TRIES * 2):
        assert missed(house, photo, 20.0).validation_status is PENDING
    house.sent["0"] = picture(1)
    assert missed(house, photo, 61.0).validation_status is VALID


def test_what_is_not_found_again_and_again_over_minutes_is_gone(house: House) -> None:
    photo = house.send(Missing("not found"))
    for _ in range(missing.TRIES - 1):
        assert missed(house, photo, missing.SECONDS).validation_status is PENDING
    found = missed(house, photo, missing.SECONDS)
    assert (found.validation_status, found.reason) == (INVALID, "gone")
    assert house.told[-1] == ("judged", str(house.avatar.id))


def test_hours_of_a_channel_out_of_reach_don_t_count_as_missing(house: House) -> None:
    photo = house.send(Unreachable("away"))
    for _ in range(missing.TRIES * 2):
        missed(house, photo, missing.SECONDS)
    house.sent["0"] = Missing("not found")
    assert missed(house, photo, missing.SECONDS).validation_status is PENDING


def test_a_photo_whose_conversation_has_gone_is_gone(house: House) -> None:
    photo = house.send(picture(1))
    AvatarPhoto.update(conversation=None).execute()
    house.judge(photo)
    assert house.now(photo).reason == "gone"


def test_a_verdict_says_whom_it_concerns_and_what_can_be_removed_from_the_spool(
    house: House,
) -> None:
    photo = house.send(picture(1))
    AvatarPhoto.update(reference={"name": "0", "spool": "abc"}).execute()
    assert house.judge(photo) == Settled(house.owner.id, "abc")


# the album


def test_an_album_is_told_and_logged_once_when_its_last_photo_is_settled(house: House) -> None:
    photos = [house.send(picture(n)) for n in range(3)]
    with capture_logs() as logs:
        house.judge(photos[0])
        house.judge(photos[2])
        assert house.told == []
        house.judge(photos[1])
    assert house.told == [("judged", str(house.avatar.id))]
    assert [line["event"] for line in logs] == [
        f"📸 Загружено 3 фотографий для аватара {house.avatar.id}"
    ]


def test_an_album_judged_at_once_is_told_once(house: House) -> None:
    photos = [house.send(picture(n)) for n in range(6)]
    with capture_logs() as logs:
        at_once(*[lambda photo=photo: house.judge(photo) for photo in photos])
    assert house.told == [("judged", str(house.avatar.id))]
    assert len([line for line in logs if line["event"].startswith("📸")]) == 1
    assert house.status[1] == 6


def test_another_avatars_photos_keep_nobody_waiting(house: House) -> None:
    mine = house.send(picture(1))
    house.avatar = makers.avatar(house.owner, photos=0)
    house.send(picture(2))
    house.judge(mine)
    assert house.told == [("judged", str(mine.avatar_id))]


def test_a_photo_that_was_removed_while_it_waited_keeps_nobody_waiting(house: House) -> None:
    house.send(picture(1), removed_at=1.0)
    house.judged(picture(2))
    assert len(house.told) == 1


def test_a_removed_photo_is_judged_all_the_same_for_it_may_be_put_back(house: House) -> None:
    photo = house.judged(picture(1), removed_at=1.0)
    assert photo.validation_status is VALID
    assert house.status == (AvatarStatus.DRAFT, 0)


def test_ten_valid_photos_make_an_avatar_ready(db: Any, tmp_path: Path) -> None:
    house = House(tmp_path, training={"min_photos": 2})
    house.judged(picture(1))
    assert house.status == (AvatarStatus.UPLOADING, 1)
    house.judged(picture(2))
    assert house.status == (AvatarStatus.READY, 2)


def test_a_verdict_and_its_signal_are_one(house: House) -> None:
    photo = house.send(picture(1))
    database.execute_sql("ALTER TABLE inbox RENAME TO mislaid")
    try:
        with pytest.raises(peewee.DatabaseError):
            house.judge(photo)
    finally:
        database.execute_sql("ALTER TABLE mislaid RENAME TO inbox")
    assert house.now(photo).validation_status is PENDING
    assert house.status == (AvatarStatus.DRAFT, 0)
    house.clock.forward(CLAIM_SECONDS)
    house.judge(photo)
    assert house.now(photo).validation_status is VALID


# counting


@pytest.mark.parametrize(
    "status", [AvatarStatus.TRAINING, AvatarStatus.COMPLETED, AvatarStatus.ERROR]
)
def test_counting_leaves_the_status_of_a_trained_avatar_alone(
    house: House, status: AvatarStatus
) -> None:
    Avatar.update(status=status).execute()
    house.judged(picture(1))
    assert house.status == (status, 1)


def test_counting_down_to_nothing_makes_it_a_draft_again(house: House) -> None:
    photo = house.judged(picture(1))
    AvatarPhoto.update(removed_at=1.0).where(AvatarPhoto.id == photo.id).execute()
    recount(house.avatar.id, house.settings)
    assert house.status == (AvatarStatus.DRAFT, 0)


def test_counting_what_has_not_changed_changes_nothing(house: House) -> None:
    house.judged(picture(1))
    before = makers.fresh(house.avatar).updated_at
    recount(house.avatar.id, house.settings)
    assert makers.fresh(house.avatar).updated_at == before


# out of reach


@pytest.mark.parametrize("error", [Unreachable("no net"), Uncertain("cut off"), RetryAfter(0.5)])
def test_what_is_out_of_reach_waits_longer_each_time_and_is_not_lost(
    house: House, error: Exception
) -> None:
    photo = house.send(error)
    waits = []
    for _ in range(20):
        assert house.judge(photo) is None
        waits.append(house.now(photo).next_check_at - house.clock())
        house.clock.now = house.now(photo).next_check_at
    assert waits[:7] == [1, 2, 4, 8, 16, 32, 60]
    assert waits[-1] == 60
    assert house.now(photo).validation_status is PENDING
    house.sent["0"] = picture(1)
    house.judge(photo)
    assert house.now(photo).validation_status is VALID


def test_a_channel_that_asks_to_wait_is_obeyed(house: House) -> None:
    photo = house.judged(RetryAfter(90))
    assert photo.next_check_at == house.clock() + 90
    house.clock.forward(89)
    house.judge(photo)
    assert len(house.fetched) == 1


def test_a_store_that_is_out_of_order_leaves_the_photo_pending(house: House) -> None:
    house.store.broken = True
    photo = house.judged(picture(1))
    assert (photo.validation_status, photo.postponed) == (PENDING, 1)
    house.store.broken = False
    house.clock.forward(1)
    house.judge(photo)
    assert house.now(photo).validation_status is VALID


# our own mistakes, and dead workers


def test_a_photo_that_we_fail_at_again_and_again_is_given_up(house: House) -> None:
    photo = house.send(ZeroDivisionError("a bug"))
    for _ in range(MISHAPS):
        house.judge(photo)
        found = house.now(photo)
        assert found.validation_status is PENDING
        assert 0 < found.next_check_at - house.clock() <= 60
        house.clock.now = found.next_check_at
    house.judge(photo)
    assert (house.now(photo).validation_status, house.now(photo).reason) == (INVALID, "broken")
    assert len(house.fetched) == MISHAPS


def test_a_failure_of_ours_is_logged_with_its_cause(house: House) -> None:
    with capture_logs() as logs:
        house.judged(ZeroDivisionError("a bug"))
    assert [(line["event"], line["log_level"]) for line in logs] == [("photo failed", "error")]


def test_waiting_for_what_is_out_of_reach_is_no_failure_of_the_photo(house: House) -> None:
    photo = house.send(Unreachable("no net"))
    for _ in range(MISHAPS * 2):
        house.judge(photo)
        house.clock.forward(60)
    house.sent["0"] = ZeroDivisionError("a bug")
    house.judge(photo)
    assert house.now(photo).validation_status is PENDING


def test_a_photo_that_kills_every_worker_is_given_up(house: House) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    house.store.then = die
    photo = house.send(picture(1))
    for _ in range(MISHAPS):
        with pytest.raises(KeyboardInterrupt):
            house.judge(photo)
        house.clock.forward(CLAIM_SECONDS)
    house.judge(photo)
    assert house.now(photo).reason == "broken"
    with transaction():
        disposal.delete_doomed(house.store, house.clock() + 60)
    assert house.objects == []


def test_a_database_that_fails_is_not_the_photos_fault(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bool:
        raise peewee.OperationalError("disk full")

    photo = house.send(picture(1))
    monkeypatch.setattr(verdicts, "doomed", fail)
    with pytest.raises(peewee.OperationalError):
        house.judge(photo)
    assert house.now(photo).validation_status is PENDING


def test_workers_that_judge_a_photo_at_once_fetch_it_once(house: House) -> None:
    photo = house.send(picture(1))
    at_once(*[lambda: house.judge(photo)] * 5)
    assert len(house.fetched) == 1


def test_a_claim_that_runs_out_while_its_holder_lives_does_no_harm(house: House) -> None:
    photo = house.send(picture(1))

    def overtake() -> None:
        house.store.then = lambda: None
        house.clock.forward(CLAIM_SECONDS)
        house.judge(photo)

    house.store.then = overtake
    assert house.judge(photo) is None
    assert house.now(photo).validation_status is VALID
    assert len(house.told) == len(house.objects) == 1


def test_due_are_the_pending_ones_whose_moment_has_come(house: House) -> None:
    first, second = house.send(picture(1)), house.send(Unreachable("no net"))
    assert house.verdicts.due(house.clock(), 10) == [str(first.id), str(second.id)]
    assert house.verdicts.due(house.clock(), 1) == [str(first.id)]
    house.judge(first)
    house.judge(second)
    assert house.verdicts.due(house.clock(), 10) == []
    assert house.verdicts.due(house.clock() + 1, 10) == [str(second.id)]


def test_killed_between_any_two_steps_the_photo_is_judged_once(
    database_url: str, tmp_path: Path
) -> None:
    assert kill_between_steps(database_url, tmp_path, "judging") >= 6


# what has gone meanwhile


def test_a_photo_whose_avatar_is_deleted_meanwhile_leaves_nothing(house: House) -> None:
    house.store.then = lambda: Avatar.get_by_id(house.avatar.id).delete_instance()
    photo = house.send(picture(1))
    assert house.judge(photo) == Settled(None, None)
    assert house.told == []
    disposal.delete_doomed(house.store, house.clock() + 60)
    assert house.objects == []


def test_a_photo_whose_avatar_is_deleted_before_it_is_stored_is_not_stored(house: House) -> None:
    photo = house.send(picture(1))
    fetch = house.fetch

    def fetch_and_delete(*given: Any) -> bytes:
        Avatar.get_by_id(house.avatar.id).delete_instance()
        return fetch(*given)

    inbox = makers.inbox(house.clock)
    late = Verdicts(
        house.settings, house.store, inbox, fetch_and_delete, makers.inspect, house.clock
    )
    house.store.then = lambda: pytest.fail("it was stored")
    late.judge(str(photo.id))
    assert house.objects == []


def test_without_a_consent_nothing_is_stored_or_kept(house: House) -> None:
    photo = house.send(picture(1))
    Consent.update(withdrawn_at=1.0).execute()
    house.store.then = lambda: pytest.fail("it was stored")
    house.judge(photo)
    assert list(AvatarPhoto.select()) == []
    assert house.objects == []


def test_a_consent_withdrawn_while_it_is_stored_leaves_nothing(house: House) -> None:
    house.store.then = lambda: Consent.update(withdrawn_at=1.0).execute()
    house.judge(house.send(picture(1)))
    assert list(AvatarPhoto.select()) == []
    disposal.delete_doomed(house.store, house.clock() + 60)
    assert house.objects == []


def test_nothing_is_stored_where_something_waits_to_be_deleted(house: House) -> None:
    prefix = disposal.prefix_of(house.owner.user.id, house.avatar.id)
    disposal.doom(prefix, house.clock())
    photo = house.judged(picture(1))
    assert (photo.validation_status, house.objects) == (PENDING, [])
    disposal.delete_doomed(house.store, house.clock() + 60)
    assert list(DoomedObject.select()) == []
    house.clock.forward(60)
    house.judge(photo)
    assert house.now(photo).validation_status is VALID
    assert len(house.objects) == 1
