"""What the README and the guides for operators tell people to type: all of it exists."""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer.main

from core.app.cli import app
from core.base.configuration.setting import settings_of
from core.base.settings import FAL_KEY, Settings
from core.base.settings.product.brand import Brand
from core.base.texts import overlay
from tests.patience import LONG

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "your-own-bot.md"
PAGES = (ROOT / "README.md", GUIDE, ROOT / "docs" / "operating.md")
LOADED = Settings.load(environ={}, channels=None, path=ROOT / "config.toml")
KNOWN = {setting.dotted: setting for setting in settings_of(type(LOADED))}

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)


def lines(page: Path) -> Iterator[list[str]]:
    """Every command line, fenced or in the text, in words."""
    text = page.read_text("utf-8")
    fenced = [line for block in blocks(page, "sh") for line in block.splitlines()]
    for line in [*fenced, *re.findall(r"`((?:likeness|make) [^`]+)`", text)]:
        for command in line.partition("#")[0].split(" · "):
            if words := shlex.split(command):
                yield [word for word in words if not re.match(r"[A-Z_]+=", word)]


def command(words: list[str]) -> Any:
    """What `likeness WORDS` runs; raises KeyError where there is no such command."""
    found: Any = typer.main.get_command(app)
    for word in words:
        if not hasattr(found, "commands"):
            break
        found = found.get_command(None, word)  # of `likeness channel` a channel's name is one too
        if found is None:
            raise KeyError(word)
    return found


@pages
def test_every_command_exists(page: Path) -> None:
    said = [words[1:] for words in lines(page) if words and words[0] == "likeness"]
    assert said
    for words in said:
        named = [word for word in words if not word.startswith("-")]
        options = {word for word in words if word.startswith("--")}
        known = {name for option in command(named).params for name in option.opts}
        assert options <= known, words


@pages
def test_every_target_of_make_exists(page: Path) -> None:
    targets = re.findall(r"^([\w.-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    for words in lines(page):
        if words[:1] == ["make"]:
            plain = [word for word in words[1:] if word != "-C" and not word.startswith("~")]
            assert {word for word in plain if "=" not in word} <= set(targets), words


@pages
def test_every_setting_and_variable_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    sections = {name.partition(".")[0] for name in KNOWN if "." in name}
    for name in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", text):
        if name.partition(".")[0] in sections:
            assert name in KNOWN, name
    for section in re.findall(r"`\[([a-z_.]+)\]`", text):
        assert any(name.startswith(f"{section}.") for name in KNOWN), section
    variables = {setting.variable for setting in KNOWN.values()}
    for name in re.findall(r"\bLIKENESS_[A-Z_]+", text):
        assert name in variables, name
    assert set(re.findall(r"\bFAL_KEY\b", text)) <= {FAL_KEY}


@pages
def test_every_picture_is_there(page: Path) -> None:
    shown = re.findall(r'<img src="([^"]+)"', page.read_text("utf-8"))
    assert [name for name in shown if not (page.parent / name).exists()] == []


def test_the_settings_of_the_guide_are_taken_as_they_stand(tmp_path: Path) -> None:
    written = blocks(GUIDE, "toml")
    assert len(written) >= 4
    for number, block in enumerate(written):
        file = tmp_path / f"{number}.toml"
        file.write_text(block, "utf-8")
        Settings.load(file, {FAL_KEY: "id:secret"})


def test_the_texts_of_the_guide_fit(tmp_path: Path) -> None:
    (tmp_path / "en.po").write_text("\n".join(blocks(GUIDE, "po")), "utf-8")
    assert list(overlay.problems(tmp_path)) == []
    assert Brand().texts == "", "without a folder nothing is laid over"


def test_the_backup_of_the_guide_is_one_that_can_be_restored(tmp_path: Path) -> None:
    save, restore = (b for b in blocks(GUIDE, "sh") if "backups/" in b)
    bot, again = tmp_path / "bot", tmp_path / "again"
    for folder in (bot, again):
        folder.mkdir()
    (bot / "config.toml").touch()
    (bot / "secrets.env").write_text("secrets")
    typed("likeness migrate", bot)
    (bot / "data" / "web.secret").write_text("secret")
    with closing(sqlite3.connect(bot / "data" / "likeness.db")) as open_:
        open_.execute("INSERT INTO silences VALUES ('success', 4e9, 'Anna')")
        open_.commit()
        typed(save, bot)
    (bot / "backups").rename(again / "backups")
    typed(restore, again)
    with closing(sqlite3.connect(again / "data" / "likeness.db")) as restored:
        assert restored.execute("SELECT who FROM silences").fetchall() == [("Anna",)]
    assert (again / "data" / "web.secret").read_text() == "secret"
    assert (again / "secrets.env").read_text() == "secrets"


def typed(block: str, folder: Path) -> None:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LIKENESS")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = ["bash", "-euc", block]
    subprocess.run(command, cwd=folder, check=True, timeout=LONG, env=ours | {"PATH": path})
