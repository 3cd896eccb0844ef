"""The rest of an erasure: what the person's own turn could not do in its transaction.

`users.erasing_at` stands from that turn on, until nothing is left. Each step may be repeated, and a
kill between any two of them costs a repetition. What was under way when the person asked is over
after LINGER_SECONDS; until then the steps are taken once more.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Any, NamedTuple, Protocol

import structlog
from peewee import ModelSelect

from core.avatars import disposal
from core.avatars.disposal import DoomedObject, Files, remove_doomed_files
from core.avatars.models import Admission, Avatar, Consent
from core.avatars.photos.held import HeldPhoto
from core.avatars.ports import ObjectStore
from core.avatars.privacy import ledger
from core.avatars.privacy.personal_data import WRITTEN
from core.avatars.privacy.retained import Export
from core.base.db import forget_deleted, forget_log, transaction
from core.base.work import Piece, Pool, Work
from core.conversation.inbox import Inbox
from core.conversation.models import Conversation, InboxEvent, User
from core.conversation.statements import hold_firmly, hold_people, lock_person

log = structlog.get_logger()

_FORGET = "forget:"
LINGER_SECONDS = 10.0
"""What was under way when a person asked to be forgotten is over by then."""
LONGEST_REST = 60.0
"""Between two tries; it begins with a second, and doubles while something is in the way."""
SHELL_SECONDS = 3600.0
"""How long somebody forgotten is known by their chat: so that the last screen's buttons act."""


class Queue(Protocol):
    """A queue of messages that name rows."""

    def forget(self) -> bool:
        """Overwrite what was taken from it; False while somebody is in the way."""
        ...


class Ledger(Protocol):
    """Who was erased and when, outside of the database and of every backup of it."""

    def record(self, user_id: uuid.UUID, at: float) -> None: ...


class Ordered(NamedTuple):
    """The conversation that erases its person, and whether that had not been asked of it yet."""

    conversation_id: int
    new: bool


class Erasing:
    """Takes the steps; `clock` gives seconds since 1970. Safe in any number of processes."""

    def __init__(
        self,
        store: ObjectStore,
        spool: Files,
        jobs: Queue,
        ledger: Ledger,
        clock: Callable[[], float] = time.time,
        zone: str = "UTC",
    ) -> None:
        self._zone = zone
        self._ledger = ledger
        self._store = store
        self._spool = spool
        self._jobs = jobs
        self._clock = clock
        self._rested: dict[uuid.UUID, float] = {}
        self._failures: dict[uuid.UUID, int] = {}
        self._rewritten: set[uuid.UUID] = set()
        self._recorded: set[tuple[uuid.UUID, float]] = set()

    def due(self, now: float) -> list[str]:
        """Who waits to be forgotten, and whose last steps are not too recent.

        A rest that is longer than any was begun before the clock was set back, and is over.
        """
        waiting = [user.id for user in User.select(User.id).where(User.erasing_at.is_null(False))]
        self._rested = {user: at for user, at in self._rested.items() if user in waiting}
        self._failures = {user: n for user, n in self._failures.items() if user in waiting}
        resting = {user for user, at in self._rested.items() if now < at <= now + LONGEST_REST}
        return [str(user) for user in waiting if user not in resting]

    def erase(self, user_id: str) -> bool:
        """Take every step for a person; True once nothing of before is left.

        A step that fails stops no other one but the last, and is tried again with all of them.
        What a reader of the database holds up while the steps are taken anyway needs no warning.
        """
        user = User.get_or_none(User.id == user_id)
        if user is None or user.erasing_at is None:
            return True
        failed = [step.__name__ for step in self.steps() if not self._taken(step, user)]
        now = self._clock()
        lingering = LINGER_SECONDS - max(0.0, now - user.erasing_at)
        if failed and lingering <= 0:
            log.warning("not everything is erased yet", user=user_id, steps=failed)
        if failed or lingering > 0:
            self._rested[user.id] = now + (self._rest(user) if failed else lingering)
            return False
        doomed = max((place.at for place in _doomed(user)), default=None)
        if doomed is not None:  # it is deleted once more before the database is written anew
            left = doomed + disposal.GRACE_SECONDS + 1.0 - now
            self._rested[user.id] = now + min(max(1.0, left), LONGEST_REST)
            return False
        return self._end(user)

    def _rest(self, user: User) -> float:
        """How long until the next try: longer each time, for what is in the way may stay."""
        failures = self._failures.get(user.id, 0)
        self._failures[user.id] = failures + 1
        return float(min(LONGEST_REST, 2.0 ** min(failures, 10)))

    def steps(self) -> tuple[Callable[[User], bool], ...]:
        """In this order, for what a step removes may still be named by an earlier one's rows."""
        return (
            self._record, self._rows, self._objects, self._files, self._messages, self._pages,
            self._log,
        )  # fmt: skip

    def _taken(self, step: Callable[[User], bool], user: User) -> bool:
        try:
            return step(user)
        except Exception:
            log.exception("a step of an erasure failed", user=str(user.id), step=step.__name__)
            return False

    def _record(self, user: User) -> bool:
        """For restoring an earlier backup: written before the erasure can be over."""
        for user_id in _once(user):  # in an older backup these are people of their own
            erasure = (user_id, float(user.erasing_at or 0))
            if erasure not in self._recorded:
                self._ledger.record(*erasure)
                self._recorded.add(erasure)
        return True

    def _rows(self, user: User) -> bool:
        """What was written about the person's last turn, and by slower processes after it."""
        until = user.erasing_at
        with transaction():
            hold_people(user.id)
            for conversation in Conversation.select().where(Conversation.user == user.id):
                for kept, at in WRITTEN.items():
                    mine = kept.conversation == conversation.id
                    kept.delete().where(mine, at <= until).execute()
                blank = InboxEvent.update(payload="", error="")
                blank.where(
                    InboxEvent.conversation == conversation.id,
                    InboxEvent.handled_at.is_null(False),
                    InboxEvent.received_at <= until,
                ).execute()
        ledger.book_nameless(self._zone)
        return not _unforgotten(user)

    def _objects(self, user: User) -> bool:
        """Now, and again by the worker after a moment, for what was being put meanwhile.

        What the person has begun since stays: an avatar's row is older than its objects.
        """
        mine = [f"{user_id.hex}/" for user_id in _once(user)]
        below = {tuple(key.split("/")[:2]) for one in mine for key in self._store.keys(one)}
        places = {f"{one}/{name}/" for one, name in below if not _begun_since(name)}
        places |= {place.prefix for place in _doomed(user)}
        for place in sorted(places):
            disposal.delete(self._store, place)
        return True

    def _files(self, _user: User) -> bool:
        remove_doomed_files(self._spool)
        return True

    def _messages(self, _user: User) -> bool:
        return self._jobs.forget()

    def _pages(self, user: User) -> bool:
        """Once, however long readers then keep the log from being emptied."""
        if user.id not in self._rewritten and forget_deleted():
            self._rewritten.add(user.id)
        return user.id in self._rewritten

    def _log(self, user: User) -> bool:
        emptied = user.id in self._rewritten and forget_log()
        if emptied:
            self._rewritten.discard(user.id)
        return emptied

    def _end(self, user: User) -> bool:
        with transaction():
            lock_person(None, user.id)
            done = User.update(erasing_at=None)
            done.where(User.id == user.id, User.erasing_at == user.erasing_at).execute()
        self._rested.pop(user.id, None)
        self._recorded = {(known, at) for known, at in self._recorded if known != user.id}
        log.info("a person is erased", user=str(user.id))
        return True


def _once(user: User) -> list[uuid.UUID]:
    """A person, and who else is part of them: each has had a prefix in the store."""
    parts = User.select(User.id).where(User.joined_id == user.id)
    return [user.id, *parts.scalars()]


def _doomed(user: User) -> ModelSelect[DoomedObject]:
    """What was doomed by the erasure, or before it, and is not gone for good yet."""
    prefixes = [DoomedObject.prefix.startswith(f"{user_id.hex}/") for user_id in _once(user)]
    mine = reduce(or_, prefixes)
    return DoomedObject.select().where(mine, DoomedObject.at <= user.erasing_at)


def _unforgotten(user: User) -> bool:
    """Whether another conversation of theirs has not forgotten them yet."""
    return bool(_waiting(user.id, InboxEvent.update_id.startswith("forgotten:")).exists())


def _begun_since(name: str) -> bool:
    try:
        wanted = uuid.UUID(name)
    except ValueError:
        return False
    return any(model.select().where(model.id == wanted).exists() for model in (Avatar, Export))


def order(inbox: Inbox, user_id: uuid.UUID, now: float) -> Ordered | None:
    """Have somebody erased who has asked the operator; None where nobody has this id."""
    with transaction():
        lock_person(None, user_id)
        found = Conversation.get_or_none(Conversation.user == user_id)
        if found is None:
            return None
        new = not (found.user.erasing_at or _ordered(user_id))
        if new:
            inbox.signal(found.id, "forget", "", f"{_FORGET}{user_id}:{now}")
    return Ordered(int(found.id), new)


def _ordered(user_id: uuid.UUID) -> bool:
    return bool(_waiting(user_id, InboxEvent.update_id.startswith(_FORGET)).exists())


def _waiting(user_id: uuid.UUID, which: Any) -> ModelSelect[InboxEvent]:
    """Those of a person's events that are still to be applied."""
    unhandled = InboxEvent.handled_at.is_null() & InboxEvent.failed_at.is_null()
    query = InboxEvent.select().join(Conversation)
    return query.where(Conversation.user == user_id, unhandled, which)


def forget_shells(before: float, limit: int = 100) -> int:
    """Forget the chats of erased people who have said nothing more since a moment; how many."""
    erased = Conversation.select(Conversation.user).where(
        Conversation.forgotten_revision > 0, Conversation.active_at < before
    )
    candidates = User.select().where(User.erasing_at.is_null(), User.id.in_(erased))
    return sum(_forget_shell(user, before) for user in list(candidates.limit(limit)))


def _forget_shell(user: User, before: float) -> bool:
    with transaction():
        hold_firmly(user.id)
        conversations = Conversation.select().where(Conversation.user == user.id)
        if conversations.where(Conversation.active_at >= before).exists() or _has_anything(user):
            return False
        for one in User.select().where(User.id.in_(_once(user))):
            ledger.count_person(one.created_at)
        return bool(User.delete().where(User.id == user.id).execute())


def _has_anything(user: User) -> bool:
    waiting = InboxEvent.select().join(Conversation)
    unhandled = InboxEvent.handled_at.is_null() & InboxEvent.failed_at.is_null()
    return waiting.where(Conversation.user == user.id, unhandled).exists() or any(
        model.select().where(model.user == user.id).exists()
        for model in (Avatar, HeldPhoto, Consent, Admission, Export)
    )


def work(erasing: Erasing, pool: Pool) -> Work:
    """The rest of an erasure."""

    def erase(user_id: str) -> list[Piece]:
        erasing.erase(user_id)
        return []

    return Work("erase", pool, erase, erasing.due, woken=True)
