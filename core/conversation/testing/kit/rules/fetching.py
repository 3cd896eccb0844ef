"""The bytes of photos: within limits of size and time, and from nowhere but the messenger."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from core.conversation.testing.kit.house import House, LeftOut
from core.conversation.testing.kit.rule import SERVER, does, plays, rule
from core.conversation.testing.kit.rules.making import photo
from core.conversation.testing.serving.beside import GAVE_UP
from core.conversation.testing.serving.dialogue import digest


@rule("fetch/no-more-than-asked", "0.1")
def limit(house: House) -> None:
    """Of a photo that is too large no more is read than tells that it is."""
    guest = house.meet()
    guest.say("kit small 300")
    guest.until(lambda: guest.number("limit") == 300, "the limit")
    big = photo(200, 300)
    guest.chat.send_photos([big])
    found = guest.fetched(1)
    if "spool" in guest.files[0]["file"]:
        raise LeftOut("its photos are spooled: there is nothing to be fetched")
    assert found == ["large"], found
    assert guest.files[0]["size"] <= 301


@rule("fetch/twice-is-the-same", "0.1")
def twice(house: House) -> None:
    """The same photo, sent twice, is two photos of the same bytes."""
    guest = house.meet()
    guest.chat.send_photos([photo(210)])
    guest.fetched(1)
    guest.chat.send_photos([photo(210)])
    first, second = guest.fetched(2)
    assert first == second


@rule("fetch/gone-is-told", "0.1", plays("lose_files"))
def gone(house: House) -> None:
    """A photo that the messenger no longer has is known to be gone, and asked for no more."""
    guest = house.meet()
    house.rules.lose_files()
    guest.chat.send_photos([photo(220)])
    guest.until(lambda: len(guest.files) == 1, "the photo")
    assert guest.fetched(1) == ["gone"]


@rule("fetch/a-stall-stops-nobody", "0.1", SERVER, plays("stall_files"), slow=True)
def stall(house: House) -> None:
    """While a photo's bytes don't come, everything else goes on; then they come."""
    anna, boris = house.meet(), house.meet()
    house.rules.stall_files()
    anna.chat.send_photos([photo(230)])
    anna.until(lambda: len(anna.files) == 1, "the photo")
    anna.hear("still there?")
    boris.hear("me too")
    assert "digest" not in anna.files[0]
    house.rules.heal()
    assert anna.fetched(1) == [digest(photo(230))] or not house.rules.originals


@rule("fetch/ends-by-itself", "0.1", plays("stall_files"), slow=True)
def ends(house: House) -> None:
    """A photo whose bytes never come is not waited for without end, and asked for again."""
    guest = house.meet()
    (house.folder / GAVE_UP).unlink(missing_ok=True)
    house.rules.stall_files()
    guest.chat.send_photos([photo(240)])
    guest.until((house.folder / GAVE_UP).exists, "the fetch to end")
    house.rules.heal()
    assert guest.fetched(1) == [digest(photo(240))] or not house.rules.originals


@rule("fetch/no-inner-address", "0.1", does("send_photo_at"))
def inner(house: House) -> None:
    """A photo's address that leads into the bot's own network is not visited."""
    guest = house.meet()
    with _canary() as (url, visits):
        guest.chat.send_photo_at(url)
        guest.settle()
        guest.until(lambda: all("digest" in file for file in guest.files), "an end of it")
        assert not visits, "somebody came to an inner address"


@contextmanager
def _canary() -> Iterator[tuple[str, list[str]]]:
    """A server of this machine that no fetch may reach."""
    visits: list[str] = []

    class Canary(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # its base's name
            visits.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canary)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/photo.jpg", visits
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
