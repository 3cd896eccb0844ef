"""Telegram keeps the rules of the contract kit, polled and by webhook."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from channels.telegram import Settings, Telegram
from likeness_bot.kit import ChannelRules, Chat, Sight
from tests.fakes.telegram import FakeTelegram, Message, Person
from tests.fakes.telegram.world import Callback

TOKEN = "123456:rules"


class TelegramChat(Chat):
    """A person's client, as the fake of Telegram shows it."""

    def __init__(self, telegram: FakeTelegram, number: int, name: str) -> None:
        self._telegram = telegram
        self.person: Person = telegram.person(id=number, first_name=name)
        self._said = 0
        self._brought: list[Any] = []
        self._pressed: list[str] = []
        self._acted = 0.0

    def say(self, text: str) -> None:
        self._said = self._do(lambda: self.person.say(text))

    def send_photos(self, photos: Sequence[bytes], caption: str = "") -> None:
        if len(photos) == 1:
            self._do(lambda: self.person.send_photo(photos[0], caption=caption))
        else:
            self._do(lambda: self.person.send_album(photos, caption))

    def send_file(self, name: str, data: bytes) -> None:
        self._do(lambda: self.person.send_file(data, name))

    @property
    def sight(self) -> Sight:
        """Every message with buttons, and what came or changed since the person's last act."""
        seen = [m for m in self._from_bot if m.buttons or m.edited_at >= self._acted]
        labels = tuple(label for message in seen for label in message.labels)
        pictures = tuple(message.photo for message in seen if message.photo)
        files = tuple(m.file for m in seen if m.kind == "document" and m.file)
        return Sight("\n\n".join(message.text for message in seen), labels, pictures, files)

    def press(self, label: str) -> None:
        self._pressed.append(self._do(lambda: self.person.press(label)))

    def payload(self, label: str) -> str:
        buttons = (b for m in reversed(self._from_bot) for row in m.buttons for b in row)
        return str(next(button.data for button in buttons if button.label == label))

    def press_payload(self, payload: str) -> None:
        self._pressed.append(self._do(lambda: self._press_raw(payload)))

    @property
    def waiting(self) -> bool:
        return bool({*self._pressed} & {*self._telegram.unanswered})

    @property
    def messages(self) -> int:
        return len(self._from_bot)

    def edit(self, text: str) -> None:
        self._do(lambda: self.person.edit_message(self._said, text))

    def leave(self) -> None:
        self._do(self.person.block)

    def come_back(self) -> None:
        self._do(self.person.unblock)

    def rename(self, name: str) -> None:
        self.person.json["first_name"] = name

    def service_message(self) -> None:
        self._do(lambda: self.person.send_other(message_auto_delete_timer_changed={}))

    def send_other(self) -> None:
        self._do(self.person.send_sticker)

    @property
    def _from_bot(self) -> list[Message]:
        return [message for message in self.person.chat if message.from_bot]

    def _press_raw(self, payload: str) -> str:
        """A press with data that may stand nowhere, as a client that is no client sends it."""
        world, shown = self._telegram.world, self._from_bot[-1]
        holders = (m for m in self._from_bot for row in m.buttons for b in row if b.data == payload)
        name = str(5_000_000_000_000_000_000 + world.next_id())
        world.callbacks[name] = Callback(shown.edited_at)
        query = {"id": name, "from": self.person.json, "message": next(holders, shown).json}
        world.updates.push("callback_query", query | {"chat_instance": "1", "data": payload})
        return name

    def _do(self, act: Callable[[], Any]) -> Any:
        """Do it, and note what Telegram brings of it."""
        world = self._telegram.world
        with world.lock:
            first = world.updates.next_id
            done = act()
            new = (update for update in world.updates.waiting if update["update_id"] >= first)
            self._brought += new
            self._acted = max((m.edited_at for m in self.person.chat), default=0.0)
        return done


class HookedChat(TelegramChat):
    """The same where Telegram delivers: it may deliver again, which a poll never does."""

    def deliver_again(self, back: int = 1) -> None:
        with self._telegram.world.lock:
            self._telegram.world.updates.push_raw(self._brought[-back])


class TestTelegram(ChannelRules):
    channel = "telegram"
    longest = 4096
    chat_kind: type[TelegramChat] = TelegramChat

    def open(self, folder: Path) -> Mapping[str, object]:
        self.telegram = FakeTelegram(TOKEN)
        self.telegram.start()
        self._numbers = itertools.count(1001)
        return {
            "token": TOKEN,
            "base_url": self.telegram.base_url,
            "base_file_url": self.telegram.base_file_url,
        }

    def close(self) -> None:
        self.telegram.stop()
        assert not self.telegram.crash

    def ready(self) -> bool:
        return bool(self.telegram.called("getUpdates"))

    def chat(self, name: str) -> TelegramChat:
        return self.chat_kind(self.telegram, next(self._numbers), name)

    def limit(self, chat: Chat, seconds: int) -> None:
        assert isinstance(chat, TelegramChat)
        self.telegram.fault("*", code=429, retry_after=seconds, chat=chat.person.id)

    def stall_files(self) -> None:
        self.telegram.fault("download", drop="before", times=None)

    def lose_files(self) -> None:
        self.telegram.fault("getFile", code=400, description="Bad Request: no file", times=None)

    def cut_off(self) -> None:
        self.telegram.fault("*", drop="before", times=None)

    def heal(self) -> None:
        self.telegram.heal()


class TestTelegramByWebhook(TestTelegram):
    chat_kind = HookedChat

    def open(self, folder: Path) -> Mapping[str, object]:
        hooked = {"webhook_url": f"http://127.0.0.1:{self.house.port}"}
        settings = {**super().open(folder), **hooked}
        Telegram(Settings.model_validate(settings)).set_webhook()
        return settings

    def ready(self) -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.house.port)) == 0
