"""How much the statistical tests do: little in `make test`, a tenth in `make soak`, or all of it.

`SIZE=full make soak` is for what closes an issue; `SEED=…` repeats the choices that a run printed.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from typing import TypeVar

import pytest
from _pytest.mark import ParameterSet

SIZE = os.environ.get("SIZE", "small")
assert SIZE in ("small", "soak", "full"), "SIZE is small, soak or full"
SEED = int(os.environ.setdefault("SEED", str(random.randrange(10**6) if SIZE != "small" else 1)))
"""The same every time in `make test`, and another one in every soak; pytest's header shows it."""

T = TypeVar("T")


def few(values: Iterable[object], stay: int = 1) -> list[ParameterSet]:
    """Parameters: the first of them in `make test`, the others in `make soak`."""
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)),
            marks=[pytest.mark.soak] if number >= stay else [],
        )
        for number, value in enumerate(values)
    ]


def sized(small: T, soak: T, full: T) -> T:
    """What this run's size wants of the three."""
    return {"small": small, "soak": soak, "full": full}[SIZE]
