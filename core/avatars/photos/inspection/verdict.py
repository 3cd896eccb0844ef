"""What a photo is wanted for, what is known of the others, and what becomes of it.

To the reasons of photos.py come:

no_face      of a portrait: there is none; may be overruled, as may the next three
too_blurred  nothing of the face is sharp
too_dark     of a portrait: no face is to be seen, and nothing else
too_bright   the same; both are said before no_face, for they hide faces

indecent     a second look says that it is not safe for work; nothing of it is stored

repeated     a duplicate by its looks, not by its bytes; may be overruled

A valid photo may have advice: several_faces, face_small, face_cut, blurred, dark, bright,
maybe_no_face (it may be an animal's, say), no_face (of a person who is trained as a style),
looks_alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

from core.avatars.photos.inspection.alike import Fingerprint
from core.avatars.photos.rules import Judgement

MISTAKABLE = frozenset({"no_face", "too_blurred", "too_dark", "too_bright"})
"""Refusals that the person may overrule, for we may be wrong."""
OVERRULABLE = MISTAKABLE | {"repeated"}
"""These, and that it shows what another photo shows: two moments of one scene may look the same."""
MILDER: Mapping[str, str] = MappingProxyType(
    {
        "too_blurred": "blurred",
        "too_dark": "dark",
        "too_bright": "bright",
        "repeated": "looks_alike",
    }
)
"""The advice that is left of a refusal which was overruled, where it has another name."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What the photo is for, in the specification's words."""

    training_type: str = "portrait"
    avatar_type: str | None = "character"
    overruled: bool = False
    """The person says that it is fine: what OVERRULABLE names becomes advice."""
    whose: str = ""
    """Who sent it, for what is done by turns between people."""

    @property
    def portrait(self) -> bool:
        return self.training_type == "portrait"

    @property
    def person(self) -> bool:
        return self.portrait or self.avatar_type == "character"


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of another photo of the same avatar."""

    file_hash: str | None = None
    fingerprint: Fingerprint | None = None

    @classmethod
    def of(cls, file_hash: str | None, metadata: Mapping[str, object]) -> Known:
        """From the columns `file_hash` and `photo_metadata`."""
        return cls(file_hash, Fingerprint.of_kept(metadata.get("hashes")))


@dataclass(frozen=True, slots=True)
class Verdict(Judgement):
    """What becomes of a photo: what the file itself tells, and what was seen in it.

    `data` there is of a refused photo too that may be overruled.
    """

    has_face: bool | None = None
    """None where nobody looked, or where it can't be said for sure."""
    quality_score: float | None = None
    advice: tuple[str, ...] = ()
    duplicate_of: str | None = None
    """The name, among those known, of the photo that it repeats."""

    @classmethod
    def of(cls, judgement: Judgement) -> Verdict:
        """As far as the file itself has told."""
        return cls(**{known.name: getattr(judgement, known.name) for known in fields(judgement)})
