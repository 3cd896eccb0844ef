"""Whether it is healthy: heartbeats, what waits, what was set aside, what fal answers."""

from __future__ import annotations

from typing import NamedTuple

from core.base.settings.installed import pushing
from core.operation.metrics.scope import Scope, one, rows, text_id
from core.operation.metrics.training import ACTIVE, UNSETTLED

_ACTIVE = ", ".join(f"'{status}'" for status in ACTIVE)


class Beat(NamedTuple):
    """A process of a part, when it last said that it lives, and what troubled it then."""

    part: str
    process: str
    at: float
    started_at: float
    version: str
    trouble: str


class Waiting(NamedTuple):
    """How much waits, and since when the oldest does (None where nothing waits)."""

    n: int
    since: float | None


class Notices(NamedTuple):
    """Notices that were not delivered: waiting, uncertain, blocked, failed."""

    pending: int
    uncertain: int
    blocked: int
    failed: int


class Quarantined(NamedTuple):
    """An event that could not be applied."""

    id: int
    conversation_id: int
    channel: str
    kind: str
    received_at: float
    failed_at: float
    attempts: int
    error: str


class Webhooks(NamedTuple):
    """Runs that ended with fal's word: how many it brought itself, how many we asked for."""

    webhook: int
    poll: int
    last_at: float | None

    @property
    def polled(self) -> float | None:
        """The share that polling had to finish; None where no run ended."""
        ended = self.webhook + self.poll
        return self.poll / ended if ended else None


class Erasing(NamedTuple):
    """A person who asked to be forgotten and may have left traces."""

    user_id: str
    since: float
    age: float


class Copy(NamedTuple):
    """Something that fal keeps and must not: since when, and why it could not be deleted."""

    id: int
    kind: str
    name: str
    endpoint: str
    at: float
    attempts: int
    error_type: str
    next_check_at: float


class Ordered(NamedTuple):
    """An export that is not made yet: how often that was tried, and when it will be again."""

    id: str
    user_id: str
    ordered_at: float
    age: float
    attempts: int
    next_check_at: float


def beats() -> list[Beat]:
    """Every process, a part's freshest first."""
    query = """
    SELECT part, process, at, started_at, version, trouble FROM heartbeats ORDER BY part, at DESC
    """
    return [Beat(*row) for row in rows(query)]


def deployments(scope: Scope) -> list[tuple[float, str]]:
    """When in the period another version began to run, and which."""
    query = "SELECT at, version FROM deployments WHERE at >= ? AND at < ? ORDER BY at"
    return [(float(at), version) for at, version in rows(query, scope.start, scope.end)]


def unhandled() -> Waiting:
    """Events that nobody has applied yet."""
    query = """
    SELECT count(*), min(received_at) FROM inbox WHERE handled_at IS NULL AND failed_at IS NULL
    """
    return Waiting(*one(query))


def unshown() -> Waiting:
    """Screens of pushing channels that are not shown yet, where the person can be reached.

    A person who is not looking at a browser tab or a terminal misses nothing.
    """
    channels = pushing()
    marks = ", ".join("?" * len(channels)) or "NULL"
    query = f"""
    SELECT count(*), min(differs_since) FROM conversations
    WHERE revision > shown_revision AND NOT unreachable AND channel IN ({marks})
    """
    return Waiting(*one(query, *channels))


def overdue(scope: Scope, now: float) -> Waiting:
    """Runs that nobody looks at though they are due."""
    query = f"""
    SELECT count(*), min(r.next_check_at) FROM training_runs r
    WHERE r.status IN ({_ACTIVE}) AND r.next_check_at > 0 AND r.next_check_at < ?{scope.of_mode()}
    """
    return Waiting(*one(query, now))


def queued(scope: Scope) -> Waiting:
    """Runs that wait for their training to begin."""
    query = f"""
    SELECT count(*), min(r.created_at) FROM training_runs r
    WHERE r.status IN ('ready', 'preparing', 'submitting', 'queued'){scope.of_mode()}
    """
    return Waiting(*one(query))


def uncertain(scope: Scope) -> int:
    """Orders that may or may not have arrived, stopped ones included."""
    query = f"""
    SELECT (SELECT count(*) FROM training_runs r WHERE {UNSETTLED}{scope.of_mode()})
         + (SELECT count(*) FROM picture_runs r WHERE {UNSETTLED}{scope.of_mode()})
    """
    return int(one(query)[0])


def unfetched(scope: Scope) -> int:
    """Orders whose result can't be had: those that are still tried, and those given up lately."""
    return sum(_unfetched(table, scope) for table in ("training_runs", "picture_runs"))


def _unfetched(table: str, scope: Scope) -> int:
    query = f"""
    SELECT count(*) FROM {table} r
    WHERE ((r.status IN ('saving', 'cancelling') AND r.saving_at IS NOT NULL AND r.failures > 1)
        OR EXISTS (SELECT 1 FROM submissions s WHERE s.run_id = r.id AND s.fate = 'taken'
                   AND s.ended_at IS NOT NULL)
        OR (r.error_type = 'result_gone' AND r.finished_at >= ?)){scope.of_mode()}
    """
    return int(one(query, scope.start)[0])


def fal_last(scope: Scope, ok: bool, since: float) -> float | None:
    """When fal last answered well, or last failed, since a moment; whatever the period is."""
    condition = "e.ok" if ok else "NOT e.ok"
    found = one(
        f"SELECT e.at FROM fal_events e WHERE {condition} AND e.at >= ?{scope.of_mode('e')} "
        "ORDER BY e.at DESC LIMIT 1",
        since,
    )
    return None if found is None else float(found[0])


def notices(scope: Scope) -> Notices:
    """What became of the notices of the period that did not arrive for certain."""
    query = """
    SELECT coalesce(sum(CASE WHEN outcome IN ('pending', 'sending') THEN 1 ELSE 0 END), 0),
           coalesce(sum(CASE WHEN outcome = 'uncertain' THEN 1 ELSE 0 END), 0),
           coalesce(sum(CASE WHEN outcome = 'blocked' THEN 1 ELSE 0 END), 0),
           coalesce(sum(CASE WHEN outcome = 'failed' THEN 1 ELSE 0 END), 0)
    FROM notices WHERE outcome <> 'sent' AND created_at >= ? AND created_at < ?
    """
    return Notices(*map(int, one(query, scope.start, scope.end)))


def unreachable() -> int:
    """Conversations whose person has blocked the bot."""
    return int(one("SELECT count(*) FROM conversations WHERE unreachable")[0])


def asked_to_wait(now: float) -> int:
    """Conversations that their channel wants left alone for now (`retry_after`, or a failure)."""
    return int(one("SELECT count(*) FROM conversations WHERE not_before > ?", now)[0])


def doomed() -> Waiting:
    """Stored objects that wait to be deleted."""
    return Waiting(*one("SELECT count(*), min(at) FROM doomed_objects"))


def overdue_copies(scope: Scope) -> Waiting:
    """What fal was to delete by the end of the period, and has not."""
    query = f"""
    SELECT count(*), min(c.at) FROM remote_copies c WHERE c.at <= ?{scope.of_mode("c")}
    """
    return Waiting(*one(query, scope.end))


def copies(scope: Scope, limit: int = 200) -> list[Copy]:
    """What fal keeps and must not, the oldest first."""
    query = f"""
    SELECT c.id, c.kind, c.name, c.endpoint, c.at, c.attempts, c.error_type, c.next_check_at
    FROM remote_copies c WHERE c.at <= ?{scope.of_mode("c")} ORDER BY c.at LIMIT ?
    """
    return [Copy(*row) for row in rows(query, scope.end, limit)]


def erasures(now: float, limit: int = 200) -> list[Erasing]:
    """The erasures that are not done yet, the oldest first; ages in seconds."""
    query = """
    SELECT id, erasing_at FROM users WHERE erasing_at IS NOT NULL ORDER BY erasing_at LIMIT ?
    """
    return [Erasing(text_id(user), at, max(0.0, now - at)) for user, at in rows(query, limit)]


def exports(now: float, limit: int = 200) -> list[Ordered]:
    """The orders of exports that wait to be made, the oldest first; ages in seconds."""
    query = """
    SELECT id, user_id, ordered_at, attempts, next_check_at FROM exports
    WHERE made_at IS NULL ORDER BY ordered_at LIMIT ?
    """
    return [
        Ordered(text_id(row), text_id(user), at, max(0.0, now - at), attempts, again)
        for row, user, at, attempts, again in rows(query, limit)
    ]


def quarantined(limit: int = 200) -> list[Quarantined]:
    """Events that were set aside, the newest first."""
    query = """
    SELECT id, conversation_id, channel, kind, received_at, failed_at, attempts, error
    FROM inbox WHERE failed_at IS NOT NULL ORDER BY failed_at DESC LIMIT ?
    """
    return [Quarantined(*row) for row in rows(query, limit)]


def webhooks(scope: Scope) -> Webhooks:
    """How runs of the period learned of their end."""
    query = f"""
    SELECT coalesce(sum(CASE WHEN r.finished_by = 'webhook' THEN 1 ELSE 0 END), 0),
           coalesce(sum(CASE WHEN r.finished_by = 'poll' THEN 1 ELSE 0 END), 0),
           max(CASE WHEN r.finished_by = 'webhook' THEN r.finished_at END)
    FROM training_runs r WHERE r.finished_at >= ? AND r.finished_at < ?{scope.of_mode()}
    """
    webhook, poll, last = one(query, scope.start, scope.end)
    return Webhooks(int(webhook), int(poll), last)


def controls() -> dict[str, tuple[str, float, str]]:
    """The run-time switches: value, time, author."""
    return {name: (value, at, by) for name, value, at, by in rows(
        'SELECT name, value, at, "by" FROM controls ORDER BY name'
    )}  # fmt: skip
