"""What people type arrives as it was typed, and is shown as it was written."""

from __future__ import annotations

from core.conversation.testing.kit.house import House, LeftOut
from core.conversation.testing.kit.rule import BUTTONS, does, rule
from core.conversation.testing.serving.dialogue import digest


def _arrives(house: House, text: str) -> None:
    guest = house.meet()
    guest.hear(text)
    assert guest.heard[-1] == text
    assert guest.memory["digest"] == digest(text.encode())
    guest.see("Heard: 1")


@rule("text/answered", "0.1")
def answered(house: House) -> None:
    """A text is heard once and answered by a screen."""
    guest = house.meet()
    guest.hear("good morning")
    guest.see("Hall", "Heard: 1", "Last: “good morning”")


@rule("text/in-order", "0.1")
def in_order(house: House) -> None:
    """Texts in quick succession are heard in their order, each once."""
    guest = house.meet()
    said = [f"text {n}" for n in range(12)]
    for text in said:
        guest.say(text)
    guest.until(lambda: guest.number("count") >= len(said), "all of them")
    assert list(guest.heard) == said


@rule("text/long", "0.1")
def long(house: House) -> None:
    """The longest text that a person can send arrives whole."""
    longest = house.rules.longest
    _arrives(house, ("word " * longest)[: longest - 4] + "end.")


@rule("text/right-to-left", "0.1")
def right_to_left(house: House) -> None:
    """Hebrew and Arabic, mixed with numbers, arrive and are shown unchanged."""
    text = "שלום עולם 42, مرحبا بالعالم (7)"
    _arrives(house, text)
    guest = house.meet()
    guest.hear(text)
    guest.see(f"“{text}”")


@rule("text/emoji", "0.1")
def emoji(house: House) -> None:
    """Families, flags and skin tones stay whole."""
    text = "👨‍👩‍👧‍👦 🇺🇦 👍🏽 🏴󠁧󠁢󠁳󠁣󠁴󠁿 e\u0301"
    guest = house.meet()
    guest.hear(text)
    assert guest.heard[-1] == text
    guest.see(f"“{text}”")


@rule("text/surrogates", "0.1")
def surrogates(house: House) -> None:
    """Half a character and a NUL, which no database stores, lose nothing that comes with them."""
    guest = house.meet()
    try:
        guest.say("before\ud83d\x00after")
    except UnicodeEncodeError:
        raise LeftOut("no client of it can send half a character") from None
    guest.until(lambda: guest.number("count") == 1, "the rest of the text")
    assert guest.heard[-1].startswith("before"), guest.heard
    assert guest.heard[-1].endswith("after"), guest.heard
    guest.hear("and later ones")


@rule("text/markup-is-shown", "0.1")
def markup(house: House) -> None:
    """What looks like markup is shown as it was written, and does nothing."""
    text = "<b>*bold*</b> _x_ [a](http://b) &amp; `c` {d} %s"
    guest = house.meet()
    guest.hear(text)
    assert guest.heard[-1] == text
    guest.see(f"“{text}”")


@rule("text/command", "0.1")
def command(house: House) -> None:
    """A command is obeyed, with what follows it."""
    guest = house.meet()
    guest.say("/echo a word of mine")
    guest.until(lambda: guest.heard == ("a word of mine",), "the command")
    guest.go("question", "What is your answer?")
    guest.say("/start again")
    guest.see("Hall")
    guest.until(lambda: guest.memory.get("begun") == "again", "what followed the command")


@rule("text/longer-than-a-message", "0.1")
def wall(house: House) -> None:
    """A screen longer than a message is cut, and keeps its buttons."""
    guest = house.meet()
    guest.go("wall", "wall wall")
    guest.press("Count")
    guest.until(lambda: guest.number("counted") == 1, "the press")


@rule("text/long-label", "0.1", BUTTONS)
def long_label(house: House) -> None:
    """A label that is too long is cut, and its button works."""
    guest = house.meet()
    guest.go("crowd", "Crowd")
    guest.until(lambda: [s for s in guest.sight.labels if s.startswith("A label")], "the label")
    label = next(s for s in guest.sight.labels if s.startswith("A label"))
    guest.press(label)
    guest.until(lambda: guest.memory.get("picked") == ["long"], "the press")


@rule("edit/corrects", "0.1", does("edit"))
def edit_corrects(house: House) -> None:
    """An edited answer corrects the answer, and is no second one."""
    guest = house.meet()
    guest.go("question", "What is your answer?")
    guest.say("Ana")
    guest.see("Answer: Ana")
    guest.chat.edit("Anna")
    guest.see("Answer: Anna")
    assert guest.memory["answers"] == ["Anna"]


@rule("edit/of-a-text", "0.1", does("edit"))
def edit_text(house: House) -> None:
    """An edited text is heard as it reads now."""
    guest = house.meet()
    guest.hear("teh word")
    guest.chat.edit("the word")
    guest.until(lambda: guest.heard[-1] == "the word", "the edit")


@rule("service/is-silent", "0.1", does("service_message"))
def service(house: House) -> None:
    """What the messenger says of itself is no person's text, and is not answered."""
    guest = house.meet()
    guest.hear("something")
    [before] = house.rows("SELECT max(id) FROM inbox")
    guest.chat.service_message()
    guest.settle()
    assert guest.number("count") == 2
    kinds = house.rows("SELECT kind FROM inbox WHERE id > ?", before[0])
    assert kinds == [("text",)], kinds


@rule("service/unusable-is-answered", "0.1", does("send_other"))
def unusable(house: House) -> None:
    """A sticker or a place, which no dialogue can use, is answered all the same."""
    guest = house.meet()
    guest.hear("something")
    guest.chat.send_other()
    guest.see("[unusable]")
    assert guest.number("count") == 1
