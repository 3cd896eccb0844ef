"""Telegram: the bot and a worker as processes, against a Bot API server of our own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from tests.fakes.telegram import Button, FakeTelegram, Message, Person
from tests.pictures_for_tests import photo
from tests.scenarios.contract import Chat, Sight
from tests.scenarios.house import House
from tests.scenarios.stage import Stage
from tests.scenarios.walks import SIZE, UPLOADED, pictures

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

    def button(self, label: str) -> Button:
        """Wait for a button and keep it, to be pressed whenever one likes."""
        wanted = self.t(label)
        self.wait_for(lambda sight: wanted in sight.labels, wanted)
        buttons = (b for m in reversed(self.messages) for row in m.buttons for b in row)
        return next(button for button in buttons if button.label == wanted)

    def press_button(self, button: Button) -> None:
        """Press it, though its message may show another by now."""
        self.person.press(button)

    @property
    def messages(self) -> list[Message]:
        """What the bot has sent, oldest first."""
        return [message for message in self.person.chat if message.from_bot]

    @property
    def sight(self) -> Sight:
        """The newest screen, and the notices that still have their button, or what they brought."""
        alive = [message for message in self.messages if message.buttons]
        brought = [message for message in self.messages if brings(message)]
        screen = [message for message in alive if not is_notice(message)][-1:]
        seen = [*screen, *filter(is_notice, alive), *brought]
        labels = tuple(label for message in seen for label in message.labels)
        return Sight("\n\n".join(message.text for message in seen), labels)

    @property
    def received(self) -> list[bytes]:
        spoken = max((m.id for m in self.person.chat if not m.from_bot), default=0)
        return [m.file for m in self.messages if m.file and m.id > spoken]


def brings(message: Message) -> bool:
    """Whether it is a file, or of an album."""
    return message.kind == "document" or message.media_group_id is not None


def is_notice(message: Message) -> bool:
    """Whether a message's buttons are links, which never grow old."""
    return all(str(button.data).startswith(":") for row in message.buttons for button in row)


def an_album_with_everything(chat: TelegramChat) -> None:
    """To a finished avatar with an album of ten, one photo of it twice, one too small, a text.

    A button of three screens ago is pressed, and the one that pays three times.
    """
    chat.press("🆕 Create avatar")
    old = chat.button("🎭 Portrait (recommended)")
    chat.press_button(old)
    chat.press("Female")
    chat.see("✏️ The avatar’s name")
    chat.press_button(old)
    chat.see("That choice was out of date. Here is where things stand now.")
    chat.say("Anna")
    chat.press("✅ I agree, and I am 18 or older")
    chat.see("📸 Uploading photos")
    chat.send_photos(pictures(10))
    chat.send_photos([photo(0, SIZE), photo(99, (400, 400))])
    chat.send_file("notes.txt", b"Dear diary, today I am no picture.")
    small = chat.t("smaller than {side}×{side} pixels", side=512)
    for reason in (chat.t("already here"), small, chat.t("not a picture")):
        chat.wait_for(lambda sight, told=reason: told in sight.text, reason)  # type: ignore[misc]
    chat.see_count(*UPLOADED, 10)
    launch = chat.button("🚀 Start training")
    chat.press_button(launch)
    chat.press_button(launch)
    begun = [chat.t("🤖 Training the avatar"), chat.t("🎉 The avatar is ready")]
    chat.wait_for(lambda sight: any(text in sight.text for text in begun), f"{begun}")
    chat.press_button(launch)
    chat.see("🎉 The avatar is ready")


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
        self.telegram.wait_until(lambda: not self.telegram.unanswered)
        super().close()
        self.telegram.stop()
        assert not self.telegram.crash
        assert not self.telegram.unanswered, self.telegram.unanswered
        refused = [r for r in self.telegram.refusals if HARMLESS not in r.description]
        assert not refused, refused
