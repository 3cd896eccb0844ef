"""People who come one after the other, whether or not anybody answers, and make an avatar each."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.chaos.page import PageChat
from tests.chaos.town import Town
from tests.pictures_for_tests import photo
from tests.scenarios.contract import Chat
from tests.scenarios.on_telegram import TelegramChat
from tests.scenarios.walks import SIZE, UPLOADED, launch, portrait

PHOTOS = 10
ERASE = 3
"""Every third person of a channel has everything deleted in the end."""
LOOKS = 0.25
"""Seconds between two looks of somebody on Telegram: hundreds look at once."""


@dataclass
class Visit:
    """One person's: how far they got, and what stopped them."""

    number: int
    channel: str
    is_to_be_erased: bool
    chat: Chat | None = None
    erased: bool = False
    done: float | None = None
    stuck: str = ""
    waits: list[tuple[float, str]] = field(default_factory=list)
    """Seconds from what they did to what they saw, and when that was for what."""

    @property
    def name(self) -> str:
        """Of the avatar: nobody else's begins like this one."""
        return f"Anna{self.number:04}x"

    @property
    def photos(self) -> list[bytes]:
        """A person's own: nobody else's are the same."""
        return [photo(self.number * PHOTOS + n, SIZE) for n in range(PHOTOS)]

    @property
    def address(self) -> str:
        """Who they are on their channel; "" where they never got so far."""
        return getattr(self.chat, "address", "")


class Crowd:
    """So many people over Telegram and over the page, one in every `every` seconds."""

    def __init__(
        self, town: Town, people: int, visitors: int, every: float, patience: float
    ) -> None:
        self.visits = _mixed(people, visitors)
        self._town, self._every, self._patience = town, every, patience
        self._lives: list[Future[None]] = []
        self._pool = ThreadPoolExecutor(len(self.visits), "person")

    def come(self) -> None:
        """Let all of them come; returns when the last one has."""
        for visit in self.visits:
            began = time.monotonic()
            self._lives.append(self._pool.submit(self._live, visit))
            time.sleep(max(0.0, self._every - (time.monotonic() - began)))

    def leave(self) -> None:
        """Wait for the last of them."""
        for visit, life in zip(self.visits, self._lives, strict=True):
            if error := life.exception():
                visit.stuck = "".join(traceback.format_exception(error, limit=3))

    def _live(self, visit: Visit) -> None:
        with _waiting(visit, "the first screen"):
            visit.chat = chat = self._chat(visit.channel)
        try:
            _make_an_avatar(visit, chat)
            if visit.is_to_be_erased:
                _be_forgotten(visit, chat)
                visit.erased = True
            visit.done = time.monotonic()
        finally:
            chat.close()

    def _chat(self, channel: str) -> Chat:
        host = random.choice(list(self._town.hosts.values()))
        if channel == "web":
            return PageChat(host, self._town.pages, "en", self._patience)
        chat = _Telegram(host, self._town.telegram, "en")
        chat.patience = self._patience
        return chat


class _Telegram(TelegramChat):
    """Somebody who does not look all the time, and sends photos as one does: at once, or not."""

    def pause(self) -> None:
        time.sleep(LOOKS)

    def send_photos(self, photos: Sequence[bytes]) -> None:
        if self.person.id % 2:
            super().send_photos(photos)
            return
        for one in photos:
            self.person.send_photo(one)
            time.sleep(1.0)


def _mixed(people: int, visitors: int) -> list[Visit]:
    """Those of the page evenly among the others."""
    every = (people + visitors) / visitors if visitors else 0.0
    at = {int((n + 0.5) * every) for n in range(visitors)}
    visits, known = [], {"telegram": 0, "web": 0}
    for number in range(people + visitors):
        channel = "web" if number in at else "telegram"
        visits.append(Visit(number, channel, known[channel] % ERASE == 0))
        known[channel] += 1
    return visits


def _make_an_avatar(visit: Visit, chat: Chat) -> None:
    with _waiting(visit, "questions"):
        portrait(chat, visit.name)
    photos = visit.photos
    with _waiting(visit, "photos"):
        chat.send_photos(photos)
        chat.see_count(*UPLOADED, PHOTOS)
    if isinstance(chat, PageChat):
        assert len(chat.received) >= PHOTOS, "not all of the photos are shown"
    with _waiting(visit, "the training"):
        launch(chat)
        chat.see("🎉 The avatar is ready")


def _be_forgotten(visit: Visit, chat: Chat) -> None:
    with _waiting(visit, "the erasure"):
        chat.say("/privacy")
        chat.press("🔥 Delete everything")
        chat.press("Yes, delete everything")
        chat.see("Everything is deleted. If you ever want to come back, you are welcome.")


@contextmanager
def _waiting(visit: Visit, what: str) -> Iterator[None]:
    began, at = time.monotonic(), time.strftime("%H:%M:%S")
    yield
    said = f"from {at} for {what}, person {visit.number} ({visit.channel})"
    visit.waits.append((time.monotonic() - began, said))
