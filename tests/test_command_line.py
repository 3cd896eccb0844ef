"""The commands as somebody types them: in processes of their own, in an empty folder."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from core import __version__
from tests.patience import LONG

ROOT = Path(__file__).parents[1]
PATIENCE = LONG


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_everything_starts_says_where_and_stops_when_asked(tmp_path: Path, port: int) -> None:
    address = f"http://127.0.0.1:{port}"
    with _running(tmp_path, "run", WEB__PORT=port) as process:
        _wait_until_it_answers(f"{address}/health", process)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert address in said
    assert str(tmp_path) in said
    assert "Traceback" not in said
    assert (tmp_path / "likeness.db").exists()


def test_where_the_process_that_started_all_is_killed_they_stop(tmp_path: Path, port: int) -> None:
    with _running(tmp_path, "run", WEB__PORT=port) as process:
        _wait_until_it_answers(f"http://127.0.0.1:{port}/health", process)
        process.kill()
        said, _ = process.communicate(timeout=PATIENCE)  # until nobody holds its output any more
    assert "Traceback" not in said
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))


def test_the_web_server_answers_until_it_is_asked_to_stop(tmp_path: Path, port: int) -> None:
    with _running(tmp_path, "http", HTTP__PORT=port) as process:
        _wait_until_it_answers(f"http://127.0.0.1:{port}/health", process)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert "no webhooks of fal.ai, only polling" in said
    assert "Traceback" not in said


def test_a_log_that_can_not_be_written_stops_nobody(tmp_path: Path, port: int) -> None:
    with open("/dev/full", "w") as full:
        process = subprocess.Popen(
            [sys.executable, "-m", "core.app.cli", "http"],
            cwd=tmp_path,
            env=_environment(tmp_path, {"HTTP__PORT": port}),
            stdout=full,
            stderr=full,
            text=True,
        )
    try:
        _wait_until_it_answers(f"http://127.0.0.1:{port}/health", process)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_where_one_process_can_not_start_all_stop_and_it_says_why(
    tmp_path: Path, port: int
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = _run(tmp_path, "run", WEB__PORT=port)
    assert done.returncode == 1
    assert f"can't use port {port} of 127.0.0.1: it is taken. Set web.port" in done.stdout
    assert "One process stopped by itself" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_database_that_can_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    assert _run(tmp_path, "migrate").returncode == 0
    with closing(sqlite3.connect(tmp_path / "likeness.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        done = _run(tmp_path, "runs", "resume")
    assert done.returncode == 1
    assert "likeness.db can't be used: database is locked." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["run", "web", "worker", "config", "migrate"])
def test_a_wrong_setting_is_named_before_anything_starts(tmp_path: Path, command: str) -> None:
    done = _run(tmp_path, command, TRAINING__MIN_PHOTOS="ten")
    assert done.returncode == 2
    assert "training.min_photos" in done.stderr
    assert "ten" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["run", "worker", "console", "migrate"])
def test_a_database_that_is_none_is_refused_in_a_sentence(tmp_path: Path, command: str) -> None:
    (tmp_path / "likeness.db").write_text("Dear diary, today I am no database.")
    done = _run(tmp_path, command)
    assert done.returncode == 1
    assert f"The database {tmp_path}/likeness.db can't be used: file is not a data" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["http", "worker", "console", "migrate"])
def test_a_database_that_is_away_is_told_in_a_sentence(
    tmp_path: Path, port: int, command: str
) -> None:
    away = f"postgresql://likeness@127.0.0.1:{port}/likeness"
    done = _run(tmp_path, command, DATABASE__URL=away)
    assert done.returncode == 1
    assert "The database can't be used: " in done.stderr
    assert "Start it, or correct database.url." in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["run", "worker", "console", "migrate"])
def test_a_data_folder_that_can_not_be_made_is_named(tmp_path: Path, command: str) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    done = _run(tmp_path, command, DATA_DIR=taken)
    assert done.returncode == 2
    assert f"The folder {taken} can't be made" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_data_folder_that_is_made_is_for_this_account_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert _run(tmp_path, "migrate", DATA_DIR=folder).returncode == 0
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_schema_goes_up_and_down(tmp_path: Path) -> None:
    up = _run(tmp_path, "migrate")
    assert up.returncode == 0
    assert "0001_initial" in up.stdout
    assert _run(tmp_path, "migrate").stdout == "Nothing to do.\n"
    down = _run(tmp_path, "migrate", "--down")
    assert down.returncode == 0
    behind = _run(tmp_path, "worker")
    assert behind.returncode == 1
    assert "likeness migrate" in behind.stderr
    assert _run(tmp_path, "migrate").stdout == down.stdout


def test_repair_says_what_it_found(tmp_path: Path) -> None:
    _run(tmp_path, "migrate")
    done = _run(tmp_path, "repair")
    assert done.stdout.splitlines() == [
        "0 objects: 0 without a photo, deleted by the worker",
        "0 photos: 0 without their object, fetched again",
    ]


def test_the_diagram_goes_into_a_page_that_has_a_place_for_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- diagram -->\nold\n<!-- /diagram -->\nafter\n")
    assert _run(tmp_path, "diagram", "--into", str(page)).returncode == 0
    assert page.read_text().startswith("before\n<!-- diagram -->\n```mermaid\nstateDiagram-v2")
    assert page.read_text().endswith("```\n<!-- /diagram -->\nafter\n")
    page.write_text("no place")
    refused = _run(tmp_path, "diagram", "--into", str(page))
    assert refused.returncode == 2
    assert "has no <!-- diagram -->" in refused.stderr
    for nowhere in (tmp_path, tmp_path / "away" / "x.md"):
        refused = _run(tmp_path, "diagram", "--into", str(nowhere))
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), "a sentence"
    assert page.read_text() == "no place"


def test_the_settings_are_shown_without_secrets(tmp_path: Path) -> None:
    done = _run(tmp_path, "config", TELEGRAM__TOKEN="12345:very-secret")
    assert done.returncode == 0
    assert "min_photos" in done.stdout
    assert "very-secret" not in done.stdout


def test_it_says_its_version_and_touches_nothing(tmp_path: Path) -> None:
    done = _run(tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"likeness {__version__}\n")
    assert list(tmp_path.iterdir()) == []


def _run(folder: Path, *command: str, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core.app.cli", *command],
        cwd=folder,
        env=_environment(folder, settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@contextmanager
def _running(folder: Path, *command: str, **settings: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "core.app.cli", *command],
        cwd=folder,
        env=_environment(folder, settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _environment(folder: Path, settings: dict[str, object]) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LIKENESS_")}
    own = {f"LIKENESS_{name}": str(value) for name, value in settings.items()}
    path = os.pathsep.join([str(ROOT), str(folder / "site")])  # where a test installs a package
    return clean | {"PYTHONPATH": path, "LIKENESS_DATA_DIR": str(folder)} | own


def _wait_until_it_answers(address: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    process.kill()
    pytest.fail(f"nothing answers: {process.communicate()[0]}")
