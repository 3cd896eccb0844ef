"""`likeness runs`: what the operator types."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from typer.testing import CliRunner

from core.app import bootstrap as _bootstrap  # noqa: F401  # before stderr is the runner's
from core.app.cli import app
from core.app.commands.by_hand import operator
from core.avatars import switches
from core.avatars.models import RunStatus, TrainingRun
from core.avatars.models.pictures import PictureRun
from core.base.db import run
from core.services.fal.simulation.orders import Order
from tests import makers


@pytest.fixture
def likeness(
    sqlite_db: Any, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Types a command; its exit code and what it said."""
    monkeypatch.setenv("LIKENESS_DATABASE__URL", sqlite_url)
    monkeypatch.setenv("LIKENESS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def type_(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, list(words))
        return done.exit_code, done.output

    yield type_
    structlog.reset_defaults()


@pytest.fixture
def lost(sqlite_db: Any) -> TrainingRun:
    """An order of which nobody knows."""
    owner = makers.conversation()
    return TrainingRun.create(
        avatar=makers.avatar(owner), user=owner.user, training_type="portrait", test_mode=True,
        status=RunStatus.UNCERTAIN, intent_at=1.0, created_at=1.0, error_type="timeout",
        endpoint="fal-ai/flux-lora-portrait-trainer", profile="flux-lora-portrait-trainer",
    )  # fmt: skip


def test_lost_orders_are_listed_with_what_finds_them_at_fal(
    likeness: Any, lost: TrainingRun
) -> None:
    code, said = likeness("runs", "uncertain")
    assert code == 0
    assert f"{lost.id}  uncertain   1970-01-01 00:00 UTC  {lost.endpoint}  timeout" in said


def known_at_fal(lost: TrainingRun) -> str:
    """An id that the simulated fal has given out in another process, a moment after the intent."""
    return Order(lost.id.hex, 2000, 9_000_000_000_000, 1000, 9, "success").request_id


def audited() -> list[tuple[Any, ...]]:
    return list(run("SELECT who, action, subject, detail FROM audit ORDER BY id").fetchall())


def test_what_was_found_is_taken_up_once(likeness: Any, lost: TrainingRun) -> None:
    there = known_at_fal(lost)
    assert likeness("runs", "sent", str(lost.id), there)[0] == 0
    found = makers.fresh(lost)
    assert (found.status, found.request_id) == (RunStatus.QUEUED, there)
    code, said = likeness("runs", "sent", str(lost.id), there)
    assert code == 1
    assert "Nobody asks that of this run any more." in said
    assert audited() == [(operator(), "sent", str(lost.id), there)]


def test_a_typo_is_refused_and_the_question_stays_open(likeness: Any, lost: TrainingRun) -> None:
    code, said = likeness("runs", "sent", str(lost.id), "nonsense")
    assert code == 1
    assert "fal.ai knows no such request" in said
    assert makers.fresh(lost).status is RunStatus.UNCERTAIN
    assert audited() == []
    assert likeness("runs", "sent", str(lost.id), known_at_fal(lost))[0] == 0


def test_an_id_of_another_run_is_a_sentence_and_no_traceback(
    likeness: Any, lost: TrainingRun
) -> None:
    TrainingRun.create(training_type="style", created_at=1.0, request_id="fal-1")
    code, said = likeness("runs", "sent", str(lost.id), "fal-1")
    assert code == 1
    assert "is not the id of a lost order" in said
    assert makers.fresh(lost).status is RunStatus.UNCERTAIN


def test_what_was_not_sent_is_ordered_again(likeness: Any, lost: TrainingRun) -> None:
    assert likeness("runs", "not-sent", str(lost.id))[0] == 0
    assert makers.fresh(lost).status is RunStatus.READY
    assert likeness("runs", "not-sent", "nonsense")[0] == 1
    assert audited() == [(operator(), "not sent", str(lost.id), "")]


def test_orders_are_paused_and_resumed(likeness: Any) -> None:
    assert likeness("runs", "pause")[0] == 0
    assert switches.paused()
    assert likeness("runs", "resume") == (0, "trainings_paused\n")
    assert not switches.paused()
    assert "trainings_paused was not on." in likeness("runs", "resume")[1]
    assert [row[1] for row in audited()] == ["pause", "resume"], "the last one changed nothing"


def test_resuming_takes_one_switch_away_and_names_the_others(likeness: Any) -> None:
    switches.switch_on(switches.STOPPED, "balance_exhausted", 1.0, "submission")
    likeness("runs", "pause")
    code, said = likeness("runs", "resume")
    assert code == 0
    assert said.startswith("trainings_paused\nStill on: stop_submitting  balance_exhausted")
    assert [control.name for control in switches.on()] == [switches.STOPPED]
    assert likeness("runs", "resume", "stop_submitting") == (0, "stop_submitting\n")
    assert switches.on() == []


def test_an_erasure_is_audited_under_the_name_of_who_typed_it(
    likeness: Any, lost: TrainingRun
) -> None:
    user = str(lost.user_id)
    code, said = likeness("erase", user)
    assert code == 0
    assert "Their rows are deleted" in said
    assert audited() == [(operator(), "erase", user, "")]
    assert operator().startswith("command line (")
    nobody = "00000000-0000-0000-0000-000000000000"
    code, said = likeness("erase", nobody)
    assert (code, len(audited())) == (1, 1)
    assert "There is no such person any more." in said


# orders of pictures


@pytest.fixture
def unpainted(sqlite_db: Any) -> PictureRun:
    """An order of pictures of which nobody knows."""
    owner = makers.conversation()
    avatar = makers.avatar(owner)
    return PictureRun.create(
        avatar=avatar, user=owner.user, conversation=owner, purpose="asked", pack="cinema",
        trained=makers.model(avatar, uuid4(), test_mode=True), shape="square", count=1, seed=7,
        test_mode=True, status=RunStatus.UNCERTAIN, intent_at=2.0, created_at=1.0,
        error_type="timeout", endpoint="fal-ai/flux-lora", profile="flux-lora",
    )  # fmt: skip


def test_lost_orders_of_pictures_stand_beside_those_of_trainings(
    likeness: Any, lost: TrainingRun, unpainted: PictureRun
) -> None:
    code, said = likeness("runs", "uncertain")
    assert code == 0
    assert [line.split()[0] for line in said.splitlines()] == [str(lost.id), str(unpainted.id)]


def test_pictures_that_never_arrived_are_ordered_again(
    likeness: Any, unpainted: PictureRun
) -> None:
    assert likeness("runs", "not-sent", str(unpainted.id))[0] == 0
    assert makers.fresh(unpainted).status is RunStatus.READY
    assert audited() == [(operator(), "not sent", str(unpainted.id), "")]
    assert likeness("runs", "uncertain") == (0, "")
