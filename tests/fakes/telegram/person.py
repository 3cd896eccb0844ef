"""A person with a Telegram client: what they do, and what they see."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.fakes.telegram.markup import Formatted
from tests.fakes.telegram.refusals import Json
from tests.fakes.telegram.texts import trimmed
from tests.fakes.telegram.world import Button, Callback, Chat, Media, Message, World
from tests.patience import LONG

Wanted = str | Callable[[Message], bool]


class Person:
    def __init__(self, world: World, user: Json) -> None:
        self._world = world
        self._lock = world.lock
        self.id: int = user["id"]
        self.json = user
        names = ("id", "first_name", "last_name", "username")
        place = {name: user[name] for name in names if name in user} | {"type": "private"}
        self._chat = world.chats.setdefault(self.id, Chat(place))
        self._acted_at = 0.0
        self._topic: int | None = None

    # Acting: each returns the message's id

    def say(self, text: str) -> int:
        return self._send(trimmed(text, []))

    def send_photo(self, data: bytes, media_group_id: str | None = None, caption: str = "") -> int:
        with self._lock:
            media = self._world.photo(data)
            return self._send(trimmed(caption, []), media, media_group_id=media_group_id)

    def send_album(
        self, photos: Sequence[bytes], caption: str = "", pause: float = 0.0
    ) -> list[int]:
        """An update for each photo, `pause` seconds apart, the caption on the first."""
        with self._lock:
            group = str(14_000_000_000_000_000 + self._world.next_id())
        sent = []
        for number, photo in enumerate(photos):
            time.sleep(pause if number else 0.0)
            sent.append(self.send_photo(photo, group, "" if number else caption))
        return sent

    def send_file(
        self,
        data: bytes,
        name: str = "file.bin",
        mime: str = "application/octet-stream",
        caption: str = "",
        size: int | None = None,
    ) -> int:
        """`size` claims to be so many bytes, for a file too big to be worth making."""
        with self._lock:
            media = self._world.media(
                "document", data, {"file_name": name, "mime_type": mime}, size
            )
            return self._send(trimmed(caption, []), media)

    def send_sticker(self, emoji: str = "👍", data: bytes = b"RIFF....WEBP") -> int:
        details = {"type": "regular", "width": 512, "height": 512, "emoji": emoji}
        details |= {"is_animated": False, "is_video": False}
        with self._lock:
            return self._send(None, self._world.media("sticker", data, details))

    def send_voice(self, data: bytes = b"OggS", seconds: int = 2) -> int:
        with self._lock:
            media = self._world.media(
                "voice", data, {"duration": seconds, "mime_type": "audio/ogg"}
            )
            return self._send(None, media)

    def send_other(self, **content: Any) -> int:
        """Anything else: `send_other(location={"latitude": 1.0, "longitude": 2.0})`."""
        return self._send(None, other=content)

    def go_to_topic(self, topic: int | None) -> None:
        """What is said from now on is said in this topic; a new one is announced by a message."""
        self._topic = topic
        if topic is not None and topic not in self._chat.topics:
            self._chat.topics.add(topic)
            self.send_other(forum_topic_created={"name": f"Topic {topic}", "icon_color": 7322096})

    def close_topic(self, topic: int) -> None:
        """Nothing can be written there any more."""
        with self._lock:
            self._chat.topics.discard(topic)

    def in_group(self, text: str, chat_id: int = -1001, title: str = "A group") -> int:
        place = {"id": chat_id, "title": title, "type": "supergroup"}
        with self._lock:
            group = self._world.chats.setdefault(chat_id, Chat(place, met=True, started=True))
            self._chat.met = True
            return self._deliver(group, self._message(group, trimmed(text, [])))

    def edit_message(self, message_id: int, text: str, photo: bytes | None = None) -> None:
        """Change a text, or what stands below a photo; or the photo too."""
        with self._lock:
            message = self._visible(message_id)
            assert not message.from_bot, f"only the bot can edit {message}"
            message.text, message.entities = trimmed(text, [])
            if photo is not None:
                message.media = self._world.photo(photo)
            message.history.append(message.text)
            message.edits += 1
            message.edited_at = self._acted_at = time.time()
            self._world.updates.push("edited_message", message.json)

    def delete_message(self, message_id: int) -> None:
        """For both sides. Telegram tells the bot nothing of it."""
        with self._lock:
            self._visible(message_id)
            del self._chat.messages[message_id]

    def press(self, button: str | Button, message_id: int | None = None) -> str:
        """Returns the callback's id.

        A string is a label or data on the newest message that has it (or on `message_id`). A
        `Button` kept from an earlier look also presses what an edit has since replaced: such a
        press is on its way while the message changes.
        """
        with self._lock:
            message, data = self._find(button, message_id)
            callback_id = str(4_000_000_000_000_000_000 + self._world.next_id())
            self._acted_at = time.time()
            self._world.callbacks[callback_id] = Callback(self._acted_at)
            query = {"id": callback_id, "from": self.json, "message": message.json}
            query |= {"chat_instance": str(-self.id - 10**17), "data": data}
            self._world.updates.push("callback_query", query)
            return callback_id

    def block(self) -> None:
        self._set_blocked(True)

    def unblock(self) -> None:
        self._set_blocked(False)

    # Looking

    @property
    def chat(self) -> list[Message]:
        """The private chat as it is visible now, oldest first: copies, safe to keep."""
        with self._lock:
            return [message.snapshot() for message in self._chat.messages.values()]

    @property
    def last(self) -> Message:
        """The newest message of the bot."""
        message = next((message for message in reversed(self.chat) if message.from_bot), None)
        assert message is not None, "the bot has said nothing"
        return message

    def wait_for(self, wanted: Wanted, timeout: float = LONG, *, new: bool = False) -> Message:
        """The newest visible message of the bot with this text in it, or that satisfies this.

        `new` asks for one sent or edited since the person last did something.
        """
        with self._lock:
            self._lock.wait_for(lambda: self._match(wanted, new) is not None, timeout)
            message = self._match(wanted, new)
            assert message is not None, self._complaint(wanted)
            return message.snapshot()

    # How

    def _send(
        self,
        said: Formatted | None,
        media: Media | None = None,
        media_group_id: str | None = None,
        other: Json | None = None,
    ) -> int:
        with self._lock:
            assert not self._chat.blocked, "unblock() first: a client would"
            self._chat.met = self._chat.started = True
            message = self._message(self._chat, said)
            message.media, message.media_group_id = media, media_group_id
            message.other = other or {}
            return self._deliver(self._chat, message)

    def _message(self, chat: Chat, said: Formatted | None) -> Message:
        text, entities = said or Formatted("", [])
        message = Message(self._world.next_id(), chat.json, self.json, text, entities)
        message.thread = self._topic if chat is self._chat else None
        return message

    def _deliver(self, chat: Chat, message: Message) -> int:
        self._acted_at = time.time()
        self._world.add(chat, message)
        self._world.updates.push("message", message.json)
        return message.id

    def _visible(self, message_id: int) -> Message:
        message = self._chat.messages.get(message_id)
        assert message is not None, f"no message #{message_id} in the chat:\n{self._transcript()}"
        return message

    def _find(self, button: str | Button, message_id: int | None) -> tuple[Message, str]:
        messages = list(reversed(self._chat.messages.values()))
        if message_id is not None:
            messages = [self._visible(message_id)]
        for message in messages:
            for known in [known for row in message.buttons for known in row]:
                if button in (known, known.label, known.data) and known.data is not None:
                    return message, known.data
            if isinstance(button, Button) and button in message.past_buttons and button.data:
                return message, button.data
        raise AssertionError(f"no button {button!r} to press in the chat:\n{self._transcript()}")

    def _set_blocked(self, blocked: bool) -> None:
        with self._lock:
            self._chat.blocked = blocked
            self._acted_at = time.time()
            member: Json = {"user": self._world.bot, "status": "member"}
            kicked: Json = {"user": self._world.bot, "status": "kicked", "until_date": 0}
            old, new = (member, kicked) if blocked else (kicked, member)
            change = {"chat": self._chat.json, "from": self.json, "date": int(time.time())}
            change |= {"old_chat_member": old, "new_chat_member": new}
            self._world.updates.push("my_chat_member", change)

    def _match(self, wanted: Wanted, new: bool) -> Message | None:
        for message in reversed(self._chat.messages.values()):
            if not message.from_bot or (new and message.edited_at < self._acted_at):
                continue
            if wanted in message.text if isinstance(wanted, str) else wanted(message):
                return message
        return None

    def _complaint(self, wanted: Wanted) -> str:
        what = repr(wanted) if isinstance(wanted, str) else "such a message"
        return f"waited in vain for {what} in the chat:\n{self._transcript()}"

    def _transcript(self) -> str:
        return "\n".join(map(str, self._chat.messages.values())) or "(nothing)"
