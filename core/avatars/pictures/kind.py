"""Pictures as a kind of order: weights are sent, a prompt is painted, pictures are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import peewee

from core.avatars import queries
from core.avatars.models import TrainedModel
from core.avatars.models.pictures import Picture, PictureRun, Purpose
from core.avatars.orders import submissions
from core.avatars.orders.kind import Alive, Impossible, Place, Request
from core.avatars.orders.order import Status
from core.avatars.pictures import composing, limits
from core.avatars.pictures.arrival import GONE, Kept, Room, keep_pictures
from core.avatars.pictures.darkroom import Darkroom
from core.avatars.pictures.owned import forget_pictures
from core.avatars.pictures.pace import Pace, usual
from core.avatars.ports import Failure, ObjectStore, Painter, Standing
from core.avatars.privacy import remote
from core.base.errors import ObjectMissing
from core.base.settings import Settings

GRACE_SECONDS = 3600.0
"""How much longer than an order may take its weights have to be there."""
LINK_SECONDS = 900.0
"""What a link to our own store lasts beyond that: so soon its order has to be sent."""
BLOCKED = "content_policy_violation"
"""The error of a prompt that the painter refuses."""
_NO_WEIGHTS = Failure("weights_missing", "operator", "the model is gone from our object store")


class PictureKind:
    """See `Kind`."""

    name = "pictures"
    model = PictureRun
    missing = GONE

    def __init__(
        self,
        settings: Settings,
        painter: Painter,
        store: ObjectStore,
        darkroom: Darkroom,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings.pictures
        self.provider = painter
        self._store = store
        self._darkroom = darkroom
        self._clock = clock
        self.policy = limits.policy(settings)
        self._pace = Pace(self._settings, clock)
        self._needed_seconds = self._settings.deadline_minutes * 60 + GRACE_SECONDS
        self._link_seconds = int(self._needed_seconds + LINK_SECONDS)

    # what it may be ordered as

    def profiles(self, run: PictureRun | None = None) -> tuple[str, ...]:
        base_model = run.trained.base_model if run is not None and run.trained else ""
        return self.provider.profiles(base_model)

    def units(self, run: PictureRun) -> int:
        return int(run.count)

    def simulated_usd(self, _profile: str) -> float:
        return self._settings.price_usd or 0.0

    def marks(self, run: PictureRun) -> tuple[str, ...]:
        return (str(run.seed),)

    # material and request

    def present(self, run: PictureRun) -> bool:
        return run.avatar_id is not None and run.trained is not None

    def fits(self, _run: PictureRun, _profile: str) -> bool:
        return True

    def prepared(self, run: PictureRun, profile: str) -> bool:
        if not self.provider.takes_weights(profile):
            return True
        uploaded = run.trained is not None and run.data_url == run.trained.remote_url
        seconds = self.provider.upload_seconds if uploaded else self._link_seconds
        return bool(run.data_url) and self._lasts(run.uploaded_at, seconds)

    def upload(self, run: PictureRun, alive: Alive) -> Mapping[str, object]:
        """Where the painter finds the weights: in our store, or sent once and remembered."""
        model = run.trained
        key = model.weights_key if model else None
        if model is None or key is None:
            raise Impossible(_NO_WEIGHTS)
        now = self._clock()
        if link := self._link(key):
            return {"data_url": link, "uploaded_at": now}
        if model.remote_url and self._lasts(model.remote_at, self.provider.upload_seconds):
            return {"data_url": model.remote_url, "uploaded_at": model.remote_at}
        try:
            url = self.provider.upload_weights(str(run.id), lambda: self._store.stream(key), alive)
        except ObjectMissing as missing:
            raise Impossible(_NO_WEIGHTS) from missing
        now = self._clock()
        sent = TrainedModel.update(remote_url=url, remote_at=now)
        sent.where(TrainedModel.id == model.id).execute()
        return {"data_url": url, "uploaded_at": now}

    def _link(self, key: str) -> str:
        """To the weights in our store; "" where the painter can't reach it, or is simulated."""
        link = "" if self.provider.test_mode else self._store.public_link(key, self._link_seconds)
        if link and not self._store.exists(key):
            raise Impossible(_NO_WEIGHTS)
        return link

    def _lasts(self, since: float | None, seconds: float) -> bool:
        return since is not None and self._clock() + self._needed_seconds < since + seconds

    def request(self, run: PictureRun, profile: str) -> Request | None:
        order = composing.order(run, profile)
        if order is None:
            return None
        url = run.data_url
        arguments = self.provider.arguments(order, "")
        return Request(
            {name: value for name, value in arguments.items() if name not in ("prompt", "loras")},
            lambda webhook_url: self.provider.submit(order, url, webhook_url),
        )

    # what is accepted, and kept

    def leaves(self, standing: Standing) -> bool:
        return bool(standing.result.get("images"))

    def keep(self, run: PictureRun, standing: Standing, alive: Alive) -> Kept | Failure:
        room = Room(self.provider, self._store, self._darkroom, lambda: self.wanted(run))
        return keep_pictures(room, run, standing, alive, self._clock())

    # how it ended

    def signal(self, news: str) -> str:
        return f"pictures_{news}"

    def wanted(self, run: PictureRun) -> bool:
        return queries.wanted(run) is not None

    def place(self, run: PictureRun) -> Place:
        if run.user_id is None or not self.wanted(run):
            return "taken"
        waits = run.purpose is Purpose.ASKED and limits.under_way(run.user_id)
        return "busy" if waits else "free"

    def completed(self, run: PictureRun, _result: Mapping[str, object], kept: Kept | None) -> None:
        """The pictures are theirs; where nobody wants them, what was copied is deleted."""
        remote.forget_orders(run, self._clock())
        if kept is None or not self.wanted(run):
            forget_pictures(run, self._clock())
            limits.settle(run, 0)
            return
        last = Picture.select(peewee.fn.max(Picture.number)).where(Picture.avatar == run.avatar_id)
        first = (last.scalar() or 0) + 1
        theirs = Picture.update(made_at=self._clock(), number=Picture.place + first)
        theirs.where(Picture.run == run.id).execute()
        limits.settle(run, kept.pictures, blocked=kept.blocked, spoilt=kept.spoilt)

    def ended(self, run: PictureRun, status: Status) -> None:
        """Nothing counts in the person's day that they have not had."""
        remote.forget_orders(run, self._clock())
        forget_pictures(run, self._clock())
        blocked = run.count if run.error_type == BLOCKED else 0
        begun = run.started_at is not None or submissions.cost_usd(run.id) != 0.0
        stopped = status is Status.CANCELLED and begun and not blocked
        limits.settle(run, run.count if stopped else 0, blocked=blocked)

    def intended(self, run: PictureRun) -> None: ...

    def identified(self, run: PictureRun, request_id: str) -> None: ...

    def progressed(self, run: PictureRun, percent: int) -> None: ...

    def resumed(self, run: PictureRun, percent: int) -> None: ...

    def unwanted(self, run: PictureRun, result: Mapping[str, object]) -> None: ...

    # pace

    def poll_seconds(self, run: PictureRun) -> float:
        return self._pace.seconds(run)

    def deadline_seconds(self, _run: PictureRun) -> float:
        return self._settings.deadline_minutes * 60.0

    def percent(self, run: PictureRun, elapsed: float) -> int:
        return usual(run, self._settings).percent(elapsed)
