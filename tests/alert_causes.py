"""Rows that make each rule of the alerts hold, and the statements that mend them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.avatars import switches
from core.avatars.models import AvatarTrainingType, RunStatus, TrainingRun
from core.avatars.orders.submissions import Submission
from core.avatars.support import SupportMessage
from core.base.db import run
from core.conversation import inbox
from core.conversation.messages import Event, Kind
from tests import makers

NEVER = 9e9
"""A moment that never comes: no worker looks at such a row."""


@dataclass(frozen=True)
class Causes:
    """What makes rules hold at a moment, for trainings of a mode."""

    now: float
    test_mode: bool = False

    @property
    def known(self) -> dict[str, tuple[Callable[[], object], str]]:
        """For each rule its cause, and the SQL that mends it."""
        uncertain = "UPDATE training_runs SET status = 'failed' WHERE status = 'uncertain'"
        queued = "UPDATE training_runs SET status = 'training' WHERE status = 'queued'"
        return {
            "success": (self.failures, "DELETE FROM training_runs WHERE finished_at IS NOT NULL"),
            "fal_errors": (self.many_errors, "DELETE FROM fal_events"),
            "queue": (lambda: self.run(RunStatus.QUEUED, created_at=self.now - 3600), queued),
            "waiting": (lambda: self.event(self.now - 600), "UPDATE inbox SET handled_at = 1"),
            "heartbeat": (
                lambda: self.beat(self.now - 120),
                "DELETE FROM heartbeats WHERE part = 'web'",
            ),
            "uncertain": (lambda: self.run(RunStatus.UNCERTAIN), uncertain),
            "results": (
                lambda: self.run(RunStatus.SAVING, saving_at=self.now, failures=2),
                "UPDATE training_runs SET saving_at = NULL",
            ),
            "budget": (
                lambda: self.order(90.0),
                "UPDATE submissions SET cost_usd = 0",
            ),
            "new_error": (self.error, "DELETE FROM fal_events"),
            "stopped": (
                lambda: switches.switch_on(switches.PAUSED, "", self.now, "boss"),
                "DELETE FROM controls",
            ),
            "deadline": (
                lambda: self.order(0.0, fate="abandoned", ended_at=self.now - 5),
                "DELETE FROM submissions",
            ),
            "webhooks": (
                self.polled,
                "UPDATE training_runs SET finished_by = 'webhook', finished_at = finished_at - 1",
            ),
            "remote": (self.copy, "DELETE FROM remote_copies"),
            "support": (
                self.written,
                "UPDATE support_messages SET answered_at = at WHERE answered_at IS NULL",
            ),
        }

    def run(self, status: RunStatus, **columns: Any) -> TrainingRun:
        """A run that nobody works on; it ended just now, if it did."""
        owner = makers.conversation()
        made: TrainingRun = TrainingRun.create(
            user=owner.user,
            training_type=AvatarTrainingType.PORTRAIT,
            status=status,
            **{
                "test_mode": self.test_mode,
                "created_at": self.now - 60,
                "finished_at": self.now - 30 if status.final else None,
                "next_check_at": NEVER,
                **columns,
            },
        )
        return made

    def polled(self) -> None:
        """Ten results, each found by asking."""
        for _ in range(10):
            later = TrainingRun.select().count() / 100
            self.run(RunStatus.COMPLETED, finished_by="poll", finished_at=self.now - 30 + later)

    def order(self, usd: float, **columns: Any) -> Submission:
        """An order that was sent just now, of a run that trains."""
        run = self.run(RunStatus.RUNNING, price_usd=usd, submission=1)
        return makers.submission(run, **{"price_usd": usd, "sent_at": self.now, **columns})

    def copy(self) -> None:
        """Something that fal was to delete yesterday."""
        run(
            "INSERT INTO remote_copies (kind, name, endpoint, test_mode, at, next_check_at, "
            "attempts, error_type) VALUES ('request', 'r', 'e', ?, ?, ?, 3, 'http_500')",
            *(self.test_mode, self.now - 90_000, NEVER),
        )

    def written(self) -> None:
        """A message to support, the day before yesterday."""
        owner = makers.conversation()
        SupportMessage.create(
            user=owner.user, conversation=owner, text="Hello?", at=self.now - 2 * 86_400
        )

    def failures(self) -> None:
        """Four of five trainings failed."""
        for _ in range(4):
            self.run(RunStatus.FAILED)
        self.run(RunStatus.COMPLETED)

    def error(self, at: float | None = None, message: str = "No answer", n: int = 1) -> None:
        """Calls of fal that failed, of one run."""
        owner = self.run(RunStatus.CANCELLED).id.hex
        for _ in range(n):
            run(
                "INSERT INTO fal_events (at, run_id, endpoint, phase, ok, error_type, error_class, "
                "message, request_id, test_mode) "
                "VALUES (?, ?, 'e', 'status', ?, 'timeout', 'retry', ?, '', ?)",
                *(self.now - 10 if at is None else at, owner, False, message, self.test_mode),
            )

    def many_errors(self) -> None:
        """Fifty, of a problem that is known already."""
        self.error(at=self.now - 7200, message="As before")
        self.error(n=50, message="As before")

    def beat(self, at: float, process: str = "machine:1", part: str = "web") -> None:
        """When a process last said that it lives."""
        run(
            "INSERT INTO heartbeats (part, process, at, started_at, version, trouble) "
            "VALUES (?, ?, ?, 0, '1', '')",
            *(part, process, at),
        )

    def event(self, at: float) -> None:
        """Something that somebody wrote, and that nobody applies before it is mended."""
        owner = makers.conversation()
        run(
            "INSERT INTO inbox (conversation_id, channel, bot, update_id, kind, payload, "
            "received_at, attempts, retry_at, error) VALUES (?, 'web', 'web', ?, 'text', ?, ?, 0, "
            "?, '')",
            *(owner.id, str(owner.id), inbox.encode(Event(Kind.TEXT, "Hello")), at, NEVER),
        )
