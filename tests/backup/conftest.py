"""An installation that is backed up, and another one that it is restored into."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from core.app.bootstrap import App, bootstrap
from core.base.settings import Settings

Open = Callable[..., App]


def environ_of(folder: Path, **more: str) -> dict[str, str]:
    """What an installation in a data folder is configured by."""
    return {
        "LIKENESS_CONFIG": str(folder.parent / "config.toml"),
        "LIKENESS_DATA_DIR": str(folder),
        "LIKENESS_DATABASE__SYNCHRONOUS": "normal",
        "LIKENESS_PHOTOS__FIND_FACES": "false",
        "LIKENESS_TRAINING__MIN_PHOTOS": "1",
        **more,
    }


def settings_of(folder: Path, **more: str) -> Settings:
    (folder.parent / "config.toml").touch()
    return Settings.load(environ=environ_of(folder, **more))


@pytest.fixture
def data(tmp_path: Path, sqlite_template: Path) -> Path:
    """A data folder with an empty, migrated database."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    shutil.copyfile(sqlite_template, folder / "likeness.db")
    return folder


@pytest.fixture
def open_app() -> Iterator[Open]:
    """Opens the app of a data folder; all are closed in the end."""
    opened = []

    def make(folder: Path, **more: str) -> App:
        app = bootstrap(settings_of(folder, **more), io.StringIO())
        opened.append(app)
        return app

    yield make
    for app in opened:
        app.close()
    structlog.reset_defaults()
