"""One person's conversation in one browser tab: what they do goes in, what they see comes out.

Nothing here knows Streamlit. A database in trouble is never an error for the person: what they
wrote waits in the tab, under a key that can't be taken twice, until it could be handed over.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from channels.web import NAME, Web, transcript
from channels.web.outgoing import Outgoing, Upload
from channels.web.transcript import Entry
from core.base.db import INFRASTRUCTURE, run, snapshot, transaction
from core.base.errors import StorageUnavailable, kind_of
from core.conversation.delivery.channel import Host
from core.conversation.delivery.intake import commit
from core.conversation.delivery.outbox import (
    Parcel,
    forgotten,
    parcel,
    shown,
    take_notices,
)
from core.conversation.delivery.rendering import Rendered
from core.conversation.inbox import find
from core.conversation.messages import Address, Event, Kind, Motion, Person, Update
from core.conversation.tokens import RenderedButton

log = structlog.get_logger()

TROUBLE = (*INFRASTRUCTURE, StorageUnavailable)
"""What is our fault and passes."""

_STAMP = """
SELECT c.revision, u.language,
       (SELECT max(t.id) FROM transcript t WHERE t.conversation_id = c.id),
       EXISTS (SELECT 1 FROM notices n WHERE n.conversation_id = c.id AND n.outcome = 'pending')
FROM conversations c JOIN users u ON u.id = c.user_id WHERE c.id = ?
"""

LONGEST_LINK = 64

Stamp = tuple[int, str, int | None, bool]


@dataclass(frozen=True, slots=True)
class View:
    """All that a tab shows, from one moment.

    The screen stands below the entry that is numbered `below`. `of` is the conversation: after an
    erasure there may be another one.
    """

    stamp: Stamp
    entries: tuple[Entry, ...]
    rendered: Rendered
    visit: int
    of: int
    below: int

    @property
    def language(self) -> str:
        return self.stamp[1]

    @property
    def revision(self) -> int:
        return self.stamp[0]

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


class TabSession:
    """A tab's side of a conversation.

    `language` is the browser's, `link` what stood behind `?start=` in the address it was opened by.
    """

    def __init__(self, app: Host, visitor: str, language: str, link: str = "") -> None:
        self._app = app
        self._engine = app.engine
        self.address = Address(NAME, NAME, visitor)
        self._person = Person(language=language)
        self._link = link[:LONGEST_LINK]
        self.conversation_id: int | None = None
        self.view: View | None = None
        self.outbox: deque[Outgoing] = deque()
        self.trouble = False
        self.press_lost = False
        self.refused = False
        self.lost = False
        self._told: tuple[int, tuple[RenderedButton, ...]] | None = None

    @property
    def visitor(self) -> str:
        return self.address.chat

    @property
    def language(self) -> str:
        """The conversation's language; the browser's until there is one."""
        return self.view.language if self.view else self._person.language

    @property
    def motion(self) -> Motion:
        """How soon to look again."""
        return self.view.rendered.motion if self.view else Motion.STILL

    def press(self, offer: RenderedButton, revision: int) -> None:
        """A button was pressed that was drawn at this revision; a second press is the same one."""
        self.lost = False
        pressed = hashlib.blake2b(offer.token.encode(), digest_size=16).hexdigest()
        self._send(Outgoing(f"{self.visitor}:{revision:x}:{pressed}", press=offer))

    def say(self, text: str, uploads: Sequence[Upload] = (), lost: bool = False) -> None:
        """A text was typed, or files were sent, perhaps with a caption.

        Some may be `lost`: attached, and never arrived. What did arrive is taken.
        """
        self.lost = lost
        if text.strip() or uploads:
            self._send(Outgoing(uuid.uuid4().hex, text.strip(), None, uploads))

    def refresh(self) -> None:
        """Hand over what waits, and look at what has come of it."""
        try:
            self._deliver()
            self.view = self._look(self._begin())
        except TROUBLE as error:
            self._troubled(error)
            self._drop_presses()
        else:
            self.trouble = self.press_lost = False

    def changed(self) -> bool:
        """Whether there is anything to be drawn anew: one query."""
        if self.trouble or self.view is None or self.conversation_id is None:
            return True
        try:
            return _stamp(self.conversation_id) != self.view.stamp
        except TROUBLE as error:
            self._troubled(error)
            return True

    def _send(self, message: Outgoing) -> None:
        self.refused = False
        self.outbox.append(message)
        try:
            self._deliver()
        except TROUBLE as error:
            self._troubled(error)

    def _troubled(self, error: Exception) -> None:
        if not self.trouble:
            log.error("the chat page can't reach what it needs", error=kind_of(error))
        self.trouble = True

    def _drop_presses(self) -> None:
        """Nobody wants a press to act in ten minutes."""
        kept = [message for message in self.outbox if message.press is None]
        self.press_lost = self.press_lost or len(kept) < len(self.outbox)
        self.outbox = deque(kept)

    def _begin(self) -> int:
        """Find the conversation, or begin it; a link begins it anew."""
        known = find(self.address)
        if known is None or self._link:
            start = Event(Kind.COMMAND, "start", self._link)
            key = f"start:{self.visitor}:{self._link}"
            update = Update(key, self.address, start, self._person)
            known = commit(self._engine, [update]).conversation_id
            self._link = ""
        if known != self.conversation_id or self.trouble:
            self._engine.drain(known)
            self.conversation_id = known
        return known

    def _deliver(self) -> None:
        while self.outbox:
            message = self.outbox[0]
            message.spool(self._app)
            updates = message.updates(self.address, self._person)
            committed = commit(self._engine, updates, partial(self._note, message))
            self.conversation_id = committed.conversation_id
            self.refused = self.refused or committed.overflow
            self.outbox.popleft()
            self._engine.drain(self.conversation_id)

    def _note(self, message: Outgoing, conversation_id: int) -> None:
        """Into the transcript, with what it answers."""
        self._freeze(conversation_id)
        transcript.add(conversation_id, "person", message.content())

    def _freeze(self, conversation_id: int) -> None:
        """The screen that is answered becomes a part of what was said, once for every tab."""
        view = self.view
        if view is None or view.of != conversation_id or forgotten(conversation_id, view.revision):
            return
        transcript.add_screen(conversation_id, view.revision, view.rendered)

    def _look(self, conversation_id: int) -> View:
        view = self._drawn(conversation_id)
        while view.stamp[3]:  # what has come beside the screen has its place before it
            self._take_notices(conversation_id)
            view = self._drawn(conversation_id)
        self._tell(conversation_id, view)
        return view

    def _drawn(self, conversation_id: int) -> View:
        with snapshot():
            ready = parcel(self._engine, conversation_id, Web.capabilities)
            entries = transcript.newest(conversation_id)
            stamp = _stamp(conversation_id)
            below = _below(ready, entries)
            return View(stamp, entries, ready.rendered, ready.visit, conversation_id, below)

    def _take_notices(self, conversation_id: int) -> None:
        with transaction():
            for rendered in take_notices(self._engine, conversation_id, Web.capabilities):
                transcript.add(conversation_id, "bot", transcript.notice(rendered))

    def _tell(self, conversation_id: int, view: View) -> None:
        """Let the core know what is in sight, for the replies that are typed."""
        if self._told != (view.revision, view.offers):
            where = {"below": view.below, "revision": view.revision}
            shown(conversation_id, view.revision, view.offers, where, time.time())
            self._told = (view.revision, view.offers)


def _below(ready: Parcel, entries: Sequence[Entry]) -> int:
    """The entry that the screen stands below: one that comes anew is below all that has come."""
    shown_so = ready.previous or {}
    anew = ready.post and ready.revision > shown_so.get("revision", -1)
    return entries[-1].id if anew and entries else int(shown_so.get("below", 0))


def _stamp(conversation_id: int) -> Stamp:
    """What changes whenever a tab must be drawn anew."""
    found = run(_STAMP, conversation_id).fetchone()
    return (0, "", None, False) if found is None else (found[0], found[1], found[2], bool(found[3]))
