"""How far those got who came in the period, and whether they came back.

They are the conversations that began in it; what they did counts whenever it was. Each counts as
having reached every stage up to its farthest, so that a person who skips one is not lost.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from core.base.db import reading_ahead
from core.operation.metrics.scope import DAY, Scope, collected, numbers, rows, side_by_side

STAGES: dict[str, tuple[str, ...]] = {
    "came": (),
    "began": (
        "selecting_training_type", "confirming_training_type", "selecting_avatar_type",
        "selecting_gender", "entering_name",
    ),
    "photos": ("uploading_photos",),
    "enough": ("confirming_photos", "confirming_training"),
    "ordered": ("training_in_progress",),
    "trained": ("training_completed",),
}  # fmt: skip
"""Each stage and the states of the dialogue by which it is known; everybody has come."""
AFTER = (1, 7, 30)
"""After so many days it is asked who came back."""


class Came(NamedTuple):
    """Conversations of a channel and a language that began in the period: how many, by stage."""

    channel: str
    language: str
    reached: tuple[int, ...]


class Kept(NamedTuple):
    """Of those who came so many days ago at least (`came`), those active then or since (`back`)."""

    channel: str
    language: str
    days: int
    came: int
    back: int


def journey(scope: Scope, now: float) -> tuple[list[Came], list[Kept]]:
    """Those who came, and who of them came back."""
    return side_by_side(partial(cohort, scope), partial(retention, scope, now))


def cohort(scope: Scope) -> list[Came]:
    """Those who came, by channel and language."""
    query = f"""
    SELECT c.channel, u.language, {collected("c.id")} FROM conversations c
    JOIN users u ON u.id = c.user_id WHERE c.created_at >= ? AND c.created_at < ?
    GROUP BY c.channel, u.language ORDER BY c.channel, u.language
    """
    groups = [(*row[:2], numbers(row[2])) for row in rows(query, scope.start, scope.end)]
    if not groups:
        return []
    last = max(int(ids.max()) for *_, ids in groups)
    farthest = _farthest(scope.start, last)
    stages = range(len(STAGES))
    return [
        Came(channel, language, tuple(int((farthest[ids] >= stage).sum()) for stage in stages))
        for channel, language, ids in groups
    ]


def retention(scope: Scope, now: float) -> list[Kept]:
    """Of those who came in the period, who was active so many days later, or after that."""
    columns = ", ".join(
        f"coalesce(sum(CASE WHEN c.created_at <= {now!r} - {days * DAY} THEN 1 ELSE 0 END), 0), "
        f"coalesce(sum(CASE WHEN c.created_at <= {now!r} - {days * DAY} "
        f"AND c.active_at >= c.created_at + {days * DAY} THEN 1 ELSE 0 END), 0)"
        for days in AFTER
    )
    query = f"""
    SELECT c.channel, u.language, {columns} FROM conversations c JOIN users u ON u.id = c.user_id
    WHERE c.created_at >= ? AND c.created_at < ?
    GROUP BY c.channel, u.language ORDER BY c.channel, u.language
    """
    return [
        Kept(channel, language, days, int(counts[2 * n]), int(counts[2 * n + 1]))
        for channel, language, *counts in rows(query, scope.start, scope.end)
        for n, days in enumerate(AFTER)
    ]


def _farthest(since: float, last: int) -> np.ndarray:
    """The number of the farthest stage of each conversation up to the `last`."""
    farthest = np.zeros(last + 1, np.int8)
    states = [state for known in STAGES.values() for state in known]
    query = f"""
    SELECT t.dest, {collected("t.conversation_id")} FROM transitions t
    WHERE t.dest IN ({", ".join("?" * len(states))}) AND t.at >= ? AND t.source <> t.dest
    GROUP BY t.dest
    """
    with reading_ahead():
        came = {state: numbers(ids) for state, ids in rows(query, *states, since)}
    for stage, known in enumerate(STAGES.values()):
        for state in known:
            ids = came.get(state)
            if ids is not None:
                farthest[ids[ids <= last]] = stage
    return farthest
