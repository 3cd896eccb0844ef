"""Starting and cancelling trainings, and what screens say of them; `orders` does the rest.

`start` and `cancel` are called in a turn, which holds the person.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path

import structlog
from peewee import ModelSelect

from core.avatars import person, queries
from core.avatars.models import (
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    PhotoValidationStatus,
    TrainingRun,
)
from core.avatars.models.pictures import ORDERED
from core.avatars.orders import board
from core.avatars.orders.board import Board
from core.avatars.orders.gate import Offer
from core.avatars.orders.lost.resolver import lost_orders
from core.avatars.orders.machine import Machine
from core.avatars.orders.money import budget
from core.avatars.orders.money.budget import one_budget
from core.avatars.person import Known
from core.avatars.photos.counting import photo_limit
from core.avatars.ports import ObjectStore, Trainer, Waker
from core.avatars.privacy.remote import RemoteCopies
from core.avatars.training import durations, eligibility, outcome
from core.avatars.training.kind import Made, TrainingKind, change_avatar
from core.base.days import day
from core.base.db import database
from core.base.errors import TrainingRefused
from core.base.processes.mode import said
from core.base.settings import Settings
from core.conversation.inbox import Inbox

log = structlog.get_logger()

_TRAINED = (AvatarStatus.TRAINING, AvatarStatus.COMPLETED)


class Training:
    """Starts and cancels runs, which `orders` takes step by step; `clock` gives seconds since 1970.

    `folder` is for files on their way into the store, `made` is told of each model; `webhook_url`
    gives the address at which a submission's webhook is expected, "" where nobody listens.
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
        made: Made = lambda _model, _run: None,
    ) -> None:
        self._settings = settings
        self._trainer = trainer
        self._jobs = jobs
        self._clock = clock
        kind = TrainingKind(settings, trainer, store, folder, clock, made)
        self.orders = Machine(kind, inbox, jobs, webhook_url, clock)
        self.remote = RemoteCopies(trainer, clock)

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
        agreed = self._quote(found.training_type, self._clock(), terms)
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
        change_avatar(avatar_id, **begun, **outcome.ordered(created))
        database.after_commit(lambda: self._announce(created))
        return created.id

    def cancel(self, run_id: uuid.UUID) -> bool:
        """Stop a run, whatever it is doing; False where it is over or being stopped."""
        stopped = self.orders.cancel(run_id)
        if stopped is None:
            return False
        avatar_id = stopped.avatar_id
        change_avatar(avatar_id, AvatarStatus.TRAINING, status=AvatarStatus.CANCELLED)
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
            return self._has_room(self._quote(training_type, now, terms).price_usd, now)

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
        cost = self._quote(training_type, self._clock(), terms).price_usd
        training = self._settings.training
        paid = training.price_usd(training_type) if training.shown_price == "price" else None
        return 0.0 if training.shown_price == "nothing" else cost if paid is None else paid

    def photos_taken(self, training_type: str, terms: Board | None = None) -> int:
        """How many photos a training of this type takes at most; the best ones are taken."""
        profile = self._quote(training_type, self._clock(), terms).profile
        return self._trainer.max_photos(profile)

    def seconds_left(self, run: TrainingRun) -> float | None:
        """What remains of a run by the usual time; None where it is overdue."""
        usual = durations.usual(self._settings, run.training_type, run.test_mode)
        elapsed = self._clock() - run.started_at if run.started_at is not None else 0.0
        return usual.left(elapsed)

    # in the worker

    def retire_simulated(self) -> int:
        """Once trainings are real, what was simulated is no avatar: it can be trained again.

        Its photos are kept, its pictures go. Returns how many avatars it was.
        """
        if self._trainer.test_mode:
            return 0
        return outcome.retire_simulated(self._settings, self._clock())

    def _quote(self, training_type: str, now: float, terms: Board | None) -> Offer:
        return self.orders.gate.quote(self._trainer.profiles(training_type), now, terms)

    def _has_room(self, price_usd: float | None, now: float) -> bool:
        """Whether today's budget holds one more, beside those that wait for their order."""
        most, since = self._settings.training.daily_budget_usd, day(self.zone, now).begins
        if most <= 0:
            return True
        policy, test_mode = eligibility.policy(self._settings), self._test_mode()
        promised = budget.promised_usd(ORDERED, most, since, test_mode)
        return budget.fits(policy, price_usd, now, test_mode, promised)

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
        self._jobs.wake(self.orders.kind.name, run_id)


def lost_trainings() -> list[TrainingRun]:
    """The runs that may or may not have been ordered, the oldest first."""
    return lost_orders(TrainingRun)


def _photos(avatar_id: uuid.UUID, status: PhotoValidationStatus) -> ModelSelect[AvatarPhoto]:
    return AvatarPhoto.select().where(
        AvatarPhoto.avatar == avatar_id,
        AvatarPhoto.removed_at.is_null(),
        AvatarPhoto.validation_status == status,
    )
