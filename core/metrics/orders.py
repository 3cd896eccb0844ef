"""The orders of a run, each as it was sent: for the page of the run."""

from __future__ import annotations

from typing import NamedTuple

from core.metrics.scope import rows, text_id


class Order(NamedTuple):
    """One order that was sent; dollars that nobody knows are None."""

    id: str
    number: int
    fate: str
    profile: str
    price_usd: float | None
    cost_usd: float | None
    error_type: str
    http_status: int | None
    sent_at: float
    answered_at: float | None
    ended_at: float | None
    request_id: str


def of_run(run_id: str) -> list[Order]:
    """Every order of a run, the first one first."""
    query = """
    SELECT id, number, fate, profile, price_usd, cost_usd, error_type, http_status, sent_at,
           answered_at, ended_at, coalesce(request_id, '')
    FROM submissions WHERE run_id = ? ORDER BY number
    """
    return [Order(text_id(row[0]), *row[1:]) for row in rows(query, run_id)]
