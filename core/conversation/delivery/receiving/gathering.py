"""Deliveries that come one by one are committed together: the next ones gather while some are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from core.base.db import INFRASTRUCTURE
from core.conversation.delivery.bridge import Background, Bridge
from core.conversation.groups import EVENTS
from core.conversation.inbox import Received
from core.conversation.messages import Update

Receive = Callable[..., list[Received]]
_Delivery = tuple[Sequence[Update], asyncio.Future[list[Received]]]


class Gathering:
    """Commits deliveries by `receive`, on so many threads of `bridge` as are `at_once` at work."""

    def __init__(self, receive: Receive, bridge: Bridge, at_once: int) -> None:
        self._receive, self._bridge, self._at_once = receive, bridge, at_once
        self._waiting: list[_Delivery] = []
        self._at_work = 0
        self._groups = Background()

    async def commit(self, updates: Sequence[Update]) -> list[Received]:
        """Commit a delivery with those that wait by then; a receipt for each of its updates.

        Raises what went wrong: INFRASTRUCTURE errors for all of them, any other for it alone.
        """
        receipts: asyncio.Future[list[Received]] = asyncio.get_running_loop().create_future()
        self._waiting.append((updates, receipts))
        if self._at_work < self._at_once:
            self._at_work += 1
            self._groups.start(self._commit_all())
        return await receipts

    async def _commit_all(self) -> None:
        while group := self._waiting[:EVENTS]:
            del self._waiting[:EVENTS]
            await self._commit(group)
        self._at_work -= 1

    async def _commit(self, group: Sequence[_Delivery]) -> None:
        try:
            all_ = [update for updates, _ in group for update in updates]
            received = iter(await self._bridge.call(self._receive, *all_))
        except Exception as error:  # noqa: BLE001  # each delivery hears of it
            if len(group) > 1 and not isinstance(error, INFRASTRUCTURE):
                for delivery in group:
                    await self._commit([delivery])
                return
            for _, receipts in group:
                if not receipts.done():
                    receipts.set_exception(error)
        else:
            for updates, receipts in group:
                own = [next(received) for _ in updates]
                if not receipts.done():  # who delivered may have gone
                    receipts.set_result(own)
