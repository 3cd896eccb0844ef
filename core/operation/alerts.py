"""Alerts: rules over the same numbers that the dashboard shows.

A rule that holds opens a row, once for each subject; when it no longer holds, the row is closed.
Admins hear of both, through their channel and a webhook, unless the rule is silenced. The worker
looks at the rules; while none is alive, whichever other process is.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import httpx
import structlog

from core.avatars import support
from core.base.db import run, transaction
from core.base.errors import kind_of
from core.base.processes.mode import Mode, Own, paid, shown
from core.base.proxies import loopback
from core.base.settings import Settings
from core.operation.admin_actions import notice
from core.operation.metrics import cost, errors, health, overview, stopped
from core.operation.metrics.scope import Scope, rows

log = structlog.get_logger()

RULES = (
    "success", "fal_errors", "queue", "waiting", "heartbeat", "uncertain", "results", "budget",
    "new_error", "stopped", "deadline", "webhooks", "remote", "support",
)  # fmt: skip
WEBHOOK_SECONDS = 10.0
LONGEST_QUEUE = 100
"""Maximum of alerts queued for an unreachable webhook; the oldest are dropped."""
DEAD_SECONDS = 90.0
"""Seconds after which a worker counts as dead if `heartbeat_seconds` is 0."""


class Holds(NamedTuple):
    """A rule that holds now: its subject and value."""

    rule: str
    subject: str
    value: float
    threshold: float


class Alert(NamedTuple):
    """A fired alert; a `silenced` one is not sent."""

    id: int
    rule: str
    subject: str
    value: float
    threshold: float
    fired_at: float
    resolved_at: float | None
    silenced: bool


_ALERT = """
SELECT a.id, a.rule, a.subject, a.value, a.threshold, a.fired_at, a.resolved_at,
       CASE WHEN s.until > ? THEN 1 ELSE 0 END
FROM alerts a LEFT JOIN silences s ON s.rule = a.rule
"""


def holding(settings: Settings, now: float, mode: Mode) -> Iterator[Holds]:
    """All rules that hold at a time, for trainings of a mode."""
    rules = settings.alerts
    window = Scope(now - rules.window_minutes * 60, now, mode)
    yield from _success(settings, window)
    if 0 < rules.fal_errors <= (failed := errors.calls(window).errors):
        yield Holds("fal_errors", "", failed, rules.fal_errors)
    yield from _late("queue", "", health.queued(window), rules.queue_minutes, now)
    yield from _late("waiting", "events", health.unhandled(), rules.waiting_minutes, now)
    yield from _late("waiting", "screens", health.unshown(), rules.waiting_minutes, now)
    yield from _late("remote", "", health.overdue_copies(window), rules.remote_hours * 60, now)
    for part, at in _last_beats().items():
        if 0 < rules.heartbeat_seconds <= now - at:
            yield Holds("heartbeat", part, now - at, rules.heartbeat_seconds)
    if 0 < rules.uncertain_runs <= (uncertain := health.uncertain(window)):
        yield Holds("uncertain", "", uncertain, rules.uncertain_runs)
    if 0 < rules.lost_results <= (unfetched := health.unfetched(window)):
        yield Holds("results", "", unfetched, rules.lost_results)
    yield from _budget(settings, now, mode)
    yield from (Holds(*held) for held in stopped.holding(settings, window))
    yield from _unanswered(settings, now)
    if rules.new_errors:
        for group in errors.new_groups(window):
            yield Holds("new_error", f"{group.error_type}: {group.message}"[:128], group.n, 1)


def _unanswered(settings: Settings, now: float) -> Iterator[Holds]:
    """Somebody waits for an answer: too long, or at all where no chat was told of it."""
    hours, since = settings.alerts.support_hours, support.waiting_since()
    if since is None or hours <= 0:
        return
    reached = any(found is not None for _, found in support.admins_of(settings))
    waited, limit = (now - since) / 3600, hours if reached else 0.0
    if waited >= limit:
        yield Holds("support", "", waited, limit)


def _success(settings: Settings, window: Scope) -> Iterator[Holds]:
    found = overview.outcomes(window)
    judged = found.completed + found.failed
    if found.success is None or judged < settings.alerts.success_runs:
        return
    percent = 100 * found.success
    if percent < settings.alerts.success_percent:
        yield Holds("success", "", percent, settings.alerts.success_percent)


def _last_beats() -> dict[str, float]:
    """When any process of each part last beat: one that was restarted has not gone silent."""
    last: dict[str, float] = {}
    for beat in health.beats():
        last[beat.part] = max(beat.at, last.get(beat.part, 0.0))
    return last


def _late(
    rule: str, subject: str, waiting: health.Waiting, minutes: float, now: float
) -> Iterator[Holds]:
    late = 0.0 if waiting.since is None else (now - waiting.since) / 60
    if 0 < minutes <= late:
        yield Holds(rule, subject, late, minutes)


def _budget(settings: Settings, now: float, mode: Mode) -> Iterator[Holds]:
    budget = settings.training.daily_budget_usd
    if budget <= 0 or settings.alerts.budget_percent <= 0:
        return
    percent = 100 * cost.sent_today(settings.zone, now, paid(mode)) / budget
    if percent >= settings.alerts.budget_percent:
        yield Holds("budget", "", percent, settings.alerts.budget_percent)


def recent(now: float, limit: int = 100) -> list[Alert]:
    """Alerts: open ones first, then the newest."""
    query = f"""
    {_ALERT} ORDER BY CASE WHEN a.resolved_at IS NULL THEN 0 ELSE 1 END, a.fired_at DESC LIMIT ?
    """
    found = [Alert._make(row) for row in rows(query, now, limit)]
    return [alert._replace(silenced=bool(alert.silenced)) for alert in found]


def silences(now: float) -> list[tuple[str, float, str]]:
    """Silenced rules: end and author of each silence."""
    query = "SELECT rule, until, who FROM silences WHERE until > ? ORDER BY rule"
    return [(rule, until, who) for rule, until, who in rows(query, now)]


class Watch:
    """Looks at the rules; `clock` gives seconds since 1970.

    `own` is the mode of this process, which counts where no worker has said another.
    """

    def __init__(
        self,
        settings: Settings,
        own: Own,
        clock: Callable[[], float] = time.time,
        post: Callable[[str, object], None] | None = None,
    ) -> None:
        self._settings = settings
        self._own = own
        self._clock = clock
        self._post = post or _post
        self._posts: deque[object] = deque(maxlen=LONGEST_QUEUE)

    def look(self) -> None:
        """Open, close and send alerts."""
        now = self._clock()
        self._record(list(holding(self._settings, now, shown(self._own, now))), now)
        self._tell(now)

    def stand_in(self) -> None:
        """The same, but only if no worker is alive, which is itself an alert."""
        patience = self._settings.alerts.heartbeat_seconds or DEAD_SECONDS
        if self._clock() - _last_beats().get("worker", 0.0) >= patience:
            self.look()

    def _record(self, found: list[Holds], now: float) -> None:
        """Several workers may do so at once: the database allows one open row for a subject."""
        with transaction():
            for held in found:
                run(
                    "INSERT INTO alerts (rule, subject, value, threshold, fired_at) "
                    "VALUES (?, ?, ?, ?, ?) ON CONFLICT (rule, subject) WHERE resolved_at IS NULL "
                    "DO UPDATE SET value = excluded.value",
                    *(held.rule, held.subject, held.value, held.threshold, now),
                )
            still = {(held.rule, held.subject) for held in found}
            query = "SELECT id, rule, subject FROM alerts WHERE resolved_at IS NULL"
            for alert_id, rule, subject in rows(query):
                if (rule, subject) not in still:
                    run("UPDATE alerts SET resolved_at = ? WHERE id = ?", now, alert_id)

    def _tell(self, now: float) -> None:
        """Alerts silenced for their whole life are never sent, nor is their end."""
        told = []
        for column, condition in (
            ("told_fired_at", "a.told_fired_at IS NULL AND a.resolved_at IS NULL"),
            ("told_resolved_at", "a.told_resolved_at IS NULL AND a.told_fired_at IS NOT NULL "
             "AND a.resolved_at IS NOT NULL"),
        ):  # fmt: skip
            for row in rows(f"{_ALERT} WHERE {condition} ORDER BY a.id", now):
                alert = Alert._make(row)
                if not alert.silenced and self._tell_admins(alert, column, now):
                    told.append(alert)
        self._tell_webhook(told)

    def _tell_admins(self, alert: Alert, column: str, now: float) -> bool:
        """Whether it was still pending."""
        with transaction():
            told = run(
                f"UPDATE alerts SET {column} = ? WHERE id = ? AND {column} IS NULL", now, alert.id
            )
            if told.rowcount != 1:  # another worker was faster
                return False
            for conversation_id in self._admins():
                parameters = {**alert._asdict(), "resolved": alert.resolved_at is not None}
                parameters["value"] = f"{alert.value:g}"
                parameters["threshold"] = f"{alert.threshold:g}"
                notice(conversation_id, "alert", parameters, f"alert:{alert.id}:{column}", now)
        log.warning(
            "alert", rule=alert.rule, subject=alert.subject, value=alert.value,
            resolved=alert.resolved_at is not None,
        )  # fmt: skip
        return True

    def _admins(self) -> Iterator[int]:
        for address, found in support.admins_of(self._settings):
            if found is None:
                log.warning("an admin has never written to the bot", address=address)
            else:
                yield found

    def _tell_webhook(self, told: Sequence[Alert]) -> None:
        """When the chats know already; what it can't take now is told at the next look."""
        if not (url := self._settings.alerts.webhook_url.get_secret_value()):
            return
        for alert in told:
            state = "resolved" if alert.resolved_at is not None else "firing"
            self._posts.append({"status": state, **alert._asdict()})
        while self._posts:
            try:
                self._post(url, self._posts[0])
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                log.error("the alerts' webhook can't be reached", error=kind_of(error))
                if _may_pass(error):
                    return
            self._posts.popleft()


def _may_pass(error: Exception) -> bool:
    """Whether a retry may help; a refusal is final."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.is_server_error
    return isinstance(error, httpx.TransportError)


def _post(url: str, body: object) -> None:
    outside = not loopback(url)  # what is on this machine is asked straight
    with httpx.stream("POST", url, json=body, timeout=WEBHOOK_SECONDS, trust_env=outside) as answer:
        answer.raise_for_status()
