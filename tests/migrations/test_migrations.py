"""Migrations: up and down on databases with rows in them, and the refusal of what doesn't fit."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import peewee
import pytest

from core.avatars import models as avatars
from core.avatars import restrictions, switches
from core.avatars.orders import events, prices, submissions
from core.avatars.privacy import retained
from core.base.db import connect, database, run
from core.base.errors import ConfigurationError, SchemaMismatch
from core.base.migrations import runner
from core.conversation import models as conversations
from tests.conversation.racing import in_processes

MODELS: tuple[Any, ...] = tuple(
    found
    for module in (
        conversations, avatars, retained, events, prices, submissions, switches, restrictions
    )
    for found in vars(module).values()
    if isinstance(found, type) and issubclass(found, peewee.Model) and found._meta.table_name
    and found.__name__ not in ("Model", "_Model", "Order")
)  # fmt: skip
NAMES = [
    "0001_initial",
    "0002_training_type",
    "0003_erasure",
    "0004_training_at_fal",
    "0005_dashboard",
    "0006_faster_numbers",
    "0007_username",
    "0008_submissions",
    "0009_at_fal",
    "0011_told_photos",
    "0012_comparing_faces",
    "0013_reaching_people",
    "0014_elsewhere",
    "0015_orders_and_models",
    "0016_any_kind_of_order",
]  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A database without a single table, with the models bound to it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        create: Callable[[str], str] = request.getfixturevalue("new_postgresql")
        url = create("migrating")
    database = connect(url)
    yield database
    database.close()


def _person_with_an_avatar() -> str:
    """Rows as they were before `training_type`; returns the avatar's id."""
    person, avatar = uuid.uuid4(), uuid.uuid4()
    run("INSERT INTO users VALUES (?, 'Anna', 'en', ?, 0)", _id(person), False)
    run(
        "INSERT INTO avatars (id, user_id, name, status, training_progress, avatar_data,"
        " training_config, photos_count, created_at, updated_at)"
        " VALUES (?, ?, 'Anna', 'draft', 0, '{}', '{}', 0, '2025-05-23', '2025-05-23')",
        *(_id(avatar), _id(person)),
    )
    return str(avatar)


def _id(value: uuid.UUID) -> Any:
    return value.hex if conversations.User._meta.database.param == "?" else value


def test_migrations_run_in_order_and_only_once(empty: Any) -> None:
    assert runner.migrate(empty) == NAMES
    assert runner.migrate(empty) == []
    runner.check(empty)


def test_rows_from_before_become_portraits(empty: Any) -> None:
    runner.migrate(empty, "1")
    avatar = _person_with_an_avatar()
    runner.migrate(empty)
    found = avatars.Avatar.get()
    assert (str(found.id), found.training_type) == (avatar, avatars.AvatarTrainingType.PORTRAIT)
    assert found.avatar_type is None


def test_going_down_and_up_again_keeps_the_rows(empty: Any) -> None:
    runner.migrate(empty, "1")
    _person_with_an_avatar()
    runner.migrate(empty)
    assert runner.migrate(empty, "2", down=True) == NAMES[:0:-1]
    assert run("SELECT count(*) FROM avatars").fetchone()[0] == 1
    assert "training_type" not in {column.name for column in empty.get_columns("avatars")}
    assert runner.migrate(empty) == NAMES[1:]
    assert avatars.Avatar.get().training_type is avatars.AvatarTrainingType.PORTRAIT


def test_erasure_comes_and_goes_with_people_in_the_database(empty: Any) -> None:
    runner.migrate(empty, "2")
    avatar = _person_with_an_avatar()
    runner.migrate(empty)
    assert conversations.User.get().erasing_at is None
    run("UPDATE users SET erasing_at = 5")
    retained.DailyTotal.create(day="2026-11-21", metric="people", count=1)
    assert runner.migrate(empty, "3", down=True) == NAMES[:1:-1]
    assert "erasing_at" not in {column.name for column in empty.get_columns("users")}
    assert run("SELECT count(*) FROM avatars").fetchone()[0] == 1
    runner.migrate(empty)
    assert str(avatars.Avatar.get().id) == avatar
    assert retained.DailyTotal.select().count() == 0


def _run_from_before(status: str, **columns: Any) -> Any:
    """A run as a row of before there were submissions; returns its id."""
    row = {
        "id": _id(uuid.uuid4()), "training_type": "portrait", "status": status, "test_mode": False,
        "price_usd": 6.0, "photos_count": 10, "progress": 0, "error_class": "", "error": "",
        "attempts": 1, "created_at": 1.0, "told_at": 0, "next_check_at": 0, **columns,
    }  # fmt: skip
    places = ", ".join("?" * len(row))
    run(f"INSERT INTO training_runs ({', '.join(row)}) VALUES ({places})", *row.values())
    return row["id"]


@pytest.mark.parametrize(
    ("status", "columns", "fate"),
    [
        ("training", {"request_id": "r"}, "taken"),
        ("cancelling", {"request_id": "r"}, "taken"),
        ("cancelling", {"intent_at": 2.0}, "uncertain"),
        ("submitting", {"intent_at": 2.0}, "sending"),
        ("uncertain", {"intent_at": 2.0}, "uncertain"),
        ("completed", {"request_id": "r", "cost_usd": 6.0}, "completed"),
        ("failed", {"request_id": "r", "cost_usd": 0.0, "error_class": "retry"}, "failed"),
        ("failed", {"request_id": "r", "cost_usd": 6.0, "error_type": "deadline"}, "abandoned"),
        ("failed", {"cost_usd": 0.0, "error_class": "person"}, "refused"),
        ("cancelled", {"request_id": "r", "cost_usd": 6.0}, "cancelled"),
        ("cancelled", {"cost_usd": 0.0}, "not_sent"),
        ("ready", {}, "refused"),
    ],
)
def test_an_order_from_before_becomes_its_runs_first_submission(
    empty: Any, status: str, columns: dict[str, Any], fate: str
) -> None:
    runner.migrate(empty, "7")
    _run_from_before(status, **columns)
    runner.migrate(empty)
    (found,) = submissions.Submission.select()
    known = avatars.TrainingRun.get()
    assert (found.run_id, found.number, found.fate) == (known.id, known.submission, fate)
    assert (found.price_usd, found.request_id) == (6.0, columns.get("request_id"))
    assert found.cost_usd == (0 if status == "ready" else columns.get("cost_usd"))


def test_a_run_that_has_ordered_nothing_has_no_submission(empty: Any) -> None:
    runner.migrate(empty, "7")
    _run_from_before("ready", attempts=0)
    runner.migrate(empty)
    assert submissions.Submission.select().count() == 0
    assert avatars.TrainingRun.get().submission == 0


def test_a_price_that_nobody_had_said_becomes_unknown_and_nothing_on_the_way_back(
    empty: Any,
) -> None:
    runner.migrate(empty, "7")
    columns = {"request_id": "r", "price_usd": 0.0, "cost_usd": 0.0}
    real = _run_from_before("completed", **columns)
    simulated = _run_from_before("completed", **columns, test_mode=True)
    runner.migrate(empty)
    prices = {known.id: (known.price_usd, known.cost_usd) for known in avatars.TrainingRun}
    assert prices == {uuid.UUID(str(real)): (None, None), uuid.UUID(str(simulated)): (0, 0)}
    assert {found.cost_usd for found in submissions.Submission} == {None, 0}
    retained.CostEntry.create(
        day="2026-11-21", training_type="style", test_mode=False, status="completed", usd=None
    )
    newest_first = NAMES[: NAMES.index("0008_submissions") - 1 : -1]
    assert runner.migrate(empty, "8", down=True) == newest_first
    assert set(run("SELECT price_usd FROM training_runs").fetchall()) == {(0,)}
    assert run("SELECT usd FROM cost_entries").fetchone()[0] == 0
    runner.migrate(empty)
    assert submissions.Submission.select().count() == 2


@pytest.mark.parametrize("change", ["fate = 'lost'", "number = 0", "price_usd = -1"])
def test_the_database_itself_refuses_what_is_no_submission(empty: Any, change: str) -> None:
    runner.migrate(empty, "7")
    _run_from_before("training", request_id="r")
    runner.migrate(empty)
    with pytest.raises(peewee.IntegrityError):
        run(f"UPDATE submissions SET {change}")


MODEL: dict[str, Any] = {"run": "r-2", "request_id": "req-2", "weights": {"key": "u/a/weights-2"}}
EARLIER: dict[str, Any] = {
    "run": "r-1", "request_id": "req-1", "weights": {"key": "u/a/weights-1"},
    "finetune_id": "u/a/weights-1", "fal_mode": "portrait", "training_config": {"photos": 9},
}  # fmt: skip


@pytest.mark.parametrize(
    ("stored", "known"), [("u/a/weights-2", "req-2"), ("ft-2", "ft-2")], ids=["weights", "at fal"]
)
def test_a_models_id_becomes_fals_own_and_is_the_weights_key_again_on_the_way_back(
    empty: Any, stored: str, known: str
) -> None:
    runner.migrate(empty, "1")
    _person_with_an_avatar()
    runner.migrate(empty, "7")
    weights = MODEL if stored != known else {**MODEL, "weights": {}}
    data = json.dumps({**weights, "earlier": [EARLIER]})
    columns = "avatar_data = ?, finetune_id = ?, fal_mode = 'style', training_config = ?"
    run(f"UPDATE avatars SET {columns}", data, stored, '{"photos": 12}')
    runner.migrate(empty)
    found = avatars.Avatar.get()
    model = found.avatar_data
    assert (found.finetune_id, model["finetune_id"], model["fal_mode"]) == (known, known, "style")
    assert model["training_config"] == found.training_config == {"photos": 12}
    assert model["earlier"] == [{**EARLIER, "finetune_id": "req-1"}]
    runner.migrate(empty, "15", down=True)
    back = avatars.Avatar.get()
    assert (back.finetune_id, back.fal_mode) == (stored, "style")
    assert back.avatar_data["earlier"] == [EARLIER]


def test_an_avatar_in_training_gets_the_id_of_its_order(empty: Any) -> None:
    runner.migrate(empty, "1")
    avatar = _person_with_an_avatar()
    runner.migrate(empty, "7")
    run("UPDATE avatars SET status = 'training'")
    order = "INSERT INTO training_runs (id, avatar_id, training_type, status, test_mode, price_usd,"
    rest = " photos_count, request_id, progress, error_class, error, attempts, created_at, told_at,"
    values = " next_check_at) VALUES (?, ?, 'style', ?, ?, 0, 10, ?, 0, '', '', 1, ?, 0, 0)"
    for status, request_id in (("failed", "req-1"), ("queued", "req-2")):
        of = (_id(uuid.uuid4()), _id(uuid.UUID(avatar)), status, False, request_id, 5.0)
        run(order + rest + values, *of)
    runner.migrate(empty)
    found = avatars.Avatar.get()
    assert (found.finetune_id, found.fal_mode) == ("req-2", "style")


def test_events_outlive_the_new_phases_and_their_end(empty: Any) -> None:
    runner.migrate(empty, "8")
    known = {"at": 1.0, "ok": True, "test_mode": False, "endpoint": "e"}
    events.FalEvent.create(phase="submit", request_id="r-1", **known)
    runner.migrate(empty)
    events.FalEvent.create(phase="delete", request_id="r-2", **known)
    with pytest.raises(peewee.IntegrityError):
        run("UPDATE fal_events SET phase = 'dance'")
    runner.migrate(empty, "9", down=True)
    assert [event.request_id for event in events.FalEvent] == ["r-1"]
    with pytest.raises(peewee.IntegrityError):
        run("UPDATE fal_events SET phase = 'delete'")
    runner.migrate(empty)
    with pytest.raises(peewee.IntegrityError):
        run(
            "INSERT INTO remote_copies (kind, name, endpoint, test_mode, at, next_check_at, "
            "attempts, error_type) VALUES ('person', 'x', 'e', ?, 1, 1, 0, '')",
            False,
        )


def test_all_the_way_down_leaves_no_table_but_the_history(empty: Any) -> None:
    runner.migrate(empty)
    assert runner.migrate(empty, "0001", down=True) == NAMES[::-1]
    assert set(empty.get_tables()) - {"sqlite_sequence"} == {"schema_migration"}


@pytest.mark.parametrize(
    "change",
    [
        "training_type = 'magic'",
        "training_type = NULL",
        "gender = 'unknown'",
        "avatar_type = 'ghost'",
        "status = 'lost'",
        "training_progress = 101",
        "photos_count = -1",
    ],
)
def test_the_database_itself_refuses_what_is_no_value(empty: Any, change: str) -> None:
    runner.migrate(empty, "1")
    _person_with_an_avatar()
    runner.migrate(empty)
    with pytest.raises(peewee.IntegrityError):
        run(f"UPDATE avatars SET {change}")


def test_training_type_and_avatar_type_are_two_things(empty: Any) -> None:
    runner.migrate(empty, "1")
    _person_with_an_avatar()
    runner.migrate(empty)
    run("UPDATE avatars SET training_type = 'style', avatar_type = 'character'")
    found = avatars.Avatar.get()
    assert (found.training_type, found.avatar_type) == ("style", "character")


def test_the_schema_is_what_the_models_say(empty: Any) -> None:
    runner.migrate(empty)
    for model in MODELS:
        made = {c.name: c.null for c in empty.get_columns(model._meta.table_name)}
        key = model._meta.primary_key.column_name
        said = {f.column_name: f.null for f in model._meta.sorted_fields}
        made.pop(key), said.pop(key)
        assert made == said, model.__name__


def test_a_database_that_is_behind_is_refused_with_the_remedy(empty: Any) -> None:
    runner.migrate(empty, "1")
    with pytest.raises(SchemaMismatch, match=r"behind.*0002_training_type.*likeness migrate"):
        runner.check(empty)


def test_a_database_that_is_ahead_is_refused_with_the_remedy(empty: Any) -> None:
    runner.migrate(empty)
    run("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01')")
    with pytest.raises(SchemaMismatch, match=r"ahead.*9999_future.*version that made it"):
        runner.check(empty)


def test_many_that_start_at_once_make_the_schema_once(empty: Any) -> None:
    def start(_: int) -> None:
        try:
            runner.prepare(empty)
        finally:
            empty.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))
    runner.check(empty)


def prepare() -> None:
    runner.prepare(database.obj)


def test_many_processes_that_start_at_once_on_an_empty_folder_all_start(tmp_path: Path) -> None:
    for n in range(10):
        path = tmp_path / f"{n}.db"
        in_processes(f"sqlite:///{path}", prepare, [()] * 5)
        opened = connect(f"sqlite:///{path}")
        runner.check(opened)
        opened.close()


def test_a_database_that_is_behind_is_not_brought_up_unasked(empty: Any) -> None:
    runner.migrate(empty, "1")
    with pytest.raises(SchemaMismatch, match="behind"):
        runner.prepare(empty)


def test_a_migration_that_does_not_exist_is_named(empty: Any) -> None:
    with pytest.raises(ConfigurationError, match="0099"):
        runner.migrate(empty, "0099")


def test_two_that_migrate_at_once_do_it_once(empty: Any) -> None:
    def migrate(_: int) -> list[str]:
        try:
            return runner.migrate(empty)
        finally:
            empty.close()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(migrate, range(2)))
    assert sorted(done) == [[], NAMES]
