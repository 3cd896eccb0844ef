"""What stops pictures from being ordered: for everybody, for a person, for today."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import peewee

from core.avatars import access
from core.avatars.models.pictures import PictureRun, Purpose
from core.avatars.orders.kind import Policy
from core.avatars.orders.order import HOLDING
from core.avatars.person import Known
from core.base.settings import Settings

FETCHES = 5
"""Somebody looks on: a result that is not there for a minute or two will not come."""


@dataclass(frozen=True, slots=True)
class Today:
    """A person's pictures of a day that count, and the order of theirs that is under way."""

    counted: int
    under_way: uuid.UUID | None


def policy(settings: Settings) -> Policy:
    """What the settings allow; the budget is that of every kind of order."""
    pictures = settings.pictures
    return Policy(
        enabled=pictures.enabled,
        daily_budget_usd=settings.training.daily_budget_usd,
        attempts=pictures.attempts,
        fetches=FETCHES,
        breaker_failures=pictures.breaker_failures,
        breaker_seconds=pictures.breaker_minutes * 60,
        watch_seconds=pictures.watch_hours * 3600,
        tick_seconds=settings.conversation.tick_seconds,
        zone=settings.zone,
    )


def today(user_id: uuid.UUID, since: float) -> Today:
    """Since the moment at which the day began."""
    mine = PictureRun.user == user_id
    counted = PictureRun.select(peewee.fn.sum(PictureRun.counted))
    count = counted.where(mine, PictureRun.created_at >= since).scalar()
    return Today(int(count or 0), under_way(user_id))


def under_way(user_id: uuid.UUID) -> uuid.UUID | None:
    """The order of a person's that is under way, which they asked for; there is one at most."""
    holding = PictureRun.status.in_(HOLDING)
    mine = (PictureRun.user == user_id, PictureRun.purpose == Purpose.ASKED)
    found: uuid.UUID | None = PictureRun.select(PictureRun.id).where(*mine, holding).scalar()
    return found


def settle(run: PictureRun, counted: int, **columns: object) -> None:
    """Note what an order that is over counts in its person's day: what they have had of it."""
    changes = {"counted": min(run.counted, counted), **columns}
    PictureRun.update(changes).where(PictureRun.id == run.id).execute()


def obstacle(
    settings: Settings,
    user_id: uuid.UUID,
    known: Known,
    done: Today,
    wanted: int,
    closed: bool,
    has_room: Callable[[], bool],
) -> str | None:
    """Why a person can't have so many pictures now; None where they can. `has_room`: the budget.

    "blocked": they are not served; "not_consented"; "closed": for everybody; "not_invited";
    "painting": an order of theirs is under way; "daily_limit": theirs is reached; "budget":
    everybody's is.
    """
    if known.blocked:
        return "blocked"
    if not known.consented:
        return "not_consented"
    if closed:
        return "closed"
    if not access.allowed(settings, user_id, known.admitted):
        return "not_invited"
    if done.under_way is not None:
        return "painting"
    if done.counted + wanted > settings.pictures.per_day:
        return "daily_limit"
    return None if has_room() else "budget"
