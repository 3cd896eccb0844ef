"""A person with a trained avatar, and a painter who works over HTTP; a clock that is stepped.

The fal behind the painter is the simulated one, with its plan of faults and its ledger; the
database and the store of objects are real.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.avatars import person
from core.avatars.disposal import prefix_of
from core.avatars.models import AvatarGender, AvatarStatus, TrainedModel, TrainingRun
from core.avatars.models.pictures import Picture, PictureRun, Shape
from core.avatars.orders.events import Events
from core.avatars.orders.order import Status
from core.avatars.orders.submissions import Submission
from core.avatars.pictures import owned
from core.avatars.pictures.darkroom import Darkroom as DarkroomPort
from core.avatars.pictures.pictures import Pictures, Wanted
from core.avatars.ports import ObjectStore, Verified
from core.avatars.privacy.erasure import Erasure
from core.base.db import transaction
from core.conversation.statements import lock_person
from core.services.darkroom import Darkroom
from core.services.fal import FalPainter
from core.services.fal.simulation import FalServer
from core.services.storage import FolderStore
from tests import makers
from tests.conversation.chat import Clock

PHRASE = "lk0123456789"
WEIGHTS = b"weights of a model"
PRICE = 0.035
"""US dollars for one picture of flux-lora."""
MANY = 100
"""No order of these tests takes so many steps."""


class PictureHouse:
    """Everything around the pictures of one person's avatar; close it in the end.

    `seconds` is how long an answer to an order is waited for, `queue_seconds` how long one stands
    in fal's queue; painting takes a second.
    """

    def __init__(
        self,
        folder: Path,
        darkroom: DarkroomPort | None = None,
        store: ObjectStore | None = None,
        seconds: float = 60.0,
        queue_seconds: float = 1.0,
        base_model: str = "flux-1",
        **settings: Any,
    ) -> None:
        self.clock = Clock(datetime(2026, 5, 4, 12, tzinfo=UTC).timestamp())
        self.fal = FalServer(queue_seconds, picture_seconds=1.0, clock=self.clock)
        self.fal.start()
        self.ledger = self.fal.ledger
        self.ledger.keeps_uploads = True
        made = makers.settings(**settings)
        slow = made.fal.model_copy(update={"submit_seconds": seconds, "answer_seconds": 60.0})
        self.settings = self.fal.settings(made.model_copy(update={"fal": slow}))
        self.painter = FalPainter(self.settings, Events(self.clock).observe)
        self.store = store or FolderStore(folder / "objects")
        self.darkroom = darkroom or Darkroom(None, None)
        self.pictures = self.work()
        self.owner = makers.conversation()
        self.avatar = makers.avatar(
            self.owner, 2, status=AvatarStatus.COMPLETED, gender=AvatarGender.FEMALE
        )
        for key, _ in makers.stored(self.avatar):
            self.store.put(key, key.encode())
        self.model = self.trained(base_model)

    def close(self) -> None:
        self.painter.close()
        self.fal.stop()

    def work(self) -> Pictures:
        """A worker; there may be several."""
        return Pictures(
            self.settings, self.painter, makers.inbox(self.clock), makers.Wakes(), self.store,
            self.darkroom, lambda submission_id: f"http://us.invalid/{submission_id}", self.clock,
        )  # fmt: skip

    def trained(self, base_model: str = "flux-1") -> TrainedModel:
        """A model of the avatar, with weights in our store."""
        key = f"{self.prefix}weights-{hashlib.sha256(WEIGHTS).hexdigest()}"
        self.store.put(key, WEIGHTS)
        known = {"base_model": base_model, "phrase": PHRASE, "finetune_id": "ft-anna"}
        return makers.model(self.avatar, uuid.uuid4(), weights_key=key, **known)

    # what the person does

    @contextmanager
    def turn(self) -> Iterator[None]:
        with transaction():
            lock_person(self.owner.id, self.owner.user.id)
            yield

    def order(self, count: int = 2, **wanted: Any) -> PictureRun:
        if not wanted.get("pack"):
            wanted.setdefault("wish", "in a red coat")
        with self.turn():
            what = Wanted(count, wanted.pop("shape", Shape.SQUARE), **wanted)
            return self.pictures.start(what, makers.fresh(self.model), self.owner.id)

    def preview(self) -> PictureRun | None:
        """A training has just made the model."""
        training = TrainingRun(conversation=self.owner)
        with self.turn():
            return self.pictures.preview(makers.fresh(self.model), training)

    def cancel(self) -> None:
        with self.turn():
            assert self.pictures.cancel(self.run.id)

    @property
    def erasure(self) -> Erasure:
        return Erasure({PictureRun: self.pictures.cancel})

    def delete_avatar(self) -> None:
        with self.turn():
            self.erasure.avatar(makers.fresh(self.avatar), self.clock())

    def obstacle(self, count: int = 2) -> str | None:
        """Why they can't have so many more now."""
        user, model = self.owner.user.id, makers.fresh(self.model)
        known = self.known
        return self.pictures.obstacle(user, known, model, count, self.pictures.today(user))

    @property
    def known(self) -> Any:
        return person.read(self.owner.user.id, self.clock() - 1.0)

    # what the worker does

    def step(self, run: PictureRun | None = None) -> None:
        """Take the next step at once, and the one that it makes possible."""
        name = str((run or self.run).id)
        self.pictures.orders.step(name)
        self.pictures.orders.step(name, transfer=True)

    def wait(self) -> None:
        """Go on to the moment at which the order wants its next step."""
        self.clock.now = max(self.clock.now + 0.5, float(self.run.next_check_at))

    def until(self, *statuses: Status) -> PictureRun:
        """Work until the order is over, or has one of these."""
        for _ in range(MANY):
            if self.status.final or self.status in statuses:
                return self.run
            self.step()
            self.wait()
        raise AssertionError(f"it stays {self.status}: {self.run.error_type}")

    def painted(self, **wanted: Any) -> PictureRun:
        """Order, and see it end."""
        self.order(**wanted)
        return self.until()

    def hear(self, status: str = "OK") -> str:
        """A verified webhook about the last submission comes."""
        sent = self.submissions[-1]
        told = Verified(self.ledger.taken[self.run.id.hex][-1], "us", status)
        return self.pictures.orders.resolver.on_webhook(str(sent.id), told)

    # what is there

    @property
    def run(self) -> PictureRun:
        """The order that was made last."""
        query: Any = PictureRun.select().order_by(PictureRun.created_at.desc())
        found: PictureRun = query.first()
        return found

    @property
    def status(self) -> Status:
        return Status(self.run.status)

    @property
    def submissions(self) -> list[Submission]:
        query: Any = Submission.select().where(Submission.run_id == self.run.id)
        return list(query.order_by(Submission.number))

    @property
    def fates(self) -> list[str]:
        return [str(sent.fate) for sent in self.submissions]

    @property
    def posts(self) -> list[Any]:
        """The orders that came to fal, as they came."""
        return self.ledger.posts

    @property
    def theirs(self) -> list[Picture]:
        """The pictures that the person has of the last order, the likest first."""
        return list(owned.of_run(self.run.id))

    @property
    def told(self) -> list[str]:
        return [trigger for trigger, _ in makers.told(self.owner)]

    @property
    def counted(self) -> int:
        return self.pictures.today(self.owner.user.id).counted

    @property
    def prefix(self) -> str:
        return prefix_of(self.avatar.user_id, self.avatar.id)

    @property
    def stored(self) -> set[str]:
        """The keys of the pictures in our store."""
        return {key for key in self.store.keys("") if "picture-" in key}

    @property
    def summary(self) -> tuple[str, int, float | None, int]:
        """How the order has ended: status, pictures, cost, and what counts of it."""
        run = self.run
        cost = None if run.cost_usd is None else round(run.cost_usd, 6)
        return str(run.status), len(self.theirs), cost, run.counted


def cost(pictures: int) -> float:
    """What so many cost."""
    return round(PRICE * pictures, 6)
