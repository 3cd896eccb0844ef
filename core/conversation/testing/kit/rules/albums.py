"""Photos, albums, captions and files: all of them, once, in whatever order and at whatever pace."""

from __future__ import annotations

import time

from core.conversation.testing.kit.guest import Guest
from core.conversation.testing.kit.house import House
from core.conversation.testing.kit.rule import KEEPS, SERVER, rule
from core.conversation.testing.kit.rules.making import digests, photo, photos
from core.conversation.testing.serving.dialogue import digest
from core.conversation.testing.serving.dying import APPLY, COMMIT, RECEIVE


def _there(guest: Guest, sent: list[bytes]) -> None:
    """All of these have arrived, each once."""
    found = guest.fetched(len(sent))
    assert len(guest.files) == len(sent), f"{len(sent)} were sent, {len(guest.files)} counted"
    if guest.house.rules.originals:
        assert sorted(found) == digests(sent)
    else:
        assert len(set(found)) == len(sent), "each is another one"
    bad = {"gone", "error", "large", "unreachable"} & set(found)
    assert not bad, f"fetching them: {bad}"


@rule("photo/arrives", "0.1")
def arrives(house: House) -> None:
    """A photo is taken, and its bytes can be had."""
    guest = house.meet()
    guest.chat.send_photos([photo(1)])
    _there(guest, [photo(1)])
    guest.see("Files: 1")
    assert guest.files[0]["kind"] == "photo"


@rule("photo/caption-answers", "0.1")
def caption(house: House) -> None:
    """What stands beside a photo is an answer where one is asked for; the photo counts too."""
    guest = house.meet()
    guest.go("question", "What is your answer?")
    guest.chat.send_photos([photo(2)], "My cat")
    guest.see("Answer: My cat")
    _there(guest, [photo(2)])
    assert guest.memory["answers"] == ["My cat"]


@rule("photo/caption-is-no-mistake", "0.1")
def caption_alone(house: House) -> None:
    """Where nothing is asked, a caption is neither an answer nor a mistake."""
    guest = house.meet()
    guest.hear("hello")
    guest.chat.send_photos([photo(3)], "My dog")
    _there(guest, [photo(3)])
    guest.see("Files: 1")
    assert "[not_now]" not in guest.sight.text


@rule("file/arrives", "0.1")
def file_arrives(house: House) -> None:
    """A file arrives byte for byte, with its name."""
    guest = house.meet()
    data = b"%PDF-1.7 no picture at all\n" * 99
    guest.chat.send_file("a paper.pdf", data)
    assert guest.fetched(1) == [digest(data)]
    assert guest.files[0]["kind"] == "file"
    assert guest.files[0]["name"] == "a paper.pdf"


@rule("album/ten-in-any-order", "0.1")
def ten(house: House) -> None:
    """The photos of an album are all counted, each once, in whatever order they come."""
    guest = house.meet()
    sent = photos(house.rules.album, 10)
    guest.chat.send_photos(sent)
    _there(guest, sent)
    guest.see(f"Files: {len(sent)}")


@rule("album/answered-with-caption", "0.1")
def with_caption(house: House) -> None:
    """An album's caption is one answer, not one for each photo."""
    guest = house.meet()
    guest.go("question", "What is your answer?")
    sent = photos(3, 30)
    guest.chat.send_photos(sent, "Three of us")
    _there(guest, sent)
    guest.until(lambda: guest.memory.get("answers") == ["Three of us"], "the caption, once")


@rule("album/two-at-once", "0.1")
def two(house: House) -> None:
    """Two albums and a text between them: everything is counted."""
    guest = house.meet()
    first, second = photos(4, 40), photos(4, 50)
    guest.chat.send_photos(first)
    guest.say("and more")
    guest.chat.send_photos(second)
    _there(guest, first + second)
    guest.until(lambda: guest.heard == ("and more",), "the text")


@rule("album/of-two-people", "0.1", SERVER)
def two_people(house: House) -> None:
    """Albums that two people send at the same time are not mixed."""
    anna, boris = house.meet(), house.meet()
    hers, his = photos(5, 60), photos(5, 70)
    for one, other in zip(hers, his, strict=True):
        anna.chat.send_photos([one])
        boris.chat.send_photos([other])
    _there(anna, hers)
    _there(boris, his)


@rule("album/over-many-seconds", "0.1", slow=True)
def slowly(house: House) -> None:
    """Photos that trickle in, longer than anything settles, are all counted."""
    guest = house.meet()
    sent = photos(10, 80)
    for one in sent:
        guest.chat.send_photos([one])
        time.sleep(0.25)
    _there(guest, sent)
    guest.see("Files: 10")


@rule("album/across-a-restart", "0.1", KEEPS, SERVER, slow=True)
def across_restart(house: House) -> None:
    """Half of an album before a restart and half of it after: all of it."""
    guest = house.meet()
    sent = photos(10, 100)
    for one in sent[:5]:
        guest.chat.send_photos([one])
    house.restart()
    for one in sent[5:]:
        guest.chat.send_photos([one])
    _there(guest, sent)


@rule("album/across-a-kill", "0.1", KEEPS, SERVER, slow=True)
def across_kill(house: House) -> None:
    """A kill in the middle of an album loses no photo, and counts none twice."""
    guest = house.meet()
    sent = photos(house.rules.album, 120)
    with house.killed_at(COMMIT):
        guest.chat.send_photos(sent)
    _there(guest, sent)


@rule("album/in-the-middle-of-a-turn", "0.1", KEEPS, SERVER, slow=True)
def across_turn(house: House) -> None:
    """A kill while a photo is being applied counts it once."""
    guest = house.meet()
    sent = photos(3, 140)
    with house.killed_at(APPLY):
        guest.chat.send_photos(sent)
    _there(guest, sent)


@rule("album/all-or-nothing", "0.1", slow=True)
def all_or_nothing(house: House) -> None:
    """Of a message with several photos all are taken or none; one that is kept comes again."""
    guest = house.meet()
    sent = photos(3, 160)
    with house.killed_at(RECEIVE):
        guest.chat.send_photos(sent)
    if house.rules.keeps:
        _there(guest, sent)
    else:
        guest.settle()
        assert len(guest.files) in (0, len(sent))
