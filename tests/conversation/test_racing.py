"""Many threads and processes at once: each event is applied exactly once, one at a time."""

import itertools
import random
from typing import Any

from core.base import db as core_db
from core.conversation import inbox
from core.conversation.engine import Engine
from core.conversation.messages import Address, Event, Kind, Update
from core.conversation.models import InboxEvent, TransitionLog
from tests.conversation.chat import Chat
from tests.conversation.racing import at_once, in_processes
from tests.feedback import feedback_engine

PEOPLE = 3


def chat(engine: Engine, number: int) -> Chat:
    found = Chat(engine, f"person {number}")
    found.id = inbox.find(found.address) or 0
    return found


def photo(number: int) -> Event:
    return Event(Kind.PHOTO, file={"key": f"photo {number}"})


def work_off(engine: Engine) -> None:
    """What every worker does: take what waits until nothing does."""
    while waiting := inbox.backlog(float("inf")):
        for conversation_id in waiting:
            engine.drain(conversation_id)


def check_all_applied(photos: int) -> None:
    engine = feedback_engine()
    for number in range(PEOPLE):
        found = chat(engine, number)
        assert sorted(found.form["photos"]) == sorted(f"photo {n}" for n in range(photos))
        log = found.log
        assert [entry.revision for entry in log] == list(range(1, photos + 1))
        assert len({entry.event_id for entry in log}) == photos
    assert InboxEvent.select().where(InboxEvent.attempts > 0).count() == 0


def test_many_threads_apply_each_event_once(db: Any) -> None:
    engine = feedback_engine()
    for person, number in itertools.product(range(PEOPLE), range(20)):
        chat(engine, person).receive(photo(number))
    at_once(*[lambda: work_off(engine)] * 6)
    check_all_applied(20)


def test_many_processes_apply_each_event_once_and_in_order(db: Any, database_url: str) -> None:
    engine = feedback_engine()
    for person, number in itertools.product(range(PEOPLE), range(20)):
        chat(engine, person).receive(photo(number))
    in_processes(database_url, _work_off, [()] * 3)
    check_all_applied(20)
    for person in range(PEOPLE):
        assert chat(engine, person).form["photos"] == [f"photo {n}" for n in range(20)]


def _work_off() -> None:
    work_off(feedback_engine())


def test_receiving_and_applying_at_once_in_several_processes_loses_nothing(
    db: Any, database_url: str
) -> None:
    in_processes(database_url, _receive_and_drain, [(0,), (1,), (2,)])
    work_off(feedback_engine())
    check_all_applied(15)


def _receive_and_drain(process: int) -> None:
    """Deliver everybody's photos, each of them in every process: the inbox knows them apart."""
    engine, order = feedback_engine(), random.Random(process)
    updates = [
        Update(f"{n} of {p}", Address("test", "bot", f"person {p}"), photo(n))
        for p in range(PEOPLE)
        for n in range(15)
    ]
    order.shuffle(updates)
    for update in updates:
        engine.drain(engine.receive(update)[0].conversation_id)


def test_two_presses_of_send_from_two_processes_send_once(db: Any, database_url: str) -> None:
    anna = Chat(feedback_engine())
    anna.fill_in()
    token = anna.token("📨 Send")
    in_processes(database_url, _press, [("anna", token, n) for n in range(3)])
    assert (anna.state, anna.memory["sent"], anna.screen.hint) == ("thanked", 1, "")
    assert TransitionLog.select().where(TransitionLog.trigger == "send").count() == 1


def _press(name: str, token: str, process: int) -> None:
    presser = Chat(feedback_engine(), name)
    presser.receive(Event(Kind.PRESS, token), f"press {process}")
    presser.engine.drain(presser.id)


def test_signals_and_presses_at_once_leave_no_one_locked_out(db: Any) -> None:
    """A worker holds a row and tells a conversation, a turn holds that: they don't deadlock."""
    anna = Chat(feedback_engine())
    anna.command("start")

    def tell() -> None:
        for number in range(20):
            with core_db.transaction():
                anna.engine.inbox.signal(anna.id, "answered", str(number), f"run {number}")
            anna.engine.drain(anna.id)

    def send() -> None:
        for number in range(20):
            anna.engine.drain(anna.receive(photo(number)).conversation_id)

    at_once(tell, send)
    anna.engine.drain(anna.id)
    assert (len(anna.form["photos"]), anna.row.notices.count(), anna.waiting) == (20, 20, 0)


def test_a_screen_is_drawn_from_one_moment(db: Any) -> None:
    """Facts and revision belong together, whatever is being written meanwhile."""
    anna = Chat(feedback_engine())
    anna.command("start")
    looks: list[tuple[int, int]] = []

    def write() -> None:
        for number in range(30):
            anna.receive(photo(number))
            anna.engine.drain(anna.id)

    def read() -> None:
        for _ in range(60):
            look = anna.engine.look(anna.id)
            looks.append((look.position.revision, len(look.screen.pictures)))

    at_once(write, read)
    assert all(photos == revision - 1 for revision, photos in looks)
