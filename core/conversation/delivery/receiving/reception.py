"""Taking what a messenger brings: committed, answered, and only then forgotten by the messenger.

One process asks a messenger for updates (`Reception`); any number take what one delivers over HTTP
(`Receiver`), beside those that send. A sender sees what is to be shown in the database, and applies
what a killed receiver has left.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

import structlog

from core.base.db import INFRASTRUCTURE
from core.base.errors import ChannelError
from core.conversation.delivery.bridge import Background, Bridge
from core.conversation.delivery.receiving.answers import Answers
from core.conversation.delivery.receiving.intake import FINISH_SECONDS, Intake
from core.conversation.delivery.screens import Show
from core.conversation.delivery.sending import outbox
from core.conversation.engine import Engine
from core.conversation.inbox import Receipt, Received
from core.conversation.messages import Address, Update

log = structlog.get_logger()

TELL_SECONDS = 60.0
"""A chat is told one remark in so many seconds."""
REMEMBERED = 1000
"""Of so many updates it is known that somebody was told: they may be brought again."""


class Incoming(NamedTuple):
    """One thing that a messenger brought, as its channel reads it.

    `callback` is the name by which a press is answered, `pressed` the number of the message whose
    button it was, `standing` a chat that has blocked the bot (False) or let it in again (True).
    `remark` is a chat, and what it is told once and never again.
    """

    update: Update | None = None
    callback: str | None = None
    pressed: int | None = None
    standing: tuple[Address, bool] | None = None
    remark: tuple[str, str] | None = None


class Apologies(Protocol):
    """One language's: a message is kept and takes longer; a queue is full."""

    @property
    def our_fault(self) -> str: ...

    @property
    def too_many(self) -> str: ...


class Messenger(Protocol):
    """One bot of a channel that pushes: what its author brings, and `Service` runs."""

    @property
    def screens(self) -> Show:
        """What shows screens and notices."""
        ...

    def words(self, language: str) -> Apologies:
        """What is said in a language (BCP 47) where no screen can."""
        ...

    async def connect(self) -> str:
        """Reach the messenger; returns the bot's identifier.

        Raises ChannelError where that must be tried again, ConfigurationError where the messenger
        refuses the bot.
        """
        ...

    async def introduce(self) -> None:
        """Tell the messenger what the bot can do; whatever fails stays as it was."""
        ...

    async def listen(self, reception: Reception) -> None:
        """Hand over what arrives until cancelled.

        What `reception` has not taken the messenger must bring again. Where it delivers to a
        `Receiver` instead, this waits for the end of that.
        """
        ...

    async def answer(self, callback: str) -> None:
        """Stop the waiting sign on a pressed button; raises ChannelError."""
        ...

    async def say(self, chat: str, text: str) -> str:
        """Send a plain text; returns the chat that has it. Raises ChannelError."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class Remarks:
    """What a bot says beside all screens: to each chat one thing at a time."""

    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger
        self._told: dict[str, float] = {}
        self._apologised: deque[str] = deque(maxlen=REMEMBERED)
        self._sending = Background()

    def tell(self, chat: str, text: str, *, once: bool = False) -> None:
        """Say something, and nothing more for a while, or with `once` ever again."""
        now = time.monotonic()
        self._told = {told: until for told, until in self._told.items() if until > now}
        if chat not in self._told:
            self._told[chat] = float("inf") if once else now + TELL_SECONDS
            self._sending.start(self._send(chat, text))

    def apologise(self, update: Update) -> None:
        """Tell the sender of an update, once, that it is kept and takes longer."""
        if update.key in self._apologised:
            return
        self._apologised.append(update.key)
        said = self._messenger.words(update.person.language).our_fault
        self.tell(update.address.chat, said)

    async def finish(self) -> None:
        """Wait for what is being sent."""
        await self._sending.finish(5.0)

    async def _send(self, chat: str, text: str) -> None:
        try:
            where = await self._messenger.say(chat, text)
            self._told[where] = self._told.get(chat, 0.0)  # a chat may have got another number
        except ChannelError as error:
            log.debug("a remark was not sent", error=str(error))


class Reception:
    """Takes what arrives for one bot."""

    def __init__(
        self, messenger: Messenger, intake: Intake, remarks: Remarks, address: tuple[str, str]
    ) -> None:
        self._messenger, self._intake, self._remarks = messenger, intake, remarks
        self._answers = Answers(messenger.answer, intake, address)
        self._clearing = Background()

    async def listen(self) -> None:
        """Take what a process before this one has left, and then what comes, until cancelled."""
        await self._answers.take_over()
        await self._messenger.listen(self)

    async def take(self, batch: Sequence[Incoming]) -> None:
        """Commit what arrived together, however long that takes, and see to what belongs to it.

        The messenger may forget it when this returns. Presses are answered beside that.
        """
        self._answer(batch)
        await self._commit(batch)
        await self._answers.keep()

    async def take_delivery(self, one: Incoming) -> None:
        """Commit what was delivered by itself; the messenger has a press answered in the reply.

        Raises INFRASTRUCTURE errors: then nothing is committed, and the messenger must bring it
        again. A press is answered meanwhile.
        """
        try:
            await self._commit([one])
        except INFRASTRUCTURE:
            self._answer([one])
            raise

    async def finish(self) -> None:
        """Let what has begun come to its end."""
        kept = self._clearing.start(self._kept())
        await self._clearing.finish(FINISH_SECONDS)
        kept.cancel()
        await self._answers.stop()

    def _answer(self, batch: Sequence[Incoming]) -> None:
        for one in batch:
            if one.callback is not None:
                self._answers.begin(one.callback)

    async def _kept(self) -> None:
        with suppress(*INFRASTRUCTURE):
            await self._answers.keep()

    async def _commit(self, batch: Sequence[Incoming]) -> None:
        said = [(one, one.update) for one in batch if one.update is not None]
        receipts = await self._intake.receive(*(update for _, update in said))
        for (one, update), received in zip(said, receipts, strict=True):
            if received is not None:
                self._received(one, update, received)
        for one in batch:
            if one.standing is not None:
                await self._intake.note_reachable(*one.standing)
            if one.remark is not None:
                self._remarks.tell(*one.remark, once=True)

    def _received(self, one: Incoming, update: Update, received: Received) -> None:
        """What follows from a receipt: a button pressed on a message of before is cleared away."""
        chat = update.address.chat
        if received.receipt is Receipt.OVERFLOW:
            self._remarks.tell(chat, self._messenger.words(update.person.language).too_many)
        if one.pressed is not None:
            self._clearing.start(self._clear(received.conversation_id, chat, one.pressed))

    async def _clear(self, conversation_id: int, chat: str, message: int) -> None:
        """A message above the one that is recorded was replaced by it: its buttons are dead."""
        try:
            shown = await self._intake.store(outbox.reference, conversation_id)
        except INFRASTRUCTURE:  # the next screen takes them away
            return
        if message < shown.get("id", 0):
            await self._messenger.screens.strip(chat, message)


class Receiver:
    """Takes the deliveries for one bot, `address` being its channel and identifier.

    Turns run on `bridge`. Made for one event loop; close it at the end.
    """

    def __init__(
        self, messenger: Messenger, engine: Engine, bridge: Bridge, address: tuple[str, str]
    ) -> None:
        self._remarks = Remarks(messenger)
        self._intake = Intake(engine, bridge, _nothing, self._remarks.apologise, brought_again=True)
        self._reception = Reception(messenger, self._intake, self._remarks, address)

    async def take(self, one: Incoming) -> None:
        """Commit a delivery, upon which the messenger may forget it.

        Raises INFRASTRUCTURE errors: then it must be brought again.
        """
        await self._reception.take_delivery(one)

    async def close(self) -> None:
        """Let what has begun come to its end, and give the connections back."""
        await self._reception.finish()
        await self._intake.finish()
        self._intake.close()
        await self._remarks.finish()


def _nothing() -> None:
    """The process that sends looks for changed screens by itself."""
