"""What a worker does is counted once it is committed: photos, orders, calls of fal, notices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.avatars.models import RunStatus
from core.base.processes import meters
from core.base.processes.heartbeat import write_meters
from core.conversation.delivery.sending import outbox, shares
from core.conversation.models import PendingNotice
from core.operation.metrics.prometheus import exposition
from tests import makers
from tests.avatars import photo_house
from tests.http_house import opened, wait_for
from tests.metrics.history import NOW
from tests.metrics.test_exposition import read


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    meters.take()


def told(name: str) -> dict[str, float]:
    """The samples of a name that are not 0, by their labels."""
    write_meters()
    found = read(exposition.text(NOW))
    return {key.removeprefix(name): n for key, n in found.items() if key.startswith(name) and n}


def test_each_verdict_on_a_photo_is_counted(db: Any, database_url: str, tmp_path: Path) -> None:
    house = photo_house.opened(database_url, tmp_path)
    anna = photo_house.collecting(house)
    good = photo_house.good(1)
    photo_house.send(house, anna, good, photo_house.good(2), good, photo_house.NO_PICTURE)
    photo_house.judge(house, anna)
    assert told("likeness_photos_judged_total") == {
        '{verdict="valid"}': 2,
        '{verdict="duplicate"}': 1,
        '{verdict="invalid"}': 1,
    }
    house.close()


def test_an_order_is_counted_when_it_has_ended(db: Any, database_url: str, tmp_path: Path) -> None:
    quick: Any = {"simulated_queue_seconds": 0.0, "simulated_seconds": 0.2}
    with opened(database_url, tmp_path, **quick) as house:
        _, _, run = house.begin()
        wait_for(lambda: makers.fresh(run).status is RunStatus.COMPLETED)
        training = '{kind="training",mode="test",status="completed"}'
        wait_for(lambda: told("likeness_orders_total").get(training))
        assert told("likeness_orders_total")[training] == 1
        assert told("likeness_order_seconds_count")['{kind="training"}'] == 1
        calls = told("likeness_fal_requests_total")
        assert calls['{mode="test",outcome="ok",phase="submit"}'] == 1
        assert told("likeness_fal_request_seconds_count")['{phase="submit"}'] == 1


def test_a_notice_is_counted_when_its_fate_is_known(db: Any) -> None:
    owner = makers.conversation()

    def notice(key: str) -> int:
        made = PendingNotice.create(conversation=owner, key=key, name="answer", created_at=NOW)
        return int(made.id)

    for outcome in ("sent", "uncertain", "blocked", "failed", "pending"):
        outbox.settle(notice(outcome), outcome, NOW)
    refused = notice("refused")
    for _ in range(outbox.MOST_REFUSALS):
        outbox.refused(refused)
    PendingNotice.update(outcome="sending").where(PendingNotice.id == notice("begun")).execute()
    shares.abandon(owner.channel, owner.bot)
    assert told("likeness_notices_total") == {
        '{outcome="sent"}': 1,
        '{outcome="uncertain"}': 2,
        '{outcome="blocked"}': 1,
        '{outcome="failed"}': 2,
    }
