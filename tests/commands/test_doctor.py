"""`likeness doctor` on real parts: right where all is well, and each wrong that was seen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from typer.testing import CliRunner

from core.app import bootstrap as _bootstrap  # noqa: F401  # before stderr is the runner's
from core.app import opening, surroundings
from core.app.cli import app
from core.app.opening import HALF_RESTORED
from core.base import checkup
from core.base import db as core_db
from core.base.checkup import Check, Doubt
from core.base.errors import ConfigurationError
from core.base.migrations import runner
from core.base.settings import Settings
from core.services.fal.simulation import FalServer
from tests.avatars.storming import at
from tests.fakes.foreign_fal import Liberties, foreign_fal
from tests.fakes.s3 import ACCESS_KEY, SECRET_KEY, S3Server
from tests.fakes.telegram import FakeTelegram

TOKEN = "123456:fake"


@pytest.fixture
def examined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Examines an installation of these settings; the exit code, and what is said by its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FAL_KEY", raising=False)

    def examine(*words: str, **settings: str) -> tuple[int, dict[str, tuple[str, str]]]:
        with monkeypatch.context() as patch:
            given = {"DATA_DIR": str(tmp_path / "data"), **settings}
            for name, value in given.items():
                patch.setenv(f"LIKENESS_{name}", value)
            done = CliRunner().invoke(app, ["doctor", *words])
        lines = (line.split(maxsplit=1) for line in done.output.splitlines())
        known = {rest[:14].strip(): (level, rest[15:]) for level, rest in lines if rest[14:]}
        assert done.exit_code == any(level == "wrong" for level, _ in known.values())
        return done.exit_code, known

    yield examine
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3") / "server") as server:
        yield server


def on(server: S3Server, secret: str = SECRET_KEY) -> dict[str, str]:
    return {
        "STORAGE__BACKEND": "minio",
        "STORAGE__ENDPOINT": server.endpoint,
        "STORAGE__SECURE": "false",
        "STORAGE__ACCESS_KEY": ACCESS_KEY,
        "STORAGE__SECRET_KEY": secret,
    }


def by(telegram: FakeTelegram, token: str = TOKEN) -> dict[str, str]:
    return {
        "TELEGRAM__TOKEN": token,
        "TELEGRAM__BASE_URL": telegram.base_url,
        "TELEGRAM__BASE_FILE_URL": telegram.base_file_url,
    }


def test_before_the_first_start_all_is_right_and_nothing_is_made(
    examined: Any, tmp_path: Path
) -> None:
    code, known = examined()
    assert code == 0
    assert {level for level, _ in known.values()} == {"right"}
    assert not (tmp_path / "data").exists()


def test_an_embedded_installation_is_right(examined: Any, tmp_path: Path, sqlite_url: str) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "objects").mkdir()
    code, known = examined(DATABASE__URL=sqlite_url)
    assert code == 0
    assert {level for level, _ in known.values()} == {"right"}
    assert known["storage"][1] == "an object was put, read and deleted"
    assert list((tmp_path / "data" / "objects").rglob("*.part")) == []


def test_a_setting_that_is_wrong_is_the_only_finding(examined: Any) -> None:
    code, known = examined(TRAINING__MIN_PHOTOS="ten")
    assert code == 1
    assert known["configuration"][0] == "wrong"
    assert list(known) == ["configuration"]


def test_a_public_address_without_a_certificate_is_wrong(examined: Any) -> None:
    _, known = examined(WEB__PUBLIC_URL="http://example.org")
    assert known["addresses"][0] == "wrong"
    assert "web.public_url" in known["addresses"][1]
    _, known = examined(WEB__PUBLIC_URL="https://example.org", PUBLIC_URL="http://localhost:1")
    assert known["addresses"][0] == "right"


def test_a_folder_that_is_half_restored_is_wrong(examined: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / HALF_RESTORED).touch()
    assert examined()[1]["data folder"][0] == "wrong"


def test_an_s3_server_is_right_with_its_key_and_wrong_with_another(
    examined: Any, s3: S3Server
) -> None:
    assert examined(**on(s3))[1]["storage"] == ("right", "an object was put, read and deleted")
    assert list(s3.store("likeness").keys("")) == []
    level, said = examined(**on(s3, "another"))[1]["storage"]
    assert level == "wrong"
    assert "refuses storage.access_key or storage.secret_key" in said
    assert "storage" not in examined("--offline", **on(s3, "another"))[1]


def test_telegram_is_right_wrong_with_another_token_and_with_a_webhook(examined: Any) -> None:
    with FakeTelegram(TOKEN) as telegram:
        known = examined(**by(telegram))[1]
        assert (known["telegram"][0], known["webhook"][0]) == ("right", "right")
        known = examined(**by(telegram, "123456:wrong"))[1]
        assert known["telegram"][0] == "wrong"
        assert "Copy it again from @BotFather" in known["telegram"][1]
        telegram.world.webhook |= {"url": "https://elsewhere.example/hook"}
        level, said = examined(**by(telegram))[1]["webhook"]
        assert level == "wrong"
        assert "Telegram delivers to elsewhere.example, and telegram.webhook_url is empty" in said
        assert telegram.world.webhook["url"], "nothing is changed there"
    assert "doesn't answer" in examined(**by(telegram))[1]["telegram"][1]


def test_fal_takes_a_key_or_refuses_it(examined: Any) -> None:
    with FalServer() as fal:
        places = at(fal.base)
        given = {
            "FAL__KEY": "simulated:key",
            "FAL__QUEUE_URL": places.queue,
            "FAL__REST_URL": places.rest,
        }
        assert examined(**given)[1]["fal.ai"] == ("right", "it takes the key")
    with foreign_fal(Liberties(), key="right:key") as stranger:
        given = {"FAL__KEY": "wrong:key", "FAL__QUEUE_URL": stranger.queue}
        level, said = examined(**given)[1]["fal.ai"]
        stranger.wrong.clear()
    assert level == "wrong"
    assert "it answered 401" in said


# PostgreSQL


def test_a_folder_of_objects_beside_postgresql_is_a_warning(
    examined: Any, postgresql_url: str
) -> None:
    code, known = examined(DATABASE__URL=postgresql_url)
    assert code == 0
    assert known["database"][0] == "right"
    assert "pooler" not in known["database"][1]
    assert known["photo folder"][0] == "warning"
    assert "works on one host" in known["photo folder"][1]
    assert known["clock"][0] == "right"
    assert "database" not in examined("--offline", DATABASE__URL=postgresql_url)[1]


def test_a_narrow_encoding_is_wrong(examined: Any, new_postgresql: Callable[[str], str]) -> None:
    url = new_postgresql("narrow")
    with psycopg.connect(url.replace("/narrow", "/postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE narrow")
        admin.execute("CREATE DATABASE narrow ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    known = examined(DATABASE__URL=url)[1]
    assert known["database"][0] == "wrong"
    assert "LATIN1" in known["database"][1]
    assert known["clock"][0] == "warning"


def test_an_old_schema_is_wrong(examined: Any, sqlite_url: str) -> None:
    opened = core_db.connect(sqlite_url)
    runner.migrate(opened, down=True)
    opened.close()
    level, said = examined(DATABASE__URL=sqlite_url)[1]["database"]
    assert level == "wrong"
    assert "run `likeness migrate`" in said


def test_a_database_that_is_away_is_wrong(examined: Any) -> None:
    level, said = examined(DATABASE__URL="postgresql://nobody@127.0.0.1:1/none")[1]["database"]
    assert level == "wrong"
    assert "Start it, or correct database.url" in said


@pytest.mark.parametrize(("seconds", "level"), [(5, "warning"), (60, "wrong"), (-60, "wrong")])
def test_a_clock_that_differs_is_found(
    examined: Any, new_postgresql: Callable[[str], str],
    seconds: int, level: str,
) -> None:  # fmt: skip
    url = new_postgresql("skewed")
    opened = core_db.connect(url)
    runner.migrate(opened)
    opened.close()
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE"
            f" AS 'SELECT pg_catalog.clock_timestamp() + interval ''{seconds} s'''".encode()
        )
        admin.execute("ALTER DATABASE skewed SET search_path = public, pg_catalog")
    found = examined(DATABASE__URL=url)[1]["clock"]
    assert found[0] == level
    assert f"{abs(seconds)}." in found[1] or f"{abs(seconds) - 1}." in found[1]


# the list itself


def test_what_takes_too_long_or_fails_is_unknown_and_stops_nothing() -> None:
    over = threading.Event()

    def broken() -> str:
        raise ZeroDivisionError

    def doubtful() -> str:
        raise Doubt("a remedy")

    def wrong() -> str:
        raise ConfigurationError("another remedy")

    looks = {"slow": lambda: str(over.wait()), "broken": broken, "doubtful": doubtful,
             "wrong": wrong, "right": lambda: "well"}  # fmt: skip
    found = list(checkup.findings((Check(name, look) for name, look in looks.items()), 0.2))
    over.set()
    assert [(one.name, one.level) for one in found] == [
        ("slow", "unknown"), ("broken", "unknown"), ("doubtful", "warning"), ("wrong", "wrong"),
        ("right", "right"),
    ]  # fmt: skip


def test_a_full_disk_is_wrong(examined: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "ROOM_WARNING", 1e18)
    assert examined()[1]["disk"][0] == "warning"
    monkeypatch.setattr(surroundings, "ROOM_WRONG", 1e18)
    assert examined()[1]["disk"][0] == "wrong"


def test_a_start_says_the_same_and_goes_on(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {
        "LIKENESS_DATA_DIR": str(tmp_path / "data"),
        "LIKENESS_DATABASE__URL": postgresql_url,
    }
    settings = Settings.load(environ=environ)
    monkeypatch.setattr(surroundings, "ROOM_WRONG", 1e18)
    monkeypatch.setattr(surroundings, "clock", lambda: 1e9)
    with structlog.testing.capture_logs() as logs:
        opening.database(settings).close()
    said = [(line["log_level"], line["about"]) for line in logs if "about" in line]
    assert said == [("error", "disk"), ("error", "clocks"), ("warning", "one_place")]
