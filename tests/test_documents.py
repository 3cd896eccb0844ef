"""The documents name what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.conversation.testing.kit import RULES
from core.conversation.testing.kit.rules import FAMILIES

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
ROOMS = [folder for folder in (ROOT / "core").iterdir() if (folder / "__init__.py").exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_layout_names_every_file_and_folder_of_the_first_levels() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    inside = [path for room in (*ROOMS, ROOT / "dashboard") for path in room.iterdir()]
    packages = [path for path in inside if path.is_dir() and path.name != "__pycache__"]
    modules = [path for path in inside if path.suffix == ".py" and path.stem != "__init__"]
    names = [f"{path.name}/" for path in packages] + [path.name for path in modules]
    assert sorted(name for name in names if name not in page) == []


def test_the_layout_names_no_file_that_is_gone() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = set(re.findall(r"([a-z_/0-9]+\.py)`", page))
    files = {path.as_posix() for path in ROOT.rglob("*.py") if ".venv" not in path.parts}
    assert (
        sorted(name for name in named if not any(file.endswith(f"/{name}") for file in files)) == []
    )


def test_a_decision_has_at_most_forty_lines() -> None:
    long = {
        path.name: lines
        for path in (ROOT / "docs" / "decisions").glob("*.md")
        if (lines := len(path.read_text("utf-8").splitlines())) > 40
    }
    assert long == {}


def test_what_others_reported_is_held_by_rules_and_tests_that_are_there() -> None:
    page = (ROOT / "docs" / "failures.md").read_text("utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 20
    assert FAMILIES, "importing them makes the rules known"
    for _, what, reported, proof, _ in rows:
        assert "](https://" in reported, what
        named = re.findall(r"`([a-z_]+/[^`]+)`", proof)
        assert named, what
        gone = [name for name in named if name not in RULES and not (ROOT / name).exists()]
        assert gone == [], what
