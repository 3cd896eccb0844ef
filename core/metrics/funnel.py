"""Where people stop: the states of the dialogue, by channel and language.

A conversation reaches a state when it moves there from another one.
"""

from __future__ import annotations

from typing import NamedTuple

from core.metrics.scope import Scope, quantile, ranked, rows


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


def reached(scope: Scope, channel: str = "", language: str = "") -> list[Reached]:
    """The states that conversations came to in the period, the busiest first."""
    among, parameters = _among(channel, language)
    query = f"""
    SELECT t.dest, count(DISTINCT t.conversation_id) FROM transitions t{among}
    WHERE t.at >= ? AND t.at < ? AND t.source <> t.dest{_only(channel, language)}
    GROUP BY t.dest ORDER BY 2 DESC, 1
    """
    found = rows(query, scope.start, scope.end, *parameters)
    return [Reached(state, int(n)) for state, n in found]


def stopped(
    scope: Scope, idle_since: float, channel: str = "", language: str = ""
) -> list[Reached]:
    """Where the conversations are that were last active in the period, and not since `idle_since`.

    The fullest state first.
    """
    _, parameters = _among(channel, language)
    query = f"""
    SELECT c.state, count(*) FROM conversations c JOIN users u ON u.id = c.user_id
    WHERE c.active_at >= ? AND c.active_at < ?{_only(channel, language)}
    GROUP BY c.state ORDER BY 2 DESC, 1
    """
    found = rows(query, scope.start, min(scope.end, idle_since), *parameters)
    return [Reached(state, int(n)) for state, n in found]


def dwell(scope: Scope, channel: str = "", language: str = "") -> list[Dwell]:
    """How long conversations stayed in each state that they left again within the period."""
    among, parameters = _among(channel, language)
    query = f"""
    WITH moves AS (
        SELECT t.dest, t.at, lead(t.at) OVER (PARTITION BY t.conversation_id ORDER BY t.id) AS gone
        FROM transitions t{among}
        WHERE t.at >= ? AND t.at < ? AND t.source <> t.dest{_only(channel, language)}
    ),
    stays AS (SELECT dest, gone - at AS v FROM moves WHERE gone IS NOT NULL),
    places AS (SELECT dest, v, {ranked("dest")} FROM stays)
    SELECT dest, max(n), {quantile(0.5)}, {quantile(0.9)} FROM places GROUP BY dest ORDER BY dest
    """
    found = rows(query, scope.start, scope.end, *parameters)
    return [Dwell(state, int(n), float(p50), float(p90)) for state, n, p50, p90 in found]


def channels() -> list[str]:
    """Every channel that anybody has used."""
    return [name for (name,) in rows("SELECT DISTINCT channel FROM conversations ORDER BY 1")]


def _among(channel: str, language: str) -> tuple[str, list[str]]:
    """The joins that a choice of channel or language needs, and the parameters of `_only`."""
    join = " JOIN conversations c ON c.id = t.conversation_id JOIN users u ON u.id = c.user_id"
    chosen = [choice for choice in (channel, language) if choice]
    return (join if chosen else ""), chosen


def _only(channel: str, language: str) -> str:
    return (" AND c.channel = ?" if channel else "") + (" AND u.language = ?" if language else "")
