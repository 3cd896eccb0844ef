"""Groups: what waits in many conversations is applied in one transaction, made durable once.

Each conversation is a part of it that can fail alone. What fails there, or is locked elsewhere, is
tried again in a narrower transaction: of one conversation, at last of one event. An error in that
is the event's own, so that no event pays for another's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from core.base.db import blameless, part, transaction
from core.base.errors import kind_of
from core.base.logs.log_ids import Ids, Within
from core.base.processes import meters
from core.conversation import statements
from core.conversation.inbox import AT_A_TIME, signalled
from core.conversation.statements import Head, Locked

log = structlog.get_logger()

EVENTS = 32
"""So many events share a transaction at most."""
SECONDS = 0.02
"""A transaction that has lasted so long begins no further event: others wait for its locks."""


class Turns(Protocol):
    """What applies one event, inside a transaction that holds its conversation."""

    def clock(self) -> float:
        """Seconds since 1970."""
        ...

    def timer(self) -> float:
        """Seconds that only pass."""
        ...

    def apply(self, conversation_id: int, found: Locked, head: Head) -> None:
        """Apply the conversation's next event."""
        ...

    def failed(self, conversation_id: int, event_id: int, error: Exception) -> None:
        """Count a failed try, in a transaction of its own."""
        ...


@dataclass(slots=True)
class Outcome:
    """What became of conversations.

    `events` were applied or have failed. Conversations in `more` have more of them, or may have:
    come back once others have had their turn. In `trouble` nothing was applied or counted, for an
    error that is not the event's.
    """

    events: int = 0
    more: dict[int, None] = field(default_factory=dict)
    trouble: dict[int, Exception] = field(default_factory=dict)


@dataclass(slots=True)
class _Group:
    """One transaction: when each of its events began, and the last one's id.

    Conversations in `more` have had their share of it, those in `alone` need one of their own.
    """

    most: int
    until: float = 0.0
    begun: list[float] = field(default_factory=list)
    event: int = 0
    more: list[int] = field(default_factory=list)
    alone: list[int] = field(default_factory=list)

    def full(self, now: float) -> bool:
        """Whether no further event may begin; the first one always may."""
        return bool(self.begun) and (len(self.begun) >= self.most or now >= self.until)


class Working:
    """Works conversations off, once; `about` has further ids for the log lines of some."""

    def __init__(self, turns: Turns, about: Mapping[int, Ids]) -> None:
        self._turns = turns
        self._about = about
        self.outcome = Outcome()

    def apply(self, chats: Sequence[int], most: int) -> None:
        """Apply up to so many events in one transaction, and in narrower ones what needs them."""
        group = _Group(most)
        try:
            with transaction():
                self._fill(group, chats)
        except Exception as error:  # noqa: BLE001  # whose it is shows in a narrower transaction
            if len(chats) > 1:
                log.info("a group is applied one by one", error=kind_of(error))
                self._one_by_one(chats)
            elif len(group.begun) > 1:
                self._event_by_event(chats[0], len(group.begun))
            else:
                self._own(chats[0], group.event, error)
            return
        self._count(group)
        self._one_by_one(group.alone)

    def _fill(self, group: _Group, chats: Sequence[int]) -> None:
        group.until = self._turns.timer() + SECONDS
        for number, chat in enumerate(chats):
            if group.full(self._turns.timer()):
                group.more += chats[number:]
                break
            self._take(group, chat, among_others=len(chats) > 1)

    def _take(self, group: _Group, chat: int, *, among_others: bool) -> None:
        """Apply a conversation's events; among others it waits for no lock, and can fail alone."""
        found = statements.lock(chat, waiting=not among_others)
        if not among_others:
            self._events(group, chat, found)
        elif found is None:
            group.alone.append(chat)
        else:
            self._part(group, chat, found)

    def _part(self, group: _Group, chat: int, found: Locked) -> None:
        begun = len(group.begun)
        try:
            with part():
                self._events(group, chat, found)
        except Exception as error:
            if blameless(error) or len(group.begun) == begun:  # it is not an event's
                raise
            del group.begun[begun:]
            group.alone.append(chat)

    def _events(self, group: _Group, chat: int, found: Locked | None) -> None:
        heads = statements.heads(chat)
        for number in range(AT_A_TIME + 1):
            now = self._turns.timer()
            if not heads or heads[0].retry_at > self._turns.clock():
                return
            if number == AT_A_TIME or group.full(now):
                break
            found = found or statements.read(chat)
            if found is None:
                return
            group.begun.append(now)
            group.event = heads[0].id
            with self._named(chat, group.event):
                self._turns.apply(chat, found, heads[0])
            if len(heads) == 1 and not signalled():
                return
            heads, found = statements.heads(chat), None
        group.more.append(chat)

    def _count(self, group: _Group) -> None:
        self.outcome.more |= dict.fromkeys(group.more)
        if group.begun:
            now = self._turns.timer()
            self.outcome.events += len(group.begun)
            meters.count("turns", len(group.begun), outcome="applied")
            meters.observe("turn_seconds", *(now - begun for begun in group.begun))

    def _one_by_one(self, chats: Sequence[int]) -> None:
        for chat in chats:
            self.apply([chat], AT_A_TIME)

    def _event_by_event(self, chat: int, count: int) -> None:
        for _ in range(count):
            if chat not in self.outcome.trouble:
                self.apply([chat], 1)

    def _own(self, chat: int, event: int, error: Exception) -> None:
        """An error with nothing else beside it: the event's, or an outage."""
        if not event or blameless(error):
            self.outcome.trouble[chat] = error
            return
        with self._named(chat, event):
            log.error("event failed", conversation=chat, id=event, exc_info=error)
            try:
                self._turns.failed(chat, event, error)
            except Exception as another:  # noqa: BLE001  # it is handed over
                self.outcome.trouble[chat] = another
            else:
                self.outcome.events += 1
                self.outcome.more[chat] = None

    def _named(self, chat: int, event: int) -> Within:
        return Within({**self._about.get(chat, {}), "conversation": chat, "turn": event})
