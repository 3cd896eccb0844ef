"""After an erasure, nothing that the person said or sent is found anywhere: every byte is read."""

from __future__ import annotations

import io
import time
import uuid
from pathlib import Path

import pytest

from core.app.bootstrap import App, bootstrap
from core.avatars import disposal, restrictions
from core.avatars.models import Admission, Avatar, AvatarPhoto, Consent, TrainingRun
from core.avatars.orders.events import FalEvent
from core.avatars.orders.money.daily_totals import DailyTotal
from core.avatars.photos.held import HeldPhoto
from core.avatars.privacy import erasure_worker, ledger
from core.avatars.privacy.retained import CostEntry
from core.avatars.support import SupportMessage
from core.base import db as core_db
from core.base.settings import Settings
from core.conversation.delivery.sending.outbox import forgotten, parcel, shown
from core.conversation.messages import Event, Kind
from core.conversation.models import Conversation, InboxEvent, TranscriptEntry, User
from core.operation.metrics import errors
from core.operation.metrics.scope import Scope
from tests import makers
from tests.patience import LONG
from tests.privacy.people import CAN, MARK, Marked, found_below, found_in, rows_of, wait_for


def erased(app: App) -> bool:
    return not User.select().where(User.erasing_at.is_null(False)).exists()


def erase(app: App, person: Marked) -> None:
    """All that a worker does for an erasure, once its time has come."""
    steps = erasure_worker.Erasing(app.store, app.spool, app.jobs, app.erasures, clock=lambda: 4e9)
    user_id = str(Conversation.get_by_id(person.id).user_id)
    assert not steps.erase(user_id), "what was doomed may still arrive"
    disposal.delete_doomed(app.store, 4e9)
    assert steps.erase(user_id)
    assert erased(app)


def judged() -> bool:
    return not AvatarPhoto.select().where(AvatarPhoto.validation_status == "pending").exists()


def test_the_sentinel_is_found_nowhere(app: App, tmp_path: Path, log: io.StringIO) -> None:
    worker = app.worker()
    worker.start()
    try:
        anna, ben = Marked(app), Marked(app, "telegram")
        for person in (anna, ben):
            person.live()
        wait_for(judged)
        anna.press("train")
        wait_for(lambda: app.engine.look(anna.id).position.state == "training_completed")
        anna.look()
        Admission.create(user=Conversation.get_by_id(anna.id).user, invite=MARK, at=0)
        anna.send_photo()
        restrictions.grant(Conversation.get_by_id(anna.id).user_id, 0, MARK)
        restrictions.block(Conversation.get_by_id(anna.id).user_id, 0, MARK)
        assert any(found_in(row) for _, row in rows_of(app.database)), "the mark is there before"
        for person in (anna, ben):
            person.order_erasure()
        wait_for(lambda: erased(app))
        wait_for(lambda: not list(app.store.keys("")))
    finally:
        worker.stop()
    assert [where for where in rows_of(app.database) if found_in(where[1])] == []
    assert found_below(tmp_path) == []
    assert found_in(log.getvalue().encode()) == []
    for model in (Avatar, AvatarPhoto, HeldPhoto, Consent, Admission, TranscriptEntry,
                  restrictions.Block, restrictions.Grant, SupportMessage):  # fmt: skip
        assert model.select().count() == 0, model
    assert InboxEvent.select().where(InboxEvent.payload != "").count() == 0
    assert [(entry.usd, entry.test_mode) for entry in CostEntry.select()] == [(2.5, True)]
    totals = {total.metric: total.count for total in DailyTotal.select()}
    assert totals["avatars_created"] == 2
    assert totals["trainings_completed_test"] == 1


def test_neither_is_that_of_somebody_in_two_chats(
    app: App, tmp_path: Path, log: io.StringIO
) -> None:
    worker = app.worker()
    worker.start()
    try:
        anna, ben = Marked(app), Marked(app, "telegram")
        for person in (anna, ben):
            person.live()
        wait_for(judged)
        linked(app, anna, ben)
        for person in (anna, ben):
            person.say("/menu")
            person.look()
        ben.send_photo()
        assert len({key.split("/")[0] for key in app.store.keys("") if "/spool" not in key}) > 1
        ben.order_erasure()
        wait_for(lambda: erased(app))
        wait_for(lambda: not list(app.store.keys("")))
    finally:
        worker.stop()
    assert [where for where in rows_of(app.database) if found_in(where[1])] == []
    assert found_below(tmp_path) == []
    assert found_in(log.getvalue().encode()) == []
    assert app.engine.look(anna.id).position.state == "main_menu"
    assert InboxEvent.select().where(InboxEvent.payload != "").count() == 0
    assert sum(user.name != "" for user in User.select()) == 0


def linked(app: App, anna: Marked, ben: Marked) -> None:
    """One person in both chats."""
    anna.do(Event(Kind.COMMAND, "link"))
    code = app.engine.look(anna.id).screen.text.partition("/link ")[2].split()[0]
    ben.do(Event(Kind.COMMAND, "link", code))
    app.engine.drain(anna.id)
    for person in (anna, ben):
        person.press("agree_link")
    wait_for(lambda: len({chat.user_id for chat in Conversation.select()}) == 1)
    assert code.replace("-", "") not in str([row for _, row in rows_of(app.database)])


def test_pages_that_many_others_share_keep_nothing_of_the_person(
    sqlite_url: str, tmp_path: Path, log: io.StringIO
) -> None:
    environ = {"LIKENESS_DATA_DIR": str(tmp_path), "LIKENESS_DATABASE__URL": sqlite_url}
    app = bootstrap(Settings.load(environ=environ), log)
    anna, others = Marked(app), [Marked(app, "telegram") for _ in range(3)]
    for other in others:
        User.update(name="Berta").execute()
        other._person = type(other._person)("Berta", "en")
    for number in range(400):
        anna.say(f"{MARK} " * (number % 40 + 1))
        with core_db.transaction():
            core_db.run(
                "INSERT INTO transcript (conversation_id, author, content, at) VALUES (?,?,?,?)",
                *(anna.id, "person", '{"text": "' + f"{MARK} " * (number % 90) + '"}', 0.0),
            )
        others[number % 3].say(f"something {number} " * (number % 25 + 1))
    anna.order_erasure()
    worker = app.worker()
    worker.chore("sweep")
    done = erasure_worker.Erasing(app.store, app.spool, app.jobs, app.erasures)
    done.erase(str(Conversation.get_by_id(anna.id).user_id))
    app.jobs.close()
    assert found_below(tmp_path) == []
    app.database.close()


def test_a_photo_under_way_is_not_stored_for_somebody_who_is_forgotten(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = Marked(app)
    anna.live()
    photo = AvatarPhoto.select().where(AvatarPhoto.minio_key.is_null()).first()
    put = app.store.put

    def put_while_they_are_erased(key: str, data: bytes) -> None:
        anna.order_erasure()
        put(key, data)

    monkeypatch.setattr(app.store, "put", put_while_they_are_erased)
    app.verdicts.judge(str(photo.id))
    assert AvatarPhoto.select().count() == 0
    erase(app, anna)
    assert list(app.store.keys("")) == []


@pytest.mark.parametrize("taken", range(8))
def test_an_erasure_that_is_killed_after_any_step_is_finished_by_the_next_process(
    app: App, tmp_path: Path, taken: int
) -> None:
    anna = Marked(app)
    anna.live()
    for photo_id in app.verdicts.due(4e9, 2):
        app.verdicts.judge(photo_id)
    assert list(app.store.keys("")), "something was stored"
    anna.order_erasure()
    user = User.get(User.erasing_at.is_null(False))
    killed = erasure_worker.Erasing(app.store, app.spool, app.jobs, app.erasures)
    assert len(killed.steps()) == 7
    for step in killed.steps()[:taken]:
        assert step(user), step
    erase(app, anna)
    assert [table for table, row in rows_of(app.database) if found_in(row)] == []
    assert list(app.store.keys("")) == []
    app.jobs.close()
    assert found_below(tmp_path) == []


def test_a_chat_that_says_nothing_more_is_forgotten_and_another_can_begin(app: App) -> None:
    anna = Marked(app)
    anna.order_erasure()
    assert erasure_worker.forget_shells(4e9) == 0, "first the erasure must end"
    User.update(erasing_at=None).execute()
    assert erasure_worker.forget_shells(0.0) == 0, "they have just been here"
    assert erasure_worker.forget_shells(4e9) == 1
    assert (User.select().count(), Conversation.select().count()) == (0, 0)
    assert anna.do(Event(Kind.TEXT, "hello")) != anna.id
    assert User.select().count() == 1


def test_somebody_who_has_begun_anew_is_not_forgotten(app: App) -> None:
    anna = Marked(app)
    anna.order_erasure()
    User.update(erasing_at=None).execute()
    anna.press("create")
    assert erasure_worker.forget_shells(4e9) == 0
    assert Avatar.select().count() == 1


def test_the_operator_erases_somebody_who_has_asked_for_it(app: App) -> None:
    anna = Marked(app)
    anna.live()
    user_id = Conversation.get_by_id(anna.id).user_id
    assert erasure_worker.order(app.inbox, user_id, 1.0) == (anna.id, True)
    app.engine.drain(anna.id)
    assert "Everything is deleted" in app.engine.look(anna.id).screen.hint
    erase(app, anna)
    assert [table for table, row in rows_of(app.database) if found_in(row)] == []
    assert erasure_worker.order(app.inbox, uuid.uuid4(), 1.0) is None


def test_a_training_that_ends_for_somebody_who_is_forgotten_changes_nothing(app: App) -> None:
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=10)
    for key, _ in makers.stored(avatar):
        app.store.put(key, b"\xff\xd8")
    run_id = app.training.start(avatar.id, owner.user_id, owner.id)
    User.update(erasing_at=4e9).execute()
    deadline = time.monotonic() + LONG
    while not TrainingRun.get().status.final and time.monotonic() < deadline:
        TrainingRun.update(next_check_at=0).execute()
        app.training.orders.step(str(run_id))
        app.training.orders.step(str(run_id), transfer=True)
    assert TrainingRun.get().status == "completed"
    assert Avatar.get().status != "completed"
    assert "finished" not in dict(makers.told(owner))


def test_calls_of_simulated_trainings_are_never_taken_for_real_ones(app: App) -> None:
    owner = makers.conversation()
    columns = {"user": owner.user, "training_type": "portrait", "status": "failed",
               "created_at": 0}  # fmt: skip
    for test_mode in (False, True):
        run = TrainingRun.create(test_mode=test_mode, **columns)
        FalEvent.create(at=5, run_id=run.id, phase="submit", ok=False, test_mode=test_mode)
    ledger.book(TrainingRun.select().where(TrainingRun.user == owner.user_id), "UTC")
    assert TrainingRun.select().count() == 0
    for mode in ("production", "test"):
        assert errors.calls(Scope(0, 10, mode)) == (1, 1)


def test_words_seen_before_are_not_written_down_afterwards(app: App) -> None:
    anna = Marked(app)
    anna.live()
    old = parcel(app.engine, anna.id, CAN)
    anna.order_erasure()
    shown(anna.id, old.revision, old.rendered.offers, {"id": 1}, 0.0)
    assert Conversation.get_by_id(anna.id).shown_buttons == "[]"
    assert forgotten(anna.id, old.revision)
    new = parcel(app.engine, anna.id, CAN)
    assert not forgotten(anna.id, new.revision)
    shown(anna.id, new.revision, new.rendered.offers, {"id": 1}, 0.0)
    assert Conversation.get_by_id(anna.id).shown_buttons != "[]"
