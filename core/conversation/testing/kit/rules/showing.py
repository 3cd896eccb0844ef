"""Screens, pictures, notices and files reach people, in the fullest form that there is."""

from __future__ import annotations

from core.conversation.testing.kit.house import House
from core.conversation.testing.kit.rule import ALBUM, PICTURES, PUSHES, does, rule
from core.conversation.testing.serving.dialogue import FILE
from core.conversation.testing.serving.screens import GALLERY


@rule("notice/beside-the-screen", "0.1")
def beside(house: House) -> None:
    """A notice and the screen are both in sight, and the screen's buttons work."""
    guest = house.meet()
    guest.hear("hello")
    guest.say("kit notice plain")
    guest.see("News 1: plain", "Hall")
    guest.press("Count")
    guest.see("Pressed: 1")


@rule("notice/its-button-works", "0.1")
def its_button(house: House) -> None:
    """A notice's button works, also when the screen has changed since."""
    guest = house.meet()
    guest.hear("hello")
    guest.say("kit notice links")
    guest.press("Noted 1")
    guest.see("Links: 1")
    guest.until(lambda: "Hall" in guest.sight.text, "the screen")
    guest.press("Count")
    guest.see("Pressed: 1")
    assert guest.memory["links"] == ["noted"]


@rule("notice/told-once", "0.1")
def once(house: House) -> None:
    """A notice that is posted twice under one key is told once."""
    guest = house.meet()
    guest.hear("hello")
    guest.say("kit notice same")
    guest.see("News 0: same")
    sent = "SELECT 1 FROM notices WHERE outcome = 'sent' AND key LIKE 'kit:%:0'"
    guest.until(lambda: house.rows(sent), "the notice to be recorded")
    assert guest.sight.text.count("News 0: same") == 1
    guest.say("kit notice same")
    guest.settle()
    told = house.rows("SELECT outcome FROM notices WHERE key LIKE 'kit:%:0' AND outcome <> 'sent'")
    assert not told, told
    assert guest.sight.text.count("News 0: same") <= 1


@rule("notice/all-in-order", "0.1")
def in_order(house: House) -> None:
    """Several notices come in their order, and the screen below them."""
    guest = house.meet()
    guest.hear("hello")
    for _ in range(3):
        guest.say("kit notice plain")
    names = [f"News {n}: plain" for n in (1, 2, 3)]
    if house.can.terminal or not house.can.pushes:  # they are in sight until the next act
        guest.until(lambda: guest.number("notices") == 3, "three notices")
        guest.see(names[-1])
        return
    guest.see(*names)
    text = guest.sight.text
    assert [text.index(name) for name in names] == sorted(text.index(name) for name in names)


@rule("notice/album", "0.1", ALBUM)
def album(house: House) -> None:
    """A notice's ten pictures come, each for itself or all on one sheet."""
    guest = house.meet()
    guest.hear("hello")
    guest.say("kit notice album")
    guest.see("News 1: album")
    wanted = 10 if house.can.album >= 10 else 1
    guest.until(lambda: len(guest.sight.pictures) >= wanted, f"{wanted} pictures")


@rule("pictures/one", "0.1", PICTURES)
def one_picture(house: House) -> None:
    """A screen's picture comes with it, and goes with it."""
    guest = house.meet()
    guest.go("picture", "One picture.")
    guest.until(lambda: len(guest.sight.pictures) == 1, "the picture")
    assert guest.sight.pictures[0].startswith(b"\xff\xd8\xff"), "it is a JPEG"
    guest.press("Back")
    guest.see("Hall")


@rule("pictures/more-than-it-holds", "0.1")
def gallery(house: House) -> None:
    """More pictures than a message holds come on a sheet, or their labels are named."""
    guest = house.meet()
    guest.go("gallery", "Twelve pictures.")
    can = house.can
    if not can.pictures:
        guest.see(*(f"🖼 {n}" for n in range(1, GALLERY + 1)))
        return
    wanted = GALLERY if can.pictures >= GALLERY and not can.terminal else 1
    if not can.terminal:  # a terminal names them
        guest.until(lambda: len(guest.sight.pictures) >= wanted, f"{wanted} pictures")
    guest.press("Back")
    guest.see("Hall")


@rule("file/handed-over", "0.1")
def handed_over(house: House) -> None:
    """A file is handed over byte for byte."""
    guest = house.meet()
    guest.hear("hello")
    guest.say("kit notice file")
    guest.see("News 1: file")
    if house.can.file_bytes:
        guest.until(lambda: FILE in guest.sight.files, "the file")


@rule("file/too-large-is-declined-aloud", "0.1")
def declined(house: House) -> None:
    """Instead of a file that is too large to be carried people are told so."""
    guest = house.meet()
    guest.hear("hello")
    guest.say("kit notice large")
    guest.see("News 1: large", "It is too large to be sent.")
    assert FILE not in guest.sight.files


@rule("file/gone-is-told-all-the-same", "0.1")
def file_gone(house: House) -> None:
    """Where the file of a notice is gone, its words still come."""
    guest = house.meet()
    guest.hear("hello")
    guest.say("kit notice gone")
    guest.see("News 1: gone")


@rule("screen/changes-by-itself", "0.1")
def by_itself(house: House) -> None:
    """A screen that changes without the person is shown as it is now."""
    guest = house.meet()
    guest.hear("hello")
    guest.say("kit later")
    guest.until(lambda: guest.number("woken") == 1, "the timer")
    guest.see("Woken: 1")


@rule("screen/settles-as-one", "0.1", PUSHES, does("messages"))
def settles(house: House) -> None:
    """An album is answered by few messages, not by one for each photo."""
    from core.conversation.testing.kit.rules.making import photos

    guest = house.meet()
    guest.hear("hello")
    guest.see("Heard: 1")
    before = guest.chat.messages
    guest.chat.send_photos(photos(house.rules.album, 900))
    guest.see(f"Files: {house.rules.album}")
    assert guest.chat.messages - before <= max(2, house.rules.album // 3)
