"""Everything includes trained models: as files, by a link of a day, or named where they stay."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from channels.console import Console
from channels.telegram import Telegram
from channels.web import Web
from core.app.bootstrap import App
from core.avatars.models import Avatar, AvatarStatus, RunStatus, TrainedModel, TrainingRun
from core.avatars.privacy import exporting, filenames
from core.avatars.privacy.export_readme import about
from core.avatars.privacy.models_made import made, token_of
from core.avatars.privacy.retained import KEPT_SECONDS, Export
from core.conversation.delivery.rendering import Rendered
from core.conversation.delivery.sending.outbox import take_notices
from core.conversation.models import PendingNotice, User
from core.operation.http import application
from tests import makers
from tests.privacy.people import Marked

SITE = "https://likeness.example"
WEIGHTS = b"weights of a face"
MEGABYTE = 1024 * 1024


@pytest.fixture
def anna(app: App) -> Marked:
    """Somebody whose avatar is trained; its weights are in the store."""
    person = Marked(app)
    person.live()
    train(person, Avatar.get(), "Anna")
    return person


def train(person: Marked, avatar: Avatar, name: str, **model: Any) -> uuid.UUID:
    run = TrainingRun.create(
        avatar=avatar,
        user=avatar.user,
        conversation=person.id,
        training_type="style",
        status=RunStatus.COMPLETED,
        created_at=0.0,
    )
    key = f"{avatar.user.id.hex}/{avatar.id.hex}/weights-{'0' * 64}"
    person.app.store.put(key, WEIGHTS)
    stored = {"weights_key": key, "weights_sha256": "0" * 64, "weights_bytes": len(WEIGHTS)}
    makers.model(avatar, run.id, **{**stored, **model})
    Avatar.update(name=name, status=AvatarStatus.COMPLETED).where(Avatar.id == avatar.id).execute()
    return uuid.UUID(str(run.id))


def grow(size: int) -> None:
    """Let the weights be said to have so many bytes."""
    TrainedModel.update(weights_bytes=size).execute()


def exported(person: Marked, can: Any = Web.capabilities) -> list[Rendered]:
    """What is handed over, notice by notice."""
    person.say("/privacy")
    person.press("export")
    order = str(Export.get().id)
    app = person.app
    exports = exporting.Exports(app.store, app.data, app.inbox)
    assert exports.make(order) == person.id
    app.engine.drain(person.id)
    return take_notices(app.engine, person.id, can)


@pytest.fixture
def site(anna: Marked) -> Iterator[TestClient]:
    with TestClient(application(anna.app)) as client:
        yield client


@pytest.mark.parametrize("channel", [Web, Console, Telegram])
def test_a_model_comes_as_a_file_of_its_own(anna: Marked, channel: Any) -> None:
    data, model = exported(anna, channel.capabilities)
    assert data.file is not None
    assert model.file is not None
    assert (model.title, model.file.name) == ("🧠 Your trained model", "Anna.safetensors")
    assert anna.app.open_file(model.file.key) == WEIGHTS


def test_a_page_and_a_terminal_carry_what_a_chat_can_not(anna: Marked) -> None:
    grow(170 * MEGABYTE)
    for channel in (Web, Console):
        assert exported(anna, channel.capabilities)[1].file is not None
    _, model = exported(anna, Telegram.capabilities)
    assert model.file is None
    assert "The file is 170 MB, too large for this chat." in model.text
    run = made(Avatar.get().user_id)[0].run
    assert f"give them the number {run.hex[:12]}" in model.text


def test_with_a_public_address_there_is_a_link_that_gives_the_file(
    anna: Marked, site: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(anna.app.settings.__dict__, "public_url", SITE)
    grow(170 * MEGABYTE)
    _, model = exported(anna, Telegram.capabilities)
    link = next(word for word in model.text.split() if word.startswith(SITE))
    assert "You can download it here for a day" in model.text
    grow(len(WEIGHTS))
    answer = site.get(link.removeprefix(SITE))
    assert (answer.status_code, answer.content) == (200, WEIGHTS)
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''Anna.safetensors"
    assert answer.headers["cache-control"] == "no-store"


def test_the_link_opens_nothing_else_and_not_for_long(anna: Marked, site: TestClient) -> None:
    exported(anna)
    export, run = Export.get(), made(Avatar.get().user_id)[0].run
    token = token_of(export, run)
    assert site.get(f"/download/{token}").status_code == 200
    other = "1" if token[-1] == "0" else "0"
    for forged in (token[:-1] + other, token[:64], "0" * 96, "nonsense", "ä" * 96):
        assert site.get(f"/download/{forged}").status_code == 404
    Export.update(made_at=Export.made_at - KEPT_SECONDS).execute()
    assert site.get(f"/download/{token}").status_code == 404


def test_the_link_is_void_when_its_person_is_forgotten_or_orders_anew(
    anna: Marked, site: TestClient
) -> None:
    exported(anna)
    token = token_of(Export.get(), made(Avatar.get().user_id)[0].run)
    exported(anna)
    assert site.get(f"/download/{token}").status_code == 404
    token = token_of(Export.get(), made(Avatar.get().user_id)[0].run)
    anna.order_erasure()
    assert site.get(f"/download/{token}").status_code == 404


def test_a_model_of_somebody_else_is_not_opened(anna: Marked, site: TestClient) -> None:
    own = Avatar.get().user_id
    other = Marked(anna.app, "telegram")
    other.live()
    theirs = Avatar.get(Avatar.user != own)
    run = train(other, theirs, "Ben")
    exported(anna)
    assert site.get(f"/download/{token_of(Export.get(), run)}").status_code == 404


def test_a_model_that_stays_at_the_trainer_is_named(anna: Marked) -> None:
    TrainedModel.update(finetune_id="ft-9", weights_key=None, weights_bytes=None).execute()
    assert len(exported(anna)) == 1
    assert PendingNotice.select().where(PendingNotice.name == "export_model").count() == 0
    stays = [(model.avatar, model.number) for model in made(Avatar.get().user_id)]
    told = about("en", (), stays)[1]
    assert "The model of “Anna” stays at the training service fal.ai, as number ft-9" in told
    assert "fal.ai под номером ft-9" in about("ru", (), stays)[1]


def test_a_simulated_model_without_a_file_is_nowhere(anna: Marked) -> None:
    TrainedModel.update(finetune_id="ft-9", weights_key=None, test_mode=True).execute()
    assert made(Avatar.get().user_id) == []
    assert len(exported(anna)) == 1


def test_earlier_models_of_an_avatar_are_handed_over_too(anna: Marked) -> None:
    latest = TrainedModel.get()
    makers.model(Avatar.get(), uuid.uuid4(), weights_key=latest.weights_key, made_at=-1.0)
    names = [notice.file.name for notice in exported(anna)[1:] if notice.file]
    assert names == ["Anna.safetensors", "Anna 2.safetensors"]


def test_it_is_said_in_the_language_of_its_person(anna: Marked) -> None:
    User.update(language="ru", language_chosen=True).execute()
    grow(170 * MEGABYTE)
    _, model = exported(anna, Telegram.capabilities)
    assert "Файл весит 170 МБ — для этого чата он слишком велик." in model.text
    assert "назовите номер" in model.text


# names of files


@given(st.lists(st.text(max_size=200), max_size=6))
def test_any_names_make_files_that_any_system_takes(tmp_names: list[str]) -> None:
    found = filenames.unique(tmp_names)
    assert len({name.casefold() for name in found}) == len(tmp_names)
    for name in found:
        assert 0 < len(name.encode()) <= filenames.LONGEST + 8
        assert not set('<>:"/\\|?*\0\n') & set(name)
        assert name == name.strip(" .")
        assert Path(name).name == name


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("Anna", "Anna"), ("", "avatar"), ("..", "avatar"), ("con", "_con"), ("a/b", "a_b"),
     ("Анна 👩‍🎨", "Анна 👩‍🎨"), ("LPT1.txt", "_LPT1.txt")],
)  # fmt: skip
def test_a_name_stays_what_it_is_as_far_as_it_may(name: str, wanted: str) -> None:
    assert filenames.safe(name) == wanted
