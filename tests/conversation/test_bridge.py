"""Where asyncio meets the synchronous core."""

import asyncio
import threading
import time
from typing import Any

import pytest

from core.base.db import database, transaction
from core.conversation.delivery.bridge import Bridge
from core.conversation.models import User
from tests.patience import LONG


def count_users() -> int:
    return int(User.select().count())


def test_a_function_of_the_core_is_awaited_with_its_arguments(db: Any) -> None:
    async def ask() -> int:
        bridge = Bridge()
        try:
            with transaction():
                User.create(name="Anna", created_at=0)
            return await bridge.call(count_users)
        finally:
            bridge.close()

    assert asyncio.run(ask()) == 1


def test_errors_come_through() -> None:
    async def ask() -> None:
        bridge = Bridge(1)
        try:
            await bridge.call(int, "no number")
        finally:
            bridge.close()

    with pytest.raises(ValueError, match="no number"):
        asyncio.run(ask())


def test_the_loop_goes_on_while_the_core_works() -> None:
    async def ask() -> int:
        bridge, ticks = Bridge(1), 0
        slow = asyncio.ensure_future(bridge.call(time.sleep, 0.2))
        while not slow.done():
            await asyncio.sleep(0.01)
            ticks += 1
        bridge.close()
        return ticks

    assert asyncio.run(ask()) > 1


def test_calls_run_on_as_many_threads_as_were_asked_for() -> None:
    async def ask() -> set[int]:
        bridge = Bridge(3)
        gate = threading.Barrier(3)

        def name() -> int:
            gate.wait(LONG)
            return threading.get_ident()

        names = await asyncio.gather(*[bridge.call(name) for _ in range(3)])
        bridge.close()
        return set(names)

    assert len(asyncio.run(ask())) == 3


def test_closing_waits_for_what_is_running_and_gives_every_connection_back(
    postgresql_db: Any,
) -> None:
    async def ask() -> None:
        bridge = Bridge(3)
        await asyncio.gather(*[bridge.call(slow_query) for _ in range(3)])
        late = asyncio.ensure_future(bridge.call(slow_query))
        await asyncio.sleep(0)
        bridge.close()
        await late

    asyncio.run(ask())
    deadline = time.monotonic() + LONG
    while connections() > 1 and time.monotonic() < deadline:
        time.sleep(0.01)  # the server notices a moment later
    assert connections() == 1


def slow_query() -> None:
    database.execute_sql("SELECT pg_sleep(0.05)")


def connections() -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    return int(database.execute_sql(query).fetchone()[0])
