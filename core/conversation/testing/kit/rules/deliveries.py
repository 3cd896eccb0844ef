"""Updates that come twice, late, in another order, or poisoned."""

from __future__ import annotations

from core.conversation.testing.kit.house import House
from core.conversation.testing.kit.rule import BUTTONS, KEEPS, SERVER, does, rule
from core.conversation.testing.kit.rules.making import digests, photo, photos

AGAIN = does("deliver_again")


@rule("deliver/twice-counts-once", "0.1", AGAIN)
def twice(house: House) -> None:
    """A text that the messenger brings twice is heard once."""
    guest = house.meet()
    guest.hear("only once")
    guest.chat.deliver_again()
    guest.settle()
    assert list(guest.heard) == ["only once", "settled 1"]


@rule("deliver/press-twice-counts-once", "0.1", AGAIN, BUTTONS)
def press_twice(house: House) -> None:
    """A press that the messenger brings twice counts once."""
    guest = house.meet()
    guest.hear("hello")
    guest.press("Count")
    guest.see("Pressed: 1")
    guest.chat.deliver_again()
    guest.settle()
    assert guest.number("counted") == 1


@rule("deliver/photo-twice-counts-once", "0.1", AGAIN)
def photo_twice(house: House) -> None:
    """A photo that the messenger brings twice is one photo."""
    guest = house.meet()
    guest.chat.send_photos([photo(300)])
    guest.fetched(1)
    guest.chat.deliver_again()
    guest.settle()
    assert len(guest.files) == 1


@rule("deliver/late-copy-changes-nothing", "0.1", AGAIN)
def late_copy(house: House) -> None:
    """A copy that comes after newer texts changes nothing."""
    guest = house.meet()
    for text in ("one", "two", "three"):
        guest.hear(text)
    guest.chat.deliver_again(3)
    guest.settle()
    assert list(guest.heard) == ["one", "two", "three", "settled 1"]


@rule("deliver/copy-after-a-restart", "0.1", AGAIN, SERVER, slow=True)
def copy_after_restart(house: House) -> None:
    """Another process knows what was brought before."""
    guest = house.meet()
    guest.hear("only once")
    house.restart()
    guest.chat.deliver_again()
    guest.settle()
    assert list(guest.heard) == ["only once", "settled 1"]


@rule("deliver/out-of-order-loses-nothing", "0.1", does("say_out_of_order"))
def out_of_order(house: House) -> None:
    """What comes in another order is heard all the same, each once."""
    guest = house.meet()
    guest.chat.say_out_of_order(["one", "two", "three"])
    guest.settle()
    assert sorted(guest.heard) == ["one", "settled 1", "three", "two"]


@rule("deliver/while-away", "0.1", KEEPS, SERVER, slow=True)
def while_away(house: House) -> None:
    """What was said while the bot was away is heard when it is back, in order."""
    guest = house.meet()
    house.stop()
    said = ["are you there", "hello", "I'll wait"]
    for text in said:
        guest.say(text)
    house.start()
    guest.until(lambda: guest.number("count") >= 3, "what was said meanwhile")
    assert list(guest.heard) == said
    guest.see("Heard: 3")


@rule("deliver/many-people", "0.1", SERVER)
def many_people(house: House) -> None:
    """What several people say at once is each one's own."""
    guests = [house.meet() for _ in range(4)]
    for n in range(3):
        for guest in guests:
            guest.say(f"{guest.name} {n}")
    for guest in guests:
        guest.until(lambda one=guest: one.number("count") >= 3, "three texts")  # type: ignore[misc]
        assert list(guest.heard) == [f"{guest.name} {n}" for n in range(3)]
        guest.see(f"{guest.name} 2")


@rule("restart/stops-when-asked", "0.1", SERVER, slow=True)
def stops(house: House) -> None:
    """A bot that is asked to stop ends well, and what it took before is not lost."""
    guest = house.meet()
    guest.say("last words")
    guest.until(lambda: guest.number("count") == 1, "the last words")
    assert house.stop() == 0, house.log()
    house.start()
    guest.see("Heard: 1")
    guest.hear("first words")


@rule("restart/says-what-was-not-said", "0.1", SERVER, slow=True)
def says_rest(house: House) -> None:
    """What changed while the bot was away is shown when it is back."""
    guest = house.meet()
    guest.hear("hello")
    guest.say("kit later")
    guest.until(lambda: guest.number("laters") == 1, "the order to be taken")
    house.restart()
    guest.see("Woken: 1")


@rule("poison/later-texts-pass", "0.1", slow=True)
def poison(house: House) -> None:
    """An update that can't be applied is set aside aloud, and the next is heard."""
    guest = house.meet()
    guest.hear("before")
    guest.say("kit poison")
    guest.say("after")
    guest.until(lambda: list(guest.heard) == ["before", "after"], "what came after it")
    failed = house.rows("SELECT count(*) FROM inbox WHERE failed_at IS NOT NULL")
    assert failed[0][0] >= 1


@rule("poison/is-admitted", "0.1", slow=True)
def admitted(house: House) -> None:
    """The sender of a text that can't be applied is told so."""
    guest = house.meet()
    guest.hear("before")
    guest.say("kit poison")
    if not house.can.pushes:
        guest.until(lambda: _set_aside(house, guest.name), "it to be set aside")
        guest.hear("after")
        return
    guest.see("[our_fault]")


@rule("poison/others-go-on", "0.1", SERVER)
def others_go_on(house: House) -> None:
    """One person's poison is no trouble for others."""
    anna, boris = house.meet(), house.meet()
    anna.say("kit poison")
    anna.until(lambda: _tried(house, anna.name), "it to be tried")
    boris.hear("good day")
    boris.see("Heard: 1")


@rule("poison/photos-beside-it", "0.1", slow=True)
def photos_beside(house: House) -> None:
    """Photos before and after what can't be applied are all counted."""
    guest = house.meet()
    sent = photos(2, 310)
    guest.chat.send_photos(sent[:1])
    guest.say("kit poison")
    guest.chat.send_photos(sent[1:])
    found = guest.fetched(2)
    assert not house.rules.originals or sorted(found) == digests(sent)


def _tried(house: House, name: str) -> bool:
    return _poisoned(house, name, "i.attempts > 0")


def _set_aside(house: House, name: str) -> bool:
    return _poisoned(house, name, "i.failed_at IS NOT NULL")


def _poisoned(house: House, name: str, how: str) -> bool:
    found = house.rows(
        "SELECT count(*) FROM inbox i JOIN conversations c ON c.id = i.conversation_id "
        f"WHERE {how} AND c.memory LIKE ?",
        f'%"{name}"%',
    )
    return bool(found[0][0])
