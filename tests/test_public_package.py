"""What strangers import, and what the command says where a package's name is taken."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from likeness_bot.channel import Address, Capabilities, Event, Kind, Person, Rendered, Section
from likeness_bot.flow import Engine, Flow, Inbox
from likeness_bot.testing import Clock, SteppedChat, connect, prepare

ROOT = Path(__file__).parents[1]


class Loft(Section):
    """A stranger's settings."""

    pigeons: int = 3


def bot_of_the_readme() -> Flow:
    page = (ROOT / "README.md").read_text("utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    made: dict[str, Any] = {}
    exec(code, made)  # what a reader would run
    flow: Flow = made["flow"]
    return flow


def test_a_dialogue_of_a_strangers_is_held_by_public_names_alone(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path / 'counter.db'}")
    prepare(database)
    clock = Clock()
    flow = bot_of_the_readme()
    engine = Engine(flow, Inbox(flow.table.initial, flow.language, 200, clock), clock=clock)
    chat = SteppedChat(engine, clock, Address("pigeon", "loft", "7"), Person("Anna"))
    chat.say("/start")
    assert shown(chat).title == "Count: 0"
    chat.do(Event(Kind.PRESS, shown(chat).offers[0].token))
    assert shown(chat).title == "Count: 1"
    database.close()


def test_a_channels_capabilities_and_settings_are_public() -> None:
    assert Capabilities(buttons_per_row=2).buttons_per_row == 2
    assert Loft(pigeons=4).pigeons == 4


@pytest.mark.parametrize("name", ["core", "channels", "dashboard"])
def test_a_foreign_package_of_our_name_is_told_in_a_sentence(tmp_path: Path, name: str) -> None:
    package = tmp_path / name
    package.mkdir()
    (package / "__init__.py").write_text("__version__ = '4.3'\n")
    done = command({"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 2
    assert f"The package '{name}' at {package / '__init__.py'} is not Likeness's" in done.stderr
    assert "an environment of its own" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_of_our_name_where_somebody_stands_is_nothing_to_the_command(
    tmp_path: Path,
) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").write_text("")
    done = command({}, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_packages_of_ours_that_are_missing_are_told(tmp_path: Path) -> None:
    (tmp_path / "likeness_bot").symlink_to(ROOT / "likeness_bot")
    main = "from likeness_bot.__main__ import main; sys.exit(main())"
    line = f"import sys; sys.path.append({str(tmp_path)!r}); {main}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", line],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "package 'channels' is missing. Install likeness-bot again." in done.stderr


def shown(chat: SteppedChat) -> Rendered:
    assert chat.screen is not None
    return chat.screen


def command(env: dict[str, str], cwd: Path = ROOT) -> Any:
    """`likeness --help` as the installed script runs it."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "likeness_bot", "--help"], cwd=cwd, env=os.environ | env,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
