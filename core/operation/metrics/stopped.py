"""What keeps money from being spent, or from being worth it: for the alerts."""

from __future__ import annotations

from collections.abc import Iterator

from core.avatars import switches
from core.avatars.switches import Control
from core.base.days import day
from core.base.settings import Settings
from core.operation.metrics.scope import Scope, one, rows

WAITING = ("dearer", "no_delivery", "unknown_price")
"""What a run may wait for that has no switch of its own."""


def holding(settings: Settings, window: Scope) -> Iterator[tuple[str, str, float, float]]:
    """Which alerts hold at the window's end: each by its rule, subject, value and threshold."""
    rules = settings.alerts
    if rules.stopped:
        for subject in (*in_force(settings.zone, window.end), *waiting_for(window)):
            yield "stopped", subject[:128], 1, 1
    for profile, n in given_up(window):
        if 0 < rules.deadlines <= n:
            yield "deadline", profile, n, rules.deadlines
    expected = settings.public_url and rules.webhook_results > 0
    if expected and unheard(window, rules.webhook_results):
        yield "webhooks", "", rules.webhook_results, rules.webhook_results


def in_force(zone: str, now: float) -> Iterator[str]:
    """The switches in force by name, with their reason where they have one."""
    for row in Control.select().order_by(Control.name):
        if row.name == switches.BUDGET and row.value != day(zone, now).name:
            continue
        if row.name.startswith(switches.GONE) and row.at <= now - switches.GONE_SECONDS:
            continue
        reason = row.value if row.value not in ("", switches.PAUSED, "paused") else ""
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
