"""What orders have in common knows none of the things that are ordered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.avatars import orders, pictures

FOLDER = Path(orders.__file__).parent
WORDS = re.compile(r"pictur|paint|wish|avatar|photo|train", re.IGNORECASE)
OF_THE_SPECIFICATION = ('RUNNING = "training"', "'training')", "training_seconds")
"""The value of a status and the name of a column, which the specification gave."""
IMPORT = re.compile(r"^(?:from|import) .*", re.MULTILINE)
MOST_LINES = 350


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: path.stem)
def test_orders_name_no_kind(path: Path) -> None:
    text = IMPORT.sub("", path.read_text(encoding="utf-8"))
    for word in OF_THE_SPECIFICATION:
        text = text.replace(word, "")
    assert WORDS.findall(text) == []


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: path.stem)
def test_orders_import_no_kind(path: Path) -> None:
    imported = " ".join(IMPORT.findall(path.read_text(encoding="utf-8")))
    assert not re.search(r"core\.avatars\.(?:pictures|training|photos|models)", imported)


def test_pictures_as_a_kind_are_short() -> None:
    folder = Path(pictures.__file__).parent
    lines = [len((folder / name).read_text().splitlines()) for name in ("kind.py", "arrival.py")]
    assert sum(lines) <= MOST_LINES, lines
