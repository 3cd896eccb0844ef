"""kill -9 at any file of a backup or a restoration, and what is typed for either."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from core.app import bootstrap as _bootstrap  # noqa: F401  # before stderr is the runner's
from core.app.backup import manifest, taking
from core.app.cli import app as likeness
from core.base.db import release, run
from core.base.errors import ConfigurationError, LikenessError
from core.conversation.models import User
from core.services import erasure_ledger
from tests import makers
from tests.backup.conftest import Open, environ_of, settings_of
from tests.patience import LONG

_DYING = """
import os, signal, sys
from core.app.backup import manifest
from core.app.cli import app
left, copy = int(sys.argv.pop(1)), manifest.copy

def dying(*given):
    global left
    left -= 1
    if left == 0:
        given[1].parent.mkdir(parents=True, exist_ok=True)
        given[1].write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    return copy(*given)

manifest.copy = dying
app()
"""


def killed(moment: int, folder: Path, *words: str) -> bool:
    """Run a command that is killed at its nth copy; False where it had fewer."""
    environ = {name: value for name, value in os.environ.items() if "LIKENESS" not in name}
    done = subprocess.run(
        [sys.executable, "-c", _DYING, str(moment), *words],
        env=environ | environ_of(folder),
        capture_output=True,
        text=True,
        timeout=LONG,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def typing(*words: str) -> tuple[int, str]:
    """The exit code of a command that is typed, and what it says."""
    done = CliRunner().invoke(likeness, list(words))
    if isinstance(done.exception, LikenessError):  # as `_CommandLine` does
        code = 2 if isinstance(done.exception, ConfigurationError) else 1
        return code, done.output + str(done.exception)
    return done.exit_code, done.output


@pytest.fixture
def full(data: Path, open_app: Open) -> Path:
    """A data folder with two uploads and a secret."""
    app = open_app(data)
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=0)
    for _ in range(2):
        makers.photo(avatar, owner)
        app.spool.put(b"upload")
    (data / "web.secret").write_text("secret")
    return data


def test_a_backup_that_is_killed_leaves_nothing_under_its_name(full: Path, tmp_path: Path) -> None:
    place, moment = tmp_path / "backup", 1
    while killed(moment, full, "backup", str(place)):
        assert not place.exists()
        moment += 1
    assert moment == 4
    assert len(manifest.read(place).files) == 4
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_what_was_killed_over_being_restored_says_so_and_starts_nowhere(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking.take(settings_of(full), tmp_path / "backup")
    there = tmp_path / "elsewhere"
    moment = 1
    while killed(moment, there, "restore", str(tmp_path / "backup")):
        for name, value in environ_of(there).items():
            monkeypatch.setenv(name, value)
        for command in (("worker",), ("migrate",), ("run",), ("runs", "pause")):
            code, said = typing(*command)
            assert code == 2, command
            assert "is half restored" in said
        assert "is in use" in typing("restore", str(tmp_path / "backup"))[1]
        shutil.rmtree(there)
        moment += 1
    structlog.reset_defaults()
    assert moment == 5
    assert (there / "web.secret").read_text() == "secret"


@pytest.fixture
def typed(data: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Types a command; its exit code and what it said."""
    (data.parent / "config.toml").touch()
    for name, value in environ_of(data).items():
        monkeypatch.setenv(name, value)

    yield typing
    structlog.reset_defaults()


def test_what_is_typed_tells_how_much_it_was_and_how_long_it_may_be_kept(
    typed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = typed("backup", str(tmp_path / "backup"))
    assert code == 0, said
    assert "1 files" in said
    assert "for 30 days at most" in said
    assert typed("backup", str(tmp_path / "backup"))[0] == 1
    monkeypatch.setenv("LIKENESS_DATA_DIR", str(tmp_path / "there"))
    code, said = typed("restore", str(tmp_path / "backup"))
    assert code == 0, said
    assert "0 people were erased since" in said


def test_with_postgresql_or_s3_it_says_what_else_to_do(
    typed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_DATABASE__URL", "postgresql://nobody@127.0.0.1:1/none")
    for command in ("backup", "restore"):
        code, said = typed(command, str(tmp_path / "backup"))
        assert code == 1
        assert "pg_dump --format=custom" in said
        assert "likeness settle" in said
    monkeypatch.setenv("LIKENESS_DATABASE__URL", "")
    for name, value in {"BACKEND": "minio", "ACCESS_KEY": "a", "SECRET_KEY": "b"}.items():
        monkeypatch.setenv(f"LIKENESS_STORAGE__{name}", value)
    code, said = typed("backup", str(tmp_path / "backup"))
    assert code == 1
    assert "S3 server" in said


def test_a_database_that_other_tools_restored_is_settled_on_either_kind(
    db: Any, database_url: str, typed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_DATABASE__URL", database_url)
    anna, ben = makers.conversation(), makers.conversation()
    order = makers.avatar(ben)
    run(
        "INSERT INTO training_runs (id, avatar_id, user_id, training_type, status, test_mode,"
        " photos_count, progress, error_class, error, attempts, created_at, told_at,"
        " next_check_at) VALUES (?, ?, ?, 'portrait', 'ready', ?, 10, 0, '', '', 0, 0, 0, 0)",
        *(order.id, order.id, ben.user_id, True)
        if "postgres" in database_url
        else (order.id.hex, order.id.hex, ben.user_id.hex, True),
    )
    ledger = erasure_ledger.ErasureLedger(tmp_path / "ledger")
    ledger.record(anna.user_id, 2e9)
    assert typed("settle", "yesterday", "--none-erased")[0] == 2
    assert typed("settle", "2026-11-30T08:15Z")[0] == 2
    code, said = typed("settle", "2026-11-30T08:15Z", "--erasures", str(ledger.path))
    assert code == 0, said
    assert "1 orders may have been sent since" in said
    assert "1 people were erased since" in said
    db.close()
    assert run("SELECT status FROM training_runs").fetchone()[0] == "uncertain"
    assert User.get_by_id(anna.user_id).erasing_at
    release()
