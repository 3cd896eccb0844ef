"""The worker: prompt when it is woken, complete when it is not, and gone without a trace."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import peewee
import pytest
from structlog.testing import capture_logs

from core.avatars import disposal
from core.avatars.disposal import SPOOLED
from core.avatars.models import (
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    PhotoValidationStatus,
    RunStatus,
    TrainingRun,
)
from core.avatars.photos import held
from core.avatars.photos.held import HeldPhoto
from core.avatars.training.training import lost_trainings
from core.base.db import run, transaction
from core.base.errors import StorageUnavailable
from core.base.work import Piece, Pool, Work
from core.conversation.models import Conversation, InboxEvent
from core.conversation.statements import lock_person
from core.operation.worker import Worker
from tests import makers
from tests.conversation.chat import Clock
from tests.patience import LONG
from tests.pictures_for_tests import photo as picture
from tests.working import House, quickly

PENDING, VALID = PhotoValidationStatus.PENDING, PhotoValidationStatus.VALID


def wait_for(holds: Callable[[], object], seconds: float = LONG) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.01)


@pytest.fixture
def house(db: Any, tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as made:
        yield made


@pytest.fixture
def unwoken(db: Any, tmp_path: Path) -> Iterator[House]:
    """A house in which every wake-up is thrown away."""
    with opened(tmp_path, makers.Wakes()) as made:
        yield made


@contextmanager
def opened(folder: Path, waker: makers.Wakes | None = None) -> Iterator[House]:
    """A house whose worker ends with the test, however that ends."""
    made = House(folder, waker, **quickly())
    try:
        yield made
    finally:
        made.worker.stop()
        made.trainer.close()
        made.jobs.close()


@pytest.fixture
def still(sqlite_db: Any, tmp_path: Path) -> House:
    """A house whose clock stands still, to be swept by hand."""
    return House(tmp_path, clock=Clock())


def send(house: House, owner: Conversation, avatar: Avatar, n: int) -> AvatarPhoto:
    """A photo as a web page spools it."""
    name = house.spool.put(picture(n, (640, 640)))
    return makers.photo(avatar, owner, reference={"spool": name})


def stored(house: House, owner: Conversation) -> Avatar:
    """An avatar that can be trained: its photo is in the store."""
    avatar = makers.avatar(owner, photos=1)
    for key, _ in makers.stored(avatar):
        house.store.put(key, picture(1, (640, 640)))
    return avatar


def start(house: House, owner: Conversation, avatar: Avatar) -> None:
    """Start a training as a turn does: with its person held."""
    with transaction():
        lock_person(owner.id, owner.user.id)
        house.training.start(avatar.id, owner.user.id, owner.id)


def applied(owner: Conversation) -> list[str]:
    """What the dialogue has been told and has taken in."""
    told: list[str] = json.loads(makers.fresh(owner).memory).get("told", [])
    return told


def spooled(house: House) -> list[str]:
    return [key.removeprefix(SPOOLED) for key in house.store.keys(SPOOLED)]


def sent_before(house: House, name: str, seconds: float) -> None:
    """Let spooled bytes be so old."""
    at = time.time() - seconds
    os.utime(house.data / "objects" / SPOOLED / name, (at, at))


# prompt


def test_a_woken_worker_judges_a_photo_at_once_and_the_dialogue_knows(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.operation.worker.LOOK_SECONDS", 3600.0)
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=0)
    house.worker.start()
    time.sleep(0.1)
    photo = send(house, owner, avatar, 1)
    house.jobs.wake("photo", str(photo.id))
    wait_for(lambda: applied(owner) == ["judged"])
    assert makers.fresh(photo).validation_status is VALID
    wait_for(lambda: spooled(house) == [])


def test_a_training_goes_to_its_end_and_the_dialogue_follows(house: House) -> None:
    owner = makers.conversation()
    avatar = stored(house, owner)
    house.worker.start()
    start(house, owner, avatar)
    wait_for(lambda: makers.fresh(avatar).status is AvatarStatus.COMPLETED)
    wait_for(lambda: "finished" in applied(owner))
    told = applied(owner)
    assert told[-1] == "finished"
    assert set(told[:-1]) == {"progress"}


# without a single wake-up


def test_every_wake_up_may_be_thrown_away(unwoken: House) -> None:
    owner = makers.conversation()
    avatar = stored(unwoken, owner)
    other = makers.avatar(owner, photos=0)
    photos = [send(unwoken, owner, other, n) for n in range(5)]
    start(unwoken, owner, avatar)
    unwoken.worker.start()
    wait_for(lambda: makers.fresh(avatar).status is AvatarStatus.COMPLETED)
    wait_for(lambda: {"judged", "finished"} <= set(applied(owner)))
    assert all(makers.fresh(photo).validation_status is VALID for photo in photos)
    assert unwoken.jobs.waiting() == 0


def test_what_a_dead_worker_left_unapplied_is_applied(unwoken: House) -> None:
    owner = makers.conversation()
    with transaction():
        unwoken.engine.inbox.signal(owner.id, "judged", "", "left behind")
    unwoken.worker.start()
    wait_for(lambda: applied(owner) == ["judged"])


def test_a_timer_reaches_the_dialogue(unwoken: House) -> None:
    owner = makers.conversation()
    owner.wake_at, owner.wake_trigger, owner.wake_visit = time.time() + 0.2, "remind", owner.visit
    owner.save()
    unwoken.worker.start()
    wait_for(lambda: applied(owner) == ["remind"])


def test_a_deleted_avatars_objects_are_deleted(
    unwoken: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disposal, "GRACE_SECONDS", 0.0)
    unwoken.store.put("7/anna/1", b"face")
    disposal.doom("7/anna/", time.time())
    unwoken.worker.start()
    wait_for(lambda: list(unwoken.store.keys("")) == [])


def test_two_workers_share_the_work_and_do_nothing_twice(house: House, tmp_path: Path) -> None:
    owner = makers.conversation()
    avatar, album = stored(house, owner), makers.avatar(owner, photos=0)
    photos = [send(house, owner, album, n) for n in range(8)]
    with opened(tmp_path) as other:
        house.worker.start()
        other.worker.start()
        start(house, owner, avatar)
        for photo in photos:
            house.jobs.wake("photo", str(photo.id))
        wait_for(lambda: {"judged", "finished"} <= set(applied(owner)))
    assert [makers.fresh(photo).attempts for photo in photos] == [1] * 8
    assert len(makers.runs(avatar)) == 1
    assert [applied(owner).count(told) for told in ("judged", "finished")] == [1, 1]


# sweeping


def test_handled_updates_are_forgotten_after_a_week(still: House) -> None:
    owner, week = makers.conversation(), 7 * 86_400
    event = {"conversation": owner, "channel": "web", "bot": "web", "kind": "text"}
    now = still.engine.clock()
    for name, handled_at in (("old", now - week - 1), ("recent", now - week + 1), ("waits", None)):
        InboxEvent.create(**event, update_id=name, received_at=0, handled_at=handled_at)
    still.worker.chore("sweep")
    assert sorted(event.update_id for event in InboxEvent.select()) == ["recent", "waits"]


def test_held_photos_go_after_a_day_with_their_bytes(still: House) -> None:
    owner, now = makers.conversation(), still.engine.clock()
    for age in (24 * 3600 + 1, 24 * 3600 - 1):
        reference = {"spool": still.spool.put(b"face")}
        HeldPhoto.create(
            user=owner.user, conversation=owner, reference=reference, held_at=now - age
        )
    still.worker.chore("sweep")
    (kept,) = HeldPhoto.select()
    assert spooled(still) == [kept.reference["spool"]]


def test_a_removed_photo_can_be_put_back_for_ten_minutes(still: House) -> None:
    owner, now = makers.conversation(), still.engine.clock()
    avatar = makers.avatar(owner, photos=0)
    for age in (601, 599):
        makers.photo(avatar, owner, VALID, removed_at=now - age)
    still.worker.chore("sweep")
    (kept,) = AvatarPhoto.select()
    assert kept.removed_at == now - 599


def test_spooled_bytes_that_nobody_fetched_go_after_a_day(still: House) -> None:
    old, recent = still.spool.put(b"face"), still.spool.put(b"face")
    sent_before(still, old, 86_401)
    still.worker.chore("sweep")
    assert spooled(still) == [recent]


def test_spooled_bytes_of_a_photo_that_waits_are_kept_however_old(still: House) -> None:
    owner, days = makers.conversation(), 3 * 86_400
    moment = datetime.fromtimestamp(still.engine.clock() - days, UTC).replace(tzinfo=None)
    reference = {"spool": still.spool.put(b"face")}
    makers.photo(makers.avatar(owner, photos=0), owner, reference=reference, created_at=moment)
    sent_before(still, reference["spool"], days + 60)
    still.worker.chore("sweep")
    assert len(spooled(still)) == 1


def test_a_step_that_fails_is_logged_and_stops_no_other(
    still: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[str]:
        raise StorageUnavailable("no disk")

    monkeypatch.setattr(held, "forget", fail)
    owner = makers.conversation()
    makers.photo(makers.avatar(owner, photos=0), owner, VALID, removed_at=1.0)
    with capture_logs() as logs:
        still.worker.chore("sweep")
    assert [line["event"] for line in logs] == ["a step of the worker failed"]
    assert list(AvatarPhoto.select()) == []


def test_a_database_that_is_away_is_one_line_in_the_log(
    still: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[str]:
        raise peewee.OperationalError("server closed the connection")

    monkeypatch.setattr(held, "forget", fail)
    for name in ("delete_removed", "waiting_seconds"):
        monkeypatch.setattr(disposal, name, fail)
    with capture_logs() as logs:
        still.worker.chore("sweep")
    assert [(line["event"], line["error"], line["steps"]) for line in logs] == [
        ("the worker can't use the database", "OperationalError", 3)
    ]
    assert "exc_info" not in logs[0]


def test_a_piece_of_work_that_fails_stops_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=0)
    house.worker.start()
    house.jobs.wake("turn", "not a number")
    house.jobs.wake("photo", "not an id")
    photo = send(house, owner, avatar, 1)
    wait_for(lambda: makers.fresh(photo).validation_status is VALID)


# starting and stopping


def test_it_leaves_no_thread_and_no_connection_behind(postgresql_db: Any, tmp_path: Path) -> None:
    owner = makers.conversation()
    before = set(threading.enumerate())
    with opened(tmp_path) as house:
        house.worker.start()
        photo = send(house, owner, makers.avatar(owner, photos=0), 1)
        wait_for(lambda: makers.fresh(photo).validation_status is VALID)
    assert set(threading.enumerate()) - before == set()
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    wait_for(lambda: run(others).fetchone()[0] == 0)


def test_it_can_be_started_again(house: House) -> None:
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=0)
    for n in range(2):
        house.worker.start()
        photo = send(house, owner, avatar, n)
        wait_for(lambda photo=photo: makers.fresh(photo).validation_status is VALID)  # type: ignore[misc]
        house.worker.stop()
        house.worker.stop()


@contextmanager
def process(url: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A worker in a process of its own, which is killed in the end."""
    command = [sys.executable, "-m", "tests.working", url, str(folder)]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, text=True, stdout=pipe, stderr=nothing) as worker:
        try:
            yield worker
        finally:
            worker.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_stops_cleanly_when_it_is_asked(
    sqlite_db: Any, sqlite_url: str, tmp_path: Path, number: signal.Signals
) -> None:
    owner = makers.conversation()
    with opened(tmp_path, makers.Wakes()) as house, process(sqlite_url, tmp_path) as worker:
        photo = send(house, owner, makers.avatar(owner, photos=0), 1)
        wait_for(lambda: makers.fresh(photo).validation_status is VALID)
        worker.send_signal(number)
        output, _ = worker.communicate(timeout=LONG)
    assert worker.returncode == 0
    assert output.endswith("stopped\n")


def test_a_worker_killed_again_and_again_loses_and_doubles_nothing(
    house: House, database_url: str, tmp_path: Path
) -> None:
    people = [makers.conversation() for _ in range(4)]
    avatars = [stored(house, owner) for owner in people]
    albums = [makers.avatar(owner, photos=0) for owner in people]
    for owner, avatar, album in zip(people, avatars, albums, strict=True):
        start(house, owner, avatar)
        for n in range(6):
            house.jobs.wake("photo", str(send(house, owner, album, n).id))
    for n in range(6):
        with process(database_url, tmp_path):
            time.sleep(0.4 + 0.15 * n)
    with process(database_url, tmp_path):
        wait_for(lambda: _all_done(people, house))
    assert [run.status for run in TrainingRun.select()] == [RunStatus.COMPLETED] * len(people)
    for owner, album in zip(people, albums, strict=True):
        photos = list(AvatarPhoto.select().where(AvatarPhoto.avatar == album.id))
        assert [photo.validation_status for photo in photos] == [VALID] * 6
        objects = set(house.store.keys(disposal.prefix_of(owner.user.id, album.id)))
        assert objects == {photo.minio_key for photo in photos}
        assert applied(owner).count("finished") == 1
        assert "judged" in applied(owner)


def _all_done(people: list[Conversation], house: House) -> bool:
    for lost in lost_trainings():  # killed over its order, which died with the worker's own server
        house.training.orders.resolver.not_sent(str(lost.id))
    pending = AvatarPhoto.select().where(AvatarPhoto.validation_status == PENDING)
    told = [set(applied(owner)) for owner in people]
    return not pending.exists() and all({"judged", "finished"} <= known for known in told)


def test_a_made_up_kind_of_work_is_one_object(house: House) -> None:
    """Rows that are due are worked on once, and what that leads to is done too."""
    owner = makers.conversation()
    waiting, done = [str(makers.avatar(owner).id)], []

    def greet(row_id: str) -> list[Piece]:
        done.append(row_id)
        return [("thank", row_id)]

    def due(_now: float) -> list[str]:
        return [waiting.pop()] if waiting else []

    def thank(row_id: str) -> list[Piece]:
        done.append(f"thanked {row_id}")
        return []

    pool = Pool("greetings", 2)
    kinds = [Work("greet", pool, greet, due), Work("thank", pool, thank)]
    worker = Worker(kinds, house.jobs)
    worker.start()
    try:
        wait_for(lambda: len(done) == 2)
    finally:
        worker.stop()
    assert done[1] == f"thanked {done[0]}"
