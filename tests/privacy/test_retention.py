"""What nobody asks for any more goes when its time is over, objects included, and nothing else."""

from __future__ import annotations

import datetime
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.app import background
from core.app.bootstrap import App
from core.avatars.disposal import DoomedFile, DoomedObject
from core.avatars.models import (
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    PhotoValidationStatus,
    TrainingRun,
    utc_now,
)
from core.avatars.privacy import retention as retention_module
from core.avatars.privacy.retention import DAY, PORTION, Retention
from core.avatars.support import SupportMessage
from core.base.settings import Settings
from core.base.settings.running.storage import LONGEST_PERIOD_DAYS
from core.base.settings.running.storage import Retention as Days
from core.conversation.models import TransitionLog
from dashboard.filters import SPANS
from tests import makers
from tests.makers import fresh

VALID = PhotoValidationStatus.VALID
NOW = utc_now().replace(tzinfo=datetime.UTC).timestamp()


def retention(app: App, **days: int) -> Retention:
    settings = Settings().model_copy(update={"retention": Days(**days)})
    return Retention(settings, app.stops)


def ago(days: float) -> datetime.datetime:
    return utc_now() - datetime.timedelta(days=days)


def doomed() -> list[str]:
    return sorted(place.prefix for place in DoomedObject.select())


def test_an_untouched_draft_goes_with_its_objects(app: App) -> None:
    owner = makers.conversation()
    old = makers.avatar(owner, photos=2, updated_at=ago(11))
    makers.photo(old, owner, reference={"spool": "f" * 32})
    recent = makers.avatar(owner, photos=1, updated_at=ago(9))
    done = makers.avatar(owner, photos=0, status=AvatarStatus.COMPLETED, updated_at=ago(99))
    assert retention(app, drafts_days=10).drafts(NOW) == 1
    assert {avatar.id for avatar in Avatar.select()} == {recent.id, done.id}
    assert doomed() == [f"{owner.user_id.hex}/{old.id.hex}/"]
    assert [file.name for file in DoomedFile.select()] == ["f" * 32]


def test_a_refused_photo_is_forgotten_and_its_avatar_is_counted_anew(app: App) -> None:
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=0, status=AvatarStatus.UPLOADING)
    for status, days in (("invalid", 11), ("duplicate", 11), ("invalid", 9), ("pending", 11)):
        makers.photo(avatar, owner, PhotoValidationStatus(status), updated_at=ago(days))
    assert retention(app, refused_photos_days=10).refused_photos(NOW) == 2
    assert [str(photo.validation_status) for photo in AvatarPhoto.select()] == [
        "invalid", "pending",
    ]  # fmt: skip
    AvatarPhoto.update(updated_at=ago(11), validation_status="invalid").execute()
    retention(app, refused_photos_days=10).refused_photos(NOW)
    assert fresh(avatar).status is AvatarStatus.DRAFT


def test_a_finished_avatar_stays_without_the_photos_it_was_made_of(app: App) -> None:
    owner = makers.conversation()
    ended = {"status": AvatarStatus.COMPLETED, "updated_at": ago(11)}
    old, again, recent = (makers.avatar(owner, 0, **ended) for _ in range(3))
    for number, avatar in enumerate((old, again, recent)):
        makers.photo(avatar, owner, PhotoValidationStatus.VALID, minio_key=f"u/{number}/a")
    run: dict[str, Any] = {"user": owner.user, "training_type": "portrait", "created_at": 0}
    TrainingRun.create(avatar=old, status="completed", finished_at=NOW - 11 * DAY, **run)
    TrainingRun.create(avatar=again, status="cancelling", **run)
    TrainingRun.create(avatar=recent, status="completed", finished_at=NOW - 9 * DAY, **run)
    assert retention(app, finished_trainings_days=10).trained_photos(NOW) == 1
    assert Avatar.select().count() == 3
    assert {photo.avatar_id for photo in AvatarPhoto.select()} == {again.id, recent.id}
    assert doomed() == ["u/0/a"]


def test_nought_days_keep_everything(app: App) -> None:
    owner = makers.conversation()
    old = makers.avatar(owner, photos=2, updated_at=ago(9999))
    makers.photo(old, owner, PhotoValidationStatus.INVALID, updated_at=ago(9999))
    keeping = retention(app, drafts_days=0, refused_photos_days=0, finished_trainings_days=0)
    assert [keeping.drafts(NOW), keeping.refused_photos(NOW), keeping.trained_photos(NOW)] == [
        0
    ] * 3
    assert AvatarPhoto.select().count() == 3


@pytest.mark.parametrize("days", [10])
def test_the_sweep_enforces_it(app: App, days: int) -> None:
    owner = makers.conversation()
    makers.avatar(owner, photos=0, updated_at=ago(app.settings.retention.drafts_days + days))
    app.worker().chore("sweep")
    assert Avatar.select().count() == 0


def test_the_sweep_removes_what_a_killed_process_left_half_written(app: App) -> None:
    import os

    half = app.settings.objects_dir / ".half.part"
    half.write_bytes(b"face")
    app.worker().chore("sweep")
    assert half.exists(), "it may be being written"
    os.utime(half, (0, 0))
    app.worker().chore("sweep")
    assert not half.exists()


class Busy(Retention):
    """Before each deletion somebody else writes, as channels do all the time."""

    def __init__(self, app: App, path: Path) -> None:
        settings = Settings().model_copy(
            update={
                "retention": Days(
                    drafts_days=10, refused_photos_days=10, finished_trainings_days=10
                )
            }
        )
        super().__init__(settings, app.stops)
        self.other = sqlite3.connect(path, isolation_level=None)

    def _delete_draft(self, seen: Avatar, old: Any, now: float) -> bool:
        self.other.execute("UPDATE users SET name = name || '.'")
        return super()._delete_draft(seen, old, now)

    def _delete_photo(self, seen: AvatarPhoto, old: Any, now: float) -> bool:
        self.other.execute("UPDATE users SET name = name || '.'")
        return super()._delete_photo(seen, old, now)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_others_write_while_it_clears_away(app: App, sqlite_url: str) -> None:
    owner = makers.conversation()
    for _ in range(3):
        makers.avatar(owner, photos=0, updated_at=ago(11))
    making = makers.avatar(owner, photos=0, status=AvatarStatus.UPLOADING)
    done = makers.avatar(owner, 0, status=AvatarStatus.COMPLETED, updated_at=ago(11))
    for avatar, status in ((making, PhotoValidationStatus.INVALID), (done, VALID)):
        for _ in range(3):
            makers.photo(avatar, owner, status, updated_at=ago(11))
    busy = Busy(app, Path(sqlite_url.removeprefix("sqlite:///")))
    with closing(busy.other):
        cleared = busy.drafts(NOW), busy.refused_photos(NOW), busy.trained_photos(NOW)
    assert cleared == (3, 3, 3)


def test_a_message_to_support_goes_with_its_answer(app: App) -> None:
    owner = makers.conversation()
    of = {"user": owner.user, "conversation": owner}
    SupportMessage.create(**of, text="Old", at=NOW - 11 * DAY, answer="Yes", answered_at=NOW)
    SupportMessage.create(**of, text="New", at=NOW - 9 * DAY)
    assert retention(app, support_days=0).support_messages(NOW) == 0
    assert retention(app, support_days=10).support_messages(NOW) == 1
    assert [message.text for message in SupportMessage.select()] == ["New"]


def logged(at: float, turns: int = 1) -> Any:
    """A conversation, and so many lines of its log."""
    owner = makers.conversation()
    line = {"conversation": owner, "event_id": 1, "kind": "text", "trigger": "x", "source": "a",
            "dest": "b", "visit": 1, "revision": 1, "at": at}  # fmt: skip
    TransitionLog.insert_many([line] * turns).execute()
    return owner


def test_the_log_of_turns_goes_when_its_time_is_over(app: App) -> None:
    logged(NOW - 401 * DAY)
    recent = logged(NOW - 399 * DAY)
    logged(NOW - 402 * DAY)
    clearing = retention(app)
    assert clearing.turns(NOW) == 2
    assert [line.conversation for line in TransitionLog.select()] == [recent]
    assert clearing.turns(NOW + 2 * DAY / 3) == 0, "it is walked once a day"
    assert clearing.turns(NOW + 2 * DAY) == 1
    logged(0.0)
    assert retention(app, turns_days=0).turns(NOW) == 0


def test_no_more_of_the_log_is_deleted_in_one_transaction_than_a_turn_can_wait_for(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged(0.0, 5 * PORTION + 1)
    logged(NOW, 1)
    deleted: list[int] = []
    delete = retention_module._delete_turns

    def noted(lines: list[int]) -> int:
        deleted.append(len(lines))
        assert not app.database.in_transaction(), "others have their turn between two portions"
        return delete(lines)

    monkeypatch.setattr(retention_module, "_delete_turns", noted)
    monkeypatch.setattr(retention_module, "PORTIONS", 4)
    clearing = retention(app)
    assert clearing.turns(NOW) == 4 * PORTION
    assert clearing.turns(NOW) == PORTION + 1, "it goes on where it was"
    assert max(deleted) == PORTION
    assert TransitionLog.select().count() == 1


def test_the_sweep_clears_the_log_too(app: App) -> None:
    logged(0.0)
    for step in background.sweeps(app).steps():
        step()
    assert TransitionLog.select().count() == 0


def test_the_log_is_kept_for_the_longest_period_and_the_one_before() -> None:
    days = max(SPANS.values()) / DAY
    assert days == LONGEST_PERIOD_DAYS
    assert Days(turns_days=int(2 * days)).turns_days == 180
    with pytest.raises(ValueError, match="keep 180 or more, or 0 for all"):
        Days(turns_days=179)
