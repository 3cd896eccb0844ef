"""How a face is turned, and whether the frame cuts it off, by its eyes, nose and mouth.

Figures come from 151 pictures of people that public repositories show. Whether something covers a
face can't be told by this: its eyes and mouth are placed where they would be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.avatars.photos.inspection.faces.face_port import SURE, Face

FOREHEAD, CHIN = 1.0, 0.6
"""Where they end, from the eyes up and from the mouth down, in distances from eyes to mouth. Around
a head that is seen whole there were at least 1.49 and 1.21; in crops to the face 0.46 to 0.90 up.
"""
TEMPLE = 0.3
"""Where it is, from an eye outwards, in distances between the eyes."""
TURNED = 0.15
"""From this turn on a face is seen a little from the side: as one of eight in those pictures."""
FEWEST, SHARE = 6, 0.1
"""So many photos, and not even such a share of them turned, and all are from the front."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Of a face that is sure."""

    turn: float
    """How far the tip of the nose is from between the eyes, in distances between them: 0 is from
    the front, some 0.3 half from the side; negative to the left of the picture.
    """
    cut: bool
    """Whether forehead, chin or a temple is outside the picture."""

    @property
    def kept(self) -> dict[str, float | bool]:
        """As `photo_metadata` keeps it."""
        return {"turn": round(self.turn, 2), "cut": self.cut}


def of(faces: tuple[Face, ...], size: tuple[int, int]) -> Pose | None:
    """The pose of the first face; None where none is sure, or its marks say nothing."""
    if not faces or faces[0].score < SURE or len(faces[0].marks) != 10:
        return None
    places = zip(faces[0].marks[::2], faces[0].marks[1::2], strict=True)
    one, other, nose, *mouth = (complex(x, y) for x, y in places)
    eyes, lips, across = (one + other) / 2, (mouth[0] + mouth[1]) / 2, other - one
    if not across:
        return None
    ends = (
        eyes + FOREHEAD * (eyes - lips),
        lips + CHIN * (lips - eyes),
        one - TEMPLE * across,
        other + TEMPLE * across,
    )
    cut = any(not (0 <= end.real <= size[0] and 0 <= end.imag <= size[1]) for end in ends)
    return Pose(((nose - eyes) / across).real, cut)


def of_kept(kept: Any) -> Pose | None:
    """From what `photo_metadata` keeps; None of a photo that was looked at before it did."""
    return Pose(float(kept["turn"]), bool(kept["cut"])) if kept else None


def frontal(turns: Iterable[float]) -> bool:
    """Whether hardly a face of a set is turned, where they are enough to say so."""
    seen = [abs(turn) for turn in turns]
    turned = sum(turn >= TURNED for turn in seen)
    return len(seen) >= FEWEST and turned < SHARE * len(seen)
