"""`likeness run` with a channel from elsewhere that fails in each way there is."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.base.settings import Settings
from core.base.settings.installed import installed_channels
from tests.patience import LONG
from tests.sizes import few
from tests.test_command_line import _running, _wait_until_it_answers, port

__all__ = ["port"]

WHOLE = """
import os, signal, sys
from likeness_bot.channel import Capabilities, Section

class Pigeon:
    name = "pigeon"
    class Settings(Section):
        pass
    capabilities = Capabilities()
    configured = True
    def __init__(self, settings):
        {made}
    def how_to_send(self, language):
        return ""
    def fetch(self, reference, limit):
        return b""
    def run(self, app):
        {run}
"""
IMPORTED = {
    "raises": "import no_such_library",
    "exits": "import sys; sys.exit(3)",
    "is no channel": "class Pigeon: ...",
}
MADE = {"raises": "raise RuntimeError('no pigeons')", "exits": "sys.exit(3)"}
RUN = {
    "raises": ("raise ValueError('no wind')", "failed and is started again: ValueError"),
    "returns": ("return", "ended by itself and is started again: exit code 0"),
    "exits": ("sys.exit(3)", "ended by itself and is started again: exit code 3"),
    "dies": ("os.kill(os.getpid(), signal.SIGKILL)",
             "ended by itself and is started again: killed by SIGKILL"),
}  # fmt: skip


@pytest.fixture
def pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Installs a channel of this source, as a package of its own."""

    def install(source: str) -> None:
        about = tmp_path / "site" / "pigeon-1.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: pigeon\nVersion: 1\n")
        (about / "entry_points.txt").write_text("[likeness.channels]\npigeon = pigeons:Pigeon\n")
        (about.parent / "pigeons.py").write_text(source)
        monkeypatch.syspath_prepend(str(about.parent))

    return install


def whole(made: str = "pass", run: str = "pass") -> str:
    return WHOLE.format(made=made, run=run)


@pytest.mark.parametrize(
    "source", few([*IMPORTED.values(), *(whole(made) for made in MADE.values())], 2),
    ids=[*(f"import {how}" for how in IMPORTED), *(f"made {how}" for how in MADE)],
)  # fmt: skip
def test_one_that_can_not_be_had_is_named_and_everything_else_lives(
    source: str, tmp_path: Path, port: int, pigeon: Callable[[str], None]
) -> None:  # fmt: skip
    pigeon(source)
    said = _lives(tmp_path, port, "worker", "left out, for they fail: pigeon")
    assert "The channel 'pigeon' is left out" in said


@pytest.mark.parametrize(("run", "trouble"), few(RUN.values(), 2), ids=RUN)
def test_one_that_does_not_serve_is_started_again_and_everything_else_lives(
    run: str, trouble: str, tmp_path: Path, port: int, pigeon: Callable[[str], None]
) -> None:
    pigeon(whole(run=run))
    said = _lives(tmp_path, port, "pigeon", trouble)
    assert "stopped by itself (its last lines" not in said


def test_what_is_written_for_one_that_can_not_be_loaded_is_no_mistake(
    tmp_path: Path, pigeon: Callable[[str], None]
) -> None:
    pigeon("import no_such_library")
    file = tmp_path / "config.toml"
    file.write_text("[pigeon]\nloft = 3\n")
    environ = {"LIKENESS_DATA_DIR": str(tmp_path), "LIKENESS_PIGEON__WINGS": "2"}
    assert Settings.load(file, environ).channel("telegram")
    assert {"telegram", "web", "console", "pigeon"} == installed_channels().keys()


def _lives(folder: Path, port: int, part: str, trouble: str) -> str:
    """Run everything until a part tells of its trouble; returns what was said meanwhile."""
    with _running(folder, "run", WEB__PORT=port) as process:
        _wait_until_it_answers(f"http://127.0.0.1:{port}/health", process)
        _until(lambda: _troubles(folder).get(part) == trouble)
        _until(lambda: {"web", "worker"} <= _troubles(folder).keys())
        assert process.poll() is None
        process.terminate()
        said, _ = process.communicate(timeout=LONG)
    assert process.returncode == 0, said
    return said


def _troubles(folder: Path) -> dict[str, str]:
    with closing(sqlite3.connect(folder / "likeness.db")) as rows:
        return dict(rows.execute("SELECT part, trouble FROM heartbeats").fetchall())


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)
