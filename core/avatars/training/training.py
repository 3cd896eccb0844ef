"""A training's life: started in a turn, then taken step by step, whoever is killed meanwhile.

A `TrainingRun` is the truth. Each step claims the run, asks the trainer outside of any
transaction, and writes what came of it in one transaction, together with the signal that tells the
person. A worker that dies leaves a claim that runs out.

    ready → preparing → submitting → queued → training → saving → completed | failed
      ↑________________________│  ╲→ uncertain ↗
    any of them → cancelling → cancelled | completed

A run that waits for something outside (the trainer, the admin, the budget) waits in `ready`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peewee
import structlog

from core.avatars import eligibility, person, queries
from core.avatars.models import (
    HOLDING,
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    PhotoValidationStatus,
    RunStatus,
    TrainingRun,
)
from core.avatars.orders import board, budget
from core.avatars.orders.board import Board
from core.avatars.orders.budget import one_budget
from core.avatars.orders.finding import Finder
from core.avatars.orders.gate import Gate
from core.avatars.orders.late import LateOrders
from core.avatars.orders.resolver import Settler
from core.avatars.person import Known
from core.avatars.photos.counting import photo_limit
from core.avatars.ports import ObjectStore, Trainer, Waker
from core.avatars.privacy.remote import RemoteCopies
from core.avatars.training import durations, rows
from core.avatars.training.outcome import ordered
from core.avatars.training.recording import Recorder, change_avatar
from core.avatars.training.stepping import CANCEL_SECONDS, Stepper
from core.avatars.training.submitting import Submitter
from core.avatars.training.transfer import Carrier
from core.base.days import day
from core.base.db import database
from core.base.errors import TrainingRefused
from core.base.mode import said
from core.base.settings import Settings
from core.conversation.inbox import Inbox

log = structlog.get_logger()

_TRAINED = (AvatarStatus.TRAINING, AvatarStatus.COMPLETED)


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step that was taken: whose conversation may have been told something, and what is next."""

    conversation_id: int | None
    carries: bool
    """Whether the next step carries bytes and may be taken at once."""


class Training:
    """Starts, advances and cancels runs; `clock` gives seconds since 1970.

    `folder` is for files on their way into the store; `webhook_url` gives the address at which a
    submission's webhook is expected, "" where nobody listens.
    """

    def __init__(
        self,
        settings: Settings,
        trainer: Trainer,
        inbox: Inbox,
        jobs: Waker,
        store: ObjectStore,
        folder: Path,
        webhook_url: Callable[[str], str] = lambda _submission_id: "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._trainer = trainer
        self._jobs = jobs
        self._clock = clock
        self.gate = Gate(settings, trainer)
        recorder = Recorder(settings, inbox, self.gate.judge, clock)
        submitter = Submitter(settings, trainer, self.gate, recorder, webhook_url, clock)
        carrier = Carrier(trainer, store, folder, submitter, recorder, clock)
        self.settler = Settler(submitter, Finder(trainer), jobs, clock)
        self._stepper = Stepper(
            settings, trainer, self.gate, submitter, carrier, recorder, clock, self.settler.look
        )
        self.remote = RemoteCopies(trainer, clock)
        self.late = LateOrders(settings, trainer, jobs, clock)

    # in a turn, under the person's lock

    def start(
        self, avatar_id: uuid.UUID, user_id: uuid.UUID, conversation_id: int | None
    ) -> uuid.UUID:
        """Create the run of an avatar and return its id; raises TrainingRefused.

        The caller's transaction holds the person, so that what is looked at here stays true.
        """
        found = Avatar.get_or_none(Avatar.id == avatar_id, Avatar.user == user_id)
        if found is None:
            raise TrainingRefused("gone")
        terms = board.read()
        photos_count = self._check(found, terms)
        agreed = self.gate.quote(found.training_type, self._clock(), terms)
        created = TrainingRun.create(
            avatar=avatar_id,
            user=user_id,
            conversation=conversation_id,
            training_type=found.training_type,
            test_mode=self._test_mode(),
            price_usd=agreed.price_usd,
            photos_count=photos_count,
            profile=agreed.profile,
            created_at=self._clock(),
        )
        begun = {"status": AvatarStatus.TRAINING, "training_progress": 0}
        change_avatar(avatar_id, **begun, **ordered(created))
        database.after_commit(lambda: self._announce(created))
        run_id: uuid.UUID = created.id
        return run_id

    def cancel(self, run_id: uuid.UUID) -> bool:
        """Stop a run, whatever it is doing; the worker tells the trainer. False where it is over.

        A submission that is under way keeps its claim, so that its request id is known by then. A
        run that has ended, or is being stopped, stays as it is.
        """
        now = self._clock()
        kept = (RunStatus.SUBMITTING, RunStatus.UNCERTAIN)
        soon = peewee.Case(TrainingRun.status, [(s, TrainingRun.next_check_at) for s in kept], 0.0)
        saving = (TrainingRun.saving_at.is_null(False), TrainingRun.deadline_at)
        query: Any = TrainingRun.update(
            status=RunStatus.CANCELLING,
            next_check_at=soon,
            deadline_at=peewee.Case(None, [saving], now + CANCEL_SECONDS),
        )
        if not query.where(TrainingRun.id == run_id, TrainingRun.status.in_(HOLDING)).execute():
            return False
        avatar_id = TrainingRun.get_by_id(run_id).avatar_id
        change_avatar(avatar_id, AvatarStatus.TRAINING, status=AvatarStatus.CANCELLED)
        database.after_commit(lambda: self._jobs.wake("run", str(run_id)))
        return True

    def obstacle(
        self,
        user_id: uuid.UUID,
        training_type: str,
        now: float,
        known: Known | None = None,
        terms: Board | None = None,
    ) -> str | None:
        """Why this person can't start a training now; see `eligibility.obstacle`.

        By what is `known` of them and by the `terms`, or by what the database says now.
        """
        known, terms = known or self.known(user_id, now), terms or board.read()

        def has_room() -> bool:
            if self._settings.training.daily_budget_usd <= 0:
                return True
            price = self.gate.quote(training_type, now, terms).price_usd
            return budget.has_room(self._settings, price, now, self._test_mode())

        return eligibility.obstacle(self._settings, user_id, known, terms.paused, has_room)

    def known(self, user_id: uuid.UUID, now: float) -> Known:
        """What is known of a person; the trainings of today count."""
        return person.read(user_id, day(self.zone, now).begins)

    # for the screen

    @property
    def zone(self) -> str:
        """The time zone in which a day begins."""
        return self._settings.zone

    def price_usd(self, training_type: str, terms: Board | None = None) -> float | None:
        """What a person is shown of the price; 0 is nothing, None is not known."""
        cost = self.gate.quote(training_type, self._clock(), terms).price_usd
        return self.gate.prices.shown_usd(training_type, cost)

    def photos_taken(self, training_type: str, terms: Board | None = None) -> int:
        """How many photos a training of this type takes at most; the best ones are taken."""
        profile = self.gate.quote(training_type, self._clock(), terms).profile
        return self._trainer.max_photos(profile)

    def seconds_left(self, run: TrainingRun) -> float | None:
        """What remains of a run by the usual time; None where it is overdue."""
        usual = durations.usual(self._settings, run.training_type, run.test_mode)
        elapsed = self._clock() - run.started_at if run.started_at is not None else 0.0
        return usual.left(elapsed)

    # in the worker

    def due(self, now: float, limit: int = 100) -> list[str]:
        """Runs that want to be advanced, the longest waiting first."""
        return rows.due(now, limit)

    def due_to_carry(self, now: float, limit: int = 100) -> list[str]:
        """The same, of those whose next step carries bytes."""
        return rows.due(now, limit, carrying=True)

    def advance(self, run_id: str) -> Stepped | None:
        """Take a run one step further, unless somebody else is at it or it is too early."""
        claimed = rows.claim(run_id, self._clock())
        if claimed is None:
            return None
        carries = self._stepper.step(claimed)
        return Stepped(claimed.conversation_id, carries)

    def carry(self, run_id: str) -> Stepped | None:
        """The same for a step that carries bytes; it takes as long as that takes."""
        claimed = rows.claim(run_id, self._clock(), carrying=True)
        if claimed is None:
            return None
        self._stepper.carry(claimed)
        return Stepped(claimed.conversation_id, False)

    def retire_simulated(self) -> int:
        """Once trainings are real, what was simulated is no avatar: it can be trained again.

        Its photos and all else are kept. Returns how many avatars it was.
        """
        return 0 if self._trainer.test_mode else eligibility.retire_simulated(self._settings)

    def _test_mode(self) -> bool:
        """Whether a run that begins now is simulated: not where we or a worker have the key."""
        return self._trainer.test_mode and said(self._clock()) != "production"

    def _check(self, found: Avatar, terms: Board) -> int:
        """How many photos the training takes; raises TrainingRefused where it can't start."""
        if found.status in _TRAINED:
            raise TrainingRefused("busy")
        if eligibility.stopping(found.id):
            raise TrainingRefused(queries.unfinished(found.id) or "stopping")
        if self._settings.training.daily_budget_usd > 0:
            one_budget()
        now = self._clock()
        reason = self.obstacle(found.user_id, found.training_type, now, terms=terms)
        if reason:
            raise TrainingRefused(reason)
        taken = self.photos_taken(found.training_type, terms)
        most = photo_limit(self._settings, found.id)
        return min(self._photos_count(found.id), most, taken)

    def _photos_count(self, avatar_id: uuid.UUID) -> int:
        if _photos(avatar_id, PhotoValidationStatus.PENDING).exists():
            raise TrainingRefused("still_checking")
        count = int(_photos(avatar_id, PhotoValidationStatus.VALID).count())
        if count < self._settings.training.min_photos:
            raise TrainingRefused("too_few")
        return count

    def _announce(self, created: TrainingRun) -> None:
        avatar_id, run_id = str(created.avatar_id), str(created.id)
        started = f"🚀 Запущено обучение аватара {avatar_id} типа {created.training_type.value}"
        log.info(started, run=run_id)
        if created.test_mode:
            simulated = f"🧪 ТЕСТОВЫЙ РЕЖИМ: Имитация обучения аватара {avatar_id}"
            log.info(simulated, run=run_id)
        self._jobs.wake("run", run_id)


def _photos(avatar_id: uuid.UUID, status: PhotoValidationStatus) -> Any:
    return AvatarPhoto.select().where(
        AvatarPhoto.avatar == avatar_id,
        AvatarPhoto.removed_at.is_null(),
        AvatarPhoto.validation_status == status,
    )
