"""A made-up kind of order, postcards, goes through the very same machinery: it is general."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import peewee
import pytest

from core.avatars.orders.kind import Place, Policy, Request
from core.avatars.orders.machine import Machine
from core.avatars.orders.order import Order, Status
from core.avatars.orders.submissions import Submission
from core.avatars.ports import NotSubmitted, Standing, Verified
from core.base.db import database
from core.conversation.models import Conversation, User
from tests import makers
from tests.avatars.training_house import ScriptedTrainer, failed, failure, training
from tests.conversation.chat import Clock

PRINTED = Standing("completed", result={"number": 7})


class Postcard(Order):
    user = peewee.ForeignKeyField(User)
    conversation = peewee.ForeignKeyField(Conversation)
    words = peewee.TextField()


class Postcards:
    """See `Kind`: without material, and with nothing to copy."""

    name, model, policy, missing = "postcard", Postcard, Policy(daily_budget_usd=5.0), ()

    def __init__(self, provider: Any) -> None:
        self.provider = provider
        self.ends: list[str] = []

    def profiles(self, order: Postcard | None = None) -> tuple[str, ...]:
        return ("printer",)

    marks = profiles

    def present(self, *_: Any) -> bool:
        return True

    fits = prepared = wanted = present

    def upload(self, *_: Any) -> dict[str, Any]:
        return {}

    def request(self, order: Postcard, profile: str) -> Request:
        card = SimpleNamespace(run_id=str(order.id), profile=profile)
        return Request({}, lambda address: self.provider.submit(card, "", address))

    def leaves(self, standing: Standing) -> bool:
        return False

    def signal(self, news: str) -> str:
        return news

    def units(self, order: Postcard) -> int:
        return 1

    def keep(self, *_: Any) -> None: ...

    def place(self, order: Postcard) -> Place:
        return "free"

    def completed(self, order: Postcard, result: Any, kept: Any) -> None:
        self.ends.append(f"number {result['number']}")

    def ended(self, order: Postcard, status: Status) -> None:
        self.ends.append(status)

    intended = identified = progressed = resumed = unwanted = keep

    def poll_seconds(self, _: Any) -> float:
        return 2.0

    simulated_usd = poll_seconds

    def percent(self, *_: Any) -> int:
        return 5000

    deadline_seconds = percent


class Office:
    """One person who sends postcards."""

    def __init__(self) -> None:
        self.clock, self.printer = Clock(1e9), ScriptedTrainer()
        self.kind, self.owner = Postcards(self.printer), makers.conversation()
        wakes, inbox = makers.Wakes(), makers.inbox(self.clock)
        self.machine = Machine(
            self.kind, inbox, wakes, lambda name: f"http://us/{name}", self.clock
        )

    def order(self) -> Any:
        return Postcard.create(
            user=self.owner.user, conversation=self.owner, words="hello", test_mode=True,
            price_usd=2.0, profile="printer", created_at=self.clock(),
        )  # fmt: skip

    def step(self, card: Any, *standings: Standing) -> Any:
        for standing in standings:
            self.printer.standing = standing
            if str(card.id) in self.machine.due(self.clock(), 10):
                self.machine.step(str(card.id))
            self.clock.forward(200)
        return Postcard.get_by_id(card.id)


@pytest.fixture
def office(db: Any) -> Any:
    database.create_tables([Postcard])
    yield Office()
    database.drop_tables([Postcard])


def test_it_is_sent_once_made_and_told(office: Office) -> None:
    card = office.step(office.order(), PRINTED, training(10), PRINTED)
    assert (card.status, card.cost_usd, office.kind.ends) == (Status.COMPLETED, 2.0, ["number 7"])
    (sent,) = Submission.select().where(Submission.run_id == card.id)
    assert (sent.kind, sent.fate, sent.cost_usd) == ("postcard", "completed", 2.0)
    assert office.printer.webhooks == [f"http://us/{sent.id}"]
    assert [trigger for trigger, _ in makers.told(office.owner)] == ["progress", "finished"]


def test_a_refusal_costs_nothing_and_a_failure_is_sent_again(office: Office) -> None:
    card = office.order()
    office.printer.refusals = [NotSubmitted(failure("http_429"))]
    assert office.step(card, PRINTED).status == Status.READY
    assert office.step(card, PRINTED, failed("jam"), PRINTED, PRINTED).status == Status.COMPLETED
    fates = [str(sent.fate) for sent in Submission.select().order_by(Submission.number)]
    assert fates == ["refused", "failed", "completed"]


def test_the_days_budget_is_that_of_all_kinds(office: Office) -> None:
    cards = [office.step(office.order(), PRINTED) for _ in range(3)]
    assert [card.status for card in cards] == [Status.QUEUED, Status.QUEUED, Status.READY]
    assert cards[2].error_type == "budget"


def test_it_is_cancelled_and_its_webhook_is_heard(office: Office) -> None:
    card = office.step(office.order(), PRINTED)
    office.machine.cancel(card.id)
    sent = Submission.get(Submission.run_id == card.id)
    told = Verified(str(sent.request_id), "us", "OK")
    assert office.machine.resolver.on_webhook(str(sent.id), told) == "woken"
    assert office.step(card, failed("stopped")).status == Status.CANCELLED
    assert office.kind.ends == ["cancelled"]
