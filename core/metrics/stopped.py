"""What keeps money from being spent, or from being worth it: for the alerts."""

from __future__ import annotations

from collections.abc import Iterator

from core.avatars import controls
from core.avatars.controls import Control
from core.days import day
from core.metrics.scope import Scope, one, rows

WAITING = ("dearer", "no_delivery", "unknown_price")
"""What a run may wait for that has no switch of its own."""


def switches(zone: str, now: float) -> Iterator[str]:
    """The switches in force by name, with their reason where they have one."""
    for row in Control.select().order_by(Control.name):
        if row.name == controls.BUDGET and row.value != day(zone, now).name:
            continue
        if row.name.startswith(controls.GONE) and row.at <= now - controls.GONE_SECONDS:
            continue
        reason = row.value if row.value not in ("", controls.PAUSED, "paused") else ""
        yield f"{row.name} ({reason})" if reason else str(row.name)


def waiting_for(scope: Scope) -> list[str]:
    """What trainings wait for until the operator acts, beside the switches."""
    words = ", ".join(f"'{word}'" for word in WAITING)
    query = f"""
    SELECT DISTINCT r.training_type, r.error_type FROM training_runs r
    WHERE r.status IN ('ready', 'preparing') AND r.error_type IN ({words}){scope.of_mode()}
    ORDER BY 1, 2
    """
    return [f"{kind}: {word}" for kind, word in rows(query)]


def given_up(scope: Scope) -> list[tuple[str, int]]:
    """The orders that were given up in the period, by profile."""
    query = f"""
    SELECT s.profile, count(*) FROM submissions s JOIN training_runs r ON r.id = s.run_id
    WHERE s.fate = 'abandoned' AND s.ended_at >= ? AND s.ended_at < ?{scope.of_mode()}
    GROUP BY s.profile ORDER BY s.profile
    """
    return [(profile, int(n)) for profile, n in rows(query, scope.start, scope.end)]


def unheard(scope: Scope, results: int) -> bool:
    """Whether the last so many results were all fetched by asking, with no webhook among them."""
    query = f"""
    SELECT count(*), min(finished_at), sum(CASE WHEN finished_by = 'poll' THEN 1 ELSE 0 END) FROM (
        SELECT r.finished_at, r.finished_by FROM training_runs r
        WHERE r.finished_by IN ('poll', 'webhook') AND r.finished_at IS NOT NULL{scope.of_mode()}
        ORDER BY r.finished_at DESC LIMIT ?
    ) AS newest
    """
    found, since, polled = one(query, results)
    if found < results or polled < results:
        return False
    heard = one(
        f"SELECT count(*) FROM fal_events e WHERE e.phase = 'webhook' AND e.ok AND e.at >= ?"
        f"{scope.of_mode('e')}",
        since - 3600.0,
    )
    return int(heard[0]) == 0
