from __future__ import annotations

import shutil
import venv
import zipfile
from pathlib import Path

import pytest

from tests.installed.environments import built, libraries

ROOT = Path(__file__).parents[2]
PRODUCT = ("core", "channels", "dashboard", "likeness_bot")
MADE = shutil.ignore_patterns("__pycache__", "*.mo", "*.egg-info")
"""What running makes; nothing of it is tracked."""


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product folders as they stand, where building leaves nothing behind in ours."""
    tree = tmp_path_factory.mktemp("source")
    for name in PRODUCT:
        shutil.copytree(ROOT / name, tree / name, ignore=MADE)
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copyfile(ROOT / name, tree / name)
    return tree


@pytest.fixture(scope="session")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tree, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it, and the libraries of ours in sight, but not our tree."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "libraries.pth").write_text("\n".join(libraries()))
    return folder / "bin" / "python"
