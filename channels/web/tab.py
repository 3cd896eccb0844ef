"""One person's conversation as a browser has it: what they do goes in, what they see comes out.

Nothing is remembered between two calls. The browser keeps what it has sent until it was taken, and
brings back, sealed, the screen that it answers: any process of any host may serve the next call.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from channels.web import NAME, Web, transcript
from channels.web.outgoing import Outgoing
from channels.web.transcript import Content, Entry
from core.base.db import run, snapshot, transaction
from core.conversation.delivery.channel import Host
from core.conversation.delivery.receiving.intake import Committed, commit
from core.conversation.delivery.rendering import Rendered
from core.conversation.delivery.sending.outbox import (
    Parcel,
    forgotten,
    parcel,
    shown,
    take_notices,
)
from core.conversation.inbox import find
from core.conversation.messages import Address, Event, Kind, Person, Update
from core.conversation.tokens import RenderedButton

LONGEST_LINK = 64

_STAMP = """
SELECT c.id, c.revision, u.language,
       (SELECT max(t.id) FROM transcript t WHERE t.conversation_id = c.id),
       EXISTS (SELECT 1 FROM notices n WHERE n.conversation_id = c.id AND n.outcome = 'pending')
FROM conversations c JOIN users u ON u.id = c.user_id WHERE c.id = ?
"""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes whenever the page must be drawn anew."""

    of: int
    revision: int
    language: str
    newest: int
    pending: bool

    def __str__(self) -> str:
        return f"{self.of}.{self.revision}.{self.language}.{self.newest}.{self.pending:d}"


@dataclass(frozen=True, slots=True)
class Answered:
    """The screen that a person answers, of which conversation: after an erasure there may be
    another one.
    """

    of: int
    revision: int
    content: Content


@dataclass(frozen=True, slots=True)
class View:
    """All that a browser shows, from one moment; the screen stands below the entry `below`.

    `at` is when it was drawn, in seconds since 1970.
    """

    at: float
    stamp: Stamp
    entries: tuple[Entry, ...]
    rendered: Rendered
    visit: int
    below: int

    @property
    def above(self) -> int:
        """How many entries stand above the screen: what it answers, and what came before it."""
        over = (n for n, e in enumerate(self.entries, 1) if e.by_person or e.id <= self.below)
        return max(over, default=0)

    @property
    def offers(self) -> tuple[RenderedButton, ...]:
        """Every button in sight."""
        links = (offer for entry in self.entries for row in entry.rows for offer in row)
        return (*self.rendered.offers, *links)

    @property
    def answered(self) -> Answered:
        """The screen, as whoever answers it brings it back."""
        return Answered(self.stamp.of, self.stamp.revision, transcript.screen(self.rendered))


class Tab:
    """A browser's side of a conversation. Its methods raise errors of INFRASTRUCTURE."""

    def __init__(self, app: Host, visitor: str, language: str) -> None:
        self._engine = app.engine
        self._address = Address(NAME, NAME, visitor)
        self._person = Person(language=language)

    def begin(self, link: str = "") -> int:
        """Find the conversation, or begin it; a link (`?start=…`) begins it anew, once."""
        known = find(self._address)
        if known is None or link:
            start = Event(Kind.COMMAND, "start", link[:LONGEST_LINK])
            key = f"start:{self._address.chat}:{start.argument}"
            update = Update(key, self._address, start, self._person)
            known = commit(self._engine, [update]).conversation_id
        self._engine.drain(known)
        return known

    def take(self, message: Outgoing, answered: Answered | None = None) -> Committed:
        """Commit what a person did, and apply it."""
        updates = message.updates(self._address, self._person)
        committed = commit(self._engine, updates, partial(self._note, message, answered))
        self._engine.drain(committed.conversation_id)
        return committed

    def look(self, conversation_id: int) -> View:
        """What there is to be seen, which the core then knows to be in sight."""
        view = self._drawn(conversation_id)
        while view.stamp.pending:  # what has come beside the screen has its place before it
            self._take_notices(conversation_id)
            view = self._drawn(conversation_id)
        where = {"below": view.below, "revision": view.stamp.revision}
        shown(conversation_id, view.stamp.revision, view.offers, where, time.time())
        return view

    def _note(self, message: Outgoing, answered: Answered | None, conversation_id: int) -> None:
        """Into the transcript, with the screen that it answers, once for every tab."""
        if (
            answered
            and answered.of == conversation_id
            and not forgotten(conversation_id, answered.revision)
        ):
            transcript.add_screen(conversation_id, answered.revision, answered.content)
        transcript.add(conversation_id, "person", message.content())

    def _drawn(self, conversation_id: int) -> View:
        with snapshot():
            at = time.time()
            ready = parcel(self._engine, conversation_id, Web.capabilities)
            entries = transcript.newest(conversation_id)
            below = _below(ready, entries)
            return View(at, stamp(conversation_id), entries, ready.rendered, ready.visit, below)

    def _take_notices(self, conversation_id: int) -> None:
        with transaction():
            for rendered in take_notices(self._engine, conversation_id, Web.capabilities):
                transcript.add(conversation_id, "bot", transcript.notice(rendered))


def stamp(conversation_id: int) -> Stamp:
    """What a conversation's page depends on: one query."""
    row = run(_STAMP, conversation_id).fetchone()
    if row is None:
        return Stamp(conversation_id, 0, "", 0, pending=False)
    of, revision, language, newest, pending = row
    return Stamp(of, revision, language, newest or 0, bool(pending))


def _below(ready: Parcel, entries: Sequence[Entry]) -> int:
    """The entry that the screen stands below: one that comes anew is below all that has come."""
    shown_so = ready.previous or {}
    anew = ready.post and ready.revision > shown_so.get("revision", -1)
    return entries[-1].id if anew and entries else int(shown_so.get("below", 0))
