"""What one person may have, however many processes serve them at the same moment.

Each process is the whole product, wired by `bootstrap`; all wait at a gate before they act.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog

from core.app.bootstrap import App, bootstrap
from core.avatars.models import (
    HOLDING,
    Avatar,
    AvatarGender,
    AvatarPhoto,
    AvatarStatus,
    AvatarType,
    PhotoValidationStatus,
    TrainingRun,
)
from core.base import db
from core.base.settings import Settings
from core.conversation.messages import Address, Event, Kind, Person, Update
from core.conversation.models import Conversation, InboxEvent, User
from tests.conversation.chat import Chat
from tests.patience import LONG
from tests.pictures_for_tests import photo

ROUNDS = 4
"""So often each race is run: with other people, so that no outcome hides the next."""
ENOUGH = 2
"""So many photos make a training here: they are not what is raced for."""
SIDE = 520

Place = tuple[str, str]
"""A database's address and a data folder."""


@pytest.fixture
def place(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("LIKENESS_TRAINING__MIN_PHOTOS", str(ENOUGH))
    return database_url, str(tmp_path / "data")


@pytest.fixture
def house(place: Place) -> Iterator[App]:
    app = wired(place)
    yield app
    app.database.close()
    structlog.reset_defaults()


# The training


def test_two_presses_of_start_training_from_two_processes_are_one_run(
    house: App, place: Place
) -> None:
    people = [person_who_is_ready(house, f"anna{n}") for n in range(ROUNDS)]
    presses = [(chat.address, chat.token("🚀 Start training")) for chat in people]
    at_once(place, press_each, [presses, presses])
    for chat in people:
        user = chat.row.user_id
        runs = list(TrainingRun.select().where(TrainingRun.user == user))
        assert [run.status for run in runs] == ["ready"]
        assert chat.state == "training_in_progress"
    nothing_failed()


def test_two_avatars_of_one_person_are_not_trained_at_once(house: App, place: Place) -> None:
    pairs = [two_chats_of_one(house, f"berta{n}") for n in range(ROUNDS)]
    for chats in pairs:
        for chat in chats:
            make_ready(house, chat)
    first, second = (
        [(pair[which].address, pair[which].token("🚀 Start training")) for pair in pairs]
        for which in (0, 1)
    )
    at_once(place, press_each, [first, second])
    for pair in pairs:
        user = pair[0].row.user_id
        holding = TrainingRun.select().where(
            TrainingRun.user == user, TrainingRun.status.in_(HOLDING)
        )
        assert holding.count() == 1
        states = sorted(chat.state for chat in pair)
        assert states == ["training_in_progress", "uploading_photos"]
        waiting = next(chat for chat in pair if chat.state == "uploading_photos")
        assert "is in training" in waiting.rendered.text
    nothing_failed()


def test_a_budget_for_one_training_is_spent_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_TRAINING__DAILY_BUDGET_USD", "2.5")
    monkeypatch.setenv("LIKENESS_TRAINING__PRICE_PORTRAIT_USD", "2.0")
    house = wired(place)
    people = [person_who_is_ready(house, name) for name in ("carla", "dora", "emma")]
    presses = [[(chat.address, chat.token("🚀 Start training"))] for chat in people]
    at_once(place, press_each, presses)
    assert TrainingRun.select().count() == 1
    started = [chat for chat in people if chat.state == "training_in_progress"]
    assert len(started) == 1
    house.database.close()


# The photos


def test_of_sixty_photos_from_two_processes_at_once_the_first_fifty_good_ones_count(
    house: App, place: Place
) -> None:
    """All may wait; two workers settle which fit, and the others are left out by number."""
    chat = person_with_photos(house, "flora", 0)
    names = [house.spool.put(photo(n, (SIDE, SIDE)) if n % 12 else b"no") for n in range(60)]
    at_once(place, send_each, [(chat.address, names[:30]), (chat.address, names[30:])])
    assert photos_of(chat).count() == 60
    assert "🔎 Looking at 60 photos…" in chat.rendered.text
    at_once(place, judge_all, [None, None])
    verdicts = [
        (found.number, found.reason) for found in photos_of(chat).order_by(AvatarPhoto.number)
    ]
    good = [number for number, reason in verdicts if reason != "not_a_picture"]
    assert [number for number, reason in verdicts if not reason] == good[:50]
    assert [number for number, reason in verdicts if reason == "no_room"] == good[50:]
    chat.engine.drain(chat.id)
    avatar = Avatar.get()
    assert (avatar.photos_count, avatar.status) == (50, AvatarStatus.READY)
    assert "No more will fit" in chat.rendered.text
    valid = photos_of(chat).where(AvatarPhoto.reason == "")
    assert all(house.store.exists(found.minio_key) for found in valid)
    nothing_failed()


def test_the_same_photo_judged_twice_at_once_is_one_photo_and_one_duplicate(
    house: App, place: Place
) -> None:
    chat = person_with_photos(house, "gerda", 0)
    for n in range(ROUNDS):
        for _ in range(2):
            name = house.spool.put(photo(n, (SIDE, SIDE)))
            chat.do(Event(Kind.PHOTO, file={"spool": name}))
    at_once(place, judge_all, [None, None])
    assert sorted(statuses_of(chat)) == ["duplicate"] * ROUNDS + ["valid"] * ROUNDS
    assert Avatar.get().photos_count == ROUNDS


def test_photos_sent_and_a_training_started_at_once_never_leave_a_photo_behind(
    house: App, place: Place
) -> None:
    """Either the photo came first and the training waits, or it came too late and is put aside."""
    people = [person_who_is_ready(house, f"hanna{n}") for n in range(ROUNDS)]
    presses = [(chat.address, chat.token("🚀 Start training")) for chat in people]
    sent = [(chat.address, [house.spool.put(photo(60, (SIDE, SIDE)))]) for chat in people]
    at_once(place, do_each, [("press", presses), ("send", sent)])
    for chat in people:
        pending = photos_of(chat).where(
            AvatarPhoto.validation_status == PhotoValidationStatus.PENDING
        )
        if chat.state == "training_in_progress":
            assert pending.count() == 0
        else:
            assert pending.count() == 1
    nothing_failed()


# The avatars


def test_ten_avatars_are_the_limit_for_two_processes_too(house: App, place: Place) -> None:
    pairs = [two_chats_of_one(house, f"ida{n}") for n in range(ROUNDS)]
    for pair in pairs:
        user = pair[0].row.user_id
        for number in range(9):
            Avatar.create(
                user=user,
                name=f"Ida {number}",
                status=AvatarStatus.COMPLETED,
                avatar_type=AvatarType.CHARACTER,
                gender=AvatarGender.FEMALE,
            )
    first, second = ([pair[which].address for pair in pairs] for which in (0, 1))
    at_once(place, create_avatar, [first, second])
    for pair in pairs:
        user = pair[0].row.user_id
        named = Avatar.select().where(Avatar.user == user, Avatar.name != "")
        assert named.count() == 10
        assert Avatar.select().where(Avatar.user == user, Avatar.name == "").count() == 0
    nothing_failed()


# What the processes do


def press_each(app: App, gate: Any, presses: Sequence[tuple[Address, str]]) -> None:
    for address, token in presses:
        gate.wait(LONG)
        act(app, address, Event(Kind.PRESS, token))


def send_each(app: App, gate: Any, given: tuple[Address, Sequence[str]]) -> None:
    address, names = given
    gate.wait(LONG)
    for name in names:
        act(app, address, Event(Kind.PHOTO, file={"spool": name}))


def do_each(app: App, gate: Any, given: tuple[str, Any]) -> None:
    what, each = given
    if what == "press":
        press_each(app, gate, each)
    else:
        for one in each:
            send_each(app, gate, one)


def judge_all(app: App, gate: Any, _nothing: None) -> None:
    due = app.verdicts.due(2e9, 1000)
    gate.wait(LONG)
    while due:
        for photo_id in due:
            app.verdicts.judge(photo_id)
        due = app.verdicts.due(2e9, 1000)


def create_avatar(app: App, gate: Any, addresses: Sequence[Address]) -> None:
    """The whole way to a name, as fast as it goes; a question is answered with "all the same"."""
    for address in addresses:
        gate.wait(LONG)
        chat = Talking(app, address)
        chat.press("🆕 Create avatar")
        another = "🆕 Start a new one anyway"
        if any(offer.label == another for offer in chat.rendered.offers):
            chat.press(another)
        for label in ("🎭 Portrait (recommended)", "Female"):
            if any(offer.label == label for offer in chat.rendered.offers):
                chat.press(label)
        if chat.state == "entering_name":
            chat.say(f"Ida of {address.bot}")
        chat.command("start")


# How


def wired(place: Place) -> App:
    """The product as any of its processes has it."""
    url, folder = place
    mine = {k: v for k, v in os.environ.items() if k.startswith("LIKENESS_TRAINING")}
    return bootstrap(
        Settings.load(
            environ={
                "LIKENESS_DATABASE__URL": url,
                "LIKENESS_DATA_DIR": folder,
                "LIKENESS_LOG__LEVEL": "error",
                "LIKENESS_PHOTOS__FIND_FACES": "false",  # the tests' photos are no photographs
                **mine,
            }
        )
    )


def at_once(place: Place, work: Callable[..., None], arguments: Sequence[Any]) -> None:
    """Do the work in as many processes, none of which begins before all are ready."""
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(len(arguments))
    processes = [
        context.Process(target=_serve, args=(place, gate, work, given)) for given in arguments
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(100)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def _serve(place: Place, gate: Any, work: Callable[..., None], given: Any) -> None:
    app = wired(place)
    db.database.connect(reuse_if_open=True)
    work(app, gate, given)
    app.database.close()


_KEYS = iter(range(10**9))


def act(app: App, address: Address, event: Event) -> None:
    key = f"{multiprocessing.current_process().pid}:{next(_KEYS)}"
    [received] = app.engine.receive(Update(key, address, event, Person("Anna", "en")))
    app.engine.drain(received.conversation_id)


class Talking(Chat):
    """A chat whose updates are told apart from those of other processes."""

    def __init__(self, app: App, address: Address) -> None:
        super().__init__(app.engine)
        self.address = address
        self._app = app
        self.id = int(
            Conversation.get(Conversation.bot == address.bot, Conversation.chat == address.chat).id
        )

    def do(self, event: Event) -> None:
        act(self._app, self.address, event)


def person_with_photos(house: App, name: str, count: int) -> Chat:
    """Somebody whose portrait waits for photos, and has so many."""
    chat = Chat(house.engine, name)
    chat.command("start")
    collect(house, chat, count)
    return chat


def person_who_is_ready(house: App, name: str) -> Chat:
    """Somebody who need only press "launch"."""
    return person_with_photos(house, name, ENOUGH)


def make_ready(house: App, chat: Chat) -> None:
    collect(house, chat, ENOUGH)


def collect(house: App, chat: Chat, count: int) -> None:
    chat.press("🆕 Create avatar")
    if any(offer.label == "🆕 Start a new one anyway" for offer in chat.rendered.offers):
        chat.press("🆕 Start a new one anyway")
    for label in ("🎭 Portrait (recommended)", "Female"):
        chat.press(label)
    chat.say("Anna")
    if chat.state == "consent":
        chat.press("✅ I agree, and I am 18 or older")
    for n in range(count):
        name = house.spool.put(photo(n, (SIDE, SIDE)))
        chat.do(Event(Kind.PHOTO, file={"spool": name}))
    for photo_id in house.verdicts.due(2e9, 1000):
        house.verdicts.judge(photo_id)
    house.engine.drain(chat.id)


def two_chats_of_one(house: App, name: str) -> tuple[Chat, Chat]:
    """One person on two channels, as whoever joins their accounts will be."""
    chats = Chat(house.engine, name), Chat(house.engine, name)
    chats[1].address = Address("test", "other bot", name)
    for chat in chats:
        chat.command("start")
    mine, spare = (chat.row.user_id for chat in chats)
    Conversation.update(user=mine).where(Conversation.id == chats[1].id).execute()
    User.delete().where(User.id == spare).execute()
    return chats


def photos_of(chat: Chat) -> Any:
    user = chat.row.user_id
    return AvatarPhoto.select().where(AvatarPhoto.user == user)


def statuses_of(chat: Chat) -> list[str]:
    return [found.validation_status.value for found in photos_of(chat)]


def nothing_failed() -> None:
    tried = InboxEvent.select().where(InboxEvent.attempts > 0)
    assert [event.error for event in tried] == []
