"""What the books keep of people who are forgotten: the cost of trainings, and numbers of a day."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping

import peewee

from core.avatars.models import ACTIVE, Avatar, AvatarPhoto, TrainingRun
from core.avatars.models.pictures import PictureRun
from core.avatars.orders.money.daily_totals import MILLION, add, sent_metric
from core.avatars.orders.order import Order
from core.avatars.orders.submissions import WATCHED, Submission
from core.avatars.privacy.retained import CostEntry
from core.base import days
from core.base.db import transaction
from core.base.processes.mode import named


def book(runs: peewee.ModelSelect[TrainingRun], zone: str) -> int:
    """Replace trainings that are over by anonymous entries, in the caller's transaction; how many.

    What their orders cost counts in the budget of the days that they were sent on, by the zone.
    """
    ended = {run.id: run for run in runs.where(_over(TrainingRun))}
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
    return _replace(TrainingRun, ended, totals, zone)


def book_pictures(runs: peewee.ModelSelect[PictureRun], zone: str) -> int:
    """The same for orders of pictures: what is left of them are totals of a day."""
    ended = {run.id: run for run in runs.where(_over(PictureRun))}
    totals: Counter[tuple[str, str]] = Counter()
    for run in ended.values():
        mode, day = named(run.test_mode), _day(run.created_at)
        totals[day, f"pictures_{run.status.value}_{mode}"] += 1
        totals[day, f"pictures_microdollars_{mode}"] += round((_usd(run) or 0.0) * MILLION)
    return _replace(PictureRun, ended, totals, zone)


def book_nameless(zone: str, limit: int = 100) -> int:
    """Book the orders whose person is gone, once they have ended; how many."""
    with transaction():
        trainings = TrainingRun.select().where(TrainingRun.user.is_null()).limit(limit)
        pictures = PictureRun.select().where(PictureRun.user.is_null()).limit(limit)
        return book(trainings, zone) + book_pictures(pictures, zone)


def _over(model: type[Order]) -> peewee.Expression:
    """Nothing more comes of an order: one that may still be made is asked after first, for what it
    made would stay at the provider, and nobody would know."""
    watched = Submission.select(Submission.run_id).where(WATCHED)
    over: peewee.Expression = model.status.not_in(ACTIVE) & model.id.not_in(watched)
    return over


def _replace(
    model: type[Order],
    ended: Mapping[uuid.UUID, Order],
    totals: Counter[tuple[str, str]],
    zone: str,
) -> int:
    """Put totals in the place of orders and their submissions."""
    if not ended:
        return 0
    for sent in Submission.select().where(Submission.run_id.in_(list(ended))):
        metric = sent_metric(ended[sent.run_id].test_mode)
        totals[days.day(zone, sent.sent_at).name, metric] += round((_usd(sent) or 0.0) * MILLION)
    add(totals)
    Submission.delete().where(Submission.run_id.in_(list(ended))).execute()
    model.delete().where(model.id.in_(list(ended))).execute()
    return len(ended)


def count(avatars: Iterable[Avatar], photos: Iterable[AvatarPhoto]) -> None:
    """Add what goes to the totals of the days it came on."""
    totals = Counter((_date(avatar), "avatars_created") for avatar in avatars if avatar.name)
    totals.update((_date(photo), f"photos_{photo.validation_status.value}") for photo in photos)
    add(totals)


def count_person(created_at: float) -> None:
    """Count somebody who is forgotten, on the day that they first came."""
    add(Counter([(_day(created_at), "people")]))


def _usd(row: Order | Submission) -> float | None:
    return row.price_usd if row.cost_usd is None else row.cost_usd


def _day(moment: float) -> str:
    return days.day("UTC", moment).name


def _date(row: Avatar | AvatarPhoto) -> str:
    return str(row.created_at.date().isoformat())
