"""How soon a person sees that their training has ended: measured in their chat on Telegram.

Others train meanwhile, whose bars move in their own chats; a thousand where SIZE=full. A second
is one of a machine that does nothing else: see `tests.yardstick`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from core.avatars.models import AvatarStatus, RunStatus, TrainingRun
from core.base import db
from core.base.db import transaction
from core.conversation.models import Conversation
from core.services.fal.simulation import FalServer
from core.services.fal.simulation.orders import Order
from tests import makers
from tests.fakes.telegram import FakeTelegram
from tests.http_house import free_port
from tests.pictures_for_tests import photo
from tests.scenarios.house import House
from tests.scenarios.on_telegram import TOKEN, TelegramChat, telegram_house
from tests.scenarios.walks import SIZE, portrait
from tests.sizes import sized
from tests.yardstick import Yardstick

pytestmark = pytest.mark.soak

MANY = sized(40, 100, 1000)
PEOPLE = 12
BETWEEN = 0.35
"""Seconds between two results: about three a second."""
TRAINING = 12.0
POLL = 8.0 if MANY < 500 else 15.0
"""Seconds between two questions; fifteen are what config.toml says."""


@contextmanager
def opened(folder: Path, webhooks: bool) -> Iterator[tuple[House, FakeTelegram, FalServer]]:
    """The processes of a deployment, with trainings of seconds that are no simulated ones."""
    port = free_port()
    site = {"public_url": f"http://127.0.0.1:{port}", "http__port": port}
    with FalServer(training_seconds=TRAINING) as fal, FakeTelegram(TOKEN) as telegram:
        house = telegram_house(
            folder, telegram,
            fal__queue_url=f"{fal.base}/queue", fal__rest_url=f"{fal.base}/rest",
            fal__cdn_url=f"{fal.base}/cdn", training__min_photos=4,
            training__poll_portrait_seconds=15 if webhooks else POLL,
            **(site if webhooks else {}),
        )  # fmt: skip
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FAL_KEY", "a:b")
            for command in ("telegram", "worker", *(["http"] if webhooks else [])):
                house.start(command)
        try:
            house.wait_until(lambda: bool(telegram.called("getUpdates")))
            yield house, telegram, fal
        finally:
            house.stop()


@pytest.mark.timeout(180 + MANY // 4)
def test_with_webhooks_the_median_is_a_second_whoever_else_is_training(tmp_path: Path) -> None:
    with opened(tmp_path, webhooks=True) as (house, telegram, _):
        others_train(house, telegram)
        taken, slower = delays(house, telegram)
        memory = resident(house.pid("worker"))
        bars = ticks(telegram)
    told(f"{MANY} others, webhooks", taken)
    print(f"the worker has {memory:.0f} MB; {bars} edits of other people's bars")
    print(f"meanwhile everything took {slower:.2f} times as long")
    assert median(taken) <= slower
    assert memory <= 200
    assert bars > 0


@pytest.mark.timeout(180 + MANY // 4)
def test_without_webhooks_it_is_one_polling_interval(tmp_path: Path) -> None:
    with opened(tmp_path, webhooks=False) as (house, telegram, _):
        others_train(house, telegram)
        taken, slower = delays(house, telegram)
    told(f"{MANY} others, polls every {POLL:g} s", taken)
    assert max(taken) <= POLL * slower


def told(what: str, taken: list[float]) -> None:
    print(f"{what}: median {median(taken):.2f} s, slowest {max(taken):.2f} s of {len(taken)}")


def delays(house: House, telegram: FakeTelegram) -> tuple[list[float], float]:
    """Have people train, and take the seconds from a training's end to its screen.

    And how many times longer than alone everything took while the trainings ended.
    """
    with ThreadPoolExecutor(4) as pool:
        chats = [TelegramChat(house, telegram, "en") for _ in range(PEOPLE)]
        list(pool.map(prepare, chats))
        for chat in chats:
            chat.press("🚀 Start training")
            time.sleep(BETWEEN)
        with Yardstick() as yardstick:
            taken = list(pool.map(delay, chats))
        return taken, yardstick.times_slower


def prepare(chat: TelegramChat) -> None:
    """Up to the button that launches."""
    portrait(chat)
    chat.send_photos([photo(4 * chat.person.id + n, SIZE) for n in range(4)])
    chat.see("That’s enough: you can start the training, or add more photos.")


def delay(chat: TelegramChat) -> float:
    ready = chat.t("🎉 The avatar is ready")
    chat.wait_for(lambda sight: ready in sight.text, ready)
    seen = next(message for message in chat.messages if ready in message.text)
    order = Order.read(chat.kept.runs[0]["request_id"])
    assert order is not None
    return seen.edited_at - order.ends


def others_train(house: House, telegram: FakeTelegram) -> None:
    """As many others, who watch their bars."""
    db.connect(f"sqlite:///{house.folder / 'likeness.db'}", "normal")
    try:
        for start in range(0, MANY, 100):
            with transaction():
                for n in range(start, min(start + 100, MANY)):
                    trains(watcher(telegram, 500_000 + n), fal_has(1000.0))
    finally:
        db.database.close()


def watcher(telegram: FakeTelegram, id: int) -> Conversation:
    """Somebody whose chat with the bot is open."""
    person = telegram.person(id=id)
    person._chat.met = person._chat.started = True
    made = makers.conversation(channel="telegram", chat=str(id))
    made.bot = TOKEN.partition(":")[0]
    made.save()
    return made


def fal_has(seconds: float) -> Order:
    now = round(time.time() * 1000)
    return Order(os.urandom(16).hex(), now, 0, round(seconds * 1000), 9, "success")


def trains(owner: Conversation, order: Order) -> None:
    """A training that has gone on for a while, in the focus of its person."""
    avatar = makers.avatar(owner, photos=0, status=AvatarStatus.TRAINING)
    owner.state, owner.memory = "training_in_progress", json.dumps({"avatar": avatar.id.hex})
    owner.save()
    now = time.time()
    TrainingRun.create(
        id=order.run, avatar=avatar, user=owner.user, conversation=owner, training_type="portrait",
        status=RunStatus.RUNNING, profile="flux-lora-portrait-trainer", attempts=1,
        endpoint="fal-ai/flux-lora-portrait-trainer", request_id=order.request_id,
        created_at=now, submitted_at=now, started_at=now, deadline_at=now + 1e5,
    )  # fmt: skip


def ticks(telegram: FakeTelegram) -> int:
    """How often other people's bars have moved."""
    calls: Any = telegram.called("editMessageText")
    return sum((call.chat or 0) >= 500_000 for call in calls)


def resident(pid: int) -> float:
    """Megabytes of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
