"""Which way up a picture belongs, by the faces in it: cameras that look down get it wrong.

A face on its side is often found as well, and its eyes and mouth are placed as if it stood. Only
its score tells. With the figures below, and the finder of core.services.faces, none of 132 pictures
of one person that public repositories show was turned, and 389 of the 396 that were laid down were
set right: all but 2 of 264 on their side, all but 5 of 132 on their head. Their upright faces had
from 0.91 on; those that were left lying had 0.88 on their side and 0.90 to 0.91 on their head.
"""

import numpy as np

from core.avatars.photos.inspection.faces.face_port import Face, FaceFinder, Pixels

UPRIGHT = 0.92
"""From this score on the other turns are not looked at: hardly any picture that lies has it."""
CLEAR = 0.88
"""Of a face that stands; patterns in which there is none are taken for one with up to 0.86."""
MARGIN = {1: 0.05, 3: 0.05, 2: 0.025}
"""By how much a turn must be better, by quarters, in the order in which they are tried: a head that
stands is never upside down.
"""
LARGE = 0.2
"""Of the longer side: a face so high is seen by the quick look, and so is one that lies unseen."""


def quarters(finder: FaceFinder, rgb: Pixels, faces: tuple[Face, ...]) -> int:
    """How many quarters, anticlockwise, set the picture right in which these faces were found."""
    before = _score(faces)
    if before >= UPRIGHT:
        return 0
    small = bool(faces) and faces[0].height < LARGE * max(rgb.shape[:2])
    scores: dict[int, float] = {}
    for turn, margin in MARGIN.items():
        scores[turn] = _score(finder.find(turned(rgb, turn), near=not small))
        if scores[turn] >= max(UPRIGHT, before + margin):
            return turn
    best = max(scores, key=lambda turn: scores[turn])
    better = scores[best] >= CLEAR and scores[best] >= before + MARGIN[best]
    return best if better else 0


def turned(rgb: Pixels, quarters: int) -> Pixels:
    """The same pixels, turned anticlockwise by so many quarters."""
    return np.ascontiguousarray(np.rot90(rgb, quarters))


def _score(faces: tuple[Face, ...]) -> float:
    """Of the person: the first face is the largest of those that are sure."""
    return faces[0].score if faces else 0.0
