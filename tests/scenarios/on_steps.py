"""The reference channel: everybody in this process, and time passes when somebody waits."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.app.bootstrap import bootstrap
from core.base.db import run
from core.base.settings import Settings
from core.conversation.delivery.rendering import drawn
from core.conversation.messages import Address, Event, Kind, Person
from core.conversation.testing import Clock, SteppedChat
from core.conversation.tokens import RenderedButton
from core.operation.admin_actions import AdminActions
from core.operation.auth import Visitor
from tests.scenarios.contract import Chat, Sight
from tests.scenarios.house import House

NOON = 1_780_000_000.0
STEP_SECONDS = 0.5
_NAMES = itertools.count(1)


class SteppedHouse(House):
    """The whole product on one thread, over a database that is bound in this process."""

    def __init__(self, folder: Path, url: str, **settings: object) -> None:
        super().__init__(folder, **settings)
        self.clock = Clock(NOON)
        here = {"LIKENESS_DATABASE__URL": url, "LIKENESS_LOG__LEVEL": "error"}
        self.app = bootstrap(Settings.load(environ=self.environment | here), clock=self.clock)
        self._worker = self.app.worker()
        self._chats: list[SteppedChat] = []

    def meet(self, name: str, language: str) -> SteppedChat:
        """Somebody new."""
        address, person = Address("steps", "steps", name), Person("", language)
        self._chats.append(SteppedChat(self.app.engine, self.clock, address, person))
        return self._chats[-1]

    def step(self) -> None:
        """Let a moment pass: what is due is done, and what has come of it is shown."""
        self.clock.forward(STEP_SECONDS)
        self._worker.step()
        for chat in self._chats:
            chat.show()

    def answer(self, number: int, text: str) -> None:
        AdminActions(self.app, Visitor("anna", "admin"), self.clock).answer(number, text)

    def spool(self, *photos: bytes) -> list[Event]:
        """Photos as this channel receives them."""
        put = self.app.spool.put
        return [Event(Kind.PHOTO, file={"spool": put(photo)}) for photo in photos]

    def spool_file(self, name: str, data: bytes) -> Event:
        """Any file as this channel receives it."""
        return Event(Kind.FILE, file={"spool": self.app.spool.put(data), "name": name})

    @property
    def trouble(self) -> str:
        return ""

    def stop(self) -> None:
        self.app.close()

    def rows(self, query: str, *parameters: object) -> tuple[Mapping[str, Any], ...]:
        """What a query finds, on either database."""
        found = run(query, *parameters)
        names = [column[0] for column in found.description]
        return tuple(dict(zip(names, _plain(row), strict=True)) for row in found.fetchall())


def _plain(row: Sequence[Any]) -> list[Any]:
    """Values as SQLite keeps them: identifiers are texts."""
    return [value.hex if hasattr(value, "hex") and hasattr(value, "node") else value
            for value in row]  # fmt: skip


class SteppedPerson(Chat):
    """A person of the scenarios' contract on the reference channel."""

    channel = "steps"

    def __init__(self, house: SteppedHouse, language: str) -> None:
        super().__init__(house, language)
        self.steps = house
        self.address = f"person {next(_NAMES)}"
        self.chat = house.meet(self.address, language)
        self.say("/start")

    def say(self, text: str) -> None:
        self.chat.say(text)

    def send_photos(self, photos: Sequence[bytes]) -> None:
        self.chat.do(*self.steps.spool(*photos))

    def send_file(self, name: str, data: bytes) -> None:
        self.chat.do(self.steps.spool_file(name, data))

    def press_label(self, label: str) -> None:
        self.press_offer(next(offer for offer in self.offers_in_sight if offer.label == label))

    def press_offer(self, offer: RenderedButton) -> None:
        """Press a button of the screen or of a notice."""
        self.press_token(offer.token)

    def press_token(self, token: str) -> None:
        """Press a button, wherever it was kept."""
        self.chat.do(Event(Kind.PRESS, token))

    @property
    def offers_in_sight(self) -> list[RenderedButton]:
        """The buttons of the screen, and of the notices beside it."""
        screens = [self.chat.screen, *self.chat.notices]
        return [offer for screen in screens if screen for offer in screen.offers]

    @property
    def sight(self) -> Sight:
        screens = [screen for screen in (self.chat.screen, *self.chat.notices) if screen]
        labels = tuple(offer.label for offer in self.offers_in_sight)
        return Sight("\n\n".join(screen.text for screen in screens), labels)

    @property
    def received(self) -> list[bytes]:
        app = self.steps.app
        seen = [screen for screen in (self.chat.screen, *self.chat.notices) if screen]
        pictures = [drawn(app, image) for screen in seen for image in screen.images]
        files = [app.open_file(screen.file.key) for screen in seen if screen.file]
        return [data for data in (*pictures, *files) if data]

    def pause(self) -> None:
        self.steps.step()
