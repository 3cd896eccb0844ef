"""Migrations: up and down on databases with rows in them, and the refusal of what doesn't fit."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import peewee
import psycopg
import pytest

from core.avatars import disposal, restrictions, support, switches
from core.avatars import models as avatars
from core.avatars.linking import codes
from core.avatars.models import pictures
from core.avatars.orders import events, submissions
from core.avatars.orders.money import daily_totals, prices
from core.avatars.privacy import retained
from core.base.db import connect, database, run
from core.base.errors import ConfigurationError, SchemaMismatch
from core.base.migrations import runner
from core.conversation import models as conversations
from tests import makers
from tests.conversation.racing import in_processes

MODELS: tuple[Any, ...] = tuple(
    found
    for module in (
        conversations, avatars, disposal, retained, daily_totals, events, prices, submissions,
        switches, restrictions, pictures, support, codes,
    )
    for found in vars(module).values()
    if isinstance(found, type) and issubclass(found, peewee.Model) and found._meta.table_name
    and found.__name__ not in ("Model", "_Model", "Order")
)  # fmt: skip
NAMES = [
    "0001_initial", "0002_training_type", "0003_pictures", "0004_sought", "0005_support",
    "0006_judged_photos",
    "0007_counted_pictures",
    "0008_reachable",
    "0009_shared_secrets",
    "0010_senders",
    "0011_painted_avatars",
    "0012_deployments",
    "0013_expand_meters",
    "0014_expand_links",
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
    run(
        "INSERT INTO users (id, name, language, language_chosen, created_at)"
        " VALUES (?, 'Anna', 'en', ?, 0)",
        *(_id(person), False),
    )
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


@pytest.mark.parametrize("change", ["fate = 'lost'", "number = 0", "price_usd = -1"])
def test_the_database_itself_refuses_what_is_no_submission(empty: Any, change: str) -> None:
    runner.migrate(empty)
    ordered = avatars.TrainingRun.create(training_type="portrait", created_at=1.0)
    makers.submission(ordered)
    with pytest.raises(peewee.IntegrityError):
        run(f"UPDATE submissions SET {change}")


@pytest.mark.parametrize("change", ["phase = 'dance'", "error_class = 'nobody'"])
def test_the_database_itself_refuses_what_is_no_event(empty: Any, change: str) -> None:
    runner.migrate(empty)
    known = {"at": 1.0, "ok": True, "test_mode": False, "endpoint": "e"}
    events.FalEvent.create(phase="delete", request_id="r-2", **known)
    with pytest.raises(peewee.IntegrityError):
        run(f"UPDATE fal_events SET {change}")


def test_the_database_itself_refuses_what_is_no_copy_at_the_trainer(empty: Any) -> None:
    runner.migrate(empty)
    with pytest.raises(peewee.IntegrityError):
        run(
            "INSERT INTO remote_copies (kind, name, endpoint, test_mode, at, next_check_at, "
            "attempts, error_type) VALUES ('person', 'x', 'e', ?, 1, 1, 0, '')",
            False,
        )


def _picture() -> tuple[pictures.PictureRun, pictures.Picture]:
    """An order of pictures with a picture of it, by a model that fal has for a while."""
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=0)
    made = makers.model(avatar, uuid.uuid4(), remote_url="http://fal/1", remote_at=1.0)
    mine = {"avatar": avatar, "user": owner.user}
    ordered = pictures.PictureRun.create(
        **mine, trained=made, purpose="asked", wish="in a red coat", shape="square", count=2,
        seed=2**40, created_at=1.0,
    )  # fmt: skip
    picture = pictures.Picture.create(
        **mine, run=ordered, place=0, key="u/a/picture-1", sha256="1", size=1, width=1, height=1
    )
    return ordered, picture


def test_pictures_go_down_and_up_with_rows_in_them(empty: Any) -> None:
    runner.migrate(empty)
    ordered, _ = _picture()
    assert runner.migrate(empty, "3", down=True) == NAMES[:1:-1]
    columns = {column.name for column in empty.get_columns("trained_models")}
    assert not columns & {"remote_url", "remote_at"}
    assert run("SELECT count(*) FROM trained_models").fetchone()[0] == 1, "models stay"
    assert runner.migrate(empty) == NAMES[2:]
    assert run("SELECT remote_url, remote_at FROM trained_models").fetchone() == ("", None)
    assert not pictures.PictureRun.select().where(pictures.PictureRun.id == ordered.id).exists()
    _picture()


@pytest.mark.parametrize(
    "change",
    [
        "purpose = 'gift'", "shape = 'round'", "count = 0", "count = 5", "counted = -1",
        "status = 'lost'", "progress = 101", "finished_by = 'nobody'", "pack = 'cinema'",
    ],
)  # fmt: skip
def test_the_database_itself_refuses_what_is_no_order_of_pictures(empty: Any, change: str) -> None:
    runner.migrate(empty)
    _picture()
    with pytest.raises(peewee.IntegrityError):
        run(f"UPDATE picture_runs SET {change}")


def test_a_wish_can_be_forgotten_while_its_person_is_there(empty: Any) -> None:
    runner.migrate(empty)
    ordered, _ = _picture()
    run("UPDATE picture_runs SET wish = ''")
    assert makers.fresh(ordered).wish == ""


def test_the_database_itself_lets_a_person_wait_for_one_order_of_pictures(empty: Any) -> None:
    runner.migrate(empty)
    ordered, _ = _picture()
    again = {**ordered.__data__, "id": uuid.uuid4()}
    with pytest.raises(peewee.IntegrityError):
        pictures.PictureRun.create(**again)
    pictures.PictureRun.create(**{**again, "purpose": "preview"})


def test_a_picture_goes_with_its_order_and_an_order_stays_without_its_avatar(empty: Any) -> None:
    runner.migrate(empty)
    ordered, _ = _picture()
    run("DELETE FROM avatars")
    left = makers.fresh(ordered)
    assert (left.avatar_id, left.trained_id) == (None, None)
    assert pictures.Picture.select().count() == 0


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


def test_a_database_that_only_was_expanded_is_run_on(empty: Any) -> None:
    runner.migrate(empty)
    run("INSERT INTO schema_migration (name, applied) VALUES ('9998_expand_a', '2030-01-01')")
    runner.check(empty)
    runner.prepare(empty)
    assert runner.migrate(empty) == []


def test_what_comes_after_an_expansion_and_is_none_is_refused(empty: Any) -> None:
    runner.migrate(empty)
    for name in ("9998_expand_a", "9999_drop_expand_b"):
        run("INSERT INTO schema_migration (name, applied) VALUES (?, '2030-01-01')", name)
    with pytest.raises(SchemaMismatch, match="it has 9999_drop_expand_b"):
        runner.check(empty)


def test_an_expansion_of_a_newer_version_is_not_reverted(empty: Any) -> None:
    runner.migrate(empty)
    run("INSERT INTO schema_migration (name, applied) VALUES ('9998_expand_a', '2030-01-01')")
    with pytest.raises(ConfigurationError, match="9998_expand_a"):
        runner.migrate(empty, down=True)


def test_a_database_that_is_ahead_is_refused_with_the_remedy(empty: Any) -> None:
    runner.migrate(empty)
    run("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01')")
    with pytest.raises(SchemaMismatch, match=r"ahead.*9999_future.*version that made it"):
        runner.check(empty)


@pytest.mark.parametrize("encoding", ["WIN1251", "LATIN1", "SQL_ASCII"])
@pytest.mark.parametrize("begin", [runner.prepare, runner.migrate])
def test_a_database_that_can_not_hold_every_name_is_refused_with_the_remedy(
    new_postgresql: Callable[[str], str], encoding: str, begin: Callable[[Any], object]
) -> None:
    url = new_postgresql("narrow")
    with psycopg.connect(url.replace("/narrow", "/postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE narrow")
        made = f"CREATE DATABASE narrow ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        admin.execute(made.encode())
    opened = connect(url)
    try:
        with pytest.raises(ConfigurationError, match=f"{encoding}.*ENCODING 'UTF8'"):
            begin(opened)
    finally:
        opened.close()


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
