"""Run-time switches: rows that every process obeys, set by the admin or by a refusal.

`trainings_paused` stops submissions until it is taken away. `stop_submitting` (the key is refused,
the balance exhausted) and `endpoint_gone:<profile>` are tried again by themselves after a while:
such a refusal costs nothing. So is `breaker:<profile>`, of a trainer that takes orders and delivers
nothing. `daily_budget` only says that today's is used up.
"""

from __future__ import annotations

import peewee
import structlog

from core.base.db import Model, transaction

log = structlog.get_logger()

PAUSED = "trainings_paused"
STOPPED = "stop_submitting"
BUDGET = "daily_budget"
GONE = "endpoint_gone:"
BROKEN = "breaker:"

STOPPED_SECONDS = 600.0
"""After so long one order is tried again where the key was refused or the balance exhausted."""
GONE_SECONDS = 86_400.0
"""After so long an endpoint that was gone is tried again."""


class Control(Model):
    """A switch that is on; `by` says who has set it."""

    name = peewee.CharField(max_length=64, primary_key=True)
    value = peewee.CharField(default="")
    at = peewee.DoubleField()
    by = peewee.CharField(max_length=64, default="")

    class Meta:
        table_name = "controls"


def switch_on(name: str, value: str, now: float, by: str) -> bool:
    """Set a switch, or set it anew; whether that is news, which is an alert in the log."""
    with transaction():
        known = Control.select().where(Control.name == name, Control.value == value[:255])
        news = not known.exists()
        if news:
            log.error("trainings need the operator", control=name, reason=value[:255], by=by)
        row = {"name": name[:64], "value": value[:255], "at": now, "by": by[:64]}
        Control.insert(row).on_conflict(
            conflict_target=[Control.name], update={k: v for k, v in row.items() if k != "name"}
        ).execute()
    return news


def switch_off(name: str) -> bool:
    """Take a switch away; whether it was on."""
    with transaction():
        return bool(Control.delete().where(Control.name == name).execute())


def on() -> list[Control]:
    """Every switch that is on, by name."""
    return list(Control.select().order_by(Control.name))


def paused() -> bool:
    """Whether the admin has stopped submissions."""
    return bool(Control.select().where(Control.name == PAUSED).exists())


def stopped(now: float, sending: bool) -> bool:
    """Whether no order would be taken now.

    Once its time is over, whoever is `sending` first may try; the others wait for what comes of it.
    """
    if sending:
        return not may_try(STOPPED, now, STOPPED_SECONDS)
    return _fresh(STOPPED, now, STOPPED_SECONDS)


def broken(profile: str, now: float, seconds: float) -> bool:
    """Whether a profile gets no orders, for it has delivered nothing lately."""
    return _fresh(f"{BROKEN}{profile}"[:64], now, seconds)


def may_try(name: str, now: float, seconds: float) -> bool:
    """Whether what a switch stops may be tried: it is off, or its time is over.

    In the latter case by the first who asks; the others wait for what comes of it.
    """
    row = Control.get_or_none(Control.name == name[:64])
    if row is None:
        return True
    if now - seconds < row.at <= now:
        return False
    mine = Control.update(at=now).where(Control.name == row.name, Control.at == row.at)
    return bool(mine.execute())


def _fresh(name: str, now: float, seconds: float) -> bool:
    row = Control.get_or_none(Control.name == name)
    return row is not None and now - seconds < row.at <= now


def gone(profile: str, now: float) -> bool:
    """Whether a profile's endpoint takes no orders."""
    since = now - GONE_SECONDS
    return bool(
        Control.select().where(Control.name == f"{GONE}{profile}"[:64], Control.at > since).exists()
    )
