"""What passes between a channel and the engine."""

import dataclasses

import pytest

from core.conversation.messages import Button, Event, Kind, Screen


def test_the_buttons_of_a_screen_are_read_row_by_row() -> None:
    rows = ((Button("a", "a"), Button("b", "b")), (Button("c", "c"),))
    assert [button.label for button in Screen("", buttons=rows).each_button()] == ["a", "b", "c"]


def test_an_event_can_not_be_changed_on_its_way() -> None:
    event = Event(Kind.TEXT, "hello")
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.value = "other"  # type: ignore[misc]  # that is what must fail
