"""The process is killed between any two steps: nothing is lost, and nothing done twice."""

from __future__ import annotations

from core.conversation.testing.kit.house import House
from core.conversation.testing.kit.rule import BUTTONS, KEEPS, PUSHES, SERVER, does, rule
from core.conversation.testing.serving.dying import (
    APPLY,
    COMMIT,
    RECEIVE,
    RECORD,
    RECORDED,
    SHOW,
    TELL,
)


def _text_survives(house: House, moment: str) -> None:
    guest = house.meet()
    guest.hear("before")
    guest.see("Heard: 1")
    with house.killed_at(moment):
        guest.say("meanwhile")
    guest.until(lambda: guest.number("count") >= 2, "what was said meanwhile")
    guest.see("Heard: 2", "“meanwhile”")
    guest.hear("after")
    guest.see("Heard: 3")
    assert list(guest.heard) == ["before", "meanwhile", "after"]


@rule("kill/between-receive-and-commit", "0.1", KEEPS, slow=True)
def receive(house: House) -> None:
    """A text that was received and not committed is brought again, and heard once."""
    _text_survives(house, RECEIVE)


@rule("kill/between-commit-and-apply", "0.1", slow=True)
def commit(house: House) -> None:
    """A text that was committed and not applied is heard once."""
    _text_survives(house, COMMIT)


@rule("kill/in-the-middle-of-a-turn", "0.1", slow=True)
def apply(house: House) -> None:
    """A turn that was not committed is taken from its beginning."""
    _text_survives(house, APPLY)


@rule("kill/between-apply-and-show", "0.1", slow=True)
def show(house: House) -> None:
    """What has come of a text is shown by the next process."""
    _text_survives(house, SHOW)


@rule("kill/between-show-and-record", "0.1", slow=True)
def record(house: House) -> None:
    """A screen that was sent and not recorded may come once more, and works."""
    _text_survives(house, RECORD)


@rule("kill/after-record", "0.1", slow=True)
def recorded(house: House) -> None:
    """A screen that was recorded stands; the next one comes."""
    _text_survives(house, RECORDED)


@rule("kill/recorded-is-not-repeated", "0.1", PUSHES, does("messages"), slow=True)
def not_repeated(house: House) -> None:
    """What was recorded as shown is not sent again by the next process."""
    guest = house.meet()
    guest.hear("before")
    guest.see("Heard: 1")
    before = guest.chat.messages
    with house.killed_at(RECORDED):
        guest.say("meanwhile")
    house.meet()  # whom the next process serves by now
    guest.until(lambda: guest.tried, "what there is to show")
    guest.hear("after")
    guest.see("Heard: 3")
    assert guest.chat.messages - before <= 2


@rule("kill/screen-comes-at-most-twice", "0.1", PUSHES, does("messages"), slow=True)
def at_most_twice(house: House) -> None:
    """A screen that was not recorded comes at most once more."""
    guest = house.meet()
    guest.hear("before")
    guest.see("Heard: 1")
    before = guest.chat.messages
    with house.killed_at(RECORD):
        guest.say("meanwhile")
    guest.see("Heard: 2")
    guest.settle()
    guest.see("Heard: 3")
    assert guest.chat.messages - before <= 3


@rule("kill/press-counts-once", "0.1", BUTTONS, SERVER, slow=True)
def press(house: House) -> None:
    """A press that was committed and not applied counts once."""
    guest = house.meet()
    guest.go("paying", "It costs 5 crowns.")
    with house.killed_at(COMMIT):
        guest.press("Pay 5 crowns")
    guest.see("Paid: 1")
    guest.settle()
    assert guest.number("paid") == 1


@rule("kill/press-in-the-middle-pays-once", "0.1", BUTTONS, SERVER, slow=True)
def press_middle(house: House) -> None:
    """A press whose turn was not committed pays once."""
    guest = house.meet()
    guest.go("paying", "It costs 5 crowns.")
    with house.killed_at(APPLY):
        guest.press("Pay 5 crowns")
    guest.see("Paid: 1")
    guest.settle()
    assert guest.number("paid") == 1


@rule("kill/press-is-answered", "0.1", BUTTONS, KEEPS, does("waiting"), slow=True)
def press_answered(house: House) -> None:
    """A press that a kill left waiting is answered by the next process."""
    guest = house.meet()
    guest.hear("hello")
    with house.killed_at(RECEIVE):
        guest.press("Count")
    guest.see("Pressed: 1")
    guest.until(lambda: not guest.chat.waiting, "the press to be answered")


@rule("kill/typed-number-after-it", "0.1", slow=True)
def buttons_after(house: House) -> None:
    """Choices that were in sight before a kill work after it."""
    guest = house.meet()
    guest.go("list", "Who is it?")
    guest.until(lambda: "Clara" in guest.offered, "the list")
    with house.killed_at(APPLY):
        guest.press("Clara")
    guest.see("Picked: Clara")
    assert guest.memory["picked"] == ["Clara"]


@rule("kill/notice-is-not-repeated", "0.1", PUSHES, does("messages"), slow=True)
def notice(house: House) -> None:
    """A notice that was sent and not recorded is not sent again."""
    guest = house.meet()
    guest.hear("hello")
    guest.see("Heard: 1")
    before = guest.chat.messages
    with house.killed_at(TELL):
        guest.say("kit notice plain")
    guest.settle()
    guest.see("Heard: 2")
    assert guest.chat.messages - before <= 3


@rule("kill/twice-in-a-row", "0.1", SERVER, slow=True)
def twice(house: House) -> None:
    """A process that is killed while it makes good for a kill loses nothing either."""
    guest = house.meet()
    guest.hear("before")
    with house.killed_at(COMMIT):
        guest.say("meanwhile")
    guest.see("Heard: 2")
    with house.killed_at(APPLY):
        guest.say("again")
    guest.see("Heard: 3")
    guest.settle()
    assert list(guest.heard) == ["before", "meanwhile", "again", "settled 1"]
