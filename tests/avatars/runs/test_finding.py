"""A lost order is looked for at fal: what is found there settles it, and no word of anybody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.avatars.models import AvatarStatus, RunStatus
from core.avatars.orders.lost.finding import EARLY_SECONDS, LATE_SECONDS
from core.avatars.orders.submissions import Fate, Submission
from core.avatars.platform_port import KEY_REFUSED, Listed
from core.avatars.ports import Uncertain, Unreachable
from core.avatars.training.outcome import trigger_word
from core.avatars.training.training import lost_trainings
from core.base.errors import LikenessError
from core.base.settings import Settings
from core.base.settings.product.fal import Fal
from core.operation.admin_actions import AdminActions
from core.operation.alerts import holding
from core.operation.auth import Visitor
from core.operation.metrics import training as numbers
from core.services.fal import FalTrainer
from tests import makers
from tests.avatars.training_house import QUEUED, WEIGHED, House, failure
from tests.fakes.foreign_fal import ForeignFal, Liberties, foreign_fal


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "folder", tmp_path, raising=False)


@pytest.fixture
def house(db: Any) -> House:
    made = House()
    made.trainer.platform.trusting = False
    return made


def lose(house: House) -> Any:
    """An order is sent, and no answer comes."""
    house.start()
    house.trainer.refusals = []
    lost = Uncertain(failure("timeout"))

    def answer() -> None:
        house.trainer.refusals.append(lost)
        house.trainer.meanwhile = lambda: None

    house.trainer.meanwhile = answer
    house.advance(QUEUED, QUEUED)
    assert house.status == RunStatus.UNCERTAIN
    return house.run


def sent(house: House) -> float:
    assert house.run.intent_at is not None
    return float(house.run.intent_at)


def listed(house: House, request_id: str = "found", **changes: Any) -> Listed:
    given = {
        "sent_at": sent(house) + 1,
        "arguments": {"steps": 9, "trigger_phrase": trigger_word(house.avatar.id)},
        **changes,
    }
    one = Listed(request_id, **given)
    house.trainer.platform.listed.setdefault(house.run.endpoint, []).append(one)
    return one


def look(house: House, seconds: float = 4000.0) -> None:
    house.clock.forward(seconds)
    house.training.orders.step(str(house.run.id))


def alerts(house: House) -> list[str]:
    return [held.rule for held in holding(house.settings, house.clock(), "test")]


def test_exactly_one_that_fits_settles_it(house: House) -> None:
    run = lose(house)
    assert "uncertain" in alerts(house)
    listed(house)
    listed(house, "another's", arguments={"trigger_phrase": "lk0000000000"})
    look(house)
    assert (house.status, house.run.request_id) == (RunStatus.QUEUED, "found")
    assert house.run.submitted_at == run.intent_at
    order = Submission.get(Submission.request_id == "found")
    assert order.fate is Fate.TAKEN
    (asked,) = house.trainer.platform.asked
    assert asked == (run.endpoint, run.intent_at - EARLY_SECONDS, run.intent_at + LATE_SECONDS)
    assert "uncertain" not in alerts(house)
    assert len(house.trainer.orders) == 1


NO_PROOF: dict[str, Callable[[House], object]] = {
    "none that fits": lambda house: None,
    "two that fit": lambda house: (listed(house, "one"), listed(house, "two")),
    "one whose arguments are not shown": lambda house: listed(house, arguments=None),
    "another avatar's": lambda house: listed(house, arguments={"trigger_phrase": "lk0"}),
    "one with a longer word": lambda house: listed(
        house, arguments={"trigger_phrase": trigger_word(house.avatar.id) + "a"}
    ),
    "one long before": lambda house: listed(house, sent_at=sent(house) - 4000),
    "one long after": lambda house: listed(house, sent_at=sent(house) + 9000),
}


@pytest.mark.parametrize("careless", [False, True], ids=["", "to one who lists too much"])
@pytest.mark.parametrize("what", NO_PROOF)
def test_anything_else_settles_nothing_however_long_it_takes(
    what: str, careless: bool, house: House
) -> None:
    lose(house)
    house.trainer.platform.careless = careless
    NO_PROOF[what](house)
    for _ in range(30):
        look(house)
    assert house.status == RunStatus.UNCERTAIN
    assert "uncertain" in alerts(house)
    assert len(house.trainer.orders) == 1


def test_one_that_two_pages_list_is_one(house: House) -> None:
    lose(house)
    listed(house)
    house.trainer.platform.careless = True
    look(house)
    assert (house.status, house.run.request_id) == (RunStatus.QUEUED, "found")


def test_an_order_that_we_know_already_is_not_the_lost_one(house: House) -> None:
    run = lose(house)
    makers.submission(run, 7, endpoint=run.endpoint, request_id="found")
    listed(house)
    look(house)
    assert house.status == RunStatus.UNCERTAIN
    listed(house, "the other")
    look(house)
    assert house.run.request_id == "the other"


@pytest.mark.parametrize(
    "error", [failure("http_503"), failure(KEY_REFUSED, "operator")], ids=["away", "refused"]
)
def test_where_the_list_can_not_be_had_it_stays_open(house: House, error: Any) -> None:
    lose(house)
    listed(house)
    house.trainer.platform.away = Unreachable(error)
    look(house)
    assert house.status == RunStatus.UNCERTAIN
    house.trainer.platform.away = None
    look(house)
    assert house.status == RunStatus.QUEUED


def test_one_that_was_stopped_meanwhile_stays_in_the_alert_and_is_settled_as_well(
    house: House,
) -> None:
    lose(house)
    house.cancel()
    look(house)
    assert house.status == RunStatus.CANCELLING
    assert "uncertain" in alerts(house)
    assert [run.id for run in lost_trainings()] == [house.run.id]
    assert [run.id for run in numbers.uncertain()] == [str(house.run.id)]
    assert numbers.unsettled(str(house.run.id))
    assert house.refusal() == "unsettled"
    listed(house)
    house.trainer.standing = WEIGHED
    look(house)
    assert house.run.request_id == "found"
    assert "uncertain" not in alerts(house)
    house.later()
    house.training.orders.step(str(house.run.id), transfer=True)
    assert house.status == RunStatus.COMPLETED, "it was made, and paid for: it is the person's"
    assert house.now.status is AvatarStatus.COMPLETED


# what the operator says


@pytest.fixture
def admin(house: House) -> AdminActions:
    place: Any = house
    return AdminActions(place, Visitor("anna", "admin"), house.clock)


def test_an_id_that_fal_does_not_know_is_refused_and_the_question_stays_open(
    house: House, admin: AdminActions
) -> None:
    run = lose(house)
    house.trainer.refusals = [Unreachable(failure("http_404", "operator", http_status=404))]
    with pytest.raises(LikenessError, match=r"'nonsense' .* fal\.ai knows no such request"):
        admin.sent(str(run.id), "nonsense")
    assert house.status == RunStatus.UNCERTAIN
    listed(house, "right")
    admin.sent(str(run.id), "right")
    assert (house.status, house.run.request_id) == (RunStatus.QUEUED, "right")


@pytest.mark.parametrize("where", ["another endpoint", "another avatar", "long ago"])
def test_an_id_of_something_else_is_refused(where: str, house: House, admin: AdminActions) -> None:
    run = lose(house)
    if where == "another endpoint":
        house.trainer.platform.listed["fal-ai/other"] = [Listed("old", 1.0, None)]
    elif where == "another avatar":
        listed(house, "old", arguments={"trigger_phrase": "lk0000000000"})
    with pytest.raises(LikenessError, match=r"at fal\.ai it is another request"):
        admin.sent(str(run.id), "old")
    assert house.status == RunStatus.UNCERTAIN


@pytest.mark.parametrize("status", [404, 500])
def test_an_order_whose_result_can_not_be_had_is_known_all_the_same(
    status: int, house: House, admin: AdminActions
) -> None:
    run = lose(house)
    listed(house)
    no_result = failure(f"http_{status}", http_status=status, ended=True)
    house.trainer.refusals = [Unreachable(no_result)]
    admin.sent(str(run.id), "found")
    assert (house.status, house.run.request_id) == (RunStatus.QUEUED, "found")


def test_an_id_of_an_order_that_we_know_is_refused(house: House, admin: AdminActions) -> None:
    run = lose(house)
    other = makers.avatar(makers.conversation())
    makers_run = type(run).create(
        avatar=other, training_type="portrait", created_at=1.0, status=RunStatus.FAILED
    )
    makers.submission(makers_run, endpoint=run.endpoint, request_id="known")
    with pytest.raises(LikenessError, match="is not the id of a lost order"):
        admin.sent(str(run.id), "known")
    assert house.status == RunStatus.UNCERTAIN


def test_where_fal_can_not_be_asked_nothing_changes_and_that_is_said(
    house: House, admin: AdminActions
) -> None:
    run = lose(house)
    for where in ("status", "list"):
        away = Unreachable(failure("http_503", http_status=503))
        if where == "status":
            house.trainer.refusals = [away]
        else:
            house.trainer.platform.away = away
        with pytest.raises(LikenessError, match=r"can't be asked now \(http_503\)"):
            admin.sent(str(run.id), "right")
        assert house.status == RunStatus.UNCERTAIN


def test_a_key_that_may_not_list_leaves_it_to_the_status(house: House, admin: AdminActions) -> None:
    run = lose(house)
    house.trainer.platform.away = Unreachable(failure(KEY_REFUSED, "operator"))
    admin.sent(str(run.id), "right")
    assert house.run.request_id == "right"


def test_what_fal_lists_was_ordered_whatever_is_said(house: House, admin: AdminActions) -> None:
    run = lose(house)
    listed(house, "there")
    with pytest.raises(LikenessError, match=r"fal\.ai lists this order, as there"):
        admin.not_sent(str(run.id))
    assert house.status == RunStatus.UNCERTAIN
    house.trainer.platform.listed.clear()
    admin.not_sent(str(run.id))
    assert house.status == RunStatus.READY


# at a stranger's fal, over real sockets


@pytest.fixture
def stranger(house: House) -> Iterator[ForeignFal]:
    with foreign_fal(Liberties(), seconds=60.0) as fal:
        place = Fal(key=SecretStr(fal.key), queue_url=fal.queue)
        trainer: Any = FalTrainer(Settings(fal=place), lambda _: None, test_mode=True)
        trainer.profiles = lambda _: ("flux-lora-portrait-trainer",)
        house.trainer = trainer
        house.training = house.work()
        yield fal
        trainer.close()


def test_an_order_whose_answer_was_lost_is_found_at_a_strangers(
    house: House, stranger: ForeignFal
) -> None:
    house.clock.forward(time.time() - house.clock())
    house.start()
    new_id, stranger.new_id = stranger.new_id, lambda: ""  # an answer without an id
    house.step(str(house.run.id))
    assert house.status == RunStatus.UNCERTAIN
    (order,) = stranger.orders
    order.id = new_id()
    look(house, 200)
    assert (house.status, house.run.request_id) == (RunStatus.QUEUED, order.id)
