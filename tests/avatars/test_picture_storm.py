"""Many orders of pictures at a stranger's fal in bad weather, with workers that are killed.

People order by pack and by wish, then "again" or "more like this", and some delete their avatar in
the middle. How many: see `tests.sizes`.
"""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.app.bootstrap import App
from core.avatars.disposal import GRACE_SECONDS, delete_doomed, prefix_of
from core.avatars.models import Avatar, AvatarGender, AvatarStatus
from core.avatars.models.pictures import PictureRun, Shape
from core.avatars.orders.order import Status
from core.avatars.orders.submissions import Submission
from core.avatars.pictures import owned
from core.avatars.pictures.packs import suitable
from core.avatars.pictures.pictures import MOST, Wanted
from core.avatars.privacy.erasure import Erasure
from core.avatars.queries import model_of
from core.base.db import transaction
from core.base.settings import Settings
from core.conversation.models import Conversation, InboxEvent, PendingNotice
from core.conversation.statements import lock_person
from core.services.fal.errors import TYPES
from tests import makers
from tests.avatars.storming import Places, environ_for, faults, settle_lost, worker
from tests.fakes.foreign_fal import ForeignFal, Liberties, foreign_fal
from tests.fakes.foreign_fal import Order as Taken
from tests.fakes.foreign_fal.weather import CALLS, CHARGED, ERRORS, fair, fault_of
from tests.http_house import free_port, serving, wait_for
from tests.patience import LONG
from tests.sizes import SEED, sized

ORDERS = sized(12, 60, 500)
PEOPLE = ORDERS // 2
KILLS = max(2, ORDERS // 25)
PATIENCE = LONG + ORDERS
DELETING = 0.1
"""The share of orders during which the avatar is deleted."""
BASES = ("flux-1", "flux-2", "flux-pro")
FINAL = tuple(status for status in Status if status.final)
SPOILT = ("flagged", "broken", "html", "expired")
FAULTS = {
    "submit": ("hang", "hang_untaken", "no_id", *CALLS),
    "status": ("hang", *CALLS),
    "result": CALLS,
    "upload": CALLS,
    "token": CALLS,
    "download": ("truncated", *CALLS),
    "webhook": ("twice", "late", "early", "never"),
    "picture": (
        *(error for error in ERRORS if error != "client_cancelled"),
        *(f"{which}{how}" for how in SPOILT for which in ("", "one_")),
    ),
}  # fmt: skip


@dataclass
class Person:
    """Somebody with a trained avatar, and what they have ordered of it so far."""

    owner: Conversation
    avatar: Avatar
    base: str
    runs: list[PictureRun] = field(default_factory=list)
    doomed: bool = False
    """Whether they are about to delete their avatar."""
    deleted: bool = False

    @property
    def prefix(self) -> str:
        return prefix_of(self.owner.user.id, self.avatar.id)


class Storm:
    """The people, what they do, and how it stands."""

    def __init__(self, app: App, fal: ForeignFal) -> None:
        self.app, self.fal = app, fal
        self.chance = random.Random(SEED)
        self.resolver = app.pictures.orders.resolver
        self.people = [self._person(n) for n in range(PEOPLE)]

    def _person(self, n: int) -> Person:
        owner = makers.conversation()
        known = {"status": AvatarStatus.COMPLETED, "gender": AvatarGender.FEMALE}
        made = Person(owner, makers.avatar(owner, 0, **known), BASES[n % len(BASES)])
        key = f"{made.prefix}weights-{n}"
        self.app.store.put(key, b"weights")
        named = {"base_model": made.base, "phrase": f"lk{n:010}", "finetune_id": f"ft-{n}"}
        makers.model(made.avatar, uuid.uuid4(), weights_key=key, **named)
        return made

    def go_on(self) -> None:
        """Have everybody do what they would do next."""
        for person in self.people:
            if person.deleted:
                continue
            last = makers.fresh(person.runs[-1]) if person.runs else None
            if last is None:
                self._order(person, self._first())
            elif person.doomed:
                self._delete(person)
            elif last.status.final and self.ordered < ORDERS:
                self._order(person, self._like(last))

    def _first(self) -> Wanted:
        count = self.chance.randint(1, MOST)
        if self.chance.random() < 0.5:
            return Wanted(count, Shape.SQUARE, wish="in a red coat")
        pack = self.chance.choice(suitable("character", "female"))
        return Wanted(count, Shape.PORTRAIT, pack.slug, self.chance.randrange(len(pack.prompts)))

    def _like(self, run: PictureRun) -> Wanted:
        """ "Again", or "more like this one"."""
        family = {"seed": run.seed, "variation": run.variation + 1}
        more: Any = family if self.chance.random() < 0.5 else {}
        return Wanted(run.count, run.shape, run.pack, run.scene, run.wish, **more)

    def _order(self, person: Person, wanted: Wanted) -> None:
        model = model_of(person.avatar.id)
        assert model is not None
        with transaction():
            lock_person(person.owner.id, person.owner.user.id)
            person.runs.append(self.app.pictures.start(wanted, model, person.owner.id))
        person.doomed = self.chance.random() < DELETING

    def _delete(self, person: Person) -> None:
        with transaction():
            lock_person(person.owner.id, person.owner.user.id)
            Erasure(self.app.stops).avatar(makers.fresh(person.avatar), time.time())
        person.deleted = True

    @property
    def ordered(self) -> int:
        return sum(len(person.runs) for person in self.people)

    @property
    def taken(self) -> dict[str, list[Taken]]:
        """What came to fal and is to be paid, by order, as it came."""
        journal: dict[str, list[Taken]] = defaultdict(list)
        for order in list(self.fal.orders):
            journal[order.run].append(order)
        return journal

    def settle_lost(self) -> None:
        ids = defaultdict(list, {run: [o.id for o in some] for run, some in self.taken.items()})
        settle_lost(PictureRun, self.resolver, ids, PATIENCE)

    def is_over(self) -> bool:
        """Whether everybody has had all that they wanted, and has been told."""
        time.sleep(0.2)
        self.go_on()
        self.settle_lost()
        return self.ordered == ORDERS and not self._waiting() and not self._untold()

    def _waiting(self) -> list[dict[str, Any]]:
        waiting: Any = PictureRun.select().where(PictureRun.status.not_in(FINAL))
        return list(waiting.dicts())

    def _untold(self) -> list[dict[str, Any]]:
        handled_at: Any = InboxEvent.handled_at
        untold: Any = InboxEvent.select().where(handled_at.is_null())
        return list(untold.dicts())

    def lacking(self) -> str:
        """What isn't over, and how it stands."""
        said = [f"{self.ordered} of {ORDERS} ordered, at {time.time()}"]
        for run in self._waiting():
            sent: Any = Submission.select().where(Submission.run_id == run["id"])
            said += [f"{run}", *(f"  {one}" for one in sent.dicts())]
        return "\n".join([*said, *(f"untold: {event}" for event in self._untold())])


@pytest.mark.soak
@pytest.mark.sized
@pytest.mark.timeout(PATIENCE * 3)
def test_in_a_storm_every_order_of_pictures_ends_right_and_is_paid_once(
    sqlite_db: Any, sqlite_url: str, tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "workers.log"
    with foreign_fal(Liberties(), seconds=0.8, key="storm") as fal:
        environ = environ_for(Places(fal.queue, fal.rest, fal.cdn), sqlite_url, tmp_path, port)
        app = App(Settings.load(tmp_path / "config.toml", environ=environ))
        with serving(app):
            storm = Storm(app, fal)
            fal.weather = faults(FAULTS, SEED)
            for n in range(KILLS):
                storm.go_on()
                with worker(environ, log):
                    time.sleep(2.0 + n % 3)
            fal.weather = faults(FAULTS, SEED + 1)
            with worker(environ, log):
                until = time.monotonic() + ORDERS / 5
                wait_for(lambda: storm.is_over() or time.monotonic() > until, PATIENCE)
                fal.weather = fair
                wait_for(storm.is_over, PATIENCE, storm.lacking)
        delete_doomed(app.store, time.time() + GRACE_SECONDS + 1)
        _look_at(storm)
        app.close()


def _look_at(storm: Storm) -> None:
    """Nothing was paid twice or lost, everybody was told, and of a deleted avatar nothing is."""
    taken, ends = storm.taken, Counter[str]()
    kept = set(storm.app.store.keys(""))
    for person in storm.people:
        runs = [makers.fresh(run) for run in person.runs]
        for run in runs:
            orders = taken.pop(run.id.hex, [])
            ends[f"{run.status} {run.error_type}".strip()] += 1
            _check_paid(run, orders)
            if not person.deleted:
                _check_end(run, orders, storm.fal.garbled)
        mine = {key for key in kept if key.startswith(person.prefix) and "picture-" in key}
        there = {one.key for run in runs for one in owned.of_run(run.id)}
        assert mine == there
        assert not (person.deleted and any(key.startswith(person.prefix) for key in kept))
    assert not taken, "an order that nobody has made"
    doubled = sum(len(orders) > 1 for orders in storm.taken.values())
    print(f"{ORDERS} orders, {len(storm.fal.orders)} taken, {doubled} anew: {dict(ends)}")


def _check_paid(run: PictureRun, orders: list[Taken]) -> None:
    """One is paid at most; only those that fal did not charge were followed by another."""
    sent: Any = Submission.select().where(Submission.run_id == run.id)
    prices = [one.price_usd for one in sent]
    failed = [order.outcome for order in orders[:-1]]
    assert all(TYPES.get(outcome) == "retry" for outcome in failed), failed
    charged = [order for order in orders if order.outcome not in ERRORS or order.outcome in CHARGED]
    assert len(charged) <= 1
    known = {one.request_id for one in sent if one.request_id}
    assert known == {order.id for order in orders}, "fal's journal and ours are one"
    paid = round(len(charged) * prices[0], 6) if prices else 0.0
    assert run.cost_usd is not None, "every end is known"
    if run.status is Status.CANCELLED and run.error_type and run.started_at is not None:
        paid = round(prices[-1], 6)  # it had begun, and may be charged, whatever came of it
    assert round(run.cost_usd, 6) == paid, (run.status, run.error_type, orders)


def _check_end(run: PictureRun, orders: list[Taken], garbled: Counter[str]) -> None:
    """It has ended as its last order did, and its person has the pictures, or a word."""
    notices: Any = PendingNotice.select().where(PendingNotice.key.startswith(f"pictures:{run.id}"))
    (notice,) = notices
    last = orders[-1]
    faults = [fault_of(last, number) for number in range(run.count)]
    good, blocked = faults.count(""), faults.count("flagged")
    if last.outcome in ERRORS or not (good or blocked):
        assert (run.status, len(owned.of_run(run.id))) == (Status.FAILED, 0)
        assert notice.name == "pictures_failed"
        assert run.counted == 0
        return
    assert run.status is Status.COMPLETED
    theirs = len(owned.of_run(run.id))
    assert good - garbled[last.id] <= theirs <= good, (
        "one that was none again and again is given up"
    )
    assert (run.blocked, run.spoilt) == (blocked, run.count - theirs - blocked)
    assert run.counted == theirs
    assert notice.name == ("pictures_came" if theirs else "pictures_failed")
