"""What the books keep of people who are forgotten: the cost of trainings, and numbers of a day."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

import peewee

from core.avatars.models import ACTIVE, Avatar, AvatarPhoto, TrainingRun
from core.avatars.privacy.remains import CostEntry, day_of
from core.db import run, transaction

_ADD = """
INSERT INTO daily_totals (day, metric, count) VALUES (?, ?, ?)
ON CONFLICT (day, metric) DO UPDATE SET count = daily_totals.count + excluded.count
"""


def book(runs: Any) -> int:
    """Replace finished runs by anonymous entries, in the caller's transaction; how many."""
    ended = list(runs.where(TrainingRun.status.not_in(ACTIVE)))
    for ended_run in ended:
        day = day_of(ended_run.created_at)
        CostEntry.create(
            day=day,
            training_type=ended_run.training_type,
            test_mode=ended_run.test_mode,
            status=ended_run.status,
            usd=ended_run.price_usd if ended_run.cost_usd is None else ended_run.cost_usd,
        )
        mode = "test" if ended_run.test_mode else "production"
        _add(day, f"trainings_{ended_run.status.value}_{mode}", 1)
        ended_run.delete_instance()
    return len(ended)


def book_nameless(limit: int = 100) -> int:
    """Book the runs whose person is gone, once they have ended; how many."""
    with transaction():
        nameless: Any = TrainingRun.select().where(TrainingRun.user.is_null())
        return book(nameless.where(TrainingRun.status.not_in(ACTIVE)).limit(limit))


def count(avatars: list[Avatar]) -> None:
    """Add what goes with these avatars to the totals of the days it came on."""
    totals: Counter[tuple[str, str]] = Counter()
    for avatar in avatars:
        if avatar.name:
            totals[_day(avatar), "avatars_created"] += 1
        for photo in AvatarPhoto.select().where(AvatarPhoto.avatar == avatar.id):
            totals[_day(photo), f"photos_{photo.validation_status.value}"] += 1
    for (day, metric), number in sorted(totals.items()):
        _add(day, metric, number)


def count_person(created_at: float) -> None:
    """Count somebody who is forgotten, on the day that they first came."""
    _add(day_of(created_at), "people", 1)


def spent_usd(since_day: str, test_mode: bool) -> float:
    """What the trainings of forgotten people have cost from a day on."""
    query: Any = CostEntry.select(peewee.fn.sum(CostEntry.usd)).where(
        CostEntry.day >= since_day, CostEntry.test_mode == test_mode
    )
    return float(query.scalar() or 0.0)


def belonging_to(user_id: uuid.UUID) -> Any:
    """A person's runs."""
    return TrainingRun.select().where(TrainingRun.user == user_id)


def _add(day: str, metric: str, number: int) -> None:
    run(_ADD, day, metric, number)


def _day(row: Any) -> str:
    return str(row.created_at.date().isoformat())
