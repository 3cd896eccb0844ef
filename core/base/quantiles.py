"""Quantiles in Python and as an SQLite aggregate, as PostgreSQL's `percentile_cont`."""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence

SHARES = (0.5, 0.9, 0.99)
"""The quantiles computed in SQL."""


def quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile at `share` (0 to 1) of one or more values in ascending order."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


class Quantiles:
    """SQLite's aggregate `quantiles(value)`: a JSON array, in the order of `SHARES`; no NULLs."""

    def __init__(self) -> None:
        self._values = array("d")
        self.step = self._values.append  # one row costs no line of Python

    def finalize(self) -> str:
        """The quantiles."""
        ordered = _sorted(self._values)
        return json.dumps([quantile(ordered, share) for share in SHARES])


def different(numbers: str) -> int:
    """The number of distinct integers in a comma-separated text.

    On SQLite's `group_concat` it equals `count(DISTINCT …)` in a third of the time.
    """
    try:
        import numpy as np
    except ImportError:
        return len(set(numbers.split(",")))
    ordered = np.sort(np.fromstring(numbers, np.int64, sep=","))
    return 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))


def _sorted(values: array[float]) -> Sequence[float]:
    """By numpy in an eighth of the time; where there is no dashboard, it may be missing."""
    try:
        import numpy as np
    except ImportError:
        return sorted(values)
    return array("d", np.sort(values).tobytes())
