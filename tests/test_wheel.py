"""What is installed from the wheel is the whole product: its files, its pages, its commands."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.patience import LONG

ROOT = Path(__file__).parents[1]
PRODUCT = ("core", "channels", "dashboard", "likeness_bot")
MADE = shutil.ignore_patterns("__pycache__", "*.mo", "*.egg-info")
"""What running makes; nothing of it is tracked."""
PATIENCE = LONG
PAGES = ("/", "/training", "/running", "/errors", "/funnel", "/people", "/operations", "/cost")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product folders as they stand, where building leaves nothing behind in ours."""
    tree = tmp_path_factory.mktemp("source")
    for name in PRODUCT:
        shutil.copytree(ROOT / name, tree / name, ignore=MADE)
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copyfile(ROOT / name, tree / name)
    return tree


@pytest.fixture(scope="module")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("wheel")
    build = f"import setuptools.build_meta as it; it.build_wheel({str(built)!r})"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = built.glob("likeness_bot-*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it, and the libraries of ours in sight, but not our tree."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    libraries = [path for path in sys.path if Path(path).name.endswith("-packages")]
    (site / "libraries.pth").write_text("\n".join(libraries))
    return folder / "bin" / "python"


def files(folder: Path) -> set[str]:
    below = (path for name in PRODUCT for path in (folder / name).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in below}


def test_every_file_of_the_product_is_in_the_wheel_and_nothing_else(
    tree: Path, wheel: Path
) -> None:
    expected = files(tree)
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == expected
    assert {
        "channels/web/looks/page.js",
        "channels/web/looks/page.html",
        "dashboard/start/app.py",
    } <= packed
    assert {"core/py.typed", "likeness_bot/py.typed"} <= packed


def test_the_wheel_says_under_which_licence_it_is_and_what_it_rests_on(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        about = {Path(name).name: name for name in archive.namelist() if ".dist-info/" in name}
        assert "License-Expression: Apache-2.0" in archive.read(about["METADATA"]).decode()
        assert {"LICENSE", "NOTICE"} <= about.keys()
        assert "likeness = likeness_bot.__main__:main" in (
            archive.read(about["entry_points.txt"]).decode()
        )


def test_a_file_of_any_kind_in_any_folder_would_be_packed_as_well(
    tree: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "source"
    shutil.copytree(tree, changed, ignore=shutil.ignore_patterns("build", "*.egg-info"))
    added = {"core/avatars/model.onnx", "channels/web/looks/deep/face.woff2", "dashboard/LICENSE"}
    for name in added:
        (changed / name).parent.mkdir(parents=True, exist_ok=True)
        (changed / name).write_bytes(b"x")
    build = f"import setuptools.build_meta as it; it.build_wheel({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=changed, capture_output=True, check=True)
    (found,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(found) as archive:
        assert added <= set(archive.namelist())


def test_the_installed_chat_page_is_served_with_all_that_it_names(
    python: Path, tmp_path: Path
) -> None:
    with served(python, tmp_path, "web") as client:
        page = client.get("/")
        assert page.status_code == 200
        named = re.findall(r'(?:src|href)="(/looks/[^"]+)"', page.text)
        assert {name.rpartition("/")[2] for name in named} >= {
            "icon", "page.js", "view.js"
        }  # fmt: skip
        assert {name: client.get(name).status_code for name in named} == dict.fromkeys(named, 200)


def test_the_installed_dashboard_serves_its_pages(python: Path, tmp_path: Path) -> None:
    users = f"anna:admin:{hashed(python, 'correct horse')}"
    with served(python, tmp_path, "dashboard", LIKENESS_DASHBOARD__USERS=users) as client:
        assert client.get("/login").status_code == 200
        client.post("/login", data={"name": "anna", "password": "correct horse"})
        answers = {page: client.get(page).status_code for page in PAGES}
        assert answers == dict.fromkeys(PAGES, 200)


def test_the_installed_program_speaks_russian(python: Path, tmp_path: Path) -> None:
    said = "from core.base.texts import translator; print(translator('ru')('Cancel') != 'Cancel')"
    speaking = [
        said.replace("core.base.texts", module).replace("'Cancel'", f"'{text}'")
        for module, text in (("core.base.texts", "✅ Choose"), ("dashboard.words", "Overview"))
    ]
    for line in speaking:
        done = subprocess.run(
            [python, "-c", line], cwd=tmp_path, env=plain(tmp_path), capture_output=True,
            text=True, check=True,
        )  # fmt: skip
        assert done.stdout == "True\n"


@contextmanager
def served(python: Path, folder: Path, command: str, **more: str) -> Iterator[httpx.Client]:
    """A command of the installed program, and a client of what it serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = plain(folder) | {f"LIKENESS_{command.upper()}__PORT": str(port)} | more
    log = folder / "said"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [python, "-m", "likeness_bot", command], cwd=folder, env=env, stdout=said, stderr=said
        )
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=PATIENCE
        ) as client:
            until = time.monotonic() + PATIENCE
            while not answers(client):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.1)
            yield client
    finally:
        process.terminate()
        process.wait()


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def hashed(python: Path, password: str) -> str:
    line = f"from core.operation.passwords import hashed; print(hashed({password!r}))"
    done = subprocess.run([python, "-c", line], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def plain(folder: Path) -> dict[str, str]:
    """An environment that leads to nothing of our tree."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LIKENESS_", "PYTHON"))
    }
    return inherited | {"LIKENESS_DATA_DIR": str(folder / "data")}
