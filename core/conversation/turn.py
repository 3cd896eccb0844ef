"""A turn as guards and effects see it: the event, the person, and what they may change.

Whatever an effect changes here is written by the engine in the turn's one transaction.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from core.base.db import run
from core.conversation.flow import Position, Step
from core.conversation.messages import NOBODY, Event, Kind

_NOTICE = """
INSERT INTO notices (conversation_id, key, name, parameters, created_at, outcome)
SELECT id, ?, ?, ?, ?, CASE WHEN unreachable THEN 'blocked' ELSE 'pending' END
FROM conversations WHERE id = ? ON CONFLICT DO NOTHING
"""


def post_notice(
    conversation_id: int, key: str, name: str, parameters: Mapping[str, object], now: float
) -> None:
    """Have a notice posted to a conversation, once a `key`, in the caller's transaction.

    One that has blocked the bot gets it once it is back; until then nobody looks for it.
    """
    text = json.dumps(parameters, ensure_ascii=False)
    run(_NOTICE, key, name, text, now, conversation_id)


class Turn:
    """One event being applied to one conversation.

    `memory` is the product's own notebook, kept with the conversation. `said` are the hints that
    the next screen shows, each a code with its parameters; `question` is the one it asks. `seen` is
    the newest revision that the person has in sight, `spoken` whether this turn has said anything.
    `captioned` says that what stands beside a file will act after it. `shown_buttons` are the lists
    in sight as they are stored, `lies_above` says that a notice came below them.
    `cache` holds what was loaded, for as long as the turn lasts.
    """

    __slots__ = (
        "alert_wait", "alerted", "argument", "asking", "cache", "captioned", "changed", "channel",
        "client", "conversation_id", "event", "event_id",
        "language", "language_chosen", "lies_above",
        "memory", "name", "now", "pressed", "revision", "seen", "shown_buttons", "source", "spoken",
        "state", "step", "trigger", "user_id", "username", "visit", "wake",
    )  # fmt: skip

    def __init__(self, now: float, conversation_id: int, user_id: uuid.UUID, channel: str) -> None:
        self.now = now
        self.conversation_id = conversation_id
        self.user_id = user_id
        self.channel = channel
        self.event: Event
        self.event_id = 0
        self.state = self.source = ""
        self.step: Step | None = None
        self.trigger = self.argument = ""
        self.pressed: str | None = None
        self.changed = False
        self.visit = self.revision = self.seen = 0
        self.shown_buttons = "[]"
        self.spoken = self.lies_above = False
        self.memory: dict[str, Any] = {}
        self.language = self.name = self.username = ""
        self.language_chosen = False
        self.client = NOBODY
        self.asking: str | None = None
        self.alerted = self.captioned = False
        self.alert_wait = 0.0
        self.wake: tuple[float, str] | None = None
        self.cache: dict[str, Any] = {}

    @property
    def position(self) -> Position:
        """Where the conversation stands now, as a screen's facts are loaded from it."""
        return Position(
            self.conversation_id, self.user_id, self.channel, self.state, self.visit,
            self.revision, self.memory, self.language, self.name, self.seen, self.cache,
        )  # fmt: skip

    @property
    def person(self) -> bool:
        """Whether the person did this, not Likeness itself."""
        return self.event.kind is not Kind.SIGNAL

    @property
    def question(self) -> str | None:
        """The question that was open when this event came."""
        return self.memory.get("asked")

    def say(self, code: str, /, **parameters: object) -> None:
        """Let the next screen say something once."""
        self.memory.setdefault("said", []).append([code, parameters])
        self.spoken = True

    def take_said(self) -> list[object]:
        """Take back the hints that have had their moment.

        They belong to the screen that answered their event: the person's next event ends it, and
        so does a change that is not the person's own, once that screen has been in sight.
        """
        if self.person or self.seen >= self.memory.get("said_at", 0):
            return list(self.memory.pop("said", ()))
        return []

    def ask(self, question: str) -> None:
        """Open a question on the same screen; any other turn of the person closes it."""
        self.asking = question

    def alert(self, wait: float = 0.0) -> None:
        """Make the next screen a new message: the person must notice it.

        It may `wait` some seconds for what belongs to it; whatever happens meanwhile shows it.
        """
        self.alerted, self.alert_wait = True, wait

    def choose_language(self, language: str) -> None:
        """The person wants this language, whatever their client says."""
        self.language, self.language_chosen = language, True

    def wake_after(self, seconds: float, trigger: str) -> None:
        """Fire a signal later, if the person is then still on this visit."""
        self.wake = (seconds, trigger)

    def notify(self, name: str, key: str, /, **parameters: object) -> None:
        """Post a notice beside the screen; once for each key."""
        post_notice(self.conversation_id, key, name, parameters, self.now)
