"""What the books keep of people who are forgotten: the cost of trainings, and numbers of a day."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

from core.avatars.models import ACTIVE, Avatar, AvatarPhoto, TrainingRun
from core.avatars.orders.submissions import WATCHED, Submission
from core.avatars.privacy.retained import CostEntry, DailyTotal, day_of
from core.base import days
from core.base.db import run, transaction

MILLION = 1_000_000
_OVER: Any = TrainingRun.status.not_in(ACTIVE) & TrainingRun.id.not_in(
    Submission.select(Submission.run_id).where(WATCHED)
)
"""Nothing more comes of a run: one whose order may still be made is asked after first, for its
model would stay at the trainer, and nobody would know."""
_SENT = "sent_microdollars_"
_ADD = """
INSERT INTO daily_totals (day, metric, count) VALUES (?, ?, ?)
ON CONFLICT (day, metric) DO UPDATE SET count = daily_totals.count + excluded.count
"""


def book(runs: Any, zone: str) -> int:
    """Replace runs that are over by anonymous entries, in the caller's transaction; how many.

    What their orders cost counts in the budget of the days that they were sent on, by the zone.
    """
    ended = list(runs.where(_OVER))
    for ended_run in ended:
        day = day_of(ended_run.created_at)
        CostEntry.create(
            day=day,
            training_type=ended_run.training_type,
            test_mode=ended_run.test_mode,
            status=ended_run.status,
            usd=ended_run.price_usd if ended_run.cost_usd is None else ended_run.cost_usd,
        )
        mode = _mode(ended_run.test_mode)
        for sent in Submission.select().where(Submission.run_id == ended_run.id):
            usd = (sent.price_usd if sent.cost_usd is None else sent.cost_usd) or 0.0
            _add(days.day(zone, sent.sent_at).name, f"{_SENT}{mode}", round(usd * MILLION))
        _add(day, f"trainings_{ended_run.status.value}_{mode}", 1)
        Submission.delete().where(Submission.run_id == ended_run.id).execute()
        ended_run.delete_instance()
    return len(ended)


def book_nameless(zone: str, limit: int = 100) -> int:
    """Book the runs whose person is gone, once they have ended; how many."""
    with transaction():
        nameless: Any = TrainingRun.select().where(TrainingRun.user.is_null())
        return book(nameless.limit(limit), zone)


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


def sent_usd(day: str, test_mode: bool) -> float:
    """What the orders of forgotten people have cost that were sent on a day."""
    metric = f"{_SENT}{_mode(test_mode)}"
    found = DailyTotal.get_or_none(DailyTotal.day == day, DailyTotal.metric == metric)
    return 0.0 if found is None else float(found.count) / MILLION


def belonging_to(user_id: uuid.UUID) -> Any:
    """A person's runs."""
    return TrainingRun.select().where(TrainingRun.user == user_id)


def _mode(test_mode: bool) -> str:
    return "test" if test_mode else "production"


def _add(day: str, metric: str, number: int) -> None:
    run(_ADD, day, metric, number)


def _day(row: Any) -> str:
    return str(row.created_at.date().isoformat())
