"""What may be done by hand: by admins alone, and never without its row in the audit."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from core.avatars import restrictions, switches
from core.avatars.models import RunStatus, TrainingRun
from core.avatars.privacy.retained import RemoteCopy
from core.base.db import run
from core.base.errors import LikenessError, TrainingRefused
from core.conversation import inbox as inboxes
from core.conversation.messages import Event, Kind
from core.operation.admin_actions import AdminActions, Forbidden
from core.operation.auth import Visitor
from core.operation.metrics import people
from tests import makers
from tests.dashboard.conftest import House

NOW = 1_000_000.0


@pytest.fixture
def house(db: Any) -> House:
    return House()


@pytest.fixture
def admin(house: House) -> AdminActions:
    return AdminActions(house, Visitor("anna", "admin"), lambda: NOW)


def audited() -> list[tuple[Any, ...]]:
    return list(run("SELECT at, who, action, subject FROM audit ORDER BY id").fetchall())


def made_run(status: RunStatus = RunStatus.FAILED) -> Any:
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=1)
    return TrainingRun.create(
        avatar=avatar,
        user=owner.user,
        conversation=owner,
        training_type=avatar.training_type,
        status=status,
        created_at=0,
    )


ACTIONS: dict[str, Callable[[AdminActions, Any], object]] = {
    "cancel": lambda actions, run: actions.cancel_run(str(run.id)),
    "retry": lambda actions, run: actions.retry_run(str(run.id)),
    "sent": lambda actions, run: actions.sent(str(run.id), "abc"),
    "not sent": lambda actions, run: actions.not_sent(str(run.id)),
    "pause": lambda actions, run: actions.pause(),
    "resume": lambda actions, run: actions.resume(),
    "replay": lambda actions, run: actions.replay(set_aside(run)),
    "block": lambda actions, run: actions.block(str(run.user_id)),
    "unblock": lambda actions, run: actions.unblock(str(run.user_id)),
    "grant": lambda actions, run: actions.grant(str(run.user_id)),
    "erase": lambda actions, run: actions.erase(str(run.user_id)),
    "write": lambda actions, run: actions.write(str(run.user_id), "Hello"),
    "look": lambda actions, run: actions.photo(
        str(run.avatar_id), f"{run.user_id.hex}/{run.avatar_id.hex}/0"
    ),
    "silence": lambda actions, run: actions.silence("budget", 4),
    "end session": lambda actions, run: actions.end_session("digest"),
    "deleted at fal": lambda actions, run: actions.deleted_there(copy_at_fal()),
}


def set_aside(of: Any) -> int:
    """An event that could not be applied."""
    update_id, payload = f"aside {of.id}", inboxes.encode(Event(Kind.TEXT, "Hello"))
    run(
        "INSERT INTO inbox (conversation_id, channel, bot, update_id, kind, payload, received_at, "
        "attempts, retry_at, error, failed_at) VALUES (?, 'web', 'web', ?, 'text', ?, 1, 5, 0, "
        "'', 1)",
        *(of.conversation_id, update_id, payload),
    )
    return int(run("SELECT id FROM inbox WHERE update_id = ?", update_id).fetchone()[0])


def session(of: Any) -> None:
    run(
        "INSERT INTO dashboard_sessions (token, name, role, created_at, seen_at, credential) "
        "VALUES ('digest', 'boris', 'viewer', ?, ?, '')",
        *(NOW, NOW),
    )


def copy_at_fal() -> int:
    columns = {"kind": "model", "endpoint": "e", "test_mode": False, "at": 1, "next_check_at": 1}
    return int(RemoteCopy.create(name=uuid.uuid4().hex, **columns).id)


NEEDS_FIRST: dict[str, Callable[[Any], object]] = {
    "end session": session,
    "resume": lambda made: switches.switch_on(switches.PAUSED, "", NOW, "anna"),
    "unblock": lambda made: restrictions.block(made.user_id, NOW, "anna"),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_audited(action: str, admin: AdminActions) -> None:
    made = made_run()
    NEEDS_FIRST.get(action, lambda made: None)(made)
    ACTIONS[action](admin, made)
    assert [row[:3] for row in audited()] == [(NOW, "anna", action)]


def twice(action: Callable[[], object]) -> None:
    action()
    action()


NOTHING: dict[str, Callable[[AdminActions, Any], object]] = {
    "pause twice": lambda admin, run: twice(admin.pause),
    "resume what is not paused": lambda admin, run: admin.resume(),
    "take away what is not on": lambda admin, run: admin.resume("stop_submitting"),
    "replay what is gone": lambda admin, run: admin.replay(4711),
    "block twice": lambda admin, run: twice(partial(admin.block, str(run.user_id))),
    "unblock who is served": lambda admin, run: admin.unblock(str(run.user_id)),
    "look at nobody's photo": lambda admin, run: admin.photo(str(run.avatar_id), "a/b/0"),
    "look at a deleted avatar's": lambda admin, run: admin.photo(str(uuid.uuid4()), "a/b/0"),
    "end a silence that isn't": lambda admin, run: admin.silence("budget", 0),
    "write nothing": lambda admin, run: admin.write(str(run.user_id), "  "),
    "end a session that isn't": lambda admin, run: admin.end_session("nobody's"),
    "cancel what is over": lambda admin, run: admin.cancel_run(str(run.id)),
}
DID_ONCE = ("pause twice", "block twice")


@pytest.mark.parametrize("nothing", NOTHING)
def test_what_changes_nothing_is_not_in_the_audit(
    nothing: str, admin: AdminActions, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.training, "cancel", lambda run_id: False)
    NOTHING[nothing](admin, made_run())
    assert len(audited()) == (nothing in DID_ONCE)


def test_a_question_that_fal_can_not_answer_now_stays_open_and_says_so(admin: AdminActions) -> None:
    made = made_run()
    with pytest.raises(LikenessError, match=r"can't be asked now .* Try again later"):
        admin.sent(str(made.id), "away")
    assert audited() == []


@pytest.mark.parametrize("action", ACTIONS)
def test_a_viewer_can_do_nothing(action: str, house: House) -> None:
    viewer = AdminActions(house, Visitor("boris", "viewer"), lambda: NOW)
    made = made_run()
    with pytest.raises(Forbidden):
        ACTIONS[action](viewer, made)
    assert audited() == []
    assert house.training.stopped == house.training.started == house.training.settled == []
    assert run("SELECT count(*) FROM controls").fetchone()[0] == 0
    assert run("SELECT count(*) FROM inbox WHERE failed_at IS NULL").fetchone()[0] == 0
    assert run("SELECT count(*) FROM notices").fetchone()[0] == 0
    assert run("SELECT count(*) FROM blocks").fetchone()[0] == 0
    assert run("SELECT count(*) FROM grants").fetchone()[0] == 0


def test_an_action_that_fails_leaves_no_trace(admin: AdminActions, house: House) -> None:
    made = made_run()
    with pytest.raises(LikenessError, match="not the id of a lost order"):
        admin.sent(str(made.id), "taken")
    TrainingRun.update(avatar=None).where(TrainingRun.id == made.id).execute()
    with pytest.raises(TrainingRefused):
        admin.retry_run(str(made.id))
    with pytest.raises(LikenessError, match="no such person"):
        admin.write(str(uuid.uuid4()), "Hello")
    with pytest.raises(LikenessError, match="no such person"):
        admin.erase(str(uuid.uuid4()))
    for of_a_run in (admin.cancel_run, admin.retry_run):
        with pytest.raises(LikenessError, match="no such run"):
            of_a_run(str(uuid.uuid4()))
    for action in (admin.block, admin.unblock, admin.grant):
        with pytest.raises(LikenessError, match="no such person"):
            action(str(uuid.uuid4()))
    assert audited() == []


def test_what_came_of_it_names_its_row_of_the_audit_and_the_reason(admin: AdminActions) -> None:
    made = made_run()
    first = admin.block(str(made.user_id), " rude\0 ")
    second = admin.block(str(made.user_id), "rude")
    assert (second.changed, second.audit) == (False, None)
    ((row, detail),) = run("SELECT id, detail FROM audit").fetchall()
    assert (first.changed, first.audit, detail) == (True, row, "rude")
    assert str(uuid.UUID(admin.retry_run(str(made.id), "again").made))


def test_the_dialogue_is_told_to_erase_as_if_the_person_had_asked(admin: AdminActions) -> None:
    made = made_run()
    admin.erase(str(made.user_id))
    admin.erase(str(made.user_id))
    ((payload,),) = run("SELECT payload FROM inbox").fetchall()
    assert json.loads(payload)[1] == "forget"
    assert [row[2] for row in audited()] == ["erase"], "the second has changed nothing"


def test_a_person_is_blocked_once_and_served_again(admin: AdminActions) -> None:
    made = made_run()
    admin.block(str(made.user_id))
    admin.block(str(made.user_id))
    assert people.ruling(made.user_id.hex, 0) == (NOW, "anna", 0)
    assert [person.blocked for person in people.person(made.user_id.hex)] == [True]
    admin.unblock(str(made.user_id))
    assert people.ruling(made.user_id.hex, 0) == (None, "", 0)
    assert [person.blocked for person in people.person(made.user_id.hex)] == [False]


def test_every_grant_is_one_training_more(admin: AdminActions) -> None:
    made = made_run()
    admin.grant(str(made.user_id))
    admin.grant(str(made.user_id))
    assert people.ruling(made.user_id.hex, NOW - 1).granted == 2
    assert people.ruling(made.user_id.hex, NOW).granted == 0


def test_a_message_waits_for_the_channel_the_person_was_last_on(admin: AdminActions) -> None:
    made = made_run()
    admin.write(str(made.user_id), "  Hello, *you*\0 ")
    name, parameters, outcome = run("SELECT name, parameters, outcome FROM notices").fetchone()
    assert (name, outcome) == ("operator_message", "pending")
    assert json.loads(parameters) == {"text": "Hello, *you*"}


def test_an_empty_message_is_none(admin: AdminActions) -> None:
    admin.write(str(made_run().user_id), " \n")
    assert audited() == []


def test_only_an_avatars_own_photos_can_be_looked_at(admin: AdminActions, house: House) -> None:
    made = made_run()
    asked: list[str] = []

    def thumbnail(key: str, side: int = 320) -> bytes:
        asked.append(key)
        return b"jpeg"

    house.thumbnail = thumbnail  # type: ignore[method-assign]  # noted
    own = f"{made.user_id.hex}/{made.avatar_id.hex}/1"
    assert admin.photo(str(made.avatar_id), own) == b"jpeg"
    assert admin.photo(str(made.avatar_id), "somebody/else/1") is None
    assert asked == [own]
    assert len(audited()) == 1
