"""How long tests wait, and what a second is worth here: no outcome hangs on a machine's speed.

Waiting ends as soon as what must come has come, so patience costs nothing where all is well.
`PATIENCE=5 make test` is for a machine that is slower than that still.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

FACTOR = float(os.environ.get("PATIENCE", "1"))
LONG = 180.0 * FACTOR
"""Seconds after which something counts as never coming."""
SAFETY = 8 * FACTOR
"""So many times longer than a test says does it run before it counts as hanging."""


def until(holds: Callable[[], object], what: str | Callable[[], object] = "it never happened",
          pause: float = 0.02) -> None:  # fmt: skip
    """Wait until it is so."""
    end = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(pause)
