"""Buttons in words: what can be typed instead of a press, and what never can."""

from __future__ import annotations

from core.conversation.testing.kit.house import House
from core.conversation.testing.kit.rule import NUMBERS, rule
from core.conversation.testing.serving.screens import CHOICES


@rule("typed/by-label", "0.1")
def by_label(house: House) -> None:
    """A label that is typed is its press."""
    guest = house.meet()
    guest.go("list", "Who is it?")
    guest.say("boris")
    guest.see("Picked: Boris")


@rule("typed/by-translation", "0.1")
def by_translation(house: House) -> None:
    """A label that is typed in another language of the bot's is its press."""
    guest = house.meet()
    guest.hear("hello")
    guest.see("Heard: 1")
    guest.say("Zählen")
    guest.see("Pressed: 1")


@rule("typed/by-number", "0.1", NUMBERS)
def by_number(house: House) -> None:
    """Where there are no buttons each choice has a number, and the number is its press."""
    guest = house.meet()
    guest.go("list", "Who is it?")
    guest.until(lambda: set(CHOICES) <= set(guest.listed), "the list")
    number = guest.listed["Clara"]
    assert number.isdecimal(), guest.listed
    guest.say(number)
    guest.see("Picked: Clara")


@rule("typed/every-line-works", "0.1", NUMBERS)
def every_line(house: House) -> None:
    """The numbers of a list are those that work, down to the last."""
    guest = house.meet()
    guest.go("crowd", "Crowd")
    guest.press("Seat 12")
    guest.see("Picked: seat 12")


@rule("typed/number-never-confirms", "0.1")
def never_confirms(house: House) -> None:
    """No number confirms what pays; its words do."""
    guest = house.meet()
    guest.go("paying", "It costs 5 crowns.")
    guest.until(lambda: "Back" in guest.offered, "the way back")
    wrong = [str(n) for n in range(1, 10) if str(n) != guest.listed.get("Back")]
    before = guest.applied
    for number in wrong:
        guest.say(number)
    guest.until(lambda: guest.applied >= before + len(wrong), "all numbers to be applied")
    assert guest.number("paid") == 0
    guest.see("Paying")
    guest.say("Pay 5 crowns")
    guest.see("Paid: 1")


@rule("typed/number-of-an-older-list", "0.1", NUMBERS)
def older_list(house: House) -> None:
    """A number that was read from an older list means nothing in a newer one."""
    guest = house.meet()
    guest.go("list", "Who is it?")
    guest.until(lambda: "Clara" in guest.listed, "the list")
    number = guest.listed["Clara"]
    guest.go("colours", "Which one?")
    guest.until(lambda: "Black" in guest.listed, "the newer list")
    guest.say(number)
    told = ("[old_number]", "[stale]")  # the newer list may not have been recorded yet
    guest.until(lambda: any(code in guest.sight.text for code in told), "it to be told")
    assert not guest.memory.get("picked")


@rule("typed/notice-goes-on-counting", "0.1", NUMBERS)
def notice_numbers(house: House) -> None:
    """A notice's number is none of the screen's."""
    guest = house.meet()
    guest.hear("hello")
    guest.press("Count")
    guest.see("Pressed: 1")
    guest.say("kit notice links")
    guest.until(lambda: "Noted 1" in guest.listed, "the notice")
    numbers = list(guest.listed.values())
    assert len(numbers) == len(set(numbers)), guest.listed
    guest.press("Noted 1")
    guest.see("Links: 1")
    assert guest.number("counted") == 1
