"""After the end, the same photos can be trained with the other type."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from core.app.bootstrap import App
from core.avatars.models import Avatar, AvatarStatus
from core.avatars.queries import model_of
from tests.avatars.test_limits import ENOUGH, person_who_is_ready, wired
from tests.conversation.chat import Chat
from tests.http_house import wait_for


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    quick = {"MIN_PHOTOS": ENOUGH, "SIMULATED_QUEUE_SECONDS": 0, "SIMULATED_SECONDS": 0,
             "CHECK_SECONDS": 0.01}  # fmt: skip
    for name, value in quick.items():
        monkeypatch.setenv(f"LIKENESS_TRAINING__{name}", str(value))
    app = wired((sqlite_url, str(tmp_path / "data")))
    yield app
    app.close()
    structlog.reset_defaults()


def trained(house: App, chat: Chat) -> Any:
    """Launch the training and see it end well."""
    chat.press("🚀 Start training")

    def ended() -> bool:
        for run_id in house.training.orders.due(2e9, 10):
            house.training.orders.step(run_id)
        for run_id in house.training.orders.due(2e9, 10, transfer=True):
            house.training.orders.step(run_id, transfer=True)
        house.engine.drain(chat.id)
        return bool(Avatar.get().status == AvatarStatus.COMPLETED)

    wait_for(ended)
    return Avatar.get()


def test_a_trained_avatar_is_trained_the_other_way_without_new_photos(house: App) -> None:
    chat = person_who_is_ready(house, "anna")
    first = trained(house, chat)
    made = model_of(first.id)
    assert (chat.state, first.fal_mode) == ("training_completed", "portrait")
    for label in ("👤 About the avatar", "🎓 Another training type", "🎨 Artistic (versatile)"):
        chat.press(label)
    changed = Avatar.get()
    assert (chat.state, changed.status) == ("avatar_details", AvatarStatus.READY)
    assert model_of(changed.id) == made, "it keeps what it has until then"
    chat.press("▶️ Continue “Anna” (2 photos)")
    second = trained(house, chat)
    assert second.fal_mode == "style"
    assert second.finetune_id not in (None, first.finetune_id)


def test_whoever_takes_the_first_type_back_has_their_avatar_again(house: App) -> None:
    chat = person_who_is_ready(house, "anna")
    first = trained(house, chat)
    for kind in ("🎨 Artistic (versatile)", "🎭 Portrait (recommended)"):
        if chat.state != "avatar_details":
            chat.press("👤 About the avatar")
        for label in ("🎓 Another training type", kind):
            chat.press(label)
    again = Avatar.get()
    assert (again.status, again.training_progress) == (AvatarStatus.COMPLETED, 100)
    assert again.finetune_id == first.finetune_id


def test_a_model_is_taken_back_as_it_is_after_a_later_training_was_stopped(house: App) -> None:
    chat = person_who_is_ready(house, "anna")
    first = trained(house, chat)
    for label in ("👤 About the avatar", "🎓 Another training type", "🎨 Artistic (versatile)",
                  "▶️ Continue “Anna” (2 photos)", "🚀 Start training"):  # fmt: skip
        chat.press(label)
    under_way = Avatar.get()
    assert (under_way.finetune_id, under_way.fal_mode) == (None, "style"), "not ordered yet"
    for label in ("⏹ Cancel", "Yes, stop it", "👤 About the avatar", "🎓 Another training type",
                  "🎭 Portrait (recommended)"):  # fmt: skip
        chat.press(label)
    again = Avatar.get()
    columns = ("status", "finetune_id", "fal_mode", "training_config")
    assert [getattr(again, name) for name in columns] == [getattr(first, name) for name in columns]
