"""Ordering and cancelling pictures, and what screens say of them; `orders` does the rest.

`start`, `cancel` and `preview` are called in a transaction that holds the person.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from core.avatars.models import TrainedModel, TrainingRun
from core.avatars.models.pictures import ORDERED, PictureRun, Purpose, Shape
from core.avatars.orders import board
from core.avatars.orders.board import Board
from core.avatars.orders.gate import Offer
from core.avatars.orders.machine import Machine
from core.avatars.orders.money import budget
from core.avatars.orders.money.budget import one_budget
from core.avatars.orders.order import HOLDING
from core.avatars.person import Known
from core.avatars.pictures import limits
from core.avatars.pictures.darkroom import Darkroom
from core.avatars.pictures.kind import PictureKind
from core.avatars.pictures.limits import Today
from core.avatars.pictures.pace import usual
from core.avatars.pictures.packs import for_previews, packs
from core.avatars.ports import ObjectStore, Painter, Waker
from core.base.days import day
from core.base.db import database
from core.base.processes.mode import said
from core.base.settings import Settings
from core.conversation.inbox import Inbox

MOST = 4
"""Pictures of one order."""
MOST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants: a scene of a pack, or a wish; `seed` is that of its family, if any."""

    count: int
    shape: Shape
    pack: str = ""
    scene: int = 0
    wish: str = ""
    variation: int = 0
    seed: int | None = None


class Pictures:
    """Starts and cancels orders, which `orders` takes step by step; `clock`: seconds since 1970."""

    def __init__(
        self,
        settings: Settings,
        painter: Painter,
        inbox: Inbox,
        jobs: Waker,
        store: ObjectStore,
        darkroom: Darkroom,
        webhook_url: Callable[[str], str] = lambda _submission_id: "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._painter = painter
        self._jobs = jobs
        self._clock = clock
        kind = PictureKind(settings, painter, store, darkroom, clock)
        self.orders = Machine(kind, inbox, jobs, webhook_url, clock)

    # in a transaction that holds the person

    def start(self, wanted: Wanted, model: TrainedModel, conversation_id: int | None) -> PictureRun:
        """Order pictures with a model; the caller has asked `obstacle`."""
        return self._create(wanted, model, conversation_id, Purpose.ASKED, wanted.count)

    def preview(self, model: TrainedModel, run: TrainingRun) -> PictureRun | None:
        """Order the pictures that are shown with the good news; None where there are to be none.

        They wait for no person's limit; money and switches hold as for any order.
        """
        pictures, avatar = self._settings.pictures, model.avatar
        suitable = for_previews(avatar.avatar_type, avatar.gender)
        if not (pictures.enabled and pictures.previews and suitable and self.paints(model)):
            return None
        if not self._has_room(self._quote(model, pictures.previews), self._clock()):
            return None
        pack = suitable[model.id.int % len(suitable)]
        wanted = Wanted(pictures.previews, Shape.PORTRAIT, pack.slug)
        counted = pictures.previews if pictures.previews_charged == "person" else 0
        return self._create(wanted, model, run.conversation_id, Purpose.PREVIEW, counted)

    def cancel(self, run_id: uuid.UUID) -> bool:
        """Stop an order, whatever it is doing; False where it is over or being stopped."""
        return self.orders.cancel(run_id) is not None

    # for guards and screens

    def paints(self, model: TrainedModel | None) -> bool:
        """Whether pictures can be made with a model: somebody paints with it, and it is there."""
        if model is None:
            return False
        profiles = self._painter.profiles(model.base_model)
        takes = [name for name in profiles if self._painter.takes_weights(name)]
        if model.test_mode != self._painter.test_mode and model.test_mode != self._test_mode():
            return False
        return bool(profiles) and (bool(model.weights_key) or len(takes) < len(profiles))

    def today(self, user_id: uuid.UUID) -> Today:
        """A person's pictures of today that count, and their order that is under way."""
        return limits.today(user_id, day(self._settings.zone, self._clock()).begins)

    def preview_under_way(self, avatar_id: uuid.UUID) -> bool:
        """Whether first pictures of an avatar are being made."""
        previews = PictureRun.select().where(
            PictureRun.avatar == avatar_id,
            PictureRun.purpose == Purpose.PREVIEW,
            PictureRun.status.in_(HOLDING),
        )
        return bool(previews.exists())

    def obstacle(
        self, user_id: uuid.UUID, known: Known, model: TrainedModel | None, count: int, done: Today
    ) -> str | None:
        """Why a person can't have so many pictures of a model now; see `limits.obstacle`.

        "gone": nobody can paint with it any more.
        """
        if not self.paints(model):
            return "gone"
        assert model is not None, "nobody paints without one"
        terms = board.read()
        closed = terms.paused or not self._settings.pictures.enabled

        def has_room() -> bool:
            return self._has_room(self._quote(model, count, terms), self._clock())

        return limits.obstacle(self._settings, user_id, known, done, count, closed, has_room)

    def price_usd(self, model: TrainedModel | None, count: int) -> float | None:
        """What a person is shown of the price; 0 is nothing, None is not known."""
        pictures = self._settings.pictures
        if model is None or not self.paints(model) or not pictures.confirm_price:
            return 0.0
        if pictures.price_usd is not None:
            return pictures.price_usd * count
        return self._quote(model, count).price_usd

    def seconds_left(self, run: PictureRun) -> float | None:
        """What remains of an order by the usual time; None where it is overdue."""
        elapsed = self._clock() - run.started_at if run.started_at is not None else 0.0
        return usual(run, self._settings.pictures).left(elapsed)

    # the parts

    def _create(
        self,
        wanted: Wanted,
        model: TrainedModel,
        conversation_id: int | None,
        purpose: Purpose,
        counted: int,
    ) -> PictureRun:
        offer = self._quote(model, wanted.count)
        created = PictureRun.create(
            avatar=model.avatar_id,
            user=model.user_id,
            conversation=conversation_id,
            trained=model,
            purpose=purpose,
            pack=wanted.pack,
            scene=wanted.scene,
            wish=wanted.wish,
            variation=wanted.variation,
            shape=wanted.shape,
            count=wanted.count,
            seed=random.randrange(MOST_SEED) if wanted.seed is None else wanted.seed,
            counted=counted,
            test_mode=self._test_mode(),
            price_usd=offer.price_usd,
            profile=offer.profile,
            created_at=self._clock(),
        )
        database.after_commit(lambda: self._jobs.wake("pictures", str(created.id)))
        return created

    def _test_mode(self) -> bool:
        """Whether what is ordered now is simulated: not where we or a worker have the key."""
        return self._painter.test_mode and said(self._clock()) != "production"

    def _quote(self, model: TrainedModel, count: int, terms: Board | None = None) -> Offer:
        profiles = self._painter.profiles(model.base_model)
        return self.orders.gate.quote(profiles, self._clock(), terms, count)

    def _has_room(self, offer: Offer, now: float) -> bool:
        """Whether today's budget holds one more, beside those that wait for their order."""
        most, since = self._settings.training.daily_budget_usd, day(self._settings.zone, now).begins
        if most <= 0:
            return True
        one_budget()
        test_mode = self._test_mode()
        promised = budget.promised_usd(ORDERED, most, since, test_mode)
        policy = limits.policy(self._settings)
        return budget.fits(policy, offer.price_usd, now, test_mode, promised)


def next_scene(slug: str, scene: int) -> int:
    """The scene of a pack after this one, from the first again in the end."""
    pack = packs().get(slug)
    return (scene + 1) % len(pack.prompts) if pack else 0
