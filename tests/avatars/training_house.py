"""A person whose avatar can be trained, a trainer that says what it is told to, a still clock."""

from __future__ import annotations

import hashlib
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.avatars.models import Avatar, TrainingRun
from core.avatars.orders.submissions import Submission
from core.avatars.ports import (
    CancelAnswer,
    Download,
    ErrorClass,
    Failure,
    Handle,
    Standing,
    TrainerError,
    TrainingOrder,
    Verified,
)
from core.avatars.training.training import Training
from core.base.db import transaction
from core.base.errors import TrainingRefused
from core.base.settings import Settings
from core.conversation.statements import lock_person
from core.services.storage import FolderStore
from tests import makers
from tests.conversation.chat import Clock
from tests.fakes.platform import ScriptedPlatform
from tests.weights import safetensors

WEIGHTS = safetensors()
KEY = hashlib.sha256(WEIGHTS).hexdigest()


def failure(error_type: str = "x", error_class: ErrorClass = "retry", **more: Any) -> Failure:
    return Failure(error_type, error_class, "in words", **more)


def failed(error_type: str = "x", error_class: ErrorClass = "retry") -> Standing:
    return Standing("failed", failure=failure(error_type, error_class))


def training(percent: int | None) -> Standing:
    return Standing("training", percent)


QUEUED = Standing("queued", position=2)
COMPLETED = Standing("completed", result={"finetune_id": "ft-1"})
WEIGHED = Standing("completed", training_seconds=300.0, result={"weights_url": "http://w/1"})
STOPPED = failed("client_cancelled", "retry")
FAILED = failed("face_detection_error", "person")


@dataclass
class ScriptedTrainer:
    """Says what it is told to say, and notes what it is asked."""

    standing: Standing = QUEUED
    test_mode: bool = True
    upload_seconds: float = 3600.0
    prices: dict[str, float | None] = field(default_factory=dict)
    photos: int = 50
    weights: bytes = WEIGHTS
    size: int | None = len(WEIGHTS)
    config: bytes = b""
    """What is at an address that ends with config."""
    answer: CancelAnswer = "requested"
    refusals: list[TrainerError] = field(default_factory=list)
    """What the next calls raise, each once."""
    uploads: list[list[str]] = field(default_factory=list)
    orders: list[TrainingOrder] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    webhooks: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    checks: int = 0
    platform: ScriptedPlatform = field(default_factory=ScriptedPlatform)
    meanwhile: Callable[[], object] = lambda: None
    sending: Callable[[Callable[[], object]], object] = lambda _alive: None
    """What happens while photos are sent."""

    def profiles(self, training_type: str) -> tuple[str, ...]:
        return f"{training_type}-first", f"{training_type}-second"

    def endpoint(self, profile: str) -> str:
        return f"fal-ai/{profile}"

    def price_usd(self, profile: str) -> float | None:
        return self.prices.get(profile, 0.0)

    def priced(self, profile: str, usd: float, unit: str) -> float | None:
        return 1000 * usd if unit == "step" else None

    def base_model(self, profile: str) -> str:
        return f"base of {profile}"

    def max_photos(self, profile: str) -> int:
        return self.photos

    def arguments(self, order: TrainingOrder, data_url: str) -> dict[str, Any]:
        return {"images_data_url": data_url, "trigger_phrase": order.trigger_word, "steps": 9}

    def upload(
        self,
        run_id: str,
        photos: Iterable[tuple[str, Callable[[], bytes]]],
        alive: Callable[[], object],
    ) -> str:
        self._refuse()
        self.sending(alive)
        self.uploads.append([f"{name} {read().decode()}" for name, read in photos])
        return f"http://zip/{len(self.uploads)}"

    def submit(self, order: TrainingOrder, data_url: str, webhook_url: str) -> Handle:
        self.orders.append(order)
        self.sent.append(data_url)
        self.webhooks.append(webhook_url)
        self.meanwhile()
        self._refuse()
        request_id = f"request {len(self.orders)} of {order.run_id}"
        return Handle(order.run_id, order.profile, request_id, "http://s", "http://r", "http://c")

    def check(self, handle: Handle) -> Standing:
        self.checks += 1
        self.meanwhile()
        self._refuse()
        return self.standing

    def cancel(self, handle: Handle) -> CancelAnswer:
        self._refuse()
        self.cancelled.append(handle.request_id)
        return self.answer

    @contextmanager
    def download(self, handle: Handle, url: str) -> Iterator[Download]:
        self._refuse()
        if url.endswith("config"):
            yield Download(iter((self.config,)))
        else:
            yield Download(iter((self.weights[:5], self.weights[5:])), self.size)

    def _refuse(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)


class House:
    """Everything around the training of one person's avatar."""

    folder: Path

    def __init__(self, **settings: Any) -> None:
        self.clock = Clock(datetime(2026, 5, 4, 12, tzinfo=UTC).timestamp())
        self.trainer = ScriptedTrainer()
        self.wakes = makers.Wakes()
        self.settings: Settings = makers.settings(**settings)
        self.store = FolderStore(Path(tempfile.mkdtemp(dir=self.folder)) / "objects")
        self.training = self.work()
        self.owner = makers.conversation()
        self.avatar = self.with_objects(makers.avatar(self.owner))

    def work(self) -> Training:
        inbox = makers.inbox(self.clock)
        return Training(
            self.settings, self.trainer, inbox, self.wakes, self.store, self.folder,
            lambda submission_id: f"http://us/{submission_id}", self.clock,
        )  # fmt: skip

    def with_objects(self, avatar: Avatar) -> Avatar:
        """The avatar, whose photos are stored as well."""
        for key, _ in makers.stored(avatar):
            self.store.put(key, key.encode())
        return avatar

    def start(self, avatar: Avatar | None = None) -> uuid.UUID:
        with transaction():
            lock_person(self.owner.id, self.owner.user.id)
            wanted = avatar or self.avatar
            return self.training.start(wanted.id, self.owner.user.id, self.owner.id)

    def cancel(self) -> None:
        with transaction():
            lock_person(self.owner.id, self.owner.user.id)
            self.training.cancel(self.run.id)

    def advance(self, *standings: Standing) -> None:
        """Take a step, or one for each thing that the trainer is to say, 5 seconds apart.

        What a step makes possible at once, such as carrying bytes, is done with it.
        """
        for standing in standings or (self.trainer.standing,):
            self.trainer.standing = standing
            self.step(str(self.run.id))
            self.clock.forward(5)

    def step(self, run_id: str) -> None:
        self.training.orders.step(run_id)
        self.training.orders.step(run_id, transfer=True)

    def refused(self, *refusals: TrainerError) -> None:
        """Take a step over which the trainer raises these."""
        self.trainer.refusals = list(refusals)
        self.advance()
        assert self.trainer.refusals == []

    def later(self, seconds: float = 200.0) -> None:
        """Let every wait for something out of reach pass, and take a step."""
        self.clock.forward(seconds)
        self.advance()

    def hear(
        self,
        request_id: str | None = None,
        status: str = "OK",
        customer: str = "fal-user",
        about: str = "",
    ) -> str:
        """A verified webhook comes, about the run or the submission of that name."""
        told = Verified(request_id or str(self.run.request_id), customer, status)
        return self.training.orders.resolver.on_webhook(about or str(self.run.id), told)

    def ended(self, standing: Standing = COMPLETED) -> TrainingRun:
        """Start a training and see it end."""
        self.start()
        self.advance(QUEUED, QUEUED, training(50), standing)
        return self.run

    def refusal(self, avatar: Avatar | None = None) -> str:
        with pytest.raises(TrainingRefused) as refused:
            self.start(avatar)
        return refused.value.reason

    @property
    def obstacle(self) -> str | None:
        return self.training.obstacle(self.owner.user.id, "portrait", self.clock())

    @property
    def run(self) -> TrainingRun:
        return makers.runs(self.avatar)[-1]

    @property
    def submissions(self) -> list[Submission]:
        """The orders that the run sent, in order."""
        query: Any = Submission.select().where(Submission.run_id == self.run.id)
        return list(query.order_by(Submission.number))

    @property
    def fates(self) -> list[str]:
        return [str(sent.fate) for sent in self.submissions]

    @property
    def status(self) -> Any:
        return self.run.status

    @property
    def told(self) -> list[str]:
        return [trigger for trigger, _ in makers.told(self.owner)]

    @property
    def now(self) -> Any:
        """The avatar as it is now."""
        return makers.fresh(self.avatar)
