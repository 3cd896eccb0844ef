"""Timers fire once, for the visit that they were set on."""

from typing import Any

import pytest

from core.base.db import transaction
from core.conversation.models import Conversation
from core.conversation.timing import timers
from tests import makers
from tests.conversation.racing import at_once


@pytest.fixture
def waiting(db: Any) -> Conversation:
    """Somebody on visit 3, to be reminded at moment 100."""
    found = makers.conversation()
    found.visit, found.wake_at, found.wake_trigger, found.wake_visit = 3, 100.0, "remind", 3
    found.save()
    return found


def fire(now: float) -> list[int]:
    return timers.fire(makers.inbox(lambda: now), now)


def test_a_timer_fires_its_signal_and_is_cleared(waiting: Conversation) -> None:
    assert fire(100.5) == [waiting.id]
    assert makers.told(waiting) == [("remind", "")]
    assert makers.fresh(waiting).wake_at is None


def test_it_does_not_fire_before_its_moment(waiting: Conversation) -> None:
    assert fire(99.9) == []
    assert makers.told(waiting) == []
    assert makers.fresh(waiting).wake_at == 100.0


def test_it_fires_once(waiting: Conversation) -> None:
    fire(101)
    assert fire(102) == []
    assert len(makers.told(waiting)) == 1


def test_a_timer_of_an_earlier_visit_is_only_cleared(waiting: Conversation) -> None:
    waiting.visit = 4
    waiting.save()
    assert fire(101) == []
    assert makers.told(waiting) == []
    assert makers.fresh(waiting).wake_at is None


def test_one_set_again_on_the_same_visit_fires_again(waiting: Conversation) -> None:
    fire(101)
    waiting.wake_at = 200.0
    waiting.save()
    assert fire(201) == [waiting.id]
    assert len(makers.told(waiting)) == 2


def test_firing_that_is_rolled_back_leaves_the_timer(waiting: Conversation) -> None:
    def fail() -> None:
        with transaction():
            fire(101)
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        fail()
    assert makers.told(waiting) == []
    assert makers.fresh(waiting).wake_at == 100.0


def test_two_workers_fire_it_once(waiting: Conversation) -> None:
    fired = at_once(*[lambda: fire(101)] * 4)
    assert sorted(fired, key=len) == [[], [], [], [waiting.id]]
    assert len(makers.told(waiting)) == 1


def test_the_longest_due_come_first_and_only_so_many(waiting: Conversation) -> None:
    other = makers.conversation()
    other.wake_at, other.wake_trigger, other.wake_visit = 50.0, "remind", 1
    other.save()
    assert timers.fire(makers.inbox(lambda: 101.0), 101.0, limit=1) == [other.id]
    assert makers.fresh(waiting).wake_at == 100.0
