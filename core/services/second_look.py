"""A second look at pictures, by a network that judges whether they are safe for work.

Its package is optional (`pictures.second_look`), and is loaded when it is first asked.
"""

from __future__ import annotations

import threading
from functools import cached_property
from importlib import import_module
from typing import Any

from core.base.settings.pictures import SECOND_LOOK

UNSAFE = 0.8
"""From this score (of 1) on a picture is held back, as the network's authors advise."""


class SecondLook:
    """Judges the bytes of a picture; any number of threads may ask it."""

    def __init__(self) -> None:
        self._loading = threading.Lock()

    def __call__(self, data: bytes) -> bool:
        """Whether it is not safe for work."""
        with self._loading:
            network = self._network
        return float(network.classify(data).nsfw) >= UNSAFE

    @cached_property
    def _network(self) -> Any:
        return import_module(SECOND_LOOK[0]).NSFWClassifier()
