"""What the trainer keeps of an order and must not: written down when it becomes superfluous.

The rows outlive the person's and name nobody. A worker asks the trainer to delete what they name,
until it says that it has. A model that can only stay with the trainer is shown to whoever runs
Likeness, who deletes it there by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import peewee
import structlog

from core.avatars.models import TrainedModel, TrainingRun
from core.avatars.orders.order import Order
from core.avatars.orders.submissions import OPEN, Fate, Submission
from core.avatars.platform_port import KEY_REFUSED, Platform
from core.avatars.ports import Failure, Unreachable
from core.avatars.privacy.retained import RemoteCopy
from core.base.db import transaction
from core.base.work import Piece, Pool, Work

log = structlog.get_logger()

LATE_SECONDS = 86_400.0
"""What was given up may still be made, and found, for so long; it is deleted after that."""
CLAIM_SECONDS = 120.0
AT_A_TIME = 4
"""So few wait for their turn at once, for each may take as long as the trainer's patience."""
FIRST_WAIT, LONGEST_WAIT = 60.0, 6 * 3600.0
"""Between two tries; the longest at once where the key may not delete."""


class Trainer(Protocol):
    """What is needed of a trainer."""

    @property
    def test_mode(self) -> bool: ...

    @property
    def platform(self) -> Platform: ...


def forget_orders(run: Order, now: float, late: bool = False) -> None:
    """Have all that the trainer keeps of a run's orders deleted, in the caller's transaction.

    One that is under way is deleted once it is over; one that was given up, and every one where it
    is to be `late`, when it can't be made any more.
    """
    forget_all(orders_of(type(run), type(run).id == run.id), (), now, late)


def forget_model(run: TrainingRun, name: object, now: float) -> None:
    """A model that stays with the trainer, and that nobody wants any more."""
    if name:
        _forget([("model", str(name), run.endpoint, run.test_mode, now)])


def forget_all(
    orders: Iterable[Any], models: Iterable[TrainedModel], now: float, late: bool = False
) -> None:
    """What the trainer keeps of these `orders_of` runs, and those of the models that stay there."""
    requests = [
        ("request", o.ordered, o.endpoint, o.test_mode,
         now + (LATE_SECONDS if late or o.fate is Fate.ABANDONED else 0.0))
        for o in orders if o.ordered
    ]  # fmt: skip
    staying = [
        ("model", str(model.finetune_id), model.endpoint, False, now)
        for model in models
        if model.stays
    ]
    _forget([*requests, *staying])


def orders_of(model: type[Order], *which: peewee.Expression) -> list[Any]:
    """Runs, each as often as it has orders: `ordered` is one's request id, `fate` became of it."""
    order = (Submission.request_id.alias("ordered"), Submission.fate.alias("fate"))
    joined = model.select(model, *order).join(
        Submission, peewee.JOIN.LEFT_OUTER, on=Submission.run_id == model.id
    )
    return list(joined.where(*which).objects())


def deleted_by_hand(copy_id: int) -> bool:
    """Somebody has seen to it that this is gone; whether it was known."""
    with transaction():
        return bool(RemoteCopy.delete().where(RemoteCopy.id == copy_id).execute())


class RemoteCopies:
    """Has them deleted; `clock` gives seconds since 1970. Safe in any number of processes."""

    def __init__(self, trainer: Trainer, clock: Callable[[], float]) -> None:
        self._trainer = trainer
        self._clock = clock

    def due(self, now: float, limit: int = AT_A_TIME) -> list[str]:
        """What wants to be deleted now: what was tried least, then the longest waiting first.

        Nobody's waits behind much of somebody else's that can't be deleted.
        """
        query = RemoteCopy.select(RemoteCopy.id).where(
            RemoteCopy.kind == "request", RemoteCopy.next_check_at <= now
        )
        return [
            str(row.id)
            for row in query.order_by(RemoteCopy.attempts, RemoteCopy.next_check_at).limit(limit)
        ]

    def delete(self, copy_id: str) -> None:
        """Have one deleted, unless somebody else is at it, or it is needed still."""
        now = self._clock()
        claimed = RemoteCopy.update(next_check_at=now + CLAIM_SECONDS).where(
            RemoteCopy.id == copy_id, RemoteCopy.next_check_at <= now
        )
        with transaction():
            if not claimed.execute():
                return
            copy = RemoteCopy.get_by_id(copy_id)
            needed = _needed(copy.name)
        if needed:
            self._wait(copy, 3600.0, copy.error_type)
        elif copy.test_mode and not self._trainer.test_mode:
            deleted_by_hand(copy.id)  # the simulation forgot it with its process
        elif copy.test_mode != self._trainer.test_mode:
            self._wait(copy, LONGEST_WAIT, "mode_changed")
        else:
            self._delete(copy)

    def _delete(self, copy: RemoteCopy) -> None:
        try:
            self._trainer.platform.delete(copy.name)
        except Unreachable as away:
            self._wait(copy, _patience(copy, away.failure), away.failure.error_type)
            return
        with transaction():
            copy.delete_instance()

    def _wait(self, copy: RemoteCopy, seconds: float, why: str) -> None:
        with transaction():
            RemoteCopy.update(
                next_check_at=self._clock() + seconds,
                attempts=RemoteCopy.attempts + 1,
                error_type=why[:64],
            ).where(RemoteCopy.id == copy.id).execute()


def _patience(copy: RemoteCopy, failure: Failure) -> float:
    if failure.error_type == KEY_REFUSED:
        log.error("the key may not delete what fal keeps: set LIKENESS_FAL__ADMIN_KEY")
        return LONGEST_WAIT
    return float(min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(copy.attempts, 10)))


def _needed(request_id: str) -> bool:
    """Whether an order is under way, or still asked after: its result may be wanted."""
    going_on = Submission.fate.in_(OPEN) | Submission.watch_until.is_null(False)
    return bool(Submission.select().where(Submission.request_id == request_id, going_on).exists())


def _forget(copies: Iterable[tuple[str, str, str, bool, float]]) -> None:
    """Write them down, each once: kind, name, endpoint, mode, and when it may go."""
    rows = {(kind, name): (kind, name[:255], *more, more[-1]) for kind, name, *more in copies}
    copy = RemoteCopy
    if rows:
        columns = [copy.kind, copy.name, copy.endpoint, copy.test_mode, copy.at, copy.next_check_at]
        writing = copy.insert_many([*rows.values()], columns)
        writing.on_conflict(conflict_target=columns[:2], preserve=columns[-2:]).execute()


def work(remote: RemoteCopies) -> Work:
    """Deleting what the trainer keeps."""

    def delete(copy_id: str) -> list[Piece]:
        remote.delete(copy_id)
        return []

    return Work("forget", Pool("deletions at fal"), delete, remote.due)
