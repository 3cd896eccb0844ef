"""A training as a kind of order: photos are sent, weights are kept, an avatar is changed."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from core.avatars import queries
from core.avatars.disposal import doom
from core.avatars.models import (
    Avatar,
    AvatarStatus,
    AvatarTrainingType,
    RunStatus,
    TrainedModel,
    TrainingRun,
    utc_now,
)
from core.avatars.orders.kind import Alive, Place, Request
from core.avatars.ports import Failure, ObjectStore, Standing, Trainer, TrainingOrder
from core.avatars.privacy import remote
from core.avatars.training import durations, eligibility, transfer
from core.avatars.training.outcome import (
    Weights,
    configuration,
    taken_back,
    trained,
    trigger_word,
)
from core.base.settings import Settings

TYPES = tuple(str(training_type) for training_type in AvatarTrainingType)
_TAKEN = (AvatarStatus.TRAINING, AvatarStatus.COMPLETED)
_ENDED = {RunStatus.FAILED: AvatarStatus.ERROR, RunStatus.CANCELLED: AvatarStatus.CANCELLED}
Made = Callable[[TrainedModel, TrainingRun], object]
_OUR_WORD = ("trigger_phrase", "trigger_word", "default_caption")
"""The arguments by which the trainers take an avatar's own word."""


class TrainingKind:
    """See `Kind`. `folder` is for files on their way into the store.

    `made` is told of a model in the transaction that makes it its person's.
    """

    name = "training"
    model = TrainingRun
    missing = transfer.NO_MODEL

    def __init__(
        self,
        settings: Settings,
        trainer: Trainer,
        store: ObjectStore,
        folder: Path,
        clock: Callable[[], float],
        made: Made = lambda _model, _run: None,
    ) -> None:
        self._settings = settings
        self.provider = trainer
        self._store = store
        self._folder = folder
        self._made = made
        self._clock = clock
        self.policy = eligibility.policy(settings)

    # what it may be ordered as

    def profiles(self, run: TrainingRun | None = None) -> tuple[str, ...]:
        types = TYPES if run is None else (run.training_type,)
        return tuple(dict.fromkeys(name for kind in types for name in self.provider.profiles(kind)))

    def units(self, _run: TrainingRun) -> int:
        return 1

    def simulated_usd(self, profile: str) -> float:
        kind = next(kind for kind in TYPES if profile in self.provider.profiles(kind))
        return self._settings.training.price_usd(kind) or 0.0

    def marks(self, run: TrainingRun) -> tuple[str, ...]:
        return tuple(str(run.arguments[name]) for name in _OUR_WORD if run.arguments.get(name))

    # material and request

    def present(self, run: TrainingRun) -> bool:
        return run.avatar_id is not None

    def fits(self, run: TrainingRun, profile: str) -> bool:
        return bool(run.photos_count <= self.provider.max_photos(profile))

    def prepared(self, run: TrainingRun, profile: str) -> bool:
        if not run.data_url or run.uploaded_at is None:
            return False
        lasts = self._clock() < float(run.uploaded_at) + self.provider.upload_seconds
        return lasts and self.fits(run, profile)

    def upload(self, run: TrainingRun, alive: Alive) -> Mapping[str, object]:
        url, count = transfer.send_photos(self.provider, self._store, run, alive)
        return {"data_url": url, "uploaded_at": self._clock(), "photos_count": count}

    def request(self, run: TrainingRun, profile: str) -> Request | None:
        if run.avatar is None:
            return None
        order = TrainingOrder(
            run_id=str(run.id),
            training_type=run.training_type.value,
            avatar_type=run.avatar.avatar_type.value,
            trigger_word=trigger_word(run.avatar.id),
            profile=profile,
        )
        arguments = self.provider.arguments(order, "")
        url = run.data_url
        return Request(
            {name: value for name, value in arguments.items() if not name.endswith("_url")},
            lambda webhook_url: self.provider.submit(order, url, webhook_url),
        )

    # what is accepted, and kept

    def leaves(self, standing: Standing) -> bool:
        return bool(standing.result.get("weights_url"))

    def keep(self, run: TrainingRun, standing: Standing, alive: Alive) -> Weights | Failure:
        room = transfer.Room(self.provider, self._store, self._folder, lambda: self.wanted(run))
        return transfer.keep_weights(room, run, standing, alive)

    # how it ended

    def signal(self, news: str) -> str:
        return news

    def wanted(self, run: TrainingRun) -> bool:
        return queries.wanted(run) is not None

    def place(self, run: TrainingRun) -> Place:
        avatar = queries.wanted(run)
        if avatar is None or avatar.status in _TAKEN:
            return "taken"
        return "busy" if run.user_id is not None and eligibility.busy(run.user_id) else "free"

    def intended(self, run: TrainingRun) -> None:
        change_avatar(run.avatar_id, training_config=configuration(run))

    def identified(self, run: TrainingRun, request_id: str) -> None:
        """Keep fal's id with an avatar that waits for it, or has just been stopped."""
        waiting = (AvatarStatus.TRAINING, AvatarStatus.CANCELLED)
        change_avatar(run.avatar_id, *waiting, finetune_id=request_id)

    def progressed(self, run: TrainingRun, percent: int) -> None:
        change_avatar(run.avatar_id, AvatarStatus.TRAINING, training_progress=percent)

    def completed(
        self, run: TrainingRun, result: Mapping[str, object], kept: Weights | None
    ) -> None:
        """The avatar holds what was made; where nobody wants it, what was copied is deleted."""
        avatar, now = queries.wanted(run), self._clock()
        if avatar is None or kept is not None:
            remote.forget_orders(run, now)
        if avatar is None:
            remote.forget_model(run, result.get("finetune_id"), now)
            self._forget_weights(run)
            return
        base_model = self.provider.base_model(run.profile)
        model = trained(avatar, run, result, kept, base_model, now)
        change_avatar(avatar.id, training_type=run.training_type, **taken_back(model))
        self._made(model, run)

    def ended(self, run: TrainingRun, status: RunStatus) -> None:
        remote.forget_orders(run, self._clock(), late=self.wanted(run))
        self._forget_weights(run)
        change_avatar(run.avatar_id, AvatarStatus.TRAINING, status=_ENDED[status])

    def resumed(self, run: TrainingRun, percent: int) -> None:
        again = {"status": AvatarStatus.TRAINING, "training_progress": percent}
        change_avatar(run.avatar_id, **again)

    def unwanted(self, run: TrainingRun, result: Mapping[str, object]) -> None:
        remote.forget_model(run, result.get("finetune_id"), self._clock())

    # pace

    def poll_seconds(self, run: TrainingRun) -> float:
        """Never the whole interval: a result is on the screen within it."""
        training = self._settings.training
        real = {
            AvatarTrainingType.PORTRAIT: training.poll_portrait_seconds,
            AvatarTrainingType.STYLE: training.poll_style_seconds,
        }
        usual = training.check_seconds if run.test_mode else real[run.training_type]
        return usual * random.uniform(0.7, 0.9)

    def deadline_seconds(self, run: TrainingRun) -> float:
        training = self._settings.training
        minutes = {
            "portrait": training.deadline_portrait_minutes,
            "style": training.deadline_style_minutes,
        }
        return 60.0 * minutes[run.training_type]

    def percent(self, run: TrainingRun, elapsed: float) -> int:
        usual = durations.usual(self._settings, run.training_type, run.test_mode)
        return usual.percent(elapsed)

    def _forget_weights(self, run: TrainingRun) -> None:
        """Delete what was copied, unless an earlier training of the avatar left the very same."""
        if not run.weights_key:
            return
        TrainingRun.update(weights_key=None).where(TrainingRun.id == run.id).execute()
        if not TrainingRun.select().where(TrainingRun.weights_key == run.weights_key).exists():
            doom(run.weights_key, self._clock())


def change_avatar(avatar_id: uuid.UUID | None, *was: AvatarStatus, **changes: object) -> None:
    """Change an avatar that still exists and has one of these statuses, if any are named."""
    query = Avatar.update({**changes, "updated_at": utc_now()}).where(Avatar.id == avatar_id)
    (query.where(Avatar.status.in_(was)) if was else query).execute()
