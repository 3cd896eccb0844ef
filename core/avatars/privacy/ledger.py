"""What the books keep of people who are forgotten: the cost of trainings, and numbers of a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import peewee

from core.avatars.models import ACTIVE, Avatar, AvatarPhoto, TrainingRun
from core.avatars.orders.money.daily_totals import MILLION, add, sent_metric
from core.avatars.orders.submissions import WATCHED, Submission
from core.avatars.privacy.retained import CostEntry
from core.base import days
from core.base.db import transaction
from core.base.mode import named

_OVER = TrainingRun.status.not_in(ACTIVE) & TrainingRun.id.not_in(
    Submission.select(Submission.run_id).where(WATCHED)
)
"""Nothing more comes of a run: one whose order may still be made is asked after first, for its
model would stay at the trainer, and nobody would know."""


def book(runs: peewee.ModelSelect[TrainingRun], zone: str) -> int:
    """Replace runs that are over by anonymous entries, in the caller's transaction; how many.

    What their orders cost counts in the budget of the days that they were sent on, by the zone.
    """
    ended = {run.id: run for run in runs.where(_OVER)}
    if not ended:
        return 0
    entry = CostEntry
    columns = [entry.day, entry.training_type, entry.test_mode, entry.status, entry.usd]
    entries = [
        (_day(run.created_at), run.training_type, run.test_mode, run.status, _usd(run))
        for run in ended.values()
    ]
    entry.insert_many(entries, columns).execute()
    totals = Counter(
        (_day(run.created_at), f"trainings_{run.status.value}_{named(run.test_mode)}")
        for run in ended.values()
    )
    for sent in Submission.select().where(Submission.run_id.in_(list(ended))):
        metric = sent_metric(ended[sent.run_id].test_mode)
        totals[days.day(zone, sent.sent_at).name, metric] += round((_usd(sent) or 0.0) * MILLION)
    add(totals)
    Submission.delete().where(Submission.run_id.in_(list(ended))).execute()
    TrainingRun.delete().where(TrainingRun.id.in_(list(ended))).execute()
    return len(ended)


def book_nameless(zone: str, limit: int = 100) -> int:
    """Book the runs whose person is gone, once they have ended; how many."""
    with transaction():
        nameless = TrainingRun.select().where(TrainingRun.user.is_null())
        return book(nameless.limit(limit), zone)


def count(avatars: Iterable[Avatar], photos: Iterable[AvatarPhoto]) -> None:
    """Add what goes to the totals of the days it came on."""
    totals = Counter((_date(avatar), "avatars_created") for avatar in avatars if avatar.name)
    totals.update((_date(photo), f"photos_{photo.validation_status.value}") for photo in photos)
    add(totals)


def count_person(created_at: float) -> None:
    """Count somebody who is forgotten, on the day that they first came."""
    add(Counter([(_day(created_at), "people")]))


def _usd(row: TrainingRun | Submission) -> float | None:
    return row.price_usd if row.cost_usd is None else row.cost_usd


def _day(moment: float) -> str:
    return days.day("UTC", moment).name


def _date(row: Avatar | AvatarPhoto) -> str:
    return str(row.created_at.date().isoformat())
