"""What is refused and advised of a photo by what was seen in it: at once, and when its use changes.

No pixel is read here, so a turn may do it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.avatars.photos.inspection import quality
from core.avatars.photos.inspection.alike import Fingerprint
from core.avatars.photos.inspection.faces import pose
from core.avatars.photos.inspection.faces.face_port import SURE, Face
from core.avatars.photos.inspection.verdict import MILDER, Purpose
from core.avatars.photos.rules import JSON


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen in a picture."""

    fingerprint: Fingerprint
    faces: tuple[Face, ...]
    sought: bool
    """Whether anybody looked for faces."""
    measures: quality.Measures
    """Of the first face, or of the whole picture where there is none."""
    whole: quality.Measures
    """Of the whole picture, unless a face is sure."""
    size: tuple[int, int]
    pose: pose.Pose | None
    drawn: bool = False
    """Whether it has no face, and looks like text or a drawing and not like a photo."""

    @property
    def has_face(self) -> bool | None:
        if self.faces:
            return True if self.faces[0].score >= SURE else None
        return False if self.sought else None

    @property
    def kept(self) -> dict[str, JSON]:
        """What `photo_metadata` keeps: boxes are shares of the picture's width and height."""
        width, height = self.size
        faces: list[JSON] = [
            {
                "score": round(face.score, 3),
                "left": round(face.left / width, 4),
                "top": round(face.top / height, 4),
                "width": round(face.width / width, 4),
                "height": round(face.height / height, 4),
            }
            for face in self.faces
        ]
        return {
            "hashes": {**self.fingerprint.kept},
            "faces": faces,
            "quality": {**self.measures.kept},
            "pose": {**self.pose.kept} if self.pose else None,
            "drawn": self.drawn,
        }


def reconsidered(
    kept: Mapping[str, Any], size: tuple[int, int], has_face: bool | None, purpose: Purpose
) -> tuple[str | None, tuple[str, ...]] | None:
    """Refusal and advice for another purpose, from what `photo_metadata` keeps of a look.

    `size` is the photo's, standing upright. None where too little is kept.
    """
    fingerprint = Fingerprint.of_kept(kept.get("hashes"))
    if fingerprint is None or "quality" not in kept:
        return None
    width, height = size
    faces = tuple(
        Face(
            score=face["score"],
            left=face["left"] * width,
            top=face["top"] * height,
            width=face["width"] * width,
            height=face["height"] * height,
        )
        for face in kept["faces"]
    )
    measures = quality.Measures(**kept["quality"])
    sought = bool(faces) or has_face is not None
    held = pose.of_kept(kept.get("pose"))
    drawn = kept.get("drawn") is True
    looked = Looked(fingerprint, faces, sought, measures, measures, size, held, drawn)
    alike_still = tuple(code for code in kept["advice"] if code == "looks_alike")
    return weighed(looked, purpose, alike_still)


def weighed(
    looked: Looked, purpose: Purpose, more: tuple[str, ...]
) -> tuple[str | None, tuple[str, ...]]:
    """Why it is refused, unless that is overruled; and what could be better."""
    reason = _refusal(looked, purpose)
    advice = (*_advice(looked, purpose), *more)
    if reason and purpose.overruled:
        advice = (MILDER.get(reason, reason), *advice)
        reason = None
    return reason, tuple(dict.fromkeys(advice))


def _refusal(looked: Looked, purpose: Purpose) -> str | None:
    """Light and sharpness of a thing, or of the whole scene, are its maker's business.

    Where a face was found, the light was good enough to find it. A page of text is white because
    it is paper: that it shows no face is the truth about it.
    """
    if looked.faces:
        blurred = quality.too_blurred(looked.measures) or quality.too_blurred(looked.whole)
        return "too_blurred" if blurred and purpose.person else None
    missed = "no_face" if looked.sought else None
    if looked.drawn and missed:
        return missed if purpose.portrait else None
    return quality.refusal(looked.measures) or missed if purpose.portrait else None


def _advice(looked: Looked, purpose: Purpose) -> tuple[str, ...]:
    codes = quality.advice(looked.measures)
    if not purpose.person:
        return codes
    if not looked.faces:
        return ("no_face", *codes) if looked.sought else codes
    doubt = () if looked.has_face else ("maybe_no_face",)
    cut = ("face_cut",) if looked.pose and looked.pose.cut else ()
    return (*doubt, *quality.framing(looked.faces, looked.size), *cut, *codes)
