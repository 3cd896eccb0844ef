"""`likeness runs`: what the operator types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from core import bootstrap as _bootstrap  # noqa: F401  # before stderr is the runner's
from core.avatars import controls
from core.avatars.models import RunStatus, TrainingRun
from core.cli import app
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
        endpoint="fal-ai/flux-lora-portrait-trainer",
    )  # fmt: skip


def test_lost_orders_are_listed_with_what_finds_them_at_fal(
    likeness: Any, lost: TrainingRun
) -> None:
    code, said = likeness("runs", "uncertain")
    assert code == 0
    assert f"{lost.id}  uncertain   1970-01-01 00:00 UTC  {lost.endpoint}  timeout" in said


def test_what_was_found_is_taken_up_once(likeness: Any, lost: TrainingRun) -> None:
    assert likeness("runs", "sent", str(lost.id), "fal-1")[0] == 0
    found = makers.fresh(lost)
    assert (found.status, found.request_id) == (RunStatus.QUEUED, "fal-1")
    code, said = likeness("runs", "sent", str(lost.id), "fal-2")
    assert code == 1
    assert "no such question" in said


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


def test_orders_are_paused_and_resumed(likeness: Any) -> None:
    assert likeness("runs", "pause")[0] == 0
    assert controls.paused()
    assert likeness("runs", "resume") == (0, "trainings_paused\n")
    assert not controls.paused()
    assert "Nothing was switched off." in likeness("runs", "resume")[1]
