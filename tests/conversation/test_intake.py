"""Receiving: what arrives together is committed and applied together, and each hears of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import peewee

from core.base.logs import log_ids
from core.conversation.delivery.bridge import Bridge
from core.conversation.delivery.receiving.gathering import Gathering
from core.conversation.delivery.receiving.intake import GROUPS_AT_ONCE, Intake
from core.conversation.engine import Engine
from core.conversation.groups import EVENTS, Outcome
from core.conversation.inbox import Received
from core.conversation.messages import Address, Event, Kind, Update
from core.conversation.models import InboxEvent, TransitionLog
from core.conversation.turn import Turn
from tests.feedback import Feedback, feedback_engine
from tests.patience import LONG


def update(chat: str, key: str = "") -> Update:
    event = Event(Kind.PHOTO, file={"key": key or chat})
    return Update(key or chat, Address("test", "bot", chat), event)


async def patiently(holds: Callable[[], bool]) -> None:
    for _ in range(int(LONG * 100)):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it took too long")


class Noted:
    """An engine whose groups are noted."""

    def __init__(self, callbacks: object = None) -> None:
        self.engine = feedback_engine(callbacks)
        self.groups: list[list[int]] = []
        self.named: list[object] = []
        self._work_off = self.engine.work_off
        self.engine.work_off = self.work_off  # type: ignore[assignment]
        self.engine.timer = lambda: 0.0  # however slow this machine is

    def work_off(self, chats: Sequence[int], *more: Any) -> Outcome:
        self.groups.append([*chats])
        self.named.append(log_ids.known())
        return self._work_off(chats, *more)


def taken(noted: Noted, work: Callable[[Intake], Awaitable[object]]) -> tuple[list[str], list[int]]:
    """Who got an apology, and how many events were applied each time that a channel was told."""
    apologies: list[str] = []
    told: list[int] = []

    def changed() -> None:
        told.append(InboxEvent.select().where(InboxEvent.handled_at.is_null(False)).count())

    async def run() -> None:
        bridge = Bridge()
        intake = Intake(noted.engine, bridge, changed, lambda said: apologies.append(said.key))
        try:
            await work(intake)
            await intake.finish()
        finally:
            intake.close()
            bridge.close()

    asyncio.run(run())
    return apologies, told


def test_what_came_together_is_applied_in_groups_and_told_of_once_it_is_committed(db: Any) -> None:
    noted, people = Noted(), 2 * EVENTS

    async def work(intake: Intake) -> None:
        await intake.receive(*(update(f"person {n}") for n in range(people)))
        await patiently(lambda: TransitionLog.select().count() == people)

    _, told = taken(noted, work)
    assert len(noted.groups) <= 2 + GROUPS_AT_ONCE
    assert max(len(group) for group in noted.groups) == EVENTS
    assert told[-1] == people


def test_what_comes_while_its_conversation_is_worked_on_is_applied_after_that(db: Any) -> None:
    held, going = threading.Event(), threading.Event()

    class Slow(Feedback):
        def attach(self, turn: Turn) -> None:
            super().attach(turn)
            if not going.is_set():
                going.set()
                assert held.wait(LONG)

    noted = Noted(Slow())

    async def work(intake: Intake) -> None:
        await intake.receive(update("anna", "first"))
        await patiently(going.is_set)
        again = asyncio.ensure_future(intake.receive(update("anna", "second")))
        await asyncio.sleep(0.05)
        held.set()
        await again
        await patiently(lambda: TransitionLog.select().count() == 2)

    taken(noted, work)
    assert [entry.revision for entry in TransitionLog.select()] == [1, 2]


def test_who_is_in_trouble_gets_an_apology_and_no_one_else(db: Any) -> None:
    class Troubled(Feedback):
        def attach(self, turn: Turn) -> None:
            super().attach(turn)
            if turn.event.file == {"key": "boris"}:
                raise peewee.OperationalError("out of memory")

    noted = Noted(Troubled())

    async def work(intake: Intake) -> None:
        await intake.receive(*map(update, ("anna", "boris", "clara")))
        await patiently(lambda: TransitionLog.select().count() == 2)

    apologies, _ = taken(noted, work)
    assert apologies == ["boris"]
    assert InboxEvent.select().where(InboxEvent.attempts > 0).count() == 0


def test_a_group_is_about_no_single_request(db: Any) -> None:
    noted = Noted()

    async def work(intake: Intake) -> None:
        log_ids.add(request="r-1")
        await intake.receive(update("anna"))
        await patiently(lambda: TransitionLog.select().count() == 1)

    taken(noted, work)
    assert noted.named == [{}], "neither the batch's nor anybody's"


# Deliveries that come one by one


class Deliveries:
    """Deliveries to an inbox that is held up until `go`."""

    def __init__(self, engine: Engine, error: Exception | None = None) -> None:
        self._engine, self._error = engine, error
        self.together: list[list[str]] = []
        self.go = threading.Event()

    def receive(self, *updates: Update) -> list[Received]:
        self.together.append([one.key for one in updates])
        assert self.go.wait(LONG)
        if self._error is not None and "bad" in self.together[-1]:
            raise self._error
        return self._engine.receive(*updates)

    def all(self, *keys: str) -> list[Any]:
        """Deliver these at once, the first a moment earlier; what each of them got."""
        return asyncio.run(self._all(keys))

    async def _all(self, keys: Sequence[str]) -> list[Any]:
        bridge = Bridge(1)
        gathering = Gathering(self.receive, bridge, 1)
        try:
            coming = [asyncio.ensure_future(gathering.commit([update(key)])) for key in keys]
            await patiently(lambda: bool(self.together))
            self.go.set()
            return await asyncio.gather(*coming, return_exceptions=True)
        finally:
            bridge.close()


def test_deliveries_gather_while_others_are_committed(db: Any) -> None:
    deliveries = Deliveries(feedback_engine())
    keys = [f"person {n}" for n in range(EVENTS + 5)]
    receipts = deliveries.all(*keys)
    assert deliveries.together == [keys[:EVENTS], keys[EVENTS:]]
    chats = {received.conversation_id for [received] in receipts}
    assert len(chats) == InboxEvent.select().count() == EVENTS + 5


def test_a_delivery_that_can_not_be_stored_spoils_no_other(db: Any) -> None:
    deliveries = Deliveries(feedback_engine(), ValueError("no text"))
    first, bad, last = deliveries.all("anna", "bad", "clara")
    assert isinstance(bad, ValueError)
    assert [len(received) for received in (first, last)] == [1, 1]
    assert {event.update_id for event in InboxEvent.select()} == {"anna", "clara"}


def test_trouble_of_the_database_is_told_to_all_that_must_come_again(db: Any) -> None:
    deliveries = Deliveries(feedback_engine(), peewee.OperationalError("read-only"))
    answers = deliveries.all("anna", "bad", "clara")
    assert [type(answer) for answer in answers] == [peewee.OperationalError] * 3
    assert len(deliveries.together) == 1
    assert InboxEvent.select().count() == 0
