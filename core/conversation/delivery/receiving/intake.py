"""Receiving: what a person did is committed whole, before anything is done about it.

A channel that is pulled calls `commit`, then `Engine.drain`. One that pushes hands what arrives to
a `Reception`, whose `Intake` commits it however long that takes and applies it beside all else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context
from itertools import islice
from typing import NamedTuple, ParamSpec, TypeVar

import structlog

from core.base.db import INFRASTRUCTURE, transaction
from core.base.errors import kind_of
from core.base.logs import log_ids
from core.conversation import inbox
from core.conversation.delivery.bridge import Background, Bridge, Pauses
from core.conversation.delivery.receiving.gathering import Gathering
from core.conversation.delivery.sending import outbox
from core.conversation.engine import Engine
from core.conversation.groups import EVENTS
from core.conversation.inbox import Receipt, Received
from core.conversation.messages import Address, Update

log = structlog.get_logger()

FINISH_SECONDS = 10.0
SWEEP_SECONDS = 1.0
AT_ONCE = 4
"""So many groups are committed at once where a messenger brings updates one by one."""
TRIES = 3
"""So often is an update tried that can't be stored, though the database works."""
GROUPS_AT_ONCE = 3
"""So many groups are applied at once: of a bridge's threads one is left for what is shown."""

P = ParamSpec("P")
R = TypeVar("R")


class Committed(NamedTuple):
    """The conversation of a message, and whether its queue was too full for some of it."""

    conversation_id: int
    overflow: bool


class _Waiting(NamedTuple):
    """What a conversation waits for: its log lines' further ids, and who must hear of trouble."""

    ids: log_ids.Ids
    update: Update | None


def commit(
    engine: Engine, updates: Sequence[Update], beside: Callable[[int], None] | None = None
) -> Committed:
    """Commit one person's message, all of it or nothing; committing it again changes nothing.

    `beside` writes more about the conversation in the same transaction, once. Raises
    INFRASTRUCTURE errors: then nothing was committed.
    """
    with transaction():
        received = engine.receive(*updates)
        conversation_id = received[0].conversation_id
        receipts = {one.receipt for one in received}
        if beside is not None and Receipt.ACCEPTED in receipts:
            beside(conversation_id)
    return Committed(conversation_id, Receipt.OVERFLOW in receipts)


class Intake:
    """Commits what arrives for one bot, in order, and applies what waits, in groups.

    `changed` is called whenever screens may have changed; `apologise` tells whoever sent an update
    that it takes longer. With `brought_again` the messenger repeats what wasn't taken: then trouble
    with the database isn't waited out but raised, as INFRASTRUCTURE errors.
    """

    def __init__(
        self,
        engine: Engine,
        bridge: Bridge,
        changed: Callable[[], None],
        apologise: Callable[[Update], None],
        *,
        brought_again: bool = False,
    ) -> None:
        self._engine, self._bridge = engine, bridge
        self._changed, self._apologise = changed, apologise
        self._brought_again = brought_again
        # So that nothing that arrives waits behind turns; a messenger that brings many at once
        # keeps those of a chat in order.
        self._storing = Bridge(threads=AT_ONCE if brought_again else 1)
        self._gathering = Gathering(lambda *all_: engine.receive(*all_), self._storing, AT_ONCE)
        self._waiting: dict[int, _Waiting] = {}
        self._applying: set[int] = set()
        self._at_work = 0
        self._groups = Background()

    async def receive(self, *updates: Update) -> list[Received | None]:
        """Commit updates in one transaction and apply them; see `store`.

        Returns a receipt for each, None for one that can't be stored at all.
        """
        try:
            received: list[Received | None] = [*await self._committed(*updates)]
        except INFRASTRUCTURE:
            raise
        except Exception:
            log.exception("can't store updates together", count=len(updates))
            received = [await self._alone(update) for update in updates]
        for update, one in zip(updates, received, strict=True):
            if one is not None:
                self._apply(one.conversation_id, update)
        return received

    async def store(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do something after all that came before it, however long the database is in trouble.

        Raises what else goes wrong, and that too where it is brought again.
        """
        return await self._stored((), lambda: function(*args, **kwargs))

    async def note_reachable(self, address: Address, there: bool) -> None:
        """Record whether a chat can be written to: then what waits is shown."""
        await self.store(outbox.reachable, address, there, time.time())
        self._changed()

    async def sweep(self) -> None:
        """Apply what a crash, a failure or a signal has left waiting, until cancelled."""
        while True:
            try:
                waiting = await self._bridge.call(inbox.backlog, time.time())
            except INFRASTRUCTURE as error:
                log.error("can't read the inbox", error=kind_of(error))
            else:
                for conversation_id in waiting:
                    self._apply(conversation_id)
            await asyncio.sleep(SWEEP_SECONDS)

    async def finish(self) -> None:
        """Let the groups that have begun come to their end."""
        await self._groups.finish(FINISH_SECONDS)

    def close(self) -> None:
        """Give the connection back."""
        self._storing.close()

    async def _committed(self, *updates: Update) -> list[Received]:
        if not self._brought_again:
            return await self._stored(updates, lambda: self._engine.receive(*updates))
        try:
            return await self._gathering.commit(updates)
        except INFRASTRUCTURE as error:
            self._not_stored(updates, error)
            raise

    async def _alone(self, update: Update) -> Received | None:
        """Commit what could not be stored with others; after TRIES it is given up."""
        pauses = Pauses(0.25, 1.0)
        while pauses.failures < TRIES:
            try:
                [received] = await self._committed(update)
                return received
            except INFRASTRUCTURE:
                raise
            except Exception as error:
                log.exception("can't store an update", id=update.key)
                await pauses.after(error)
        return None

    async def _stored(self, said: Sequence[Update], work: Callable[[], R]) -> R:
        if not self._brought_again:
            return await self._storing.insist(work, lambda error: self._not_stored(said, error))
        try:
            return await self._storing.call(work)
        except INFRASTRUCTURE as error:
            self._not_stored(said, error)
            raise

    def _not_stored(self, said: Sequence[Update], error: Exception) -> None:
        log.error("can't store updates now", error=kind_of(error))
        for update in said:
            self._apologise(update)

    def _apply(self, conversation_id: int, update: Update | None = None) -> None:
        """Have a conversation's events applied, in a group with those that wait by then."""
        self._waiting.setdefault(conversation_id, _Waiting(log_ids.known(), update))
        if self._at_work < GROUPS_AT_ONCE:
            self._at_work += 1
            Context().run(self._groups.start, self._work_off())  # it isn't about this update alone

    async def _work_off(self) -> None:
        """Apply in groups until nothing waits that isn't being applied already."""
        while group := self._next_group():
            self._applying |= group.keys()
            try:
                await self._apply_group(group)
            except Exception:
                log.exception("can't apply events", count=len(group))
            finally:
                self._applying -= group.keys()
        self._at_work -= 1

    def _next_group(self) -> dict[int, _Waiting]:
        free = (chat for chat in self._waiting if chat not in self._applying)
        return {chat: self._waiting.pop(chat) for chat in [*islice(free, EVENTS)]}

    async def _apply_group(self, group: Mapping[int, _Waiting]) -> None:
        about = {chat: waiting.ids for chat, waiting in group.items()}
        outcome = await self._bridge.call(self._engine.work_off, [*group], EVENTS, about)
        if outcome.events:
            self._changed()
        for chat in outcome.more:  # others have their turn before the rest
            self._waiting.setdefault(chat, group[chat])
        for chat, error in outcome.trouble.items():
            self._troubled(group[chat], chat, error)

    def _troubled(self, waiting: _Waiting, conversation_id: int, error: Exception) -> None:
        if not isinstance(error, INFRASTRUCTURE):
            log.error("can't apply events", conversation=conversation_id, exc_info=error)
            return
        log.error("can't apply events now", conversation=conversation_id, error=kind_of(error))
        if waiting.update is not None:
            self._apologise(waiting.update)
