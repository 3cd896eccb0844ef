"""What Telegram remembers: chats, messages, files, updates and pressed buttons."""

import io
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from threading import Condition
from typing import Any, NamedTuple

from PIL import Image

from tests.fakes.telegram.refusals import Json

SIDES = (90, 320, 800)  # longest sides of the smaller sizes of a photo
CALLBACK_SECONDS = 15.0


class Button(NamedTuple):
    label: str
    data: str | None  # None for a link and the like, which sends nothing to the bot


class Answer(NamedTuple):
    text: str
    show_alert: bool


@dataclass(frozen=True)
class File:
    id: str
    unique_id: str
    data: bytes
    size: int
    path: str
    shape: tuple[int, int] | None = None

    @property
    def json(self) -> Json:
        answer = {"file_id": self.id, "file_unique_id": self.unique_id, "file_size": self.size}
        if self.shape:
            answer |= {"width": self.shape[0], "height": self.shape[1]}
        return answer


@dataclass(frozen=True)
class Media:
    kind: str  # photo, document, sticker, voice
    files: tuple[File, ...]  # a photo's sizes, smallest first; one file otherwise
    details: str = "{}"  # further fields, as JSON

    @property
    def json(self) -> Any:
        if self.kind == "photo":
            return [file.json for file in self.files]
        return json.loads(self.details) | self.files[-1].json


@dataclass
class Message:
    id: int
    chat: Json
    sender: Json
    text: str = ""  # the text, or the caption
    entities: list[Json] = field(default_factory=list)
    media: Media | None = None
    other: Json = field(default_factory=dict)  # a contact, a place: whatever has no text
    markup: Json | None = None
    media_group_id: str | None = None
    date: int = field(default_factory=lambda: int(time.time()))
    edits: int = 0
    edited_at: float = 0.0
    history: list[str] = field(default_factory=list)  # every text it has shown, newest last
    past_buttons: set[Button] = field(default_factory=set)
    reactions: list[str] = field(default_factory=list)
    thread: int | None = None  # the topic that it stands in

    @property
    def from_bot(self) -> bool:
        return bool(self.sender["is_bot"])

    @property
    def kind(self) -> str:
        return self.media.kind if self.media else next(iter(self.other), "text")

    @property
    def buttons(self) -> list[list[Button]]:
        rows = (self.markup or {}).get("inline_keyboard", [])
        return [
            [Button(button["text"], button.get("callback_data")) for button in row] for row in rows
        ]

    @property
    def labels(self) -> list[str]:
        return [button.label for row in self.buttons for button in row]

    @property
    def photo(self) -> bytes | None:
        return self.media.files[-1].data if self.media and self.kind == "photo" else None

    @property
    def file(self) -> bytes | None:
        return self.media.files[-1].data if self.media else None

    @property
    def json(self) -> Json:
        answer: Json = {"message_id": self.id, "from": self.sender, "chat": self.chat}
        answer |= {"date": self.date, **self.other}
        if self.thread:
            answer |= {"message_thread_id": self.thread, "is_topic_message": True}
        if self.edits:
            answer["edit_date"] = int(self.edited_at)
        if self.media_group_id:
            answer["media_group_id"] = self.media_group_id
        if self.media:
            answer[self.kind] = self.media.json
        words = "caption" if self.media else "text"
        if self.text:
            answer[words] = self.text
        if self.entities:
            answer["caption_entities" if self.media else "entities"] = self.entities
        if self.markup and "inline_keyboard" in self.markup:
            answer["reply_markup"] = self.markup
        return answer

    def snapshot(self) -> "Message":
        return replace(self, history=list(self.history), reactions=list(self.reactions))

    def __str__(self) -> str:
        who = "bot" if self.from_bot else self.sender["first_name"]
        rows = "".join(f"\n    {[button.label for button in row]}" for row in self.buttons)
        kind = "" if self.kind == "text" else f"[{self.kind}] "
        return f"#{self.id} {who}: {kind}{self.text}{rows}"


@dataclass
class Chat:
    json: Json
    messages: dict[int, Message] = field(default_factory=dict)
    met: bool = False  # the bot has seen this chat or person
    started: bool = False  # ... and may write to it
    blocked: bool = False
    topics: set[int] = field(default_factory=set)

    @property
    def id(self) -> int:
        return int(self.json["id"])

    @property
    def private(self) -> bool:
        return bool(self.json["type"] == "private")


@dataclass
class Callback:
    pressed_at: float
    answer: Answer | None = None
    too_late: bool = False


class Updates:
    """The bot's queue: what an offset has passed is forgotten for ever."""

    UNASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})

    def __init__(self, on_push: Callable[[], None]) -> None:
        self.waiting: list[Json] = []
        self.allowed: frozenset[str] = frozenset()  # empty: all but UNASKED
        self.next_id = 700_000_001
        self.kept_seconds = 86_400.0
        self._arrived: dict[int, float] = {}
        self._on_push = on_push

    def push(self, kind: str, payload: Json) -> None:
        wanted = kind in self.allowed if self.allowed else kind not in self.UNASKED
        if wanted:
            self.push_raw({kind: payload})

    def push_raw(self, update: Json) -> None:
        self.waiting.append({"update_id": self.next_id, **update})
        self._arrived[self.next_id] = time.time()
        self.next_id += 1
        self._on_push()

    def kept(self) -> list[Json]:
        """What waits; older than a day it is lost."""
        oldest = time.time() - self.kept_seconds
        kept = (one for one in self.waiting if self._arrived[one["update_id"]] >= oldest)
        self.waiting = list(kept)
        return self.waiting

    def forget(self, update_id: int) -> None:
        self.waiting = [update for update in self.waiting if update["update_id"] != update_id]

    def take(self, offset: int, limit: int) -> list[Json]:
        if offset < 0:
            self.waiting = self.waiting[offset:]
        elif offset <= self.next_id + 10:  # from further in the future it is not believed
            self.waiting = [update for update in self.waiting if update["update_id"] >= offset]
        return self.kept()[:limit]


class World:
    """Every access holds `lock`; whoever changes something calls `lock.notify_all()`."""

    def __init__(self, token: str) -> None:
        self.lock = Condition()
        self.token = token
        self.bot: Json = {"id": int(token.split(":")[0]), "is_bot": True}
        self.bot |= {"first_name": "Likeness", "username": "likeness_test_bot"}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, tuple[File, Media]] = {}
        self.downloadable: dict[str, File] = {}
        self.keeps_names = False  # a self-hosted server's files are called as people call them
        self.local_folder: Path | None = None  # where one with --local keeps them
        self.callbacks: dict[str, Callback] = {}
        self.upgraded: dict[int, int] = {}  # groups that became supergroups
        self.callback_seconds = CALLBACK_SECONDS
        self.commands: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.descriptions: dict[str, str] = {}
        self.short_descriptions: dict[str, str] = {}
        self.webhook: Json = {"url": "", "has_custom_certificate": False}
        self.secret = ""  # what a webhook was set with
        self.own_server = True  # which delivers by http and to any port; Telegram's own does not
        self.receivers: list[str] = []  # addresses behind the webhook's, which is a balancer then
        self.deliveries: list[Any] = []  # `hooks.Delivery`, as they ended
        self.on_webhook: Callable[[], None] = lambda: None
        self.on_update: Callable[[], None] = lambda: None
        self.updates = Updates(self._updated)
        self._ids = itertools.count(1)

    def _updated(self) -> None:
        self.lock.notify_all()
        self.on_update()

    def next_id(self) -> int:
        return next(self._ids)

    def add(self, chat: Chat, message: Message) -> Message:
        message.history = [message.text]
        message.edited_at = time.time()
        chat.messages[message.id] = message
        self.lock.notify_all()
        return message

    def photo(self, data: bytes) -> Media:
        sizes = scaled(data)
        return self._media("photo", [(small, len(small), shape) for small, shape in sizes])

    def media(self, kind: str, data: bytes, details: Json, size: int | None = None) -> Media:
        whole = len(data) if size is None else size
        return self._media(kind, [(data, whole, None)], json.dumps(details))

    def _media(
        self,
        kind: str,
        parts: list[tuple[bytes, int, tuple[int, int] | None]],
        details: str = "{}",
    ) -> Media:
        files = tuple(self._file(kind, *part) for part in parts)
        media = Media(kind, files, details)
        self.files |= {file.id: (file, media) for file in files}
        return media

    def _file(self, kind: str, data: bytes, size: int, shape: tuple[int, int] | None) -> File:
        number = self.next_id()
        suffix = {"photo": ".jpg", "voice": ".oga", "sticker": ".webp"}.get(kind, "")
        # Real ones are about 80 characters of this alphabet: no short column may hold them.
        file_id = f"AgACAgIAAxkBAAI-{kind}-{number:x}".ljust(80, "A")
        path = f"{kind}s/file_{number}{suffix}"
        return File(file_id, f"AQAD{number:x}".ljust(16, "y"), data, size, path, shape)


@lru_cache(maxsize=256)
def scaled(data: bytes) -> list[tuple[bytes, tuple[int, int]]]:
    """A photo's sizes, smallest first. The last is `data` itself, which Telegram would rewrite."""
    try:
        image = Image.open(io.BytesIO(data))
        image.load()
    except OSError:
        # A person's client sends only pictures; tests may be lazier.
        return [(data[: len(data) // 4 + 1], (90, 68)), (data, (1280, 960))]
    sizes = []
    for side in (side for side in SIDES if side < max(image.size)):
        small = image.convert("RGB")
        small.thumbnail((side, side))
        file = io.BytesIO()
        small.save(file, "JPEG")
        sizes.append((file.getvalue(), small.size))
    return [*sizes, (data, image.size)]
