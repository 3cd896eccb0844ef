"""Asking Telegram for updates: a poll's batch is committed before the next poll confirms it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple

import structlog
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from channels.telegram.answers import Answers
from channels.telegram.api import Api
from channels.telegram.refusals import described, seconds_of
from channels.telegram.remarks import Remarks
from channels.telegram.updates import (
    Raw,
    callback_of,
    group_of,
    language_of,
    pressed_of,
    standing_of,
    to_event,
)
from channels.telegram.words import words
from core.base.db import INFRASTRUCTURE
from core.base.errors import kind_of
from core.conversation.delivery import outbox
from core.conversation.delivery.background import Background, backoff
from core.conversation.delivery.intake import FINISH_SECONDS, Intake
from core.conversation.inbox import Receipt, Received
from core.conversation.messages import Address, Update

log = structlog.get_logger()

LONGEST_WAIT = 30.0

Strip = Callable[[str, int], Coroutine[Any, Any, None]]


class Taken(NamedTuple):
    """An update as it was read: for a conversation, a press to answer, or said in a group.

    `pressed` is the message whose button it was, `standing` a chat that was blocked or let in.
    """

    id: int
    update: Update | None = None
    callback: str | None = None
    group: str | None = None
    language: str = ""
    pressed: int | None = None
    standing: tuple[Address, bool] | None = None


class Polling:
    """Takes one bot's updates; `strip` removes the buttons of a message that is no screen now."""

    def __init__(
        self, api: Api, intake: Intake, bot: str, seconds: int, remarks: Remarks, strip: Strip
    ) -> None:
        self._api, self._intake, self._bot, self._seconds = api, intake, bot, seconds
        self._remarks, self._strip = remarks, strip
        self._answers = Answers(api, intake, bot)
        self._offset: int | None = None
        self._failures = 0
        self._clearing = Background()

    async def run(self) -> None:
        """Take updates until cancelled; then what has begun comes to its end."""
        try:
            await self._answers.take_over()
            while True:
                batch = [self._read(raw) for raw in await self._poll()]
                await self._take(batch)
        finally:
            kept = self._clearing.start(self._answers.keep())
            await self._clearing.finish(FINISH_SECONDS)
            kept.cancel()
            await self._answers.stop()

    async def _take(self, batch: Sequence[Taken]) -> None:
        """Commit a batch. Telegram takes no answer after 15 s, however long storing takes."""
        for taken in batch:
            if taken.callback is not None:
                self._answers.begin(taken.callback)
        said = [(taken, taken.update) for taken in batch if taken.update is not None]
        receipts = await self._intake.receive(*(update for _, update in said))
        for (taken, update), received in zip(said, receipts, strict=True):
            if received is not None:
                self._received(taken, update, received)
        for taken in batch:
            if taken.standing is not None:
                await self._intake.note_reachable(*taken.standing)
            if taken.group is not None:
                self._remarks.tell(taken.group, words(taken.language).private_only, once=True)
            self._offset = taken.id + 1
        await self._answers.keep()  # what the next poll confirms never comes again

    async def _poll(self) -> list[dict[str, Any]]:
        try:
            batch = await self._api.updates(self._offset, self._seconds)
        except TelegramError as error:
            if not self._failures:
                log.warning(_problem(error), error=described(error.message))
            wait = backoff(self._failures, 0.5, LONGEST_WAIT)
            self._failures += 1
            await asyncio.sleep(seconds_of(error) if isinstance(error, RetryAfter) else wait)
            return []
        if self._failures:
            log.info("Telegram gives updates again")
            self._failures = 0
        return batch

    def _read(self, raw: Raw) -> Taken:
        number = int(raw["update_id"])
        try:
            update, callback, group = to_event(raw, self._bot), callback_of(raw), group_of(raw)
            language = language_of(raw) if group else ""
            pressed, standing = pressed_of(raw), standing_of(raw, self._bot)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            log.warning("an unreadable update is skipped", id=number, error=kind_of(error))
            return Taken(number)
        if not (update or callback or group or standing):
            log.debug("an update is ignored", id=number, kinds=list(raw))
        return Taken(number, update, callback, group, language, pressed, standing)

    def _received(self, taken: Taken, update: Update, received: Received) -> None:
        """What follows from a receipt: a button pressed on a message of before is cleared away."""
        chat = update.address.chat
        if received.receipt is Receipt.OVERFLOW:
            self._remarks.tell(chat, words(update.person.language).too_many)
        if taken.pressed is not None:
            work = self._clear(received.conversation_id, chat, taken.pressed)
            self._clearing.start(work)

    async def _clear(self, conversation_id: int, chat: str, message: int) -> None:
        """A message above the one that is recorded was replaced by it: its buttons are dead."""
        try:
            shown = await self._intake.call(outbox.reference, conversation_id)
        except INFRASTRUCTURE:  # the next press will do
            return
        if message < shown.get("id", 0):
            await self._strip(chat, message)


def _problem(error: TelegramError) -> str:
    if isinstance(error, Conflict):
        return "another program takes this bot's updates: stop it, or its webhook"
    if isinstance(error, InvalidToken):
        return "Telegram no longer accepts the token: LIKENESS_TELEGRAM__TOKEN"
    return "Telegram gives no updates; trying on"
