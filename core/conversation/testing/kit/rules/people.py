"""People who come, go, are called something else, talk too much, or want to be forgotten."""

from __future__ import annotations

from core.conversation.testing.kit.guest import Guest
from core.conversation.testing.kit.house import House
from core.conversation.testing.kit.rule import PUSHES, SERVER, does, plays, rule
from core.conversation.testing.kit.rules.making import photo

LEAVES = (PUSHES, does("leave"), does("come_back"))
LIMITED = (PUSHES, plays("limit"))


@rule("limit/waits-and-arrives", "0.1", *LIMITED, slow=True)
def limited(house: House) -> None:
    """Where the messenger asks to wait, the bot waits, and the screen comes."""
    guest = house.meet()
    guest.hear("hello")
    guest.see("Heard: 1")
    house.rules.limit(guest.chat, 1)
    guest.hear("more")
    guest.see("Heard: 2")


@rule("limit/of-one-is-nobody-elses", "0.1", *LIMITED)
def limit_of_one(house: House) -> None:
    """Who must wait is one chat; another is answered meanwhile."""
    anna, boris = house.meet(), house.meet()
    anna.hear("hello")
    anna.see("Heard: 1")
    house.rules.limit(anna.chat, 600)
    anna.hear("more")
    boris.hear("hello")
    boris.see("Heard: 1")
    assert "Heard: 2" not in anna.sight.text


@rule("limit/notice-waits-too", "0.1", *LIMITED, slow=True)
def limited_notice(house: House) -> None:
    """A notice that must wait comes afterwards, once."""
    guest = house.meet()
    guest.hear("hello")
    guest.see("Heard: 1")
    house.rules.limit(guest.chat, 1)
    guest.say("kit notice plain")
    guest.see("News 1: plain")
    sent = "SELECT 1 FROM notices WHERE outcome = 'sent' AND key LIKE 'kit:%:1'"
    guest.until(lambda: house.rows(sent), "the notice to be recorded")
    assert guest.sight.text.count("News 1: plain") == 1


@rule("cut/waits-and-arrives", "0.1", PUSHES, plays("cut_off"), slow=True)
def cut_off(house: House) -> None:
    """What couldn't be sent while nothing got through comes afterwards."""
    guest = _cut_off(house)
    house.rules.heal()
    guest.see("Woken: 1")


@rule("cut/loses-nothing-said", "0.1", PUSHES, plays("cut_off"), slow=True)
def cut_said(house: House) -> None:
    """What was said while nothing got through is heard afterwards, once."""
    guest = _cut_off(house)
    guest.say("meanwhile")
    house.rules.heal()
    guest.see("Heard: 2")
    assert list(guest.heard) == ["before", "meanwhile"]


def _cut_off(house: House) -> Guest:
    """A person to whom the bot has tried in vain to show something."""
    guest = house.meet()
    guest.hear("before")
    guest.see("Heard: 1")
    guest.say("kit later")
    guest.until(lambda: guest.number("laters") == 1, "the order to be taken")
    house.rules.cut_off()
    guest.until(lambda: guest.number("woken") == 1, "the timer")
    guest.until(lambda: guest.tried, "the bot to try")
    return guest


@rule("block/comes-back-and-sees", "0.1", *LEAVES, slow=True)
def comes_back(house: House) -> None:
    """Who blocked the bot and lets it in again sees how things stand now."""
    guest = house.meet()
    guest.hear("hello")
    guest.say("kit later")
    guest.until(lambda: guest.number("laters") == 1, "the order to be taken")
    guest.chat.leave()
    guest.until(lambda: guest.number("woken") == 1, "the timer")
    guest.chat.come_back()
    guest.see("Woken: 1")
    guest.hear("back again")


@rule("block/stops-nobody-else", "0.1", *LEAVES)
def stops_nobody(house: House) -> None:
    """A chat that has blocked the bot holds up no other."""
    anna, boris = house.meet(), house.meet()
    anna.hear("hello")
    anna.say("kit later")
    anna.chat.leave()
    boris.hear("hello")
    boris.see("Heard: 1")
    anna.chat.come_back()


@rule("block/speaks-and-is-answered", "0.1", *LEAVES, slow=True)
def speaks_again(house: House) -> None:
    """A person who speaks again after blocking the bot is answered."""
    guest = house.meet()
    guest.hear("hello")
    guest.see("Heard: 1")
    guest.chat.leave()
    guest.chat.come_back()
    guest.hear("again")
    guest.see("Heard: 2")


@rule("name/changes", "0.1", does("rename"))
def renamed(house: House) -> None:
    """A changed display name is the one that is used from then on."""
    guest = house.meet()
    guest.hear("hello")
    guest.chat.rename("Квітка 🌸")
    guest.hear("it is me")
    guest.see("Name: Квітка 🌸")


@rule("flood/slows-nobody", "0.1", SERVER)
def flood(house: House) -> None:
    """One who floods the bot is one of many: another is answered meanwhile."""
    anna, boris = house.meet(), house.meet()
    boris.hear("hello")
    for _ in range(150):
        anna.say("kit slow")
    boris.hear("am I next")
    done = anna.number("slow")
    boris.see("Heard: 2")
    assert done < 150, "the whole flood was served first"


@rule("flood/loses-nothing", "0.1", slow=True)
def flood_kept(house: House) -> None:
    """Of many texts at once, as many as are taken at all are heard in their order."""
    guest = house.meet()
    for n in range(60):
        guest.say(f"drop {n}")
    guest.until(lambda: guest.number("count") == 60, "all of them")
    assert list(guest.heard) == [f"drop {n}" for n in range(60)]


@rule("erase/nothing-left", "0.1")
def erased(house: House) -> None:
    """Of an erased person nothing is left in the channel's store: no row, no file."""
    guest = house.meet()
    guest.hear("the word quokkaberry is mine")
    guest.press("Count")
    guest.chat.send_photos([photo(400)], "quokkaberry too")
    guest.fetched(1)
    guest.until(lambda: _quiet(house), "everything to be done")
    assert b"quokkaberry" in house.kept()
    house.erase(guest.name)
    house.until(lambda: b"quokkaberry" not in house.kept(), "the last trace to go")


@rule("erase/comes-as-somebody-new", "0.1")
def new_again(house: House) -> None:
    """An erased person who speaks again is a new one."""
    guest = house.meet()
    guest.hear("hello")
    guest.until(lambda: _quiet(house), "everything to be done")
    house.erase(guest.name)
    guest.say(f"kit name {guest.name}")
    guest.until(lambda: guest.memory.get("who") == guest.name, "the first words")
    assert guest.number("count") == 0
    guest.hear("hello again")
    guest.see("Heard: 1")


def _quiet(house: House) -> bool:
    waiting = "SELECT 1 FROM inbox WHERE handled_at IS NULL AND failed_at IS NULL"
    return not house.rows(waiting)
