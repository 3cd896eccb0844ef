"""The inbox: what has arrived and must be applied, once, in order.

An update is committed here before its channel tells anybody that it has it. Signals are rows of
the same table, inserted in the transaction that makes them true.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import peewee

from core.base.db import run, storable, transaction
from core.base.folding import folded
from core.base.logs import traces
from core.base.processes import meters
from core.conversation.messages import NOBODY, Address, Event, Kind, Person, Update
from core.conversation.models import Conversation, InboxEvent, User

SIGNAL = "signal"
AT_A_TIME = 10
"""So many events of one conversation are applied before others have their turn."""
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

_this_thread = threading.local()

_RECEIVE = """
INSERT INTO inbox (conversation_id, channel, bot, update_id, kind, payload, received_at,
                   attempts, retry_at, error)
SELECT c.id, c.channel, c.bot, ?, ?, ?, ?, 0, 0, '' FROM conversations c
WHERE c.channel = ? AND c.bot = ? AND c.chat = ?
  AND (SELECT count(*) FROM inbox i
       WHERE i.conversation_id = c.id AND i.handled_at IS NULL AND i.failed_at IS NULL) < ?
ON CONFLICT DO NOTHING RETURNING conversation_id, id
"""
_SIGNAL = """
INSERT INTO inbox (conversation_id, channel, bot, update_id, kind, payload, received_at,
                   attempts, retry_at, error)
VALUES (?, 'signal', '', ?, 'signal', ?, ?, 0, 0, '') ON CONFLICT DO NOTHING RETURNING id
"""
_TOLD = """
INSERT INTO inbox (conversation_id, channel, bot, update_id, kind, payload, received_at,
                   attempts, retry_at, error)
SELECT o.id, 'signal', '', CAST(? AS VARCHAR) || CASE WHEN o.id = c.id THEN '' ELSE ':' || o.id END,
       'signal', CAST(? AS VARCHAR), CAST(? AS DOUBLE PRECISION), 0, 0, ''
FROM conversations c JOIN conversations o ON o.user_id = c.user_id
WHERE c.id = ? AND (o.id <> c.id OR ?) ORDER BY o.id ON CONFLICT DO NOTHING RETURNING id
"""
ELSEWHERE = "elsewhere"
"""The signal that a person has done something in another conversation of theirs."""


class Receipt(StrEnum):
    """What became of an update that arrived."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    OVERFLOW = "overflow"


@dataclass(frozen=True, slots=True)
class Received:
    """The receipt, and the conversation it belongs to."""

    receipt: Receipt
    conversation_id: int


class Inbox:
    """Writes updates and signals; `cap` is how many unhandled ones a person may have."""

    def __init__(
        self,
        initial_state: str,
        language: Callable[[str], str],
        cap: int = 200,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._initial = initial_state
        self._language = language
        self._cap = cap
        self._clock = clock

    def receive(self, *updates: Update) -> list[Received]:
        """Commit updates of any people, all or none; a second delivery changes nothing.

        Returns a receipt for each. Raises peewee's OperationalError where the database can't be
        written: then nothing has been received, and the channel must keep it.
        """
        try:
            received = self._receive(updates)
        except peewee.IntegrityError:  # a person's first two updates came at once
            received = self._receive(updates)
        pairs = zip(updates, received, strict=True)
        counted = Counter((update.address.channel, one.receipt.value) for update, one in pairs)
        for (channel, receipt), count in counted.items():
            meters.count("updates_received", count, channel=channel, receipt=receipt)
        return received

    def signal(
        self, conversation_id: int, trigger: str, argument: str, key: str, visit: int | None = None
    ) -> None:
        """Tell a conversation what has become true, in the caller's transaction; once a `key`.

        With a `visit` it means nothing on any other.
        """
        signal(conversation_id, trigger, argument, key, self._clock(), visit)

    def tell(self, conversation_id: int, trigger: str, argument: str, key: str) -> None:
        """Signal something to a person: to this conversation, and to every other one of theirs."""
        _tell(
            conversation_id, Event(Kind.SIGNAL, trigger, argument), key, self._clock(), itself=True
        )

    def _receive(self, updates: Sequence[Update]) -> list[Received]:
        with traces.span("receive", updates=len(updates)), transaction():
            return [self._receive_one(update) for update in updates]

    def _receive_one(self, update: Update) -> Received:
        conversation_id = self._insert(update)
        if conversation_id is not None:
            return Received(Receipt.ACCEPTED, conversation_id)
        return self._first_or_refused(update)

    def _insert(self, update: Update) -> int | None:
        address, event = update.address, update.event
        payload = encode(event, update.person)
        rows = run(
            _RECEIVE,
            *(update.key, event.kind.value, payload, self._clock()),
            *(address.channel, address.bot, address.chat, self._cap),
        )
        found = rows.fetchone()
        if found is None:
            return None
        conversation_id, event_id = found
        traces.queued("event", event_id)
        return int(conversation_id)

    def _first_or_refused(self, update: Update) -> Received:
        address = update.address
        known = find(address) or self._begin(update)
        if self._insert(update) is not None:  # begun here, or elsewhere since the first try
            return Received(Receipt.ACCEPTED, known)
        same = InboxEvent.select().where(
            InboxEvent.channel == address.channel,
            InboxEvent.bot == address.bot,
            InboxEvent.update_id == update.key,
        )
        return Received(Receipt.DUPLICATE if same.exists() else Receipt.OVERFLOW, known)

    def _begin(self, update: Update) -> int:
        now = self._clock()
        person, address = update.person, update.address
        name = storable(person.name)[:255]
        user = User.create(
            name=name,
            sought=folded(name),
            username=storable(person.username)[:64],
            language=self._language(person.language),
            created_at=now,
        )
        conversation = Conversation.create(
            user=user,
            channel=address.channel,
            bot=address.bot,
            chat=address.chat,
            name=user.name,
            username=user.username,
            state=self._initial,
            created_at=now,
            active_at=now,
        )
        return int(conversation.id)


def signalled() -> bool:
    """Whether this thread has told any conversation something since it was last asked."""
    told = getattr(_this_thread, "signalled", False)
    _this_thread.signalled = False
    return told


def signal(
    conversation_id: int,
    trigger: str,
    argument: str,
    key: str,
    now: float,
    visit: int | None = None,
) -> None:
    """See `Inbox.signal`."""
    payload = encode(Event(Kind.SIGNAL, trigger, argument, visit=visit))
    for (event_id,) in run(_SIGNAL, conversation_id, key, payload, now).fetchall():
        traces.queued("event", event_id)
    _this_thread.signalled = True


def tell_others(conversation_id: int, trigger: str, event_id: int, now: float) -> None:
    """Signal to a person's other conversations what an event of this one has done."""
    key = f"{trigger}:{event_id}"
    _tell(conversation_id, Event(Kind.SIGNAL, trigger), key, now, itself=False)


def _tell(conversation_id: int, event: Event, key: str, now: float, *, itself: bool) -> None:
    rows = run(_TOLD, key, encode(event), now, conversation_id, itself)
    for (event_id,) in rows.fetchall():
        traces.queued("event", event_id)
    _this_thread.signalled = True


def find(address: Address) -> int | None:
    """The conversation at an address."""
    found = Conversation.get_or_none(
        Conversation.channel == address.channel,
        Conversation.bot == address.bot,
        Conversation.chat == address.chat,
    )
    return None if found is None else int(found.id)


def in_chat(channel: str, chat: str) -> int | None:
    """The conversation in a chat of a channel, whichever bot it is with: the first."""
    mine = (Conversation.channel == channel, Conversation.chat == chat)
    found = Conversation.select(Conversation.id).where(*mine).order_by(Conversation.id).first()
    return None if found is None else int(found.id)


def encode(event: Event, person: Person = NOBODY) -> str:
    """An event as the inbox keeps it, with who brought it about."""
    file = event.file and {storable(key): _storable_value(v) for key, v in event.file.items()}
    value, argument = storable(event.value), storable(event.argument)
    who = storable(person.language), storable(person.name)[:255], storable(person.username)[:64]
    rest = [storable(event.caption), storable(event.message), event.edited, event.thread]
    return _JSON.encode(
        [event.kind, value, argument, file, event.visit, *who, *(rest if any(rest) else ())]
    )


def decode(payload: str) -> tuple[Event, Person]:
    """The event, and who brought it about; rows from before know less of both."""
    kind, value, argument, file, visit, language, name, *more = json.loads(payload)
    event = Event(Kind(kind), value, argument, file, visit, *more[1:])
    return event, Person(name, language, *more[:1])


def _storable_value(value: object) -> object:
    return storable(value) if isinstance(value, str) else value


def backlog(now: float, limit: int = 100) -> list[int]:
    """Conversations whose next event may be applied now, the longest waiting first.

    Those that have more than AT_A_TIME events come after all others: they would keep them out.
    """
    rows = run(
        """
        SELECT i.conversation_id FROM inbox i
        WHERE i.handled_at IS NULL AND i.failed_at IS NULL
        GROUP BY i.conversation_id HAVING max(i.retry_at) <= ?
        ORDER BY count(*) > ?, min(i.id) LIMIT ?
        """,
        now,
        AT_A_TIME,
        limit,
    )
    return [int(row[0]) for row in rows.fetchall()]


def replay(event_id: int) -> bool:
    """Give a quarantined event another try; False where there is none."""
    query = InboxEvent.update(failed_at=None, attempts=0, retry_at=0, error="").where(
        InboxEvent.id == event_id, InboxEvent.failed_at.is_null(False)
    )
    return bool(query.execute())


def sweep(before: float) -> int:
    """Delete handled events older than a moment; returns how many."""
    query = InboxEvent.delete().where(InboxEvent.handled_at < before)
    return int(query.execute())
