"""Orders of pictures one by one: which are lost, and what is known of one. No wish is read."""

from __future__ import annotations

from typing import NamedTuple

from core.operation.metrics.cost import COST
from core.operation.metrics.scope import Scope, one, own_id, rows, text_id
from core.operation.metrics.training import UNSETTLED


class PictureOrder(NamedTuple):
    """An order as a table shows it; `took` in seconds, from the order to its pictures."""

    id: str
    user_id: str
    avatar_id: str
    avatar: str
    purpose: str
    pack: str
    pictures: int
    blocked: int
    spoilt: int
    status: str
    test_mode: bool
    profile: str
    endpoint: str
    request_id: str
    cost_usd: float | None
    error_type: str
    error: str
    created_at: float
    intent_at: float | None
    finished_at: float | None
    took: float | None


_ORDER = f"""
SELECT r.id, r.user_id, r.avatar_id, coalesce(a.name, ''), r.purpose, r.pack, r.count, r.blocked,
       r.spoilt, r.status, r.test_mode, r.profile, r.endpoint, coalesce(r.request_id, ''), {COST},
       r.error_type, r.error, r.created_at, r.intent_at, r.finished_at, r.finished_at - r.created_at
FROM picture_runs r LEFT JOIN avatars a ON a.id = r.avatar_id
"""


def found(run_id: str) -> PictureOrder | None:
    """One order by its identifier."""
    row = one(f"{_ORDER} WHERE r.id = ?", own_id(run_id))
    return None if row is None else _order(row)


def uncertain() -> list[PictureOrder]:
    """Orders that may or may not have arrived; the oldest first."""
    query = f"{_ORDER} WHERE {UNSETTLED} ORDER BY r.created_at"
    return [_order(row) for row in rows(query)]


def ordered(scope: Scope, limit: int = 200) -> list[PictureOrder]:
    """The orders of the period and all that are under way, these first, then the newest."""
    mode = scope.of_mode()
    query = f"""
    {_ORDER} WHERE r.id IN (
        SELECT r.id FROM picture_runs r WHERE r.finished_at IS NULL{mode}
    ) OR r.id IN (
        SELECT r.id FROM picture_runs r
        WHERE r.created_at >= ? AND r.created_at < ? AND r.finished_at IS NOT NULL{mode}
        ORDER BY r.created_at DESC LIMIT ?
    ) ORDER BY CASE WHEN r.finished_at IS NULL THEN 0 ELSE 1 END, r.created_at DESC LIMIT ?
    """
    return [_order(row) for row in rows(query, scope.start, scope.end, limit, limit)]


def unsettled(run_id: str) -> bool:
    """Whether nobody knows of an order if it has arrived."""
    query = f"SELECT count(*) FROM picture_runs r WHERE r.id = ? AND {UNSETTLED}"
    return bool(one(query, own_id(run_id))[0])


def _order(row: tuple[object, ...]) -> PictureOrder:
    made = PictureOrder._make((*map(text_id, row[:3]), *row[3:]))
    return made._replace(test_mode=bool(made.test_mode))
