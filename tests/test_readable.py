"""A terminal may be set to anything: nothing that is said or typed breaks a conversation off."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.readable import forgiving, readable

ROOT = Path(__file__).parents[1]
ENCODINGS = ("ascii", "latin-1", "cp1251", "koi8-r", "cp437", "utf-8")


@pytest.mark.parametrize(
    ("encoding", "read"),
    [
        ("cp1251", " Удалить “Анна”? 50 % ###..."),
        ("ascii", ' ??????? "????"? 50 % ###...'),
        ("utf-8", "🗑 Удалить “Анна”? 50\u202f% ▓▓▓…"),
    ],
)
def test_what_can_be_said_is_said_and_the_rest_is_plain(encoding: str, read: str) -> None:
    said = readable("🗑 Удалить “Анна”? 50\u202f% ▓▓▓…", encoding)
    assert said == (read if encoding != "cp1251" else read.replace("###...", "###…"))


def test_accents_go_before_their_letters_do() -> None:
    assert readable("Renée Ångström", "ascii") == "Renee Angstrom"


@given(st.text(), st.sampled_from(ENCODINGS))
def test_no_character_is_too_much(text: str, encoding: str) -> None:
    readable(text, encoding)


@given(st.text(st.characters(categories=["Cs", "So", "L"])), st.sampled_from(ENCODINGS))
def test_nor_is_half_of_one(text: str, encoding: str) -> None:
    readable(text, encoding)


def test_a_stream_that_can_not_be_changed_is_left_as_it_is() -> None:
    stream = io.StringIO()
    assert forgiving(stream) is stream


@pytest.mark.parametrize(
    "terminal",
    [
        {"PYTHONIOENCODING": "cp1251"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
    ids=["cp1251", "latin-1", "C"],
)
def test_a_conversation_is_held_in_any_terminal(tmp_path: Path, terminal: dict[str, str]) -> None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LIKENESS_", "LC_", "LANG"))}
    own = {"PYTHONPATH": str(ROOT), "LIKENESS_DATA_DIR": str(tmp_path)}
    said = "/help\nпривет 🙂\n".encode() + b"\xff\xfe \x98\n/start\n"
    done = subprocess.run(
        [sys.executable, "-m", "core.app.cli", "console", "--as", "anna", "--lang", "ru"],
        cwd=tmp_path, env=clean | own | terminal, input=said, capture_output=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")
    assert done.returncode == 0
    assert done.stdout.count(b"1. ") >= 1
