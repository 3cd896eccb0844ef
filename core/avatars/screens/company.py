"""Whether the photos show one person, said before money is spent: advice, never a refusal."""

from __future__ import annotations

from core.avatars.facts import AvatarFacts
from core.avatars.inspection.people import strangers
from core.avatars.screens import words
from core.texts import Translator


def told(avatar: AvatarFacts, t: Translator) -> str:
    """Two people in one set, photos that are like no other, or that it isn't known (yet)."""
    if avatar.comparing:
        return t("👥 Comparing the faces in your photos: one moment, please…")
    if avatar.people is None:
        return t("👥 The faces in your photos could not be compared. Please look for yourself.")
    groups, alone = strangers(avatar.people)
    return words.lines(_several(groups, t), _alone(alone, t))


def _several(groups: tuple[tuple[int, ...], ...], t: Translator) -> str:
    if not groups:
        return ""
    listed = (t("no. {which}", which=words.numbers(group)) for group in groups)
    return t(
        "👥 These photos seem to show different people: {groups}. Leave in those of one person: a "
        "mixture looks like none of them.",
        groups="; ".join(listed),
    )


def _alone(photos: tuple[int, ...], t: Translator) -> str:
    if not photos:
        return ""
    return t.n(
        "👤 Photo {numbers} doesn’t look like the others: another person, or a face that is "
        "covered or turned away?",
        "👤 Photos {numbers} don’t look like the others: other people, or faces that are "
        "covered or turned away?",
        len(photos),
        numbers=words.numbers(photos),
    )
