"""A person talking with an engine, the way a channel carries it: receive, drain, look."""

from __future__ import annotations

import itertools
from typing import Any

from core.base.db import transaction
from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.rendering import Rendered
from core.conversation.delivery.sending.outbox import Parcel, parcel, shown
from core.conversation.engine import Engine
from core.conversation.inbox import Received
from core.conversation.messages import Address, Event, Kind, Person, Screen, Update
from core.conversation.models import Conversation, InboxEvent, PendingNotice, TransitionLog

BUTTONS = Capabilities(buttons_per_row=3, pictures=10, edit=True, alert=True, pushes=True)
PLAIN = Capabilities(payload_bytes=200)
_KEYS = itertools.count(1)


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


class Chat:
    """One conversation. Whatever the person does is received, applied, and may be looked at."""

    def __init__(self, engine: Engine, name: str = "anna", language: str = "en") -> None:
        self.engine = engine
        self.address = Address("test", "bot", name)
        self.person = Person(name, language)
        self.id = 0

    def receive(self, event: Event, key: str = "") -> Received:
        """Commit an event to the inbox without applying it."""
        update = Update(key or f"key {next(_KEYS)}", self.address, event, self.person)
        [received] = self.engine.receive(update)
        self.id = received.conversation_id
        return received

    def do(self, event: Event) -> None:
        self.receive(event)
        self.engine.drain(self.id)

    def say(self, *texts: str) -> None:
        for text in texts:
            self.do(Event(Kind.TEXT, text))

    def command(self, name: str, argument: str = "") -> None:
        self.do(Event(Kind.COMMAND, name, argument))

    def photo(self, key: str = "photo", caption: str = "", **more: Any) -> None:
        self.do(Event(Kind.PHOTO, file={"key": key}, caption=caption, **more))

    def write(self, text: str, message: str, *, edited: bool = False) -> None:
        """Say something in a message that may be edited, or edit it."""
        self.do(Event(Kind.TEXT, text, message=message, edited=edited))

    def press(self, label: str) -> str:
        """Press a button of the screen as it is now; returns its token, to be pressed again."""
        token = self.token(label)
        self.press_token(token)
        return token

    def press_token(self, token: str) -> None:
        self.do(Event(Kind.PRESS, token))

    def signal(self, trigger: str, argument: str = "", key: str = "") -> None:
        """Tell the conversation something, as a worker would."""
        with transaction():
            self.engine.inbox.signal(self.id, trigger, argument, key or f"key {next(_KEYS)}")
        self.engine.drain(self.id)

    def fill_in(self) -> None:
        """Go as far as the confirmation: a rating of 5 and a comment."""
        self.command("start")
        self.press("5")
        self.say("Lovely")

    def show(self, can: Capabilities = BUTTONS) -> Parcel:
        """Show the screen and record it, as a channel does."""
        ready = parcel(self.engine, self.id, can)
        shown(self.id, ready.revision, ready.rendered.offers, {"message": 1}, self.row.active_at)
        return ready

    def token(self, label: str) -> str:
        offers = self.rendered.offers
        return next(offer.token for offer in offers if offer.label == label)

    @property
    def rendered(self) -> Rendered:
        return parcel(self.engine, self.id, BUTTONS).rendered

    @property
    def screen(self) -> Screen:
        return self.engine.look(self.id).screen

    @property
    def row(self) -> Any:
        return Conversation.get_by_id(self.id)

    @property
    def state(self) -> str:
        return str(self.row.state)

    @property
    def memory(self) -> dict[str, Any]:
        return dict(self.engine.look(self.id).position.memory)

    @property
    def form(self) -> dict[str, Any]:
        return dict(self.memory.get("form", {}))

    @property
    def notices(self) -> list[Any]:
        query = PendingNotice.select().where(PendingNotice.conversation == self.id)
        return list(query.order_by(PendingNotice.id))

    @property
    def log(self) -> list[Any]:
        query = TransitionLog.select().where(TransitionLog.conversation == self.id)
        return list(query.order_by(TransitionLog.id))

    @property
    def waiting(self) -> int:
        """How many events are neither handled nor quarantined."""
        return int(
            InboxEvent.select()
            .where(
                InboxEvent.conversation == self.id,
                InboxEvent.handled_at.is_null(),
                InboxEvent.failed_at.is_null(),
            )
            .count()
        )
