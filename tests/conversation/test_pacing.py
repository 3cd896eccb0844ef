"""When a changed screen is due, and whether it comes as a new message."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.conversation.messages import Kind
from core.conversation.timing.pacing import Pace, Rank, Schedule

PACE = Pace(quiet=1.0, settle=3.0, tick=3.0, series=30.0)
NOW = 1000.0


def schedule(**changes: float) -> Schedule:
    """All shown at revision 5, long ago."""
    return Schedule(5, 0, NOW - 100, 0.0, 0.0, 0, 0.0)._replace(**changes)  # type: ignore[arg-type]


def after(
    before: Schedule,
    kind: Kind,
    now: float = NOW,
    *,
    alert: bool = False,
    tick: bool = False,
    revision: int = 5,
) -> Schedule:
    return before.after(kind, now, revision, PACE, alert=alert, tick=tick)


@pytest.mark.parametrize(
    ("kind", "waits", "posts"),
    [
        (Kind.PRESS, 0.0, False),
        (Kind.TEXT, 0.0, True),
        (Kind.COMMAND, 0.0, True),
        (Kind.PHOTO, 0.0, True),
        (Kind.FILE, 0.0, True),
        (Kind.SIGNAL, 1.0, False),
    ],
)
def test_what_the_person_does_is_answered_at_once_and_below_what_they_sent(
    kind: Kind, waits: float, posts: bool
) -> None:
    found = after(schedule(), kind)
    assert (found.due_at, found.differs_since, found.rank) == (NOW + waits, NOW, Rank.REPLY)
    assert (found.post_revision == 6) == posts


def test_photos_of_a_series_wait_for_a_second_of_quiet_in_the_same_message() -> None:
    first = after(schedule(), Kind.PHOTO)
    shown = first._replace(shown_revision=6, shown_at=NOW)
    second = after(shown, Kind.PHOTO, NOW + 0.5, revision=6)
    assert second.due_at == NOW + 1.5
    third = after(second, Kind.PHOTO, NOW + 1.2, revision=7)
    assert third.due_at == NOW + 2.2
    assert first.post_revision == second.post_revision == third.post_revision == 6


def test_a_series_that_does_not_pause_is_shown_three_seconds_after_it_first_differed() -> None:
    found, revision = schedule(photo_at=NOW - 1), 5
    for tenth in range(0, 60, 5):
        found = after(found, Kind.PHOTO, NOW + tenth / 10, revision=revision)
        revision += 1
    assert found.differs_since == NOW
    assert found.due_at <= NOW + 3.0


def test_the_first_photo_of_a_series_keeps_its_moment_while_more_come() -> None:
    first = after(schedule(), Kind.PHOTO)
    second = after(first, Kind.PHOTO, NOW + 0.01, revision=6)
    assert second.due_at == NOW


def test_a_series_ends_with_anything_else_or_a_long_pause() -> None:
    series = schedule(photo_at=NOW - 10)
    for kind in (Kind.PRESS, Kind.TEXT, Kind.COMMAND):
        broken = after(series, kind)
        assert broken.photo_at == 0
        assert after(broken, Kind.PHOTO, NOW + 1, revision=6).post_revision == 7
    assert after(schedule(photo_at=NOW - 30), Kind.PHOTO).post_revision == 6
    assert after(schedule(photo_at=NOW - 29), Kind.PHOTO).post_revision == 0


def test_a_signal_does_not_end_a_series() -> None:
    series = schedule(photo_at=NOW - 10)
    assert after(series, Kind.SIGNAL).photo_at == NOW - 10
    assert series.unchanged(Kind.SIGNAL, NOW).photo_at == NOW - 10


def test_a_turn_that_changed_nothing_only_notes_whether_the_series_goes_on() -> None:
    series = schedule(photo_at=NOW - 10)
    assert series.unchanged(Kind.PHOTO, NOW) == series._replace(photo_at=NOW)
    assert series.unchanged(Kind.TEXT, NOW) == series._replace(photo_at=0.0)


def test_a_press_while_photos_settle_is_answered_at_once() -> None:
    settling = after(schedule(photo_at=NOW - 1), Kind.PHOTO)
    pressed = after(settling, Kind.PRESS, NOW + 0.3, revision=6)
    assert (pressed.due_at, pressed.differs_since) == (NOW + 0.3, NOW)


def test_what_was_due_already_does_not_wait_again() -> None:
    pressed = after(schedule(), Kind.PRESS)
    told = after(pressed, Kind.SIGNAL, NOW + 0.2, revision=6)
    assert told.due_at == NOW


def test_an_alert_comes_at_once_as_a_new_message() -> None:
    found = after(schedule(), Kind.SIGNAL, alert=True)
    assert (found.due_at, found.post_revision, found.rank) == (NOW, 6, Rank.ALERT)


def test_an_alert_waits_for_what_belongs_to_it_unless_something_else_happens() -> None:
    news = schedule().after(Kind.SIGNAL, NOW, 5, PACE, alert=True, tick=False, wait=20.0)
    assert (news.due_at, news.post_revision) == (NOW + 20, 6)
    for kind in (Kind.PRESS, Kind.TEXT, Kind.COMMAND):
        assert after(news, kind, NOW + 1, revision=6).due_at == NOW + 1
    arrived = after(news, Kind.SIGNAL, NOW + 2, alert=True, revision=6)
    assert (arrived.due_at, arrived.post_revision) == (NOW + 2, 7)
    late = after(news, Kind.SIGNAL, NOW + 25, alert=True, revision=6)
    assert late.due_at <= NOW + 25


def test_a_tick_waits_until_three_seconds_after_what_was_last_shown() -> None:
    recent = after(schedule(shown_at=NOW - 1), Kind.SIGNAL, tick=True)
    assert (recent.due_at, recent.rank, recent.post_revision) == (NOW + 2, Rank.TICK, 0)
    assert after(schedule(), Kind.SIGNAL, tick=True).due_at == NOW


def test_ticks_while_one_waits_do_not_put_it_off() -> None:
    first = after(schedule(shown_at=NOW - 1), Kind.SIGNAL, tick=True)
    second = after(first, Kind.SIGNAL, NOW + 1.5, tick=True, revision=6)
    assert second.due_at == NOW + 2


@pytest.mark.parametrize("tick", [3.0, 10.0])
def test_a_tick_does_not_put_off_a_reply_that_settles(tick: float) -> None:
    pace = replace(PACE, tick=tick)
    settling = after(schedule(shown_at=NOW - 0.1, photo_at=NOW - 1), Kind.PHOTO)
    ticked = settling.after(Kind.SIGNAL, NOW + 0.5, 6, pace, alert=False, tick=True)
    assert (ticked.due_at, ticked.rank) == (NOW + 1.0, Rank.REPLY)


def test_a_reply_goes_before_an_alert_and_an_alert_before_a_tick() -> None:
    tick = after(schedule(), Kind.SIGNAL, tick=True)
    alert = after(tick, Kind.SIGNAL, NOW, alert=True, revision=6)
    reply = after(alert, Kind.PRESS, NOW, revision=7)
    assert (tick.rank, alert.rank, reply.rank) == (Rank.TICK, Rank.ALERT, Rank.REPLY)
    assert after(reply, Kind.SIGNAL, NOW, tick=True, revision=8).rank == Rank.REPLY


def test_once_shown_the_next_tick_is_a_tick_again() -> None:
    reply = after(schedule(), Kind.PRESS)._replace(shown_revision=6, shown_at=NOW)
    assert after(reply, Kind.SIGNAL, NOW + 1, tick=True, revision=6).rank == Rank.TICK


moves = st.tuples(
    st.sampled_from(Kind), st.floats(0, 5), st.booleans(), st.booleans(), st.booleans()
)


@given(st.lists(moves, min_size=1, max_size=30), st.floats(0.1, 20))
def test_nothing_is_lost_and_nothing_settles_longer_than_it_may(
    steps: list[tuple[Kind, float, bool, bool, bool]], tick_seconds: float
) -> None:
    pace = replace(PACE, tick=tick_seconds)
    found, revision, now = schedule(), 5, NOW
    for kind, wait, alert, tick, is_shown in steps:
        now += wait
        tick = tick and kind is Kind.SIGNAL
        waiting, due_before = revision > found.shown_revision, found.due_at
        found = found.after(kind, now, revision, pace, alert=alert and not tick, tick=tick)
        revision += 1
        assert found.differs_since <= now
        assert found.post_revision <= revision
        if waiting:
            assert found.due_at <= max(due_before, found.differs_since + pace.settle, now)
        if found.rank != Rank.TICK:
            assert found.due_at <= max(now, found.differs_since + pace.settle)
        else:
            assert found.due_at <= max(now, found.shown_at + pace.tick)
        if kind is Kind.PRESS:
            assert found.due_at <= now
        if is_shown:
            now = max(now, found.due_at)
            found = found._replace(shown_revision=revision, shown_at=now)
