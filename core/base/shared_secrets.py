"""Secrets that Likeness makes for itself, once for all processes of a database, on any host.

Each is a row: the first process makes it, and all others find it. One that an earlier
version kept in a file of the data folder becomes the row, where there is none yet.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path

from core.base.db import run, transaction

_ADD = """
INSERT INTO shared_secrets (name, value, made_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING
"""
_CHANGE = """
INSERT INTO shared_secrets (name, value, made_at) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, made_at = excluded.made_at
"""


def random() -> str:
    """256 bits that nobody guesses, as 64 letters."""
    return secrets.token_hex(32)


def agreed(name: str, before: Path | None = None, make: Callable[[], str] = random) -> str:
    """The secret of this name; `before` is where an earlier version kept it on this host."""
    found = kept(name)
    if found is None:
        add(name, (before and read(before)) or make())
        found = kept(name)
    assert found is not None, name
    return found


def kept(name: str) -> str | None:
    """A secret, or None where nobody has made it yet."""
    row = run("SELECT value FROM shared_secrets WHERE name = ?", name).fetchone()
    return None if row is None else str(row[0])


def add(name: str, value: str) -> bool:
    """Make a secret; False, and nothing is changed, where somebody else has made it."""
    with transaction():
        return bool(run(_ADD, name, value, time.time()).rowcount == 1)


def change(name: str, value: str) -> None:
    """Replace a secret, or make it."""
    with transaction():
        run(_CHANGE, name, value, time.time())


def read(path: Path) -> str:
    """What an earlier version kept in a file; "" where there is none that can be read."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
