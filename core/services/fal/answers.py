"""What fal's answers say, read without trusting them to be complete."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_BAR = re.compile(r"(?P<title>[^\r\n|]*?)(?P<percent>\d{1,3})%\s*\|[^|\r\n]*\|\s*"
                  r"(?P<done>\d+)/(?P<total>\d+)")  # fmt: skip
_PLAIN = re.compile(
    r"\b(?:train|step|epoch)\w*\W+(?P<percent>\d{1,3})(?:\.\d+)?\s?%", re.IGNORECASE
)
_PREPARING = re.compile(r"fetch|load|download|caption|crop|mask|resiz|cach|encod", re.IGNORECASE)
_NEVER_DONE = 99
_MOST = 10**9
"""More is no place in a queue, and no number of seconds that a training took."""


def parsed(content: bytes) -> object:
    """The JSON of an answer, None where it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def percent(logs: object, steps: int) -> int | None:
    """How far a training is, where its logs have a progress bar; from 0 to 99.

    A bar counts when it counts the training's steps, or at least isn't that of a preparation.
    """
    if not isinstance(logs, list):
        return None
    for entry in reversed(logs):
        line = entry.get("message") if isinstance(entry, Mapping) else entry
        found = _percent_of(line, steps) if isinstance(line, str) else None
        if found is not None:
            return found
    return None


def _percent_of(line: str, steps: int) -> int | None:
    for bar in reversed(list(_BAR.finditer(line))):
        if int(bar["total"]) == steps or not _PREPARING.search(bar["title"]):
            return min(int(bar["percent"]), _NEVER_DONE)
    plain = _PLAIN.search(line)
    return min(int(plain["percent"]), _NEVER_DONE) if plain else None


def position(found: object) -> int | None:
    """The place in the queue, from 1; fal counts from 0."""
    if not isinstance(found, int) or isinstance(found, bool):
        return None
    return found + 1 if 0 <= found < _MOST else None


def training_seconds(metrics: object) -> float | None:
    """How long the model itself worked."""
    found = metrics.get("inference_time") if isinstance(metrics, Mapping) else None
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if 0 <= found < _MOST else None
