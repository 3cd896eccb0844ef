"""Checks of an installation: each says what is right, or raises what is wrong with the remedy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import structlog

from core.base.errors import LikenessError, kind_of

log = structlog.get_logger()

SECONDS = 15.0
"""A check that takes longer is not known."""

Level = Literal["right", "warning", "wrong", "unknown"]


class Doubt(LikenessError):
    """It works, and may cost something later: a warning with its remedy."""


@dataclass(frozen=True, slots=True)
class Check:
    """`look` says in a phrase what is right. It raises `Doubt` for a warning, and any other
    LikenessError for what is wrong, both with the remedy. A `remote` one asks other machines."""

    name: str
    look: Callable[[], str]
    remote: bool = False


class Finding(NamedTuple):
    """What a check has found."""

    name: str
    level: Level
    said: str

    def line(self) -> str:
        return f"{self.level:<8} {self.name:<14} {self.said}"


def findings(checks: Iterable[Check], seconds: float = SECONDS) -> Iterator[Finding]:
    """Take each check, one after another, for so many seconds at most."""
    for check in checks:
        found: list[Finding] = []

        def take(check: Check = check, found: list[Finding] = found) -> None:
            found.append(_taken(check))

        thread = threading.Thread(target=take, name=check.name, daemon=True)
        thread.start()
        thread.join(seconds)
        late = Finding(check.name, "unknown", f"no answer within {seconds:g} seconds")
        yield found[0] if found else late


def _taken(check: Check) -> Finding:
    try:
        return Finding(check.name, "right", check.look())
    except Doubt as doubt:
        return Finding(check.name, "warning", str(doubt))
    except LikenessError as error:
        return Finding(check.name, "wrong", str(error))
    except Exception as error:  # a bug of ours, or of a library, stops no other check
        log.exception("a check failed", check=check.name)
        return Finding(check.name, "unknown", f"the check failed: {kind_of(error)}")
