"""Somebody whom the admin has blocked: told so, kindly, and served again once that is over."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.app.bootstrap import App, bootstrap
from core.avatars import restrictions
from core.avatars.models import AvatarPhoto, TrainingRun
from core.avatars.photos.held import HeldPhoto
from core.base.settings import Settings
from core.conversation.models import Conversation, User
from tests.privacy.people import Marked

SORRY = "I can’t make avatars for you"


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    environ = {
        "LIKENESS_DATA_DIR": str(tmp_path),
        "LIKENESS_DATABASE__URL": database_url,
        "LIKENESS_TRAINING__MIN_PHOTOS": "1",
    }
    made = bootstrap(Settings.load(environ=environ), io.StringIO())
    yield made
    made.jobs.close()
    made.database.close()


@pytest.fixture
def anna(app: App) -> Marked:
    """Somebody with photos that are judged."""
    person = Marked(app)
    person.live()
    for photo_id in app.verdicts.due(4e9, 10):
        app.verdicts.judge(photo_id)
    app.engine.drain(person.id)
    return person


def block(person: Marked) -> None:
    restrictions.block(Conversation.get_by_id(person.id).user_id, 1.0, "anna")


def said(person: Marked) -> str:
    screen = person.app.engine.look(person.id).screen
    return f"{screen.hint}\n{screen.text}"


def triggers(person: Marked) -> set[str]:
    return {button.trigger for button in person.app.engine.look(person.id).screen.each_button()}


def test_a_photo_of_somebody_blocked_is_not_taken(anna: Marked) -> None:
    before = AvatarPhoto.select().count()
    block(anna)
    anna.send_photo()
    assert (AvatarPhoto.select().count(), HeldPhoto.select().count()) == (before, 0)
    assert said(anna).count(SORRY) == 1
    assert not {"add_photos", "keep_anyway"} & triggers(anna)
    restrictions.unblock(Conversation.get_by_id(anna.id).user_id)
    anna.send_photo()
    assert AvatarPhoto.select().count() == before + 1
    assert SORRY not in said(anna)


def test_a_newcomer_who_is_blocked_is_told_at_the_door(app: App) -> None:
    person = Marked(app)
    block(person)
    person.say("/menu")
    assert SORRY in said(person)
    person.send_photo()
    assert HeldPhoto.select().count() == 0


def test_what_was_held_before_is_not_taken_in_by_an_agreement(app: App) -> None:
    person = Marked(app)
    person.send_photo()
    block(person)
    person.press("agree")
    person.press("choose_gender", "female")
    person.say("Anna")
    assert (AvatarPhoto.select().count(), HeldPhoto.select().count()) == (0, 1)
    assert SORRY in said(person)


def test_no_training_is_started_for_somebody_blocked(anna: Marked) -> None:
    button = triggers(anna)
    assert "train" in button
    block(anna)
    assert "train" not in triggers(anna)
    assert SORRY in said(anna)
    assert TrainingRun.select().count() == 0


def test_a_launch_pressed_while_blocked_is_answered(
    anna: Marked, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Marked.press

    with monkeypatch.context() as patch:
        do = anna.do

        def block_first(event: object) -> int:
            block(anna)
            return do(event)  # type: ignore[arg-type]  # handed on

        patch.setattr(anna, "do", block_first)
        served(anna, "train")
    assert TrainingRun.select().count() == 0
    assert said(anna).count(SORRY) == 1


def test_it_is_said_in_the_persons_own_language(anna: Marked) -> None:
    User.update(language="ru", language_chosen=True).execute()
    block(anna)
    anna.send_photo()
    assert "К сожалению" in said(anna)


def test_their_data_stays_theirs(anna: Marked) -> None:
    block(anna)
    anna.say("/privacy")
    assert {"export", "erase"} <= triggers(anna)
    anna.press("erase")
    anna.press("yes")
    assert AvatarPhoto.select().count() == 0
    assert restrictions.Block.select().count() == 0
