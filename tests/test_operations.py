"""What may be done by hand: by admins alone, and never without its row in the audit."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from core.avatars.models import RunStatus, TrainingRun
from core.db import run
from core.errors import LikenessError, TrainingRefused
from core.logins import Visitor
from core.metrics import people
from core.operations import Forbidden, Operations
from tests import makers
from tests.dashboard.conftest import House

NOW = 1_000_000.0


@pytest.fixture
def house(db: Any) -> House:
    return House()


@pytest.fixture
def admin(house: House) -> Operations:
    return Operations(house, Visitor("anna", "admin"), lambda: NOW)


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


DEEDS: dict[str, Callable[[Operations, Any], object]] = {
    "cancel": lambda deeds, run: deeds.cancel_run(str(run.id)),
    "retry": lambda deeds, run: deeds.retry_run(str(run.id)),
    "sent": lambda deeds, run: deeds.sent(str(run.id), "abc"),
    "not sent": lambda deeds, run: deeds.not_sent(str(run.id)),
    "pause": lambda deeds, run: deeds.pause(),
    "resume": lambda deeds, run: deeds.resume(),
    "replay": lambda deeds, run: deeds.replay(1),
    "block": lambda deeds, run: deeds.block(str(run.user_id)),
    "unblock": lambda deeds, run: deeds.unblock(str(run.user_id)),
    "grant": lambda deeds, run: deeds.grant(str(run.user_id)),
    "erase": lambda deeds, run: deeds.erase(str(run.user_id)),
    "write": lambda deeds, run: deeds.write(str(run.user_id), "Hello"),
    "look": lambda deeds, run: deeds.photo(str(run.avatar_id), "a/b/0"),
    "silence": lambda deeds, run: deeds.silence("budget", 4),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_every_deed_is_audited(deed: str, admin: Operations) -> None:
    DEEDS[deed](admin, made_run())
    assert [row[:3] for row in audited()] == [(NOW, "anna", deed)]


@pytest.mark.parametrize("deed", DEEDS)
def test_a_viewer_can_do_nothing(deed: str, house: House) -> None:
    viewer = Operations(house, Visitor("boris", "viewer"), lambda: NOW)
    made = made_run()
    with pytest.raises(Forbidden):
        DEEDS[deed](viewer, made)
    assert audited() == []
    assert house.training.stopped == house.training.started == house.training.settled == []
    assert run("SELECT count(*) FROM controls").fetchone()[0] == 0
    assert run("SELECT count(*) FROM inbox").fetchone()[0] == 0
    assert run("SELECT count(*) FROM notices").fetchone()[0] == 0
    assert run("SELECT count(*) FROM blocks").fetchone()[0] == 0
    assert run("SELECT count(*) FROM grants").fetchone()[0] == 0


def test_a_deed_that_fails_leaves_no_trace(admin: Operations, house: House) -> None:
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
    for deed in (admin.block, admin.unblock, admin.grant):
        with pytest.raises(LikenessError, match="no such person"):
            deed(str(uuid.uuid4()))
    assert audited() == []


def test_the_dialogue_is_told_to_erase_as_if_the_person_had_asked(admin: Operations) -> None:
    made = made_run()
    admin.erase(str(made.user_id))
    (payload,) = run("SELECT payload FROM inbox").fetchone()
    assert json.loads(payload)[1] == "forget"


def test_a_person_is_blocked_once_and_served_again(admin: Operations) -> None:
    made = made_run()
    admin.block(str(made.user_id))
    admin.block(str(made.user_id))
    assert people.ruling(made.user_id.hex, 0) == (NOW, "anna", 0)
    assert [person.blocked for person in people.person(made.user_id.hex)] == [True]
    admin.unblock(str(made.user_id))
    assert people.ruling(made.user_id.hex, 0) == (None, "", 0)
    assert [person.blocked for person in people.person(made.user_id.hex)] == [False]


def test_every_grant_is_one_training_more(admin: Operations) -> None:
    made = made_run()
    admin.grant(str(made.user_id))
    admin.grant(str(made.user_id))
    assert people.ruling(made.user_id.hex, NOW - 1).granted == 2
    assert people.ruling(made.user_id.hex, NOW).granted == 0


def test_a_message_waits_for_the_channel_the_person_was_last_on(admin: Operations) -> None:
    made = made_run()
    admin.write(str(made.user_id), "  Hello, *you*\0 ")
    name, parameters, outcome = run("SELECT name, parameters, outcome FROM notices").fetchone()
    assert (name, outcome) == ("operator_message", "pending")
    assert json.loads(parameters) == {"text": "Hello, *you*"}


def test_an_empty_message_is_none(admin: Operations) -> None:
    admin.write(str(made_run().user_id), " \n")
    assert audited() == []


def test_only_an_avatars_own_photos_can_be_looked_at(admin: Operations, house: House) -> None:
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
    assert len(audited()) == 2
