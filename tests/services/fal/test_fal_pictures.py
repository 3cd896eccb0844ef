"""What goes wrong with an order of pictures."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, UnidentifiedImageError

from core.avatars.ports import (
    NotSubmitted,
    TrainerError,
    TrainingOrder,
    Uncertain,
    Unreachable,
)
from core.base.settings import Settings
from core.services.fal import FalPainter, FalTrainer
from core.services.fal.profiles import painters
from core.services.fal.simulation import FalServer
from core.services.fal.simulation.orders import CODES, REQUEST_CODES
from tests.services.fal.picture_orders import (
    SENTINEL,
    WEIGHTS,
    failure_of,
    fetched,
    order,
    ordered,
)


@pytest.mark.parametrize(
    ("fault", "flags"),
    [("flagged", [True] * 4), ("one_flagged", [False, False, False, True])],
)
def test_a_flagged_picture_is_black_and_said_to_be_flagged(
    fal: FalServer, painter: FalPainter, fault: str, flags: list[bool]
) -> None:
    fal.plan.add("picture", fault)
    handle = ordered(painter)
    images: Any = painter.check(handle).result["images"]
    assert [image["flagged"] for image in images] == flags
    assert Image.open(BytesIO(fetched(painter, handle, 3))).convert("L").getextrema() == (0, 0)


def test_a_blocked_prompt_is_the_persons_matter_and_nothing_is_repeated(
    fal: FalServer, painter: FalPainter
) -> None:
    fal.plan.add("picture", "blocked")
    standing = painter.check(ordered(painter, prompt=f"{SENTINEL} of lk7qz woman"))
    assert standing.status == "failed"
    assert failure_of(standing) == ("content_policy_violation", "person", "")
    assert SENTINEL not in repr(standing)


@pytest.mark.parametrize(("fault", "status"), [("expired", 404), ("expired_410", 410)])
def test_an_expired_picture_says_so(
    fal: FalServer, painter: FalPainter, fault: str, status: int
) -> None:
    fal.plan.add("picture", fault)
    with pytest.raises(Unreachable) as caught:
        fetched(painter, ordered(painter))
    assert caught.value.failure.http_status == status


def test_one_of_four_may_be_broken(fal: FalServer, painter: FalPainter) -> None:
    fal.plan.add("picture", "one_broken")
    handle = ordered(painter)
    for number in range(3):
        Image.open(BytesIO(fetched(painter, handle, number))).load()
    with pytest.raises((OSError, UnidentifiedImageError)):
        Image.open(BytesIO(fetched(painter, handle, 3))).load()


def test_a_page_may_come_instead_of_a_picture(fal: FalServer, painter: FalPainter) -> None:
    fal.plan.add("picture", "html")
    assert fetched(painter, ordered(painter)).startswith(b"<html>")


@pytest.mark.parametrize("kind", ["downstream_service_error", "runner_disconnected"])
def test_an_error_of_fal_is_worth_another_try(
    fal: FalServer, painter: FalPainter, kind: str
) -> None:
    assert kind in {**CODES, **REQUEST_CODES}
    fal.plan.add("picture", kind)
    standing = painter.check(ordered(painter))
    assert failure_of(standing) == (kind, "retry", "")


@pytest.mark.parametrize(("fault", "error"), [
    ("hang", Uncertain), ("hang_untaken", Uncertain), ("reset", Uncertain), ("500", Uncertain),
    ("503_html", Uncertain), ("malformed", Uncertain), ("no_id", Uncertain),
    ("429", NotSubmitted), ("balance", NotSubmitted), ("404", NotSubmitted),
    ("422:content_policy_violation", NotSubmitted),
])  # fmt: skip
def test_an_order_of_pictures_is_sent_once_whatever_is_answered(
    fal: FalServer, painter: FalPainter, fault: str, error: type[TrainerError]
) -> None:
    fal.plan.add("submit", fault)
    placed = order()
    with pytest.raises(error) as caught:
        painter.submit(placed, WEIGHTS, "")
    assert fal.ledger.posts_of(placed.run_id) == 1
    assert caught.value.failure.stop_submitting is (fault == "balance")
    assert caught.value.failure.endpoint_gone is (fault == "404")


@pytest.mark.parametrize("phase", ["status", "result", "download"])
@pytest.mark.parametrize("fault", ["hang", "reset", "500"])
def test_what_cannot_be_had_now_is_asked_for_again(
    fal: FalServer, painter: FalPainter, phase: str, fault: str
) -> None:
    handle = ordered(painter)
    fal.plan.add(phase, fault)
    with pytest.raises(Unreachable):
        fetched(painter, handle)
    assert Image.open(BytesIO(fetched(painter, handle))).size == (864, 1152)


def test_pictures_under_way_can_be_cancelled() -> None:
    with FalServer(queue_seconds=60) as fal:
        painter = FalPainter(fal.settings(Settings()), lambda _: None)
        handle = ordered(painter)
        assert painter.check(handle).position == 3
        assert painter.cancel(handle) == "requested"
        assert failure_of(painter.check(handle))[0] == "client_cancelled"
        painter.close()


def test_a_trainer_asks_after_pictures_and_a_painter_after_trainings(
    painter: FalPainter, trainer: FalTrainer, order: Callable[..., TrainingOrder]
) -> None:
    pictures = ordered(painter)
    training = trainer.submit(order(), "https://files.invalid/photos.zip", "")
    assert trainer.check(pictures) == painter.check(pictures)
    assert painter.check(training) == trainer.check(training)


def test_a_file_that_no_picture_is_as_large_as_is_not_read(
    painter: FalPainter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(painters, "LARGEST_BYTES", 10_000)
    with pytest.raises(Unreachable, match="result_too_large"):
        fetched(painter, ordered(painter))
