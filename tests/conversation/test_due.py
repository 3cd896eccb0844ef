"""What looking for due screens costs doesn't depend on the chats that blocked the bot."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.due import ADDRESS, LIVE, fill
from core.base.db import run, transaction
from core.base.migrations import runner
from core.conversation.delivery.sending import due, outbox, shares
from core.conversation.messages import Address
from core.conversation.models import Conversation, PendingNotice
from core.conversation.turn import post_notice

BLOCKED = 2_000
FEW = 3 * LIVE
"""Rows that may be visited, whoever blocked the bot."""


def test_sqlite_visits_as_much_with_many_blocked_chats_as_with_none(sqlite_db: Any) -> None:
    fill(0, LIVE, blocked=False)
    before = steps(sqlite_db)
    fill(LIVE, BLOCKED, blocked=True)
    assert steps(sqlite_db) <= 1.5 * before


def steps(database: Any) -> int:
    """Instructions of SQLite's machine that both questions take."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    connection = database.connection()
    connection.set_progress_handler(step, 1)
    assert len(due.due_screens(ADDRESS, 4e9, 100)) == LIVE
    assert len(due.waiting_notices(ADDRESS, 4e9, 100)) == LIVE
    connection.set_progress_handler(None, 1)
    return taken


@pytest.mark.parametrize("ours", [range(shares.SHARES), range(0, shares.SHARES, 2)])
@pytest.mark.parametrize(("query", "column", "parameters"), [
    (due._SCREENS, "id", (*ADDRESS, 4e9, 4e9, 100)), (due._NOTICES, "c.id", (*ADDRESS, 4e9, 100)),
])  # fmt: skip
def test_postgresql_visits_only_what_is_due(
    postgresql_db: Any, query: str, column: str, parameters: tuple[Any, ...], ours: range
) -> None:
    query = query.format(ours=f" AND {shares.among(ours, column)}")
    fill(0, LIVE, blocked=False)
    fill(LIVE, BLOCKED, blocked=True)
    with transaction():
        for table in ("conversations", "notices"):
            run(f"ANALYZE {table}")
    [[plan]] = run(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", *parameters).fetchall()
    plan = plan if isinstance(plan, list) else json.loads(plan)
    assert visited(plan[0]["Plan"]) <= FEW * 3


def visited(node: Any) -> float:
    """The rows that the leaves of a plan have read, those that were thrown away included."""
    below = node.get("Plans", [])
    if below:
        return sum(visited(part) for part in below)
    each = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return float(each * node["Actual Loops"])


def outcomes() -> list[str]:
    return [notice.outcome for notice in PendingNotice.select().order_by(PendingNotice.id)]


@pytest.mark.parametrize("told", ["by a try", "by the channel"])
def test_notices_of_a_chat_that_blocks_the_bot_wait_where_nobody_looks(db: Any, told: str) -> None:
    fill(0, 2, blocked=False)
    anna = Conversation.select().order_by(Conversation.id).get()
    address = Address(*ADDRESS, anna.chat)
    if told == "by a try":
        outbox.unreachable(anna.id, 4e9)
    else:
        outbox.reachable(address, False, 0)
    post_notice(anna.id, "since", "x", {}, 0)
    assert outcomes() == ["blocked", "pending", "blocked"]
    assert [chat for _, chat, _ in due.waiting_notices(ADDRESS, 4e9, 100)] != [anna.id]
    outbox.reachable(address, True, 0)
    assert outcomes() == ["pending"] * 3


def test_a_try_that_is_not_believed_leaves_the_notices_alone(db: Any) -> None:
    fill(0, 1, blocked=False)
    anna = Conversation.get()
    Conversation.update(reached_at=5.0).execute()
    outbox.unreachable(anna.id, 4.0)
    assert outcomes() == ["pending"]


def test_notices_that_waited_for_blocked_chats_before_are_shelved_by_the_migration(
    db: Any,
) -> None:
    runner.migrate(db, "8", down=True)
    fill(0, 1, blocked=False)
    fill(1, 2, blocked=True, shelved=False)
    assert runner.migrate(db)[0] == "0008_reachable"
    assert outcomes() == ["pending", "blocked", "blocked"]
