"""What just happened to photos, in a sentence for each code that a turn may say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.avatars.facts import Facts
from core.base.texts import Translator

Parameters = Mapping[str, object]


def _photos_full(_told: Parameters, facts: Facts, t: Translator) -> str:
    return t.n(
        "This avatar has {n} photo, and no more will fit. You can remove some in the gallery.",
        "This avatar has {n} photos, and no more will fit. You can remove some in the gallery.",
        facts.limits.max_photos,
    )


def _held(_told: Parameters, facts: Facts, t: Translator) -> str:
    count = max(1, facts.held)
    if facts.held_files:
        return t.n(
            "📎 Your file is put aside: it will be looked at when we get to the photos.",
            "📎 {n} files are put aside: they will be looked at when we get to the photos.",
            count,
        )
    return t.n(
        "📎 Your photo is put aside: it will be added when we get to the photos.",
        "📎 {n} photos are put aside: they will be added when we get to the photos.",
        count,
    )


def _too_late(_told: Parameters, facts: Facts, t: Translator) -> str:
    count = max(1, facts.held)
    if facts.held_files:
        return t.n(
            "The training is already running. Your file is put aside for your next avatar.",
            "The training is already running. {n} files are put aside for your next avatar.",
            count,
        )
    return t.n(
        "The training is already running without this photo. It is put aside for your next avatar.",
        "The training is already running. {n} photos are put aside for your next avatar.",
        count,
    )


def _held_full(_told: Parameters, facts: Facts, t: Translator) -> str:
    return t.n(
        "No more than {n} photo can be put aside: those that came after it are left out.",
        "No more than {n} photos can be put aside: those that came after them are left out.",
        facts.limits.max_pending,
    )


def _held_left(told: Parameters, facts: Facts, t: Translator) -> str:
    return t.n(
        "📎 {n} photo is still put aside: there is no room for it here now.",
        "📎 {n} photos are still put aside: there is no room for them here now.",
        count_of(told, "n", facts.held),
    )


def _no_photo(told: Parameters, _facts: Facts, t: Translator) -> str:
    return t.n(
        "📄 That file is not a photo, so it is left out. Photos in JPEG or PNG are best.",
        "📄 {n} files are not photos, so they are left out. Photos in JPEG or PNG are best.",
        count_of(told, "n", 1),
    )


def _held_taken(told: Parameters, facts: Facts, t: Translator) -> str:
    return t.n(
        "📎 The photo that was put aside is added.",
        "📎 The {n} photos that were put aside are added.",
        count_of(told, "n", facts.held),
    )


def _reconsidered(told: Parameters, _facts: Facts, t: Translator) -> str:
    return t.n(
        "This training needs a clear face, so {n} photo doesn’t count any more. The gallery shows "
        "it.",
        "This training needs a clear face, so {n} photos don’t count any more. The gallery shows "
        "them.",
        count_of(told, "n", 1),
    )


def _removed(told: Parameters, _facts: Facts, t: Translator) -> str:
    return t("Photo {number} is removed. You can still put it back.", number=told.get("number", ""))


def _restored(told: Parameters, _facts: Facts, t: Translator) -> str:
    return t("Photo {number} is back.", number=told.get("number", ""))


def _kept_anyway(told: Parameters, _facts: Facts, t: Translator) -> str:
    number = told.get("number", "")
    return t("All right: photo {number} is accepted. Thank you for looking.", number=number)


def _kept_already(told: Parameters, _facts: Facts, t: Translator) -> str:
    return t("Photo {number} is already here, so it is not needed.", number=told.get("number", ""))


def count_of(told: Parameters, name: str, otherwise: int) -> int:
    """A number that was told, or what stands for it; at least one."""
    found = told.get(name)
    return found if isinstance(found, int) else max(1, otherwise)


TOLD: Mapping[str, Callable[[Parameters, Facts, Translator], str]] = MappingProxyType(
    {
        "held": _held,
        "held_full": _held_full,
        "held_left": _held_left,
        "held_taken": _held_taken,
        "kept_already": _kept_already,
        "kept_anyway": _kept_anyway,
        "no_photo": _no_photo,
        "photos_full": _photos_full,
        "reconsidered": _reconsidered,
        "removed": _removed,
        "restored": _restored,
        "too_late": _too_late,
    }
)
