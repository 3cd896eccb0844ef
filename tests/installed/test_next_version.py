"""While a new version takes over, processes of this one run on a database that it expanded."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.telegram import FakeTelegram
from tests.installed.environments import built, laid, said, started

MADE_UP = '''"""A made-up migration of the next version."""


def up(_migrator, db):
    db.execute_sql("ALTER TABLE users ADD COLUMN mood VARCHAR(16) NOT NULL DEFAULT ''")
    db.execute_sql("ALTER TABLE inbox ADD COLUMN heard_at DOUBLE PRECISION")
    db.execute_sql("CREATE INDEX users_mood ON users (mood)")
'''


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'shared.db'}"
    create: Callable[[str], str] = request.getfixturevalue("new_postgresql")
    return create("next_version")


@pytest.fixture
def migrated(tree: Path, tmp_path: Path, url: str) -> Callable[[str], None]:
    """Brings the database to a version with one migration more, by that version's wheel."""

    def bring(name: str) -> None:
        newer = tmp_path / "newer"
        (tmp_path / "wheel").mkdir()
        shutil.copytree(tree, newer, ignore=shutil.ignore_patterns("build", "*.egg-info"))
        (newer / "core" / "base" / "migrations" / f"{name}.py").write_text(MADE_UP)
        python = laid(tmp_path / "environment", built(newer, tmp_path / "wheel"), ["postgres"])
        code, told = said(python, tmp_path, "migrate", LIKENESS_DATABASE__URL=url)
        assert (code, told.splitlines()[-1]) == (0, name), told

    return bring


def test_this_version_holds_a_conversation_on_an_expanded_database(
    python: Path, tmp_path: Path, url: str, migrated: Callable[[str], None]
) -> None:
    assert said(python, tmp_path, "migrate", LIKENESS_DATABASE__URL=url)[0] == 0
    migrated("0999_expand_mood")
    with FakeTelegram("123:abc") as tg:
        anna = tg.person(id=1, first_name="Anna", language_code="en")
        with started(
            python, tmp_path, "telegram",
            LIKENESS_DATABASE__URL=url,
            LIKENESS_TELEGRAM__TOKEN="123:abc",
            LIKENESS_TELEGRAM__BASE_URL=tg.base_url,
            LIKENESS_TELEGRAM__BASE_FILE_URL=tg.base_file_url,
        ) as log:  # fmt: skip
            anna.say("/start")
            anna.wait_for("avatar")
            anna.say("/privacy")
            anna.wait_for("deleted for good")
    assert "0999_expand_mood" in log.read_text()


def test_this_version_is_refused_on_one_that_was_changed_otherwise(
    python: Path, tmp_path: Path, url: str, migrated: Callable[[str], None]
) -> None:
    migrated("0999_mood")
    code, told = said(python, tmp_path, "web", LIKENESS_DATABASE__URL=url)
    assert code != 0
    assert "The database is ahead of this version of Likeness: it has 0999_mood." in told
