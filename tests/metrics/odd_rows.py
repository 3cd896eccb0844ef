"""Rows as no story tells them: at the very edges of periods, with holes, of nobody any more."""

from __future__ import annotations

import datetime
import itertools
import random
import uuid
from collections.abc import Sequence
from typing import Any

from core.avatars.disposal import DoomedObject
from core.avatars.models import (
    Avatar,
    AvatarPhoto,
    AvatarTrainingType,
    PhotoValidationStatus,
    RunStatus,
    TrainingRun,
)
from core.avatars.orders.events import FalEvent
from core.avatars.orders.money.daily_totals import DailyTotal
from core.avatars.privacy.retained import CostEntry, Export
from core.base.db import run, transaction
from core.conversation.models import Conversation, InboxEvent, PendingNotice, User
from tests import makers

AROUND = (-3600.0, -0.5, 0.0, 0.5, 3600.0)
STATES = ("main_menu", "uploading_photos", "training_in_progress", "a_state_of_tomorrow")
CHANNELS = ("web", "telegram", "console")


class Odd:
    """Fills the bound database around some moments; the same seed makes the same rows."""

    def __init__(self, edges: Sequence[float], now: float, seed: int) -> None:
        self.moments = [edge + away for edge in edges for away in AROUND]
        self.now = now
        self.dice = random.Random(seed)
        self._numbers = itertools.count(1)
        self.entered: dict[int, float] = {}

    def fill(self) -> None:
        """Add them all."""
        with transaction():
            for at in self.moments:
                owner = self.person(at)
                self.avatars(owner, at)
                self.runs(owner, at)
                self.messages(owner, at)
            self.remains()
            self.house()

    def person(self, at: float) -> Conversation:
        user = User.create(
            name=self.dice.choice(("Anna", "=1+1", "<b>", "")),
            language=self.dice.choice(("en", "ru")),
            created_at=at,
            erasing_at=self.dice.choice((None, None, at)),
        )
        revision = self.dice.randrange(3)
        return Conversation.create(
            user=user,
            channel=self.dice.choice(CHANNELS),
            bot="odd",
            chat=f"odd{next(self._numbers)}",
            state=self.dice.choice(STATES),
            created_at=at,
            active_at=at,
            revision=revision,
            shown_revision=self.dice.randrange(revision + 1),
            differs_since=at,
            unreachable=self.dice.random() < 0.3,
            not_before=self.dice.choice((0.0, at, self.now, self.now + 0.5)),
        )

    def avatars(self, owner: Conversation, at: float) -> None:
        for name in ("", "Anna", "@SUM(A1)"):
            made = Avatar.create(user=owner.user, name=name, created_at=_utc(at))
            for status, reason in itertools.product(PhotoValidationStatus, ("", "no_face", "odd")):
                overruled = {"overruled": self.dice.choice(("no_face", "broken"))}
                AvatarPhoto.create(
                    avatar=made,
                    user=owner.user,
                    conversation=self.dice.choice((owner, None)),
                    validation_status=status,
                    reason=reason,
                    photo_metadata=self.dice.choice(({}, overruled)),
                    number=next(self._numbers),
                    created_at=_utc(at),
                )

    def runs(self, owner: Conversation, at: float) -> None:
        for status, test_mode in itertools.product(RunStatus, (False, True)):
            who = owner if status.final else self.person(at)  # each has one under way at most
            made = self.run(who, status, test_mode, at)
            for about, simulated in (
                *[(made.id, test_mode)] * 2,
                (None, False),
                (uuid.uuid4(), False),
            ):
                self.event(about, at, simulated)

    def run(self, owner: Conversation, status: RunStatus, test_mode: bool, at: float) -> Any:
        """One that ended at this moment, or was ordered at it."""
        some = self.dice.choice
        ended = status.final
        before = some((0.0, 90.0, 100_000.0)) if ended else 0.0
        made = TrainingRun.create(
            user=some((owner.user, owner.user, None)),
            conversation=owner,
            training_type=some(tuple(AvatarTrainingType)),
            status=status,
            test_mode=test_mode,
            profile=some(("", "fast", "=profile")),
            price_usd=some((0.0, 2.4)),
            cost_usd=some((None, 0.0, 1.25)),
            error_type=some(("", "timeout")),
            finished_by=some(("", "webhook", "poll", "admin", "us")) if ended else "",
            queue_seconds=some((None, 0.0, 12.5)),
            training_seconds=some((None, None, 61.0, 7200.0)),
            created_at=at - before,
            submitted_at=some((None, at - before)),
            intent_at=some((None, at)),
            started_at=some((None, at - before / 2)),
            finished_at=at if ended else None,
            next_check_at=some((0.0, self.now, self.now - 0.5, self.now + 9)),
        )
        if some((True, False)):
            makers.submission(
                made, profile=made.profile, endpoint="", price_usd=made.price_usd,
                cost_usd=made.cost_usd, sent_at=at,
            )  # fmt: skip
        return made

    def event(self, about: uuid.UUID | None, at: float, simulated: bool) -> None:
        FalEvent.create(
            at=at,
            run_id=about,
            test_mode=simulated,
            endpoint=self.dice.choice(("", "fal-ai/x")),
            phase=self.dice.choice(("submit", "webhook")),
            ok=self.dice.random() < 0.4,
            error_type=self.dice.choice(("", "timeout")),
            error_class=self.dice.choice(("", "retry")),
            message=self.dice.choice(("", "=1+1", "No answer")),
        )

    def messages(self, owner: Conversation, at: float) -> None:
        for outcome in ("pending", "sending", "sent", "uncertain", "blocked", "failed"):
            PendingNotice.create(
                conversation=owner, key=uuid.uuid4().hex, name="alert", parameters="{}",
                created_at=at, outcome=outcome,
            )  # fmt: skip
        for handled, failed in ((None, None), (at, None), (None, at)):
            InboxEvent.create(
                conversation=owner, channel="web", bot="odd", update_id=uuid.uuid4().hex,
                kind="text", payload="", received_at=at, handled_at=handled, failed_at=failed,
            )  # fmt: skip
        for n, (source, dest) in enumerate(itertools.pairwise(self.dice.choices(STATES, k=6))):
            self.move(owner, source, dest, at + n * 7.25)
        Export.create(
            user=owner.user, conversation=owner, ordered_at=at,
            made_at=self.dice.choice((None, at)), next_check_at=at,
        )  # fmt: skip

    def move(self, owner: Conversation, source: str, dest: str, at: float) -> None:
        """A row of the log, as a turn writes it."""
        entered = self.entered.get(owner.id)
        stayed = at - entered if source != dest and entered is not None else None
        run(
            'INSERT INTO transitions (conversation_id, event_id, kind, "trigger", source, dest, '
            "visit, revision, at, stayed) VALUES (?, 0, 'press', 'go', ?, ?, 1, 1, ?, ?)",
            *(owner.id, source, dest, at, stayed),
        )
        if source != dest:
            self.entered[owner.id] = at

    def remains(self) -> None:
        """What is left of the forgotten, on the days of UTC around the moments."""
        for day in sorted({_utc(at).date().isoformat() for at in self.moments}):
            for metric in ("avatars_created", "people", "photos_valid"):
                DailyTotal.create(day=day, metric=metric, count=self.dice.randrange(5))
            for status in (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED):
                CostEntry.create(
                    day=day, training_type=self.dice.choice(tuple(AvatarTrainingType)),
                    test_mode=self.dice.random() < 0.5, status=status, usd=0.75,
                )  # fmt: skip

    def house(self) -> None:
        """The parts, a switch, an alert, the audit, and what is to be deleted."""
        for n, ago in enumerate((1, 59, 61, 5000)):
            run(
                "INSERT INTO heartbeats (part, process, at, started_at, version, trouble) "
                "VALUES (?, ?, ?, 0, '1', ?)",
                *(
                    ("worker", "web")[n % 2],
                    f"machine:{n}:started",
                    self.now - ago,
                    ("", "storage: gone")[n == 1],
                ),
            )
            DoomedObject.create(prefix=f"odd/{n}", at=self.now - ago)
            run(
                "INSERT INTO alerts (rule, subject, value, threshold, fired_at, resolved_at) "
                "VALUES ('uncertain', ?, 2, 1, ?, ?)",
                *(f"odd {n}", self.now - ago, (None, self.now)[n % 2]),
            )
            run(
                "INSERT INTO audit (at, who, action, subject, detail) VALUES (?, ?, ?, ?, '')",
                *(self.now - ago, "=anna", "pause", f"odd {n}"),
            )


def _utc(at: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at, datetime.UTC).replace(tzinfo=None)
