"""People who come one after the other, whether or not anybody answers, and make an avatar each."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.chaos.town import Town
from tests.pictures_for_tests import photo
from tests.scenarios.on_telegram import TelegramChat
from tests.scenarios.walks import SIZE, UPLOADED, launch, portrait

PHOTOS = 10
ERASE = 3
"""Every third person has everything deleted in the end."""


@dataclass
class Visit:
    """One person's: how far they got, and what stopped them."""

    number: int
    chat: TelegramChat
    begun: float
    erased: bool = False
    done: float | None = None
    stuck: str = ""
    waits: list[float] = field(default_factory=list)
    """Seconds from what they did to what they saw."""


class Crowd:
    """So many people, one in every `every` seconds."""

    def __init__(self, town: Town, people: int, every: float, patience: float) -> None:
        self.visits: list[Visit] = []
        self._town, self._people, self._every, self._patience = town, people, every, patience
        self._lives: list[Future[None]] = []
        self._pool = ThreadPoolExecutor(people, "person")

    def come(self) -> None:
        """Let all of them come; returns when the last one has."""
        for number in range(self._people):
            began = time.monotonic()
            host = random.choice(list(self._town.hosts.values()))
            chat = TelegramChat(host, self._town.telegram, "en")
            chat.patience = self._patience
            visit = Visit(number, chat, began)
            self.visits.append(visit)
            self._lives.append(self._pool.submit(_live, visit))
            time.sleep(max(0.0, self._every - (time.monotonic() - began)))

    def leave(self) -> None:
        """Wait for the last of them."""
        for visit, life in zip(self.visits, self._lives, strict=True):
            if error := life.exception():
                visit.stuck = "".join(traceback.format_exception(error, limit=3))


def _live(visit: Visit) -> None:
    _make_an_avatar(visit)
    if visit.number % ERASE == 0:
        _be_forgotten(visit)
    visit.done = time.monotonic()


def photos_of(number: int) -> list[bytes]:
    """A person's own photos: nobody else's are the same."""
    return [photo(number * PHOTOS + n, SIZE) for n in range(PHOTOS)]


def _make_an_avatar(visit: Visit) -> None:
    chat = visit.chat
    with _waiting(visit):
        portrait(chat, f"Anna {visit.number}")
    with _waiting(visit):
        chat.send_photos(photos_of(visit.number))
        chat.see_count(*UPLOADED, PHOTOS)
    launch(chat)
    chat.see("🎉 The avatar is ready")


def _be_forgotten(visit: Visit) -> None:
    chat = visit.chat
    chat.say("/privacy")
    chat.press("🔥 Delete everything")
    chat.press("Yes, delete everything")
    chat.see("Everything is deleted. If you ever want to come back, you are welcome.")
    visit.erased = True


@contextmanager
def _waiting(visit: Visit) -> Iterator[None]:
    began = time.monotonic()
    yield
    visit.waits.append(time.monotonic() - began)
