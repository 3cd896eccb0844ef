"""Presses: each counts once, on the screen that it was made for, and nothing else does."""

from __future__ import annotations

from core.conversation.testing.kit.guest import Guest
from core.conversation.testing.kit.house import House
from core.conversation.testing.kit.rule import BUTTONS, SERVER, does, rule
from core.conversation.testing.serving.screens import CROWD

KEPT = (BUTTONS, does("payload"), does("press_payload"))


def _payload(guest: Guest, label: str) -> str:
    guest.until(lambda: label in guest.sight.labels, f"the button {label!r}")
    return guest.chat.payload(label)


@rule("press/works", "0.1")
def works(house: House) -> None:
    """A press is done, and its screen comes."""
    guest = house.meet()
    guest.hear("hello")
    guest.press("Open")
    guest.see("Who is it?")
    guest.press("Anna")
    guest.see("Picked: Anna")


@rule("press/again-and-again", "0.1")
def again(house: House) -> None:
    """A screen whose press changes no more than a number is ready for the next press."""
    guest = house.meet()
    guest.hear("hello")
    for n in range(1, 4):
        guest.press("Count")
        guest.see(f"Pressed: {n}")


@rule("press/twice-counts-once", "0.1", *KEPT)
def twice(house: House) -> None:
    """A double press counts once, and is no mistake."""
    guest = house.meet()
    guest.hear("hello")
    payload = _payload(guest, "Count")
    guest.chat.press_payload(payload)
    guest.chat.press_payload(payload)
    guest.settle()
    assert guest.number("counted") == 1
    assert "[stale]" not in guest.sight.text


@rule("press/pays-once", "0.1", *KEPT)
def pays_once(house: House) -> None:
    """What pays is paid once, however often it is pressed."""
    guest = house.meet()
    guest.go("paying", "It costs 5 crowns.")
    payload = _payload(guest, "Pay 5 crowns")
    for _ in range(3):
        guest.chat.press_payload(payload)
    guest.settle()
    assert guest.number("paid") == 1


@rule("press/stale-does-nothing", "0.1", *KEPT)
def stale(house: House) -> None:
    """A button of an earlier screen does nothing, and says so."""
    guest = house.meet()
    guest.go("list", "Who is it?")
    payload = _payload(guest, "Anna")
    guest.go("colours", "Which one?")
    guest.chat.press_payload(payload)
    guest.see("[stale]")
    assert not guest.memory.get("picked")


@rule("press/dearer-is-not-confirmed", "0.1", *KEPT)
def dearer(house: House) -> None:
    """Who confirmed one price has not confirmed another."""
    guest = house.meet()
    guest.go("paying", "It costs 5 crowns.")
    payload = _payload(guest, "Pay 5 crowns")
    guest.say("kit dearer")
    guest.see("It costs 6 crowns.")
    guest.chat.press_payload(payload)
    guest.see("[stale]")
    assert guest.number("paid") == 0
    guest.press("Pay 6 crowns")
    guest.see("Paid: 1")


@rule("press/forged-does-nothing", "0.1", *KEPT)
def forged(house: House) -> None:
    """A button that was never offered does nothing; the bot lives."""
    guest = house.meet()
    guest.hear("hello")
    payload = _payload(guest, "Count")
    changed = payload[:-1] + ("A" if payload[-1] != "A" else "B")
    for made_up in (changed, "1:pay::x", ":", "", "{}", "é" * 20):
        guest.chat.press_payload(made_up)
    guest.settle()
    assert (guest.number("counted"), guest.number("paid")) == (0, 0)


@rule("press/of-somebody-else", "0.1", *KEPT, SERVER)
def somebody_else(house: House) -> None:
    """Another person's button does nothing, to neither of them."""
    anna, boris = house.meet(), house.meet()
    anna.hear("hello")
    boris.hear("hello")
    boris.chat.press_payload(_payload(anna, "Count"))
    anna.settle()
    boris.settle()
    assert (anna.number("counted"), boris.number("counted")) == (0, 0)


@rule("press/is-answered", "0.1", BUTTONS, does("waiting"))
def is_answered(house: House) -> None:
    """A pressed button stops showing that it waits."""
    guest = house.meet()
    guest.hear("hello")
    guest.press("Count")
    guest.see("Pressed: 1")
    guest.until(lambda: not guest.chat.waiting, "the press to be answered")


@rule("press/after-a-restart", "0.1", SERVER, slow=True)
def after_restart(house: House) -> None:
    """Buttons outlive the process that showed them."""
    guest = house.meet()
    guest.hear("hello")
    guest.see("Heard: 1")
    house.restart()
    guest.press("Count")
    guest.see("Pressed: 1")


@rule("press/more-buttons-than-a-row", "0.1", BUTTONS)
def crowd(house: House) -> None:
    """More buttons than a row holds are all there, and the last works."""
    guest = house.meet()
    guest.go("crowd", "Crowd")
    seats = {f"Seat {n}" for n in range(1, CROWD + 1)}
    guest.until(lambda: seats <= set(guest.sight.labels), "every button")
    guest.press("Seat 12")
    guest.see("Picked: seat 12")
