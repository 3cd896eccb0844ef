"""What became of photos: each refusal in words that a person can act on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from core.avatars.facts import AvatarFacts, Limits, PhotoFacts
from core.avatars.screens import words
from core.texts import Translator, mark

DUPLICATE = "duplicate"
OTHER = ""
"""What is said of a refusal whose code is unknown."""

REASONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "empty": (mark("nothing arrived"), mark("send it once more")),
        "too_big": (
            mark("larger than {size} MB"),
            mark("send it as an ordinary photo, or make it smaller"),
        ),
        "not_a_picture": (mark("not a picture"), mark("send a photo in JPEG or PNG")),
        "wrong_format": (
            mark("a format I can’t open"),
            mark("save it as JPEG or PNG, or send a screenshot of it"),
        ),
        "broken": (mark("damaged on its way"), mark("send it once more")),
        "too_many_pixels": (mark("far too many pixels"), mark("send a smaller copy")),
        "too_complex": (
            mark("saved in an unusual way"),
            mark("save it anew as JPEG, or send a screenshot of it"),
        ),
        "animated": (mark("moving pictures"), mark("send an ordinary photo")),
        "too_small": (
            mark("smaller than {side}×{side} pixels"),
            mark("send the original as a file"),
        ),
        "gone": (mark("can’t be fetched any more"), mark("send it once more")),
        DUPLICATE: (mark("already here"), mark("no need to send it again")),
        OTHER: (mark("didn’t work out"), mark("try another photo")),
    }
)
"""Why a photo was refused, and what its owner can do."""


def summary(avatar: AvatarFacts, t: Translator) -> str:
    """How many of the settled photos were accepted, and which, where that is known."""
    accepted = len(avatar.accepted)
    total = accepted + len(avatar.refused)
    if not avatar.accepted:
        return t("✅ Accepted: {count} of {total}", count=accepted, total=total)
    which = words.numbers(avatar.accepted)
    return t(
        "✅ Accepted: {count} of {total} (no. {which})", count=accepted, total=total, which=which
    )


def refusals(refused: Iterable[PhotoFacts], limits: Limits, t: Translator) -> str:
    """Each refused photo by its number, equal reasons together, with what to do."""
    return words.lines(
        *(
            t(
                "{sign} {photos}: {reason} – {remedy}",
                sign=_sign(code),
                photos=_together(found, t),
                reason=_reason(code, limits, t),
                remedy=t(REASONS[code][1]),
            )
            for code, found in _grouped(refused).items()
        )
    )


def briefly(photos: Iterable[PhotoFacts], limits: Limits, t: Translator) -> str:
    """Photos that can't be shown: what became of each, without advice."""
    photos = tuple(photos)
    pending = [photo.number for photo in photos if photo.status == "pending"]
    kept = [photo.number for photo in photos if photo.status == "valid"]
    refused = (photo for photo in photos if photo.status not in ("pending", "valid"))
    return words.lines(
        f"✅ {_together(kept, t)}" if kept else "",
        t("🔎 {photos}: being looked at", photos=_together(pending, t)) if pending else "",
        *(
            f"{_sign(code)} {_together(found, t)}: {_reason(code, limits, t)}"
            for code, found in _grouped(refused).items()
        ),
    )


def _grouped(refused: Iterable[PhotoFacts]) -> dict[str, list[int]]:
    """The numbers of refused photos by reason, in the order of their first."""
    groups: dict[str, list[int]] = {}
    for photo in sorted(refused, key=lambda photo: photo.number):
        code = DUPLICATE if photo.status == DUPLICATE else photo.reason
        groups.setdefault(code if code in REASONS else OTHER, []).append(photo.number)
    return groups


def _together(found: Iterable[int], t: Translator) -> str:
    """Photos by their numbers: `Photos 3, 7`."""
    found = tuple(found)
    written = words.numbers(found)
    return t.n("Photo {numbers}", "Photos {numbers}", len(found), numbers=written)


def _reason(code: str, limits: Limits, t: Translator) -> str:
    return t(REASONS[code][0], side=limits.min_side, size=f"{limits.max_megabytes:g}")


def _sign(code: str) -> str:
    """A photo that is here already is no mistake of anybody's."""
    return "♻️" if code == DUPLICATE else "❌"
