"""What can be done once at a time goes from person to person, whoever came with how much."""

import threading
import time
from collections.abc import Callable

import pytest

from core.avatars.photos.inspection.turns import Turns
from core.base.errors import Overloaded

LONG = 60.0


def until(holds: Callable[[], bool]) -> None:
    """Wait for other threads to get there."""
    end = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)


def order_of(*names: str) -> list[str]:
    """In what order those get their turns who came in this one while it was taken."""
    turns, served = Turns(), list[str]()

    def wait(name: str) -> None:
        with turns.taken(name, LONG):
            served.append(name)

    threads = [threading.Thread(target=wait, args=(name,)) for name in names]
    with turns.taken("before", LONG):
        for number, thread in enumerate(threads, 1):
            thread.start()
            until(lambda number=number: turns.waiting() == number)  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert turns.waiting() == 0
    return served


def test_one_persons_many_keep_anothers_single_one_waiting_for_one_turn_alone() -> None:
    assert order_of("anna", "anna", "anna", "anna", "boris") == [
        "anna", "boris", "anna", "anna", "anna",
    ]  # fmt: skip


def test_three_people_take_turns() -> None:
    assert order_of("a", "a", "b", "b", "c") == ["a", "b", "c", "a", "b"]


def test_whose_turn_does_not_come_is_told_to_come_later_and_is_in_nobodys_way() -> None:
    turns = Turns()
    with turns.taken("anna", LONG), pytest.raises(Overloaded), turns.taken("boris", 0.01):
        pass
    assert turns.waiting() == 0
    with turns.taken("boris", LONG):
        pass


def test_an_error_gives_the_turn_on() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="no"), turns.taken("anna", LONG):
        raise ValueError("no")
    with turns.taken("anna", 0.01):
        pass
