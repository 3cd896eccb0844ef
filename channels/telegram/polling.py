"""Taking updates in: committed to the inbox first, told to Telegram as received after that.

What has been committed is applied beside it, each conversation on its own; whatever a killed
process left unapplied is found by `sweep`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple

import structlog
from telegram.error import ChatMigrated, Conflict, InvalidToken, RetryAfter, TelegramError

from channels.telegram.answers import Answers
from channels.telegram.api import Api
from channels.telegram.refusals import described, seconds_of
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
from core.conversation import inbox
from core.conversation.delivery import outbox
from core.conversation.delivery.bridge import Bridge
from core.conversation.engine import AT_A_TIME, Engine
from core.conversation.inbox import Receipt
from core.conversation.messages import Address, Update

log = structlog.get_logger()

FINISH_SECONDS = 10.0
SWEEP_SECONDS = 1.0
TELL_SECONDS = 60.0
LONGEST_WAIT = 30.0
STORE_SECONDS = 5.0
TRIES = 3


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
    """Asks Telegram for updates; `applied` is called whenever screens may have changed.

    `strip` takes the buttons of a message away that no longer shows the screen.
    """

    def __init__(
        self,
        api: Api,
        engine: Engine,
        bridge: Bridge,
        bot: str,
        applied: Callable[[], None],
        poll_seconds: int,
        strip: Strip,
    ) -> None:
        self._api, self._engine, self._bridge = api, engine, bridge
        self._bot = bot
        self._applied = applied
        self._seconds = poll_seconds
        self._strip = strip
        self._intake = Bridge(threads=1)  # so that nothing that arrives waits behind turns
        self._answers = Answers(api, self._intake, bot)
        self._offset: int | None = None
        self._failures = 0
        self._draining: set[int] = set()
        self._again: set[int] = set()
        self._told: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Take updates until cancelled."""
        await self._answers.take_over()
        while True:
            batch = [self._read(raw) for raw in await self._poll()]
            for taken in batch:  # Telegram takes no answer after 15 s, however long storing takes
                if taken.callback is not None:
                    self._answers.begin(taken.callback)
            for taken in batch:
                if taken.update is not None:
                    await self._receive(taken, taken.update, batch)
                if taken.standing is not None:
                    await self._note(*taken.standing)
                if taken.group is not None:
                    text = words(taken.language).private_only
                    self._tell(taken.group, text, once=True)
                self._offset = taken.id + 1
            await self._answers.keep()  # what the next poll confirms never comes again

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
        """Let what has begun come to its end."""
        kept = self._spawn(self._answers.keep())
        await asyncio.wait(set(self._tasks), timeout=FINISH_SECONDS)
        kept.cancel()
        await self._answers.stop()
        self._intake.close()

    async def _poll(self) -> list[dict[str, Any]]:
        try:
            batch = await self._api.updates(self._offset, self._seconds)
        except TelegramError as error:
            if not self._failures:
                log.warning(_problem(error), error=described(error.message))
            wait = min(LONGEST_WAIT, 2.0 ** min(self._failures, 9) / 2)
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

    async def _receive(self, taken: Taken, update: Update, batch: Sequence[Taken]) -> None:
        """Commit an update; a button that was pressed on a message of before is cleared away."""
        said = [waiting.update for waiting in batch if waiting.update is not None]
        received = await self._stored(update.key, said, self._engine.receive, update)
        if received is None:
            return
        [received] = received
        if received.receipt is Receipt.OVERFLOW:
            self._tell(update.address.chat, words(update.person.language).too_many)
        self._apply(received.conversation_id, update)
        if taken.pressed is not None:
            self._spawn(self._clear(received.conversation_id, update.address.chat, taken.pressed))

    async def _note(self, address: Address, there: bool) -> None:
        """Commit that a person blocked the bot, or let it in again: then what waits is shown."""
        await self._stored(address.bot, (), outbox.reachable, address, there, time.time())
        self._applied()

    async def _stored(
        self, key: str, said: Sequence[Update], work: Callable[..., Any], *args: Any
    ) -> Any:
        """Commit something, however long that takes: nothing later may pass it.

        None where it can't be stored at all.
        """
        failures = 0
        while True:
            try:
                return await self._intake.call(work, *args)
            except INFRASTRUCTURE as error:
                if not failures:
                    log.error("can't store updates: Telegram keeps them", error=kind_of(error))
                    for update in said:
                        self._apologise(update)
            except Exception:
                log.exception("can't store an update", id=key)
                if failures + 1 == TRIES:
                    return None
            await asyncio.sleep(min(STORE_SECONDS, 2.0 ** min(failures, 9) / 4))
            failures += 1

    async def _clear(self, conversation_id: int, chat: str, message: int) -> None:
        """A message above the one that is recorded was replaced by it: its buttons are dead."""
        try:
            shown = await self._bridge.call(outbox.reference, conversation_id)
        except INFRASTRUCTURE:  # the next press will do
            return
        if message < shown.get("id", 0):
            await self._strip(chat, message)

    def _apply(self, conversation_id: int, update: Update | None = None) -> None:
        """Have a conversation's events applied, beside those of all others."""
        if conversation_id in self._draining:
            self._again.add(conversation_id)
        else:
            self._draining.add(conversation_id)
            self._spawn(self._drain(conversation_id, update))

    async def _drain(self, conversation_id: int, update: Update | None) -> None:
        try:
            self._again.add(conversation_id)
            while conversation_id in self._again:
                self._again.discard(conversation_id)
                applied = await self._bridge.call(self._engine.drain, conversation_id, AT_A_TIME)
                if applied:
                    self._applied()
                if applied == AT_A_TIME:  # others have their turn before the rest
                    self._again.add(conversation_id)
        except INFRASTRUCTURE as error:
            log.error("can't apply events now", conversation=conversation_id, error=kind_of(error))
            if update is not None:
                self._apologise(update)
        except Exception:
            log.exception("can't apply events", conversation=conversation_id)
        finally:
            self._again.discard(conversation_id)
            self._draining.discard(conversation_id)

    def _apologise(self, update: Update) -> None:
        self._tell(update.address.chat, words(update.person.language).our_fault)

    def _tell(self, chat: str, text: str, *, once: bool = False) -> None:
        """Say something beside all screens, and don't repeat it at once; nothing depends on it."""
        now = time.monotonic()
        self._told = {told: until for told, until in self._told.items() if until > now}
        if chat not in self._told:
            self._told[chat] = float("inf") if once else now + TELL_SECONDS
            self._spawn(self._send(chat, text))

    async def _send(self, chat: str, text: str) -> None:
        try:
            await self._api.send_message(chat, text)
        except ChatMigrated as error:  # the group has become a larger one, with another number
            self._told[str(error.new_chat_id)] = float("inf")
            await self._send(str(error.new_chat_id), text)
        except TelegramError as error:
            log.debug("a remark was not sent", error=described(error.message))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _problem(error: TelegramError) -> str:
    if isinstance(error, Conflict):
        return "another program takes this bot's updates: stop it, or its webhook"
    if isinstance(error, InvalidToken):
        return "Telegram no longer accepts the token: LIKENESS_TELEGRAM__TOKEN"
    return "Telegram gives no updates; trying on"
