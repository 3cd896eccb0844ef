"""One drawn person in the look of each style pack: examples of an avatar's pictures.

`python -m benchmarks.looks` draws them anew.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "looks"
UPRIGHT = 4 / 3
"""How high one is for its width."""


@lru_cache(maxsize=32)
def example(slug: str) -> bytes | None:
    """The JPEG of a look; None where none is drawn."""
    return next((path.read_bytes() for path in FOLDER.iterdir() if path.stem == slug), None)
