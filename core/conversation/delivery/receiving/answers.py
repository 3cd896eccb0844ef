"""Answering presses: each stops showing that it waits, though this process be killed over it.

A messenger repeats what it brought until that is confirmed, and the process that gets it again can
answer it. So before a press is confirmed it is answered, or it stands in a row: the process that
serves the bot next answers it then. Answering comes before all else, for messengers take no answer
after some seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection

import structlog

from core.base.db import run, transaction
from core.base.errors import ChannelError, RetryAfter, Uncertain, Unreachable, kind_of
from core.conversation.delivery.bridge import Background, Pauses
from core.conversation.delivery.receiving.intake import Intake

log = structlog.get_logger()

ANSWER_SECONDS = 2.0
"""How long confirming waits for answers that are under way; after that they are written down."""
LONGEST_WAIT = 30.0
FORGOTTEN_AFTER = 3600.0
"""Seconds after which no client waits for an answer any more, and no messenger takes one."""


class Answers:
    """The presses of one bot that are still to be answered; `intake` keeps calls in order."""

    def __init__(
        self, answer: Callable[[str], Awaitable[None]], intake: Intake, address: tuple[str, str]
    ) -> None:
        self._answer, self._intake, self._address = answer, intake, address
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._owed: set[str] = set()
        self._settling = Background()

    def begin(self, callback: str) -> None:
        """Answer a press beside everything else."""
        if callback not in self._waiting:
            self._waiting[callback] = asyncio.create_task(self._until_answered(callback))

    async def keep(self) -> None:
        """Return when every press that was begun is answered, or would survive a kill."""
        if new := self._waiting.keys() - self._owed:
            await asyncio.wait([self._waiting[name] for name in new], timeout=ANSWER_SECONDS)
        if new := self._waiting.keys() - self._owed:
            self._owed |= new
            # whatever is answered meanwhile is owed no more when this is written
            await self._intake.store(
                lambda: owe(*self._address, sorted(self._owed & new), time.time())
            )

    async def take_over(self) -> None:
        """Answer what a process that served this bot before has left unanswered."""
        since = time.time() - FORGOTTEN_AFTER
        left = await self._intake.store(owed, *self._address, since)
        self._owed.update(left)
        for callback in left:
            self.begin(callback)

    async def stop(self) -> None:
        """Leave the rest to the next process: it is written down, or the messenger repeats it."""
        left = list(self._waiting.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._settling.finish(ANSWER_SECONDS)

    async def _until_answered(self, callback: str) -> None:
        pauses = Pauses(0.1, LONGEST_WAIT)
        while True:
            try:
                await self._answer(callback)
                break
            except (RetryAfter, Unreachable, Uncertain) as error:
                log.debug("a press was not answered", error=kind_of(error))
                await pauses.after(error)
            except ChannelError as error:  # it is too old, or the person is gone
                log.debug("a press can't be answered any more", error=str(error))
                break
        del self._waiting[callback]
        if callback in self._owed:
            self._owed.discard(callback)
            self._settling.start(self._intake.store(settle, *self._address, callback))


def owe(channel: str, bot: str, callbacks: Collection[str], now: float) -> None:
    """Write presses down that are still to be answered."""
    with transaction():
        for callback in callbacks:
            run(
                "INSERT INTO owed_answers (channel, bot, callback, at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                *(channel, bot, callback, now),
            )


def settle(channel: str, bot: str, callback: str) -> None:
    """A press was answered."""
    with transaction():
        run(
            "DELETE FROM owed_answers WHERE channel = ? AND bot = ? AND callback = ?",
            *(channel, bot, callback),
        )


def owed(channel: str, bot: str, since: float) -> list[str]:
    """The presses that are still to be answered; those from before a moment are forgotten."""
    with transaction():
        run(
            "DELETE FROM owed_answers WHERE channel = ? AND bot = ? AND at < ?", channel, bot, since
        )
        found = run(
            "SELECT callback FROM owed_answers WHERE channel = ? AND bot = ? ORDER BY at",
            *(channel, bot),
        )
        return [row[0] for row in found.fetchall()]
