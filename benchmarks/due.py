"""`make bench-due`: what looking for screens that wait costs beside chats that blocked the bot.

    python -m benchmarks.due                             0, 5,000 and 50,000 blocked chats on SQLite
    python -m benchmarks.due --url postgresql://…/empty  the same on an empty PostgreSQL database
    python -m benchmarks.due --before                    with the index of before migration 0008

Five times a second a courier asks this of the database. Beside the blocked chats, each with a
screen and a notice that wait, there are 20 that are due. Medians, in milliseconds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from core.base.db import connect, is_sqlite, run, transaction
from core.base.migrations import runner
from core.conversation.delivery.sending.due import due_screens, waiting_notices
from core.conversation.models import Conversation, PendingNotice, User

ADDRESS = ("telegram", "1")
LIVE = 20
LIMIT = 25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="")
    parser.add_argument("--blocked", type=int, nargs="*", default=[0, 5_000, 50_000])
    parser.add_argument("--before", action="store_true")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="likeness-") as folder:
        database = connect(given.url or f"sqlite:///{Path(folder) / 'likeness.db'}")
        runner.migrate(database)
        if given.before:
            runner.migrate(database, "8", down=True)
        there = 0
        fill(0, LIVE, blocked=False)
        for blocked in given.blocked:
            fill(LIVE + there, blocked - there, blocked=True, shelved=not given.before)
            there = blocked
            _analyse()
            print(f"{blocked:>7,} blocked chats {_milliseconds():8.2f} ms")
        database.close()


def fill(first: int, count: int, *, blocked: bool, shelved: bool = True) -> None:
    """Chats with a screen and a notice that wait; those of blocked ones are shelved, since 0008."""
    numbers = range(first, first + count)
    users = [{"id": UUID(int=n + 1), "created_at": 0} for n in numbers]
    chats = [
        {
            "user": user["id"],
            "channel": ADDRESS[0],
            "bot": ADDRESS[1],
            "chat": str(n),
            "state": "main_menu",
            "revision": 1,
            "unreachable": blocked,
            "created_at": 0,
            "active_at": 0,
        }
        for n, user in zip(numbers, users, strict=True)
    ]
    outcome = "blocked" if blocked and shelved else "pending"
    with transaction():
        for start in range(0, count, 1000):
            part = slice(start, start + 1000)
            User.insert_many(users[part]).execute()
            Conversation.insert_many(chats[part]).execute()
        query = "SELECT id FROM conversations WHERE CAST(chat AS BIGINT) >= ?"
        ids = [row[0] for row in run(query, first).fetchall()] if count else []
        for start in range(0, len(ids), 1000):
            PendingNotice.insert_many(
                {"conversation": n, "key": f"n{n}", "name": "x", "created_at": 0,
                 "outcome": outcome} for n in ids[start : start + 1000]
            ).execute()  # fmt: skip


def _analyse() -> None:
    """As a server's autovacuum does; SQLite has no statistics here, as in service."""
    with transaction():
        for table in () if is_sqlite() else ("conversations", "notices"):
            run(f"ANALYZE {table}")


def _milliseconds() -> float:
    took = []
    for _ in range(50):
        began, now = time.perf_counter(), time.time()
        due_screens(ADDRESS, now, LIMIT)
        waiting_notices(ADDRESS, now, LIMIT)
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


if __name__ == "__main__":
    main()
