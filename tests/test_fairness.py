"""Work is taken from each person in turn, wherever it waits."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from core.app import background
from core.avatars.privacy.exporting import Exports
from core.base.work import Line, Pool
from core.conversation import inbox
from core.conversation.inbox import AT_A_TIME
from core.conversation.messages import Event, Kind
from core.conversation.statements import Head, Locked
from core.operation.worker_pool import WorkerPool
from tests import makers
from tests.avatars.photo_house import opened
from tests.conversation.chat import Chat
from tests.feedback import feedback_engine
from tests.working import House

PATIENCE = 60.0


def test_a_line_is_taken_from_each_in_turn() -> None:
    line: Line[str] = Line(hands=8)
    for piece in ("a1", "a2", "a3", "b1", "b2", "c1"):
        line.put(piece, piece[0])
    taken = [line.take() for _ in range(6)]
    assert [piece for piece, _ in filter(None, taken)] == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_one_person_never_holds_all_the_hands() -> None:
    line: Line[str] = Line(hands=3)
    for n in range(12):
        line.put(f"a{n}", "a")
    assert [line.take(), line.take()] == [("a0", "a"), ("a1", "a")]
    found: list[Any] = []
    third = threading.Thread(target=lambda: found.append(line.take()))
    third.start()
    line.put("b0", "b")
    third.join(PATIENCE)
    assert found == [("b0", "b")], "the third hand had waited for somebody else"
    line.done("a")
    assert line.take() == ("a2", "a")


def test_where_there_is_one_hand_it_serves_everybody() -> None:
    line: Line[str] = Line(hands=1)
    line.put("a", "a")
    assert line.take() == ("a", "a")


def test_a_closed_line_lets_everybody_go() -> None:
    line: Line[str] = Line(hands=2)
    waiting = threading.Thread(target=line.take)
    waiting.start()
    line.close()
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


def test_twelve_slow_pieces_of_one_person_do_not_hold_up_another_persons(db: Any) -> None:
    pool = WorkerPool(Pool("photos", 4))
    held, done = threading.Event(), threading.Event()

    def wait() -> None:
        held.wait(PATIENCE)

    try:
        for n in range(12):
            pool.submit(("photo", f"a{n}"), wait, "a")
        pool.submit(("photo", "b"), done.set, "b")
        assert done.wait(PATIENCE), "it was done while all of the others were still held"
    finally:
        held.set()
        pool.stop()


def test_many_texts_of_one_person_are_applied_a_few_at_a_time(db: Any) -> None:
    engine = feedback_engine()
    anna, boris = Chat(engine, "anna"), Chat(engine, "boris")
    anna.command("start")
    for n in range(25):
        anna.receive(Event(Kind.TEXT, f"text {n}"))
    boris.receive(Event(Kind.COMMAND, "start"))
    assert engine.drain(anna.id, AT_A_TIME) == AT_A_TIME
    assert anna.waiting == 25 - AT_A_TIME
    assert inbox.backlog(2e9) == [boris.id, anna.id]


def test_flooded_conversations_keep_nobody_out(db: Any) -> None:
    engine = feedback_engine()
    flooded, others = ([Chat(engine, f"{who} {n}") for n in range(12)] for who in ("a", "b"))
    for chat in flooded:
        for n in range(AT_A_TIME + 1):
            chat.receive(Event(Kind.TEXT, f"text {n}"))
    for chat in others:
        chat.receive(Event(Kind.COMMAND, "start"))
    assert inbox.backlog(2e9, limit=12) == [chat.id for chat in others]
    assert inbox.backlog(2e9) == [chat.id for chat in (*others, *flooded)]
    engine.drain(flooded[5].id, AT_A_TIME)
    assert inbox.backlog(2e9, limit=1) == [flooded[5].id], "it has few events left"


class Waiting:
    """A pool without threads: its pieces wait to be done by the test."""

    def __init__(self) -> None:
        self.pieces: list[Any] = []

    def submit(self, _piece: Any, do: Any, _owner: str) -> None:
        self.pieces.append(do)


def test_the_worker_gives_way_between_the_events_of_one_person(db: Any, tmp_path: Path) -> None:
    house = House(tmp_path)
    order: list[int] = []
    apply = house.engine.apply
    house.engine.timer = lambda: 0.0  # however slow this machine is

    def noted(conversation_id: int, found: Locked, head: Head) -> None:
        order.append(conversation_id)
        apply(conversation_id, found, head)

    house.engine.apply = noted  # type: ignore[method-assign]
    worker: Any = house.worker
    line = Waiting()
    worker._pools = {"turn": line}
    chats = [Chat(house.engine, name) for name in ("anna", "boris")]
    for chat, count in zip(chats, (25, 1), strict=True):
        for n in range(count):
            chat.receive(Event(Kind.TEXT, str(n)))
    worker.give("turn", *(str(chat.id) for chat in chats))
    while line.pieces:
        line.pieces.pop(0)()
    anna, boris = (chat.id for chat in chats)
    assert order == [anna] * AT_A_TIME + [boris] + [anna] * 15


def test_work_is_known_by_its_person(db: Any, database_url: str, tmp_path: Path) -> None:
    from core.avatars.models import RunStatus, TrainingRun

    conversation = makers.conversation()
    avatar = makers.avatar(conversation, photos=0)
    photo = makers.photo(avatar, conversation)
    run = TrainingRun.create(
        user=avatar.user_id,
        avatar=avatar,
        training_type="portrait",
        status=RunStatus.CANCELLED,
        created_at=1.0,
    )
    order = makers.submission(run)
    rows: dict[str, Any] = {
        "photo": photo,
        "training": run,
        "training late": order,
        "faces": avatar,
    }
    house = opened(database_url, tmp_path, photos__find_faces="true")
    exports = Exports(house.store, house.data, house.inbox)
    kinds = {work.kind: work for work in background.kinds(house, exports)}
    for kind, row in rows.items():
        assert kinds[kind].owners([str(row.id)]) == {str(row.id): str(avatar.user_id)}, kind
    assert kinds["turn"].owners(["1"]) == {}
    house.close()
