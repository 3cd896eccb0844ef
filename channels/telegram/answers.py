"""Answering presses: each stops showing that it waits, though this process be killed over it.

Telegram repeats an update until it is confirmed, and the process that gets it again can answer it.
So before a press is confirmed it is answered, or it stands in a row: the process that serves the
bot next answers it then. Answering comes before all else, for Telegram takes no answer after 15 s.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection

import structlog
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from channels.telegram.api import Api
from channels.telegram.refusals import described, seconds_of
from channels.telegram.updates import NAME
from core.base.db import INFRASTRUCTURE, run, transaction
from core.base.errors import kind_of
from core.conversation.delivery.background import backoff
from core.conversation.delivery.intake import Intake

log = structlog.get_logger()

ANSWER_SECONDS = 2.0
"""How long confirming waits for answers that are under way; after that they are written down."""
LONGEST_WAIT = 30.0
TRIES = 3
FORGOTTEN_AFTER = 3600.0
"""Seconds after which no client waits for an answer any more, and Telegram takes none."""


class Answers:
    """The presses of one bot that are still to be answered; `intake` keeps calls in order."""

    def __init__(self, api: Api, intake: Intake, bot: str) -> None:
        self._api, self._intake, self._bot = api, intake, bot
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._owed: set[str] = set()

    def begin(self, callback: str) -> None:
        """Answer a press beside everything else."""
        if callback not in self._waiting:
            self._waiting[callback] = asyncio.create_task(self._until_answered(callback))

    async def keep(self) -> None:
        """Return when every press that was begun is answered, or would survive a kill."""
        await self._pause()
        while new := self._waiting.keys() - self._owed:
            self._owed |= new  # whatever is answered meanwhile is struck out after it
            try:
                await self._intake.call(owe, self._bot, sorted(new), time.time())
            except INFRASTRUCTURE as error:
                self._owed -= new
                log.error("presses can't be written down", error=kind_of(error))
                await self._pause()

    async def _pause(self) -> None:
        """Give what is not written down a moment to be answered; what is holds nobody up."""
        if new := [task for name, task in self._waiting.items() if name not in self._owed]:
            await asyncio.wait(new, timeout=ANSWER_SECONDS)

    async def take_over(self) -> None:
        """Answer what a process that served this bot before has left unanswered."""
        while True:
            try:
                left = await self._intake.call(owed, self._bot, time.time() - FORGOTTEN_AFTER)
                break
            except INFRASTRUCTURE as error:
                log.error("can't read which presses wait", error=kind_of(error))
                await asyncio.sleep(ANSWER_SECONDS)
        self._owed.update(left)
        for callback in left:
            self.begin(callback)

    async def stop(self) -> None:
        """Leave the rest to the next process: it is written down, or Telegram brings it again."""
        left = list(self._waiting.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _until_answered(self, callback: str) -> None:
        failures = 0
        while not await self._answered(callback):
            failures += 1
            if failures >= TRIES:
                await asyncio.sleep(backoff(failures - TRIES, 1.0, LONGEST_WAIT))
        while callback in self._owed:
            try:
                await self._intake.call(settle, self._bot, callback)
                self._owed.discard(callback)
            except INFRASTRUCTURE as error:
                log.error("can't note that a press was answered", error=kind_of(error))
                await asyncio.sleep(ANSWER_SECONDS)
        self._waiting.pop(callback, None)

    async def _answered(self, callback: str) -> bool:
        """Stop the waiting sign on a pressed button; what came of the press is on the screen."""
        try:
            await self._api.answer_callback_query(callback)
        except RetryAfter as error:
            await asyncio.sleep(seconds_of(error))
            return False
        except (BadRequest, Forbidden) as error:  # it is too old, or the person is gone
            log.debug("a press can't be answered any more", error=described(error.message))
        except TelegramError as error:
            log.debug("a press was not answered", error=described(error.message))
            return False
        return True


def owe(bot: str, callbacks: Collection[str], now: float) -> None:
    """Write presses down that are still to be answered."""
    with transaction():
        for callback in callbacks:
            run(
                "INSERT INTO owed_answers (channel, bot, callback, at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                *(NAME, bot, callback, now),
            )


def settle(bot: str, callback: str) -> None:
    """A press was answered."""
    with transaction():
        run(
            "DELETE FROM owed_answers WHERE channel = ? AND bot = ? AND callback = ?",
            *(NAME, bot, callback),
        )


def owed(bot: str, since: float) -> list[str]:
    """The presses that are still to be answered; those from before a moment are forgotten."""
    with transaction():
        run("DELETE FROM owed_answers WHERE channel = ? AND bot = ? AND at < ?", NAME, bot, since)
        found = run(
            "SELECT callback FROM owed_answers WHERE channel = ? AND bot = ? ORDER BY at",
            *(NAME, bot),
        )
        return [row[0] for row in found.fetchall()]
