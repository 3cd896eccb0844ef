"""`likeness channel new` writes a package that installs, answers, and keeps the rules."""

from __future__ import annotations

import subprocess
import venv
import zipfile
from pathlib import Path

import pytest

from tests.installed.environments import built, libraries, plain, said
from tests.patience import LONG

FEW = ("--only", "text/answered", "--only", "press/works", "--only", "kill/between-commit")


@pytest.fixture(scope="module")
def written(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An interpreter with Likeness and a new channel's package, and the package's folder."""
    home = tmp_path_factory.mktemp("author")
    venv.create(home / "env", symlinks=True)
    (site,) = (home / "env").glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text("\n".join(libraries()))
    python = home / "env" / "bin" / "python"
    unpacked(wheel, site)
    code, words = said(python, home, "channel", "new", "carrier_crow")
    assert code == 0, words
    folder = home / "likeness-carrier-crow"
    unpacked(built(folder, home, "likeness_carrier_crow"), site)
    return python, folder


def unpacked(wheel: Path, site: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)


def test_a_new_channel_keeps_the_rules(written: tuple[Path, Path]) -> None:
    python, folder = written
    code, words = said(python, folder, "channel", "check", "carrier_crow", *FEW)
    assert code == 0, words
    assert "3 right. Tier: of a part alone." in words


@pytest.mark.soak
def test_a_new_channel_keeps_every_rule(written: tuple[Path, Path]) -> None:
    python, folder = written
    code, words = said(python, folder, "channel", "check", "carrier_crow")
    assert code == 0, words
    assert "Tier: gold." in words


def test_its_rules_are_tests_of_its_package(written: tuple[Path, Path]) -> None:
    python, folder = written
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-k", "answered or by-number", "-p", "no:cacheprovider"],
        cwd=folder, env=plain(folder), capture_output=True, text=True, timeout=LONG, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 skipped" in done.stdout, done.stdout


def test_a_channel_that_breaks_a_rule_is_told_so(written: tuple[Path, Path]) -> None:
    python, folder = written
    channel = folder / "likeness_carrier_crow" / "__init__.py"
    whole = channel.read_text()
    channel.write_text(whole.replace("rows = [[[offer.label", 'rows = [[["Crow"'))
    try:
        code, words = said(
            python, folder, "channel", "check", "carrier_crow", "--only", "press/works",
            "--rules", "likeness_carrier_crow/kit.py", LIKENESS_KIT_PATIENCE="5",
            PYTHONPATH=str(folder),
        )  # fmt: skip
    finally:
        channel.write_text(whole)
    assert code == 1, words
    assert "press/works" in words
    assert "waited in vain for the button 'Open'" in words


@pytest.mark.parametrize("name", ["Crow", "telegram", "check", "a-b", ""])
def test_a_name_that_no_channel_can_have_is_refused(
    written: tuple[Path, Path], tmp_path: Path, name: str
) -> None:
    code, words = said(written[0], tmp_path, "channel", "new", name)
    assert (code, "A channel can't be called" in words) == (2, True)
    assert not list(tmp_path.glob("likeness-*"))
