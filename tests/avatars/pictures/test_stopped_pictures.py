"""An order that somebody stops, that nobody wants any more, or that something is in the way of."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from core.avatars import disposal
from core.avatars.models.pictures import Picture, PictureRun
from core.avatars.orders.order import Status
from core.avatars.orders.submissions import Submission
from core.avatars.privacy.retained import RemoteCopy
from tests import makers
from tests.avatars.pictures.conftest import Build
from tests.avatars.pictures.picture_house import PictureHouse, cost


def test_one_that_waits_in_our_queue_is_cancelled_for_nothing(house: PictureHouse) -> None:
    house.order()
    assert house.counted == 2
    house.cancel()
    assert house.obstacle() is None, "they are free at once"
    house.until()
    assert house.summary == ("cancelled", 0, 0.0, 0)
    assert (house.posts, house.counted, house.told[-1]) == ([], 0, "pictures_cancelled")


def test_one_that_waits_at_the_painter_is_cancelled_for_nothing(house: PictureHouse) -> None:
    house.order()
    house.until(Status.QUEUED)
    house.cancel()
    house.until()
    assert house.summary == ("cancelled", 0, 0.0, 0)
    assert (len(house.ledger.cancelled), house.counted) == (1, 0)


@pytest.mark.parametrize("price", [0.035, 0.0])
def test_one_that_is_being_painted_counts_when_it_is_cancelled(
    house: PictureHouse, monkeypatch: pytest.MonkeyPatch, price: float
) -> None:
    monkeypatch.setattr(house.painter, "price_usd", lambda _profile: price)
    house.order()
    house.until(Status.QUEUED)
    house.clock.forward(1.0)
    house.step()
    assert house.status == Status.RUNNING
    house.cancel()
    house.until()
    assert house.summary == ("cancelled", 0, 2 * price, 2)


def test_one_that_is_made_already_is_theirs_although_it_was_cancelled(
    house: PictureHouse,
) -> None:
    house.order()
    house.until(Status.QUEUED)
    house.clock.forward(5.0)
    house.cancel()
    house.until()
    assert house.summary == ("completed", 2, cost(2), 2)


def delete_avatar(house: PictureHouse) -> None:
    house.delete_avatar()


def withdraw(house: PictureHouse) -> None:
    with house.turn():
        house.erasure.consent(house.owner.user.id, house.clock())


def erase(house: PictureHouse) -> None:
    who = {"user_id": house.owner.user.id, "conversation_id": house.owner.id}
    turn: Any = SimpleNamespace(**who, now=house.clock(), event_id=0)
    with house.turn():
        house.erasure.person(turn)


END = {"avatar deleted": delete_avatar, "consent withdrawn": withdraw, "person erased": erase}


@pytest.mark.parametrize("status", [Status.READY, Status.QUEUED, Status.SAVING, "a put"])
@pytest.mark.parametrize("end", END)
def test_an_order_whose_person_wants_nothing_any_more_leaves_nothing(
    house: PictureHouse, monkeypatch: pytest.MonkeyPatch, end: str, status: Any
) -> None:
    run = house.order()
    if status == "a put":
        _meanwhile(monkeypatch, house.store, lambda: END[end](house))
        house.until()
    else:
        house.until(status)
        if status == Status.SAVING:  # found, and not copied so far
            PictureRun.update(status=Status.SAVING, saving_at=house.clock()).execute()
        END[end](house)
    before = house.told
    house.until()
    _clean(house)
    run = PictureRun.get_by_id(run.id)
    assert Status(run.status).final
    assert (run.wish, house.stored, Picture.select().count()) == ("", set(), 0)
    assert house.told == before, "nobody is told"
    sent = list(Submission.select())
    assert {str(one.fate) for one in sent} <= {"cancelled", "completed"}
    copies = set(RemoteCopy.select(RemoteCopy.name).scalars())
    assert {one.request_id for one in sent} <= copies, "fal forgets it too"


def test_pictures_go_with_their_avatar_and_with_a_consent(house: PictureHouse) -> None:
    house.painted()
    withdraw(house)
    _clean(house)
    assert (house.stored, Picture.select().count()) == (set(), 0)
    assert house.store.exists(str(house.model.weights_key)), "models stay until they are deleted"


def _meanwhile(patch: pytest.MonkeyPatch, store: Any, happens: Callable[[], None]) -> None:
    """Have something happen while the first picture is stored."""
    put, waiting = store.put, [happens]

    def putting(key: str, data: bytes) -> None:
        if waiting:
            waiting.pop()()
        put(key, data)

    patch.setattr(store, "put", putting)


def _clean(house: PictureHouse) -> None:
    """Delete what is doomed, as the worker does."""
    house.clock.forward(disposal.GRACE_SECONDS + 1)
    disposal.delete_doomed(house.store, house.clock())


# what is in the way


def test_a_pack_that_was_removed_meanwhile_ends_its_order_for_nothing(
    house: PictureHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.order(pack="cinema")
    monkeypatch.setattr("core.avatars.pictures.composing.packs", dict)
    house.until()
    assert house.summary == ("failed", 0, 0.0, 0)
    assert house.run.error_type == "pack_missing"
    assert (house.posts, house.told[-1]) == ([], "pictures_failed")


def test_weights_that_are_gone_end_an_order_for_nothing(house: PictureHouse) -> None:
    house.store.delete(str(house.model.weights_key))
    house.painted()
    assert house.summary == ("failed", 0, 0.0, 0)
    assert (house.run.error_type, house.posts) == ("weights_missing", [])


def test_a_model_without_weights_paints_nothing(house: PictureHouse) -> None:
    house.model.weights_key = None
    house.model.save()
    assert house.obstacle() == "gone"


def test_a_simulated_model_paints_nothing_once_orders_are_real(house: PictureHouse) -> None:
    house.model.test_mode = True
    house.model.save()
    assert house.obstacle() == "gone"


def test_a_model_that_nobody_paints_with_any_more_has_no_price(house: PictureHouse) -> None:
    house.model.base_model = "one of before"
    house.model.save()
    assert house.obstacle() == "gone"
    assert house.pictures.price_usd(makers.fresh(house.model), 4) == 0.0


def test_a_second_order_waits_for_the_first(house: PictureHouse) -> None:
    house.order()
    assert house.obstacle() == "painting"
    house.until()
    assert house.obstacle() is None


def test_a_daily_limit_is_given_back_for_what_nobody_has_had(build: Build) -> None:
    house = build(pictures={"per_day": 2})
    house.fal.plan.add("picture", "blocked")
    house.fal.plan.add("picture", "one_broken")
    house.painted()
    assert house.obstacle() is None
    house.painted()
    assert (house.obstacle(), house.obstacle(count=1)) == ("daily_limit", None)
    house.clock.forward(86_400)
    assert house.obstacle() is None, "tomorrow is another day"


def test_a_budget_that_is_used_up_is_said_and_waited_for(build: Build) -> None:
    house = build(training={"daily_budget_usd": cost(2)})
    assert (house.obstacle(count=3), house.obstacle()) == ("budget", None)
    house.order()
    budget = house.settings.training.model_copy(update={"daily_budget_usd": cost(1)})
    house.settings = house.settings.model_copy(update={"training": budget})
    house.pictures = house.work()
    house.step()
    assert (house.status, house.run.error_type) == (Status.READY, "budget")
    house.step()
    assert house.posts == []
    house.clock.forward(86_400)
    house.settings = house.settings.model_copy(
        update={"training": budget.model_copy(update={"daily_budget_usd": cost(2)})}
    )
    house.pictures = house.work()
    house.until()
    assert house.summary == ("completed", 2, cost(2), 2)


def test_what_was_given_up_and_made_late_is_theirs_once_they_are_not_busy(build: Build) -> None:
    house = build(queue_seconds=16 * 60.0)
    first = house.order()
    house.fal.plan.add("cancel", "404")  # and so it goes on
    house.until(Status.QUEUED)
    house.clock.forward(15 * 60.0)
    assert house.until().status == Status.FAILED
    house.clock.forward(150)
    house.order()
    look_late(house)
    assert makers.fresh(first).status == Status.FAILED, "it waits for the other one"
    house.cancel()
    house.clock.forward(150)
    look_late(house)
    for _ in range(5):
        house.step(first)
        house.clock.forward(2)
    late = makers.fresh(first)
    assert (late.status, Picture.select().count()) == (Status.COMPLETED, 2)
    assert late.counted == 0, "that it came late is no fault of theirs"


def look_late(house: PictureHouse) -> None:
    orders = house.pictures.orders
    for name in orders.due_late(house.clock()):
        orders.look_late(name)
