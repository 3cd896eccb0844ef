"""The clock is set back by an hour, and nobody waits for one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.avatars.models import AvatarPhoto, RunStatus, TrainingRun
from core.avatars.orders import work as orders
from core.avatars.orders.usual import Usual
from core.avatars.photos import comparing, verdicts
from core.avatars.privacy import exporting
from core.avatars.privacy.retained import Export
from core.base.settings.running.dashboard import Dashboard
from core.conversation.delivery import lease
from core.conversation.messages import Kind
from core.conversation.models import Conversation, InboxEvent, Lease
from core.conversation.timing import timers
from core.conversation.timing.pacing import Pace, Schedule
from core.operation.auth import FREE_ATTEMPTS, Sessions, TooMany
from core.operation.clock_guard import NOTICED_SECONDS, ClockGuard
from tests import makers
from tests.conversation.chat import Clock

HOUR = 3600.0
NOW = 1_000_000.0
WAITS = (
    *verdicts.WAITS,
    *comparing.WAITS,
    *orders.waits("training_runs"),
    *exporting.WAITS,
    *timers.WAITS,
)
PACE = Pace()


@pytest.fixture
def clocks(db: Any) -> tuple[Clock, Clock, ClockGuard]:
    """One that can be set, one that can't, and who compares them; both have been looked at."""
    clock, steady = Clock(NOW), Clock(5.0)
    noticing = ClockGuard(WAITS, clock, steady)
    noticing.look()
    return clock, steady, noticing


def everything_that_waits(until: float) -> None:
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=0)
    makers.photo(avatar, owner, next_check_at=until)
    TrainingRun.create(
        avatar=avatar, user=owner.user, conversation=owner, training_type="portrait",
        status=RunStatus.RUNNING, created_at=NOW, next_check_at=until,
    )  # fmt: skip
    Export.create(user=owner.user, conversation=owner, ordered_at=NOW, next_check_at=until)
    InboxEvent.create(
        conversation=owner, channel="web", bot="web", update_id="1", kind="text", payload="",
        received_at=NOW, retry_at=until,
    )  # fmt: skip
    Conversation.update(not_before=until, due_at=until).execute()


def waits() -> list[float]:
    owner = Conversation.get()
    moments = (
        AvatarPhoto.get().next_check_at, TrainingRun.get().next_check_at,
        Export.get().next_check_at, InboxEvent.get().retry_at, owner.not_before, owner.due_at,
    )  # fmt: skip
    return [moment - NOW for moment in moments]


def test_what_waits_is_due_soon_after_the_clock_was_set_back(clocks: Any) -> None:
    clock, steady, noticing = clocks
    everything_that_waits(NOW + 3.0)
    clock.forward(1 - HOUR)
    steady.forward(1)
    noticing.look()
    assert max(waits()) + HOUR <= 601
    assert sorted(waits())[:5] == pytest.approx([1 - HOUR + n for n in (5, 10, 20, 30, 60)])


def test_a_claim_is_as_long_as_before(clocks: Any) -> None:
    clock, steady, noticing = clocks
    everything_that_waits(NOW + 3.0)
    before = waits()
    clock.forward(1)
    steady.forward(1)
    noticing.look()
    steady.forward(NOTICED_SECONDS)  # a slow clock is no clock that was set
    noticing.look()
    assert waits() == before
    ClockGuard(WAITS, clock, steady).look()
    assert waits() == before, "nor does another worker that begins change it"


def test_a_worker_that_begins_after_the_clock_was_set_back_lets_nobody_wait(db: Any) -> None:
    everything_that_waits(NOW + HOUR)
    ClockGuard(WAITS, Clock(NOW), Clock()).look()
    assert max(waits()) <= max(wait.seconds for wait in WAITS)


def test_a_bar_goes_on_and_photos_are_answered_below(db: Any) -> None:
    shown = Schedule(5, 0, NOW + HOUR, 0.0, 0.0, 0, NOW + HOUR)
    tick = shown.after(Kind.SIGNAL, NOW, 5, PACE, alert=False, tick=True)
    assert tick.due_at == NOW + PACE.tick
    photo = shown.after(Kind.PHOTO, NOW, 5, PACE, alert=False, tick=False)
    assert (photo.post_revision, photo.due_at) == (6, NOW)
    assert (Usual(60, 90).percent(-HOUR), Usual(60, 90).left(-HOUR)) == (0, 60)


def test_a_standby_takes_over_from_a_holder_that_died_before(db: Any) -> None:
    assert lease.hold("telegram:1", "elsewhere:1")
    Lease.update(until=Lease.until + HOUR).execute()
    assert not lease.hold("telegram:1", "here:1", 0.1)
    assert Lease.get().until < lease.clock() + 1, "unless the holder renews it"


def test_wrong_passwords_of_the_hour_that_is_to_come_lock_nobody_out(
    db: Any, tmp_path: Path
) -> None:
    clock = Clock(NOW)
    logins = Sessions(Dashboard(), clock)
    for _ in range(FREE_ATTEMPTS):
        logins.attempt("anna", "127.0.0.1")
    with pytest.raises(TooMany):
        logins.attempt("anna", "127.0.0.1")
    clock.forward(-HOUR)
    assert logins.attempt("anna", "127.0.0.1")
