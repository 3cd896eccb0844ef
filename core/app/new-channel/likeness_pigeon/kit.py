"""How a person talks on pigeon: what the kit needs to hold its rules."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from likeness_bot.kit import ChannelRules, Chat, Sight
from likeness_pigeon.loft import Loft, Message


class PigeonChat(Chat):
    """One person's client."""

    def __init__(self, loft: Loft, name: str) -> None:
        self._loft, self.address, self._name = loft, f"chat of {name}", name
        self._acted = 0
        self._brought: list[dict[str, Any]] = []

    def say(self, text: str) -> None:
        self._do("text", text=text, message=self._loft.tick())

    def send_photos(self, photos: Sequence[bytes], caption: str = "") -> None:
        for number, photo in enumerate(photos):
            self._send("photo", photo, caption if number == len(photos) - 1 else "")

    def send_file(self, name: str, data: bytes) -> None:
        self._send("file", data, "", called=name)

    @property
    def sight(self) -> Sight:
        """Every message with buttons, and what came or changed since this person's last act."""
        seen = [m for m in self._mine if m.rows or m.changed > self._acted]
        labels = [label for m in seen for row in m.rows for label, _ in row]
        pictures = [picture for m in seen for picture in m.pictures]
        files = [m.file for m in seen if m.file]
        text = "\n\n".join(m.text for m in seen)
        return Sight(text, tuple(labels), tuple(pictures), tuple(files))

    def press(self, label: str) -> None:
        self.press_payload(self.payload(label))

    def payload(self, label: str) -> str:
        return next(
            payload
            for message in reversed(self._mine)
            for row in message.rows
            for text, payload in row
            if text == label
        )

    def press_payload(self, payload: str) -> None:
        holder = [m for m in self._mine if any(payload == p for row in m.rows for _, p in row)]
        newest = (holder or self._mine or [Message(0, "")])[-1]
        update = self._do("press", payload=payload, message=newest.id)
        with self._loft.lock:
            self._loft.unanswered.add(update["id"])

    @property
    def waiting(self) -> bool:
        return any(u["id"] in self._loft.unanswered for u in self._brought)

    @property
    def messages(self) -> int:
        return len(self._mine)

    def edit(self, text: str) -> None:
        said = next(u for u in reversed(self._brought) if u["kind"] == "text")
        self._do("edit", text=text, message=said["message"])

    def deliver_again(self, back: int = 1) -> None:
        self._loft.bring(self._brought[-back])

    def say_out_of_order(self, texts: Sequence[str]) -> None:
        said = [self._made("text", text=text, message=self._loft.tick()) for text in texts]
        for update in reversed(said):
            self._loft.bring(update)

    def leave(self) -> None:
        with self._loft.lock:
            self._loft.away.add(self.address)
        self._do("left")

    def come_back(self) -> None:
        with self._loft.lock:
            self._loft.away.discard(self.address)
        self._do("back")

    def rename(self, name: str) -> None:
        self._name = name

    def service_message(self) -> None:
        self._do("joined")

    def send_other(self) -> None:
        self._do("sticker")

    @property
    def _mine(self) -> list[Message]:
        with self._loft.lock:
            return [m for m in self._loft.messages.values() if m.chat == self.address]

    def _send(self, kind: str, data: bytes, caption: str, **more: object) -> None:
        with self._loft.lock:
            number = self._loft.tick()
            self._loft.files[number] = data
        self._do(kind, file=number, text=caption, message=number, **more)

    def _do(self, kind: str, **more: object) -> dict[str, Any]:
        update = self._made(kind, **more)
        self._loft.bring(update)
        return update

    def _made(self, kind: str, **more: object) -> dict[str, Any]:
        with self._loft.lock:
            self._acted = self._loft.tick()
        update: dict[str, Any] = {"id": f"{self.address} {self._acted}", "chat": self.address}
        update["kind"] = kind
        update |= {"name": self._name, "language": "en", **more}
        self._brought.append(update)
        return update


class TestPigeon(ChannelRules):
    """Every rule, held on pigeon."""

    channel: ClassVar[str | type[Any]] = "pigeon"
    exempt: ClassVar[Mapping[str, str]] = {}

    def open(self, folder: Path) -> Mapping[str, object]:
        self.loft = Loft()
        return {"url": self.loft.url}

    def close(self) -> None:
        self.loft.close()

    def ready(self) -> bool:
        return self.loft.polled

    def chat(self, name: str) -> PigeonChat:
        return PigeonChat(self.loft, name)

    def limit(self, chat: Chat, seconds: int) -> None:
        assert isinstance(chat, PigeonChat)
        with self.loft.lock:
            self.loft.limited[chat.address] = time.monotonic() + seconds

    def stall_files(self) -> None:
        self.loft.stalled = True

    def lose_files(self) -> None:
        self.loft.lost = True

    def cut_off(self) -> None:
        with self.loft.lock:
            self.loft.cut = True
            self.loft.lock.notify_all()

    def heal(self) -> None:
        with self.loft.lock:
            self.loft.cut = self.loft.stalled = self.loft.lost = False
