"""A believable history, made up: for tests, benchmarks, screenshots and a first look.

The same seed makes the same rows. No worker asks after its trainings.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from core.base.db import database, forget_deleted, run
from core.operation.demo.life import Person
from core.operation.demo.rows import Batch, after_explicit_ids

DAY = 86_400.0
BATCH = 2000

__all__ = ["Story", "empty", "fill"]


@dataclass
class Story:
    """What the history is like: how long, until when, how much of it is simulated or fails."""

    now: float
    days: float = 90
    seed: int = 7
    test_share: float = 0.5
    refused_share: float = 0.12
    error_share: float = 0.01
    lately: float = 0.005
    """The share of people who came in the last hour, so that something runs."""

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def new_id(self) -> str:
        """An identifier, as a column keeps it."""
        return f"{self.dice.getrandbits(128):032x}"

    def some_moment(self) -> float:
        """More of them of late, and by day."""
        if self.dice.random() < self.lately:
            return self.now - self.dice.uniform(600, 2400)
        ago = self.days * DAY * (1 - math.sqrt(self.dice.random()))
        night = self.dice.random() < 0.7 and (self.now - ago) % DAY < DAY / 4
        return self.now - ago + (DAY / 4 if night and ago > DAY / 2 else 0)


def fill(conversations: int, story: Story) -> None:
    """Add so many made-up conversations to the database, with all that belongs to them."""
    first = int(run("SELECT coalesce(max(id), 0) FROM conversations").fetchone()[0]) + 1
    story.dice = random.Random(f"{story.seed}:{first}")  # those who are added are others
    story.lately = max(story.lately, min(0.2, 20 / conversations))
    batch = Batch()
    for number in range(first, first + conversations):
        Person(story, number).live(batch)
        if (number - first) % BATCH == BATCH - 1:
            batch.insert()
            batch = Batch()
    batch.insert()
    after_explicit_ids("conversations")
    database.execute_sql("ANALYZE")
    forget_deleted()  # an SQLite file is then in order, as each erasure leaves it


def empty() -> bool:
    """Whether the database knows nobody yet."""
    return run("SELECT 1 FROM users LIMIT 1").fetchone() is None
