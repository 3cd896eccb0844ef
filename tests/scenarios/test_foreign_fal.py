"""Real trainings at a fal that is not ours: built by a stranger, from what is written of it.

Two people talk with the bot on Telegram, while `likeness telegram`, `worker` and `http` run as
they do in production: with FAL_KEY, and fal's addresses set to the stranger's.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.foreign_fal import CONFIG, WEIGHTS, ForeignFal, Liberties, foreign_fal
from tests.fakes.telegram import FakeTelegram
from tests.http_house import free_port
from tests.scenarios import telltale
from tests.scenarios.house import House, Kept
from tests.scenarios.on_telegram import TOKEN, TelegramChat, telegram_house
from tests.scenarios.walks import (
    SIZE,
    UPLOADED,
    agree,
    complete,
    launch,
    pictures,
    portrait,
    upload,
)
from tests.sizes import few

KEY = "stranger:5ecret"
PORTRAIT, STYLE = "fal-ai/flux-lora-portrait-trainer", "fal-ai/flux-pro-trainer"
PHOTOS = 12


@dataclass(frozen=True)
class Case:
    """A stranger, and how much of its addresses Likeness is told."""

    name: str
    liberties: Liberties
    told: Callable[[ForeignFal], dict[str, str]]
    webhooks: bool = False
    apart: bool = False

    def __str__(self) -> str:
        return self.name


def queue_alone(fal: ForeignFal) -> dict[str, str]:
    return {"fal__queue_url": fal.queue}


def everything(fal: ForeignFal) -> dict[str, str]:
    return {
        **queue_alone(fal),
        "fal__rest_url": fal.rest,
        "fal__cdn_url": fal.cdn,
        "fal__jwks_url": f"{fal.rest}/.well-known/jwks.json",
    }


def no_keys(fal: ForeignFal) -> dict[str, str]:
    return {name: url for name, url in everything(fal).items() if "jwks" not in name}


CASES = (
    Case(
        "a terse one, of which only the queue's host is told",
        Liberties(codes=(200, 200), logs="", position=None, tokens=False, http="HTTP/1.0",
                  addresses="https://queue.fal.run/{app}/requests/{id}"),
        queue_alone,
    ),
    Case(
        "one whose keys are at the queue's host, which alone is told",
        Liberties(codes=(200, 200), position=None, key=1, tokens=False),
        queue_alone,
        webhooks=True,
    ),
    Case(
        "one by the book, all at one host, with webhooks",
        Liberties(),
        everything,
        webhooks=True,
    ),
    Case(
        "a talkative one on three ports, whose webhooks say nothing",
        Liberties(logs="null", position=7, extra=True, sizes=False, key=1, payload=False,
                  addresses="{base}/v2/jobs/{id}"),
        no_keys,
        webhooks=True,
        apart=True,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Trained:
    """What became of the two people's trainings."""

    case: Case
    fal: ForeignFal
    house: House
    of: dict[str, Kept]
    """By endpoint."""

    def run(self, endpoint: str) -> Any:
        (run,) = self.of[endpoint].runs
        return run

    def model(self, endpoint: str) -> Any:
        """What a training has made, as a row."""
        rows = self.house.rows("SELECT * FROM trained_models")
        (model,) = (row for row in rows if row["avatar_id"] == self.avatar(endpoint)["id"])
        return model

    def avatar(self, endpoint: str) -> Any:
        (avatar,) = self.of[endpoint].avatars
        return avatar


@pytest.fixture(scope="module", params=few(CASES), ids=str)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Both trainings, completed."""
    case: Case = request.param
    yield from _trained(case, tmp_path_factory.mktemp("foreign"))


def _trained(case: Case, folder: Path) -> Iterator[Trained]:
    with (
        foreign_fal(case.liberties, apart=case.apart, key=KEY) as fal,
        FakeTelegram(TOKEN) as telegram,
        _house(case, fal, telegram, folder) as house,
        ThreadPoolExecutor(2) as pool,
    ):
        talks = {PORTRAIT: make_a_portrait, STYLE: make_a_style}
        made = {
            endpoint: pool.submit(lambda t=talk: t(TelegramChat(house, telegram, "en")))  # type: ignore[misc]
            for endpoint, talk in talks.items()
        }
        yield Trained(case, fal, house, {name: talk.result() for name, talk in made.items()})


@contextmanager
def _house(case: Case, fal: ForeignFal, telegram: FakeTelegram, folder: Path) -> Iterator[House]:
    port = free_port()
    site = {"public_url": f"http://127.0.0.1:{port}", "http__port": port}
    house = telegram_house(
        folder,
        telegram,
        **case.told(fal),
        **(site if case.webhooks else {}),
        pictures__previews=0,  # these are about trainings
        training__profiles_style="flux-pro-trainer,flux-2-trainer",
        # a webhook alone is to end them, where there are any
        training__poll_portrait_seconds=600 if case.webhooks else 1,
        training__poll_style_seconds=600 if case.webhooks else 1,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAL_KEY", KEY)
        for command in ("telegram", "worker", *(["http"] if case.webhooks else [])):
            house.start(command)
    try:
        house.wait_until(lambda: bool(telegram.called("getUpdates")))
        yield house
    finally:
        house.stop()


def make_a_portrait(chat: TelegramChat) -> Kept:
    portrait(chat)
    return _train(chat)


def make_a_style(chat: TelegramChat) -> Kept:
    chat.press("🆕 Create avatar")
    chat.press("🎨 Artistic (versatile)")
    chat.press("🖌 Style")
    chat.see("✏️ The avatar’s name")
    chat.say("Watercolour")
    agree(chat)
    return _train(chat)


def _train(chat: TelegramChat) -> Kept:
    """Ten photos as photos and two as files, with all that a camera writes into them."""
    upload(chat, pictures(10))
    chat.person.send_file(telltale.jpeg(50, SIZE), "IMG_0050.jpg", "image/jpeg")
    chat.person.send_file(telltale.png(51, SIZE), "IMG_0051.png", "image/png")
    chat.see_count(*UPLOADED, PHOTOS)
    launch(chat)
    chat.see("🤖 Training the avatar")
    return complete(chat)


def test_both_are_completed_and_both_people_are_told(trained: Trained) -> None:
    for endpoint, kept in trained.of.items():
        assert kept.state == "training_completed"
        assert kept.statuses == ["completed"]
        run = trained.run(endpoint)
        assert (run["status"], run["progress"], run["error_type"]) == ("completed", 100, "")
        assert run["finished_by"] == ("webhook" if trained.case.webhooks else "poll")
        assert not run["test_mode"]


def test_each_was_ordered_once_and_with_the_key(trained: Trained) -> None:
    assert sorted(order.endpoint for order in trained.fal.orders) == sorted(trained.of)
    for endpoint in trained.of:
        order, run = trained.fal.order(endpoint), trained.run(endpoint)
        assert order.headers["Authorization"] == f"Key {KEY}"
        assert order.headers["Content-Type"] == "application/json"
        assert (run["request_id"], run["attempts"]) == (order.id, 1)
        assert bool(order.webhook) == trained.case.webhooks


def test_a_portrait_is_ordered_as_its_trainer_wants_it(trained: Trained) -> None:
    arguments = dict(trained.fal.order(PORTRAIT).arguments)
    assert _file_of(trained, arguments.pop("images_data_url")) in trained.fal.files
    assert arguments == {
        "trigger_phrase": _trigger(trained.avatar(PORTRAIT)),
        "steps": 2500,
        "learning_rate": 9e-5,
        "subject_crop": True,
        "create_masks": True,
        "multiresolution_training": True,
    }


def test_a_style_is_ordered_as_its_trainer_wants_it(trained: Trained) -> None:
    arguments = dict(trained.fal.order(STYLE).arguments)
    assert _file_of(trained, arguments.pop("data_url")) in trained.fal.files
    assert arguments.pop("finetune_comment").startswith("likeness ")
    assert arguments == {
        "mode": "style",
        "iterations": 300,
        "priority": "quality",
        "captioning": True,
        "trigger_word": _trigger(trained.avatar(STYLE)),
        "lora_rank": 32,
        "finetune_type": "full",
    }


def test_nothing_that_anybody_typed_goes_to_fal(trained: Trained) -> None:
    said = json.dumps([[order.arguments, order.headers] for order in trained.fal.orders])
    assert not any(name in said for name in ("Anna", "Watercolour"))


def test_the_weights_are_copied_and_the_avatar_knows_where(trained: Trained) -> None:
    run, avatar = trained.run(PORTRAIT), trained.avatar(PORTRAIT)
    assert trained.house.store.get(run["weights_key"]) == WEIGHTS
    assert (avatar["finetune_id"], avatar["fal_mode"]) == (run["request_id"], "portrait")
    model = trained.model(PORTRAIT)
    assert (model["weights_key"], json.loads(model["config"])) == (
        run["weights_key"],
        json.loads(CONFIG),
    )
    assert model["weights_sha256"] == hashlib.sha256(WEIGHTS).hexdigest()


def test_a_finetune_stays_at_fal_and_the_avatar_knows_its_id(trained: Trained) -> None:
    avatar = trained.avatar(STYLE)
    assert avatar["finetune_id"] == f"ft-{trained.fal.order(STYLE).id}"
    assert avatar["fal_mode"] == "style"
    assert trained.run(STYLE)["weights_key"] is None


def test_the_photos_expire_and_say_nothing_of_who_took_them_where(trained: Trained) -> None:
    assert len(trained.fal.files) == len(trained.of)
    for name, data in trained.fal.files.items():
        assert '"expiration_duration_seconds": 86400' in str(trained.fal.file_headers[name])
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
            found = [archive.read(member) for member in members]
        assert len(members) == PHOTOS
        for number, member in enumerate(members, 1):
            assert member.filename in (f"{number:03}.jpg", f"{number:03}.png")
            assert (member.extra, member.comment) == (b"", b"")
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
        assert [told for picture in found for told in telltale.told_by(picture)] == []


def test_the_pictures_that_are_sent_do_tell() -> None:
    """Else the test above would hold of anything."""
    sent = {"APP1", "COM"}, {"eXIf", "iTXt", "tEXt", "zTXt"}
    for picture, parts in zip((telltale.jpeg(50, SIZE), telltale.png(51, SIZE)), sent, strict=True):
        assert {*parts, *telltale.WORDS} <= {*telltale.told_by(picture)}


def test_webhooks_are_answered_with_yes(trained: Trained) -> None:
    wanted = [200] if trained.case.webhooks else []
    assert [order.heard for order in trained.fal.orders] == [wanted, wanted]


def _file_of(trained: Trained, url: str) -> str:
    assert url.startswith(trained.fal.cdn)
    return url.rpartition("/")[2]


def _trigger(avatar: Any) -> str:
    word: str = json.loads(avatar["training_config"])["trigger_word"]
    assert word == f"lk{str(avatar['id']).replace('-', '')[:10]}"
    return word
