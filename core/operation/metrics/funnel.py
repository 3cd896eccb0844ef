"""Where people stop: the states of the dialogue, by channel and language.

A conversation reaches a state when it moves there from another one.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from core.base.db import reading_ahead
from core.operation.metrics.scope import Scope, different, listed, quantiles, rows, side_by_side


class Reached(NamedTuple):
    """How many conversations came to a state."""

    state: str
    conversations: int


class Dwell(NamedTuple):
    """Seconds that conversations stayed in a state before they moved on."""

    state: str
    n: int
    p50: float
    p90: float


def moved(scope: Scope, channel: str = "", language: str = "") -> tuple[list[Reached], list[Dwell]]:
    """Both what `reached` and what `dwell` find."""
    whom = (scope, channel, language)
    return side_by_side(partial(reached, *whom), partial(dwell, *whom))


def reached(scope: Scope, channel: str = "", language: str = "") -> list[Reached]:
    """The states that conversations came to in the period, the busiest first."""
    query = f"""
    {_each("dest")} SELECT t.dest, {different("t.conversation_id")} FROM transitions t
    WHERE t.dest IN (SELECT state FROM states) AND t.at >= ? AND t.at < ? AND t.source <> t.dest
      {_of("t.conversation_id", channel, language)}
    GROUP BY t.dest ORDER BY 2 DESC, 1
    """
    with reading_ahead():
        found = rows(query, scope.start, scope.end, *_chosen(channel, language))
    return [Reached(state, int(n)) for state, n in found]


def stopped(
    scope: Scope, idle_since: float, channel: str = "", language: str = ""
) -> list[Reached]:
    """Where the conversations are that were last active in the period, and not since `idle_since`.

    The fullest state first.
    """
    query = f"""
    SELECT state, count(*) FROM conversations
    WHERE active_at >= ? AND active_at < ? {_of("id", channel, language)}
    GROUP BY state ORDER BY 2 DESC, 1
    """
    until = min(scope.end, idle_since)
    found = rows(query, scope.start, until, *_chosen(channel, language))
    return [Reached(state, int(n)) for state, n in found]


def dwell(scope: Scope, channel: str = "", language: str = "") -> list[Dwell]:
    """How long conversations had been in each state that they left within the period."""
    query = f"""
    {_each("source")} SELECT t.source, count(*), {quantiles("t.stayed")}
    FROM transitions t
    WHERE t.source IN (SELECT state FROM states) AND t.at >= ? AND t.at < ? AND t.source <> t.dest
      AND t.stayed IS NOT NULL {_of("t.conversation_id", channel, language)}
    GROUP BY t.source ORDER BY t.source
    """
    with reading_ahead():
        found = rows(query, scope.start, scope.end, *_chosen(channel, language))
    return [Dwell(state, int(n), *listed(stayed)[:2]) for state, n, stayed in found]


def channels() -> list[str]:
    """Every channel that anybody has used."""
    return [name for (name,) in rows("SELECT DISTINCT channel FROM conversations ORDER BY 1")]


def _of(column: str, channel: str, language: str) -> str:
    """The condition that a conversation is on a channel and in a language, where one is chosen."""
    chosen = [
        *(["c.channel = ?"] if channel else []),
        *(["u.language = ?"] if language else []),
    ]
    if not chosen:
        return ""
    return f"""AND {column} IN (
        SELECT c.id FROM conversations c JOIN users u ON u.id = c.user_id
        WHERE {" AND ".join(chosen)}
    )"""


def _chosen(channel: str, language: str) -> list[str]:
    """The parameters of `_of`."""
    return [choice for choice in (channel, language) if choice]


def _each(column: str) -> str:
    """`states`: what a column of the moves ever holds, found in the index from one to the next.

    Asked of each state in turn, an index answers in order, and nothing is sorted.
    """
    return f"""
    WITH RECURSIVE states (state) AS (
        SELECT min({column}) FROM transitions WHERE source <> dest
        UNION ALL
        SELECT (SELECT min(t.{column}) FROM transitions t
                WHERE t.source <> t.dest AND t.{column} > s.state)
        FROM states s WHERE s.state IS NOT NULL
    )
    """
