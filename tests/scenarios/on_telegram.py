"""Telegram: the bot and a worker as processes, against a Bot API server of our own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from tests.fakes.telegram import FakeTelegram, Message, Person
from tests.scenarios.contract import Chat, Sight, Stage
from tests.scenarios.house import House

TOKEN = "123456:scenarios"
HARMLESS = "message is not modified"
_IDS = itertools.count(1001)


def telegram_house(folder: Path, telegram: FakeTelegram, **settings: object) -> House:
    """A house whose bot talks to this Telegram."""
    return House(
        folder,
        telegram__token=TOKEN,
        telegram__base_url=telegram.base_url,
        telegram__base_file_url=telegram.base_file_url,
        **settings,
    )


class TelegramChat(Chat):
    channel = "telegram"

    def __init__(self, house: House, telegram: FakeTelegram, language: str) -> None:
        super().__init__(house, language)
        self.telegram = telegram
        self.person: Person = telegram.person(
            id=next(_IDS), first_name="Anna", language_code=language
        )
        self.address = str(self.person.id)
        self.say("/start")

    def say(self, text: str) -> None:
        self.person.say(text)

    def send_photos(self, photos: Sequence[bytes]) -> None:
        for start in range(0, len(photos), 10):
            self.person.send_album(photos[start : start + 10])

    def send_file(self, name: str, data: bytes) -> None:
        self.person.send_file(data, name)

    def press_label(self, label: str) -> None:
        self.person.press(label)

    @property
    def sight(self) -> Sight:
        """Messages with buttons: older ones have lost theirs."""
        alive = self.alive
        labels = tuple(label for message in reversed(alive) for label in message.labels)
        return Sight("\n\n".join(message.text for message in alive), labels)

    @property
    def alive(self) -> list[Message]:
        return [message for message in self.person.chat if message.from_bot and message.buttons]


class TelegramStage(Stage):
    at_once = 10

    def __init__(self, folder: Path, **settings: object) -> None:
        self.telegram = FakeTelegram(TOKEN)
        self.telegram.start()
        super().__init__(telegram_house(folder, self.telegram, **settings))

    def open(self) -> None:
        self.house.start("telegram")
        self.house.start("worker")
        self.house.wait_until(lambda: bool(self.telegram.called("getUpdates")))

    def chat(self, language: str) -> TelegramChat:
        return TelegramChat(self.house, self.telegram, language)

    def close(self) -> None:
        super().close()
        self.telegram.stop()
        assert not self.telegram.crash
        assert not self.telegram.unanswered, self.telegram.unanswered
        refused = [r for r in self.telegram.refusals if HARMLESS not in r.description]
        assert not refused, refused
