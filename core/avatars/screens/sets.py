"""What is said of an avatar's photos as a set and of the order, before money is spent on them."""

from __future__ import annotations

from dataclasses import replace

from core.avatars import rules
from core.avatars.facts import AvatarFacts, Facts, Limits, PhotoFacts
from core.avatars.photos.inspection.faces.people import strangers
from core.avatars.screens import verdicts, words
from core.base.texts import Translator
from core.conversation.messages import Button


def order(avatar: AvatarFacts, limits: Limits, t: Translator) -> str:
    """What is about to be started, for how much."""
    return words.lines(
        t("Avatar: “{name}”", name=words.named(avatar.name, t)),
        t("Type: {type}", type=words.training_type(avatar.training_type, t)),
        _taken(avatar, limits, t),
        words.price(avatar.training_type, limits, t),
        t("Usual time: {time}", time=words.minutes(avatar.training_type, limits, t)),
    )


def launch(facts: Facts, avatar: AvatarFacts, label: str) -> Button | None:
    """Where the photos suffice. Obstacles pass without a sign: the press then tells what is.

    While faces are being compared it waits a moment: what comes of that is read before it is paid.
    """
    if avatar.comparing:
        return None
    if not rules.settled(facts) or facts.obstacle in ("blocked", "not_invited"):
        return None
    price = facts.limits.price_usd.get(avatar.training_type, 0.0)
    taken = facts.limits.photos_taken.get(avatar.training_type)
    agreed = f"{avatar.id}:{avatar.photos_digest}:{avatar.training_type}:{price}:{taken}"
    if rules.late(avatar):
        agreed += ":twice"
    return Button(label, "train", confirms=agreed)


def paid_twice(avatar: AvatarFacts, t: Translator) -> str:
    """What is bought a second time, before it is."""
    if not rules.late(avatar):
        return ""
    return t(
        "⚠️ Your earlier training has not ended at the training service yet and may still "
        "finish: if it does, the avatar is yours without doing anything. A new one is paid for "
        "separately."
    )


def _taken(avatar: AvatarFacts, limits: Limits, t: Translator) -> str:
    """How many photos a training takes of those that there are."""
    most = limits.photos_taken.get(avatar.training_type, avatar.valid)
    if most >= avatar.valid:
        return t("Photos: {count}", count=avatar.valid)
    return t("Photos: the best {taken} of your {count} are used", taken=most, count=avatar.valid)


def whole(avatar: AvatarFacts, limits: Limits, t: Translator) -> str:
    """What holds for so much of the set that it should be mended first; nothing where all is well.

    It is advice: the training can be started all the same.
    """
    return words.lines(
        useless(avatar, limits, t),
        _variety(avatar, t),
        _frontal(avatar, t),
        _common(avatar, t),
    )


def useless(avatar: AvatarFacts, limits: Limits, t: Translator) -> str:
    """That photos count from which nothing is learnt, and how many remain without them."""
    count, rest = len(avatar.useless), remaining(avatar)
    if not count:
        return ""
    which = {"total": avatar.valid, "which": words.numbers(avatar.useless)}
    found = t.n(
        "⚠️ {n} of {total} photos teaches the avatar next to nothing (no. {which}): the face is "
        "tiny, blurred or badly lit.",
        "⚠️ {n} of {total} photos teach the avatar next to nothing (no. {which}): the face is "
        "tiny, blurred or badly lit.",
        count,
        **which,
    )
    if rest >= limits.min_photos:
        return words.lines(found, t("It gets better if you take them out."))
    lacking = limits.min_photos - rest
    better = t.n(
        "Without them you have {rest}: better send {n} more good photo first.",
        "Without them you have {rest}: better send {n} more good photos first.",
        lacking,
        rest=rest,
    )
    return words.lines(found, better)


def _variety(avatar: AvatarFacts, t: Translator) -> str:
    """That too many photos look alike; nothing where they don't."""
    if not avatar.alike:
        return ""
    return t(
        "💡 {count} of {total} photos look alike (no. {which}). The avatar gets better with other "
        "angles, places and clothes.",
        count=len(avatar.alike),
        total=avatar.valid,
        which=words.numbers(avatar.alike),
    )


def _frontal(avatar: AvatarFacts, t: Translator) -> str:
    if not avatar.frontal:
        return ""
    return t(
        "💡 Nearly all photos show the face straight from the front. A few with the head turned to "
        "the side make the avatar better."
    )


def remaining(avatar: AvatarFacts) -> int:
    """How many photos a training can learn from."""
    return avatar.valid - len(avatar.useless)


def apart(avatar: AvatarFacts, t: Translator) -> str:
    """The advice on single photos that isn't said of the whole set."""
    said = {*rules.shared_advice(avatar), *(("looks_alike",) if avatar.alike else ())}
    return verdicts.advice((_without(photo, said) for photo in avatar.valid_photos), t)


def _common(avatar: AvatarFacts, t: Translator) -> str:
    shared = rules.shared_advice(avatar)
    return words.lines(
        *(
            t(
                "💡 {count} of {total} photos: {reason} – {remedy} (no. {which})",
                count=len(shared[code]),
                total=avatar.valid,
                reason=t(reason),
                remedy=t(remedy),
                which=words.numbers(shared[code]),
            )
            for code, (reason, remedy) in verdicts.ADVICE.items()
            if code in shared
        )
    )


def _without(photo: PhotoFacts, said: set[str]) -> PhotoFacts:
    return replace(photo, advice=tuple(code for code in photo.advice if code not in said))


def company(avatar: AvatarFacts, t: Translator) -> str:
    """Several people in one set, photos that are like no other, or that it isn't known (yet)."""
    if avatar.comparing:
        return t("👥 Comparing the faces in your photos: one moment, please…")
    if avatar.people is None:
        return t("👥 The faces in your photos could not be compared. Please check them yourself.")
    groups, alone = strangers(avatar.people)
    if len(alone) == len(avatar.people):
        return _nobody_twice(alone, t)
    return words.lines(_several(groups, t), _alone(alone, t))


def _nobody_twice(photos: tuple[int, ...], t: Translator) -> str:
    if not photos:
        return ""
    return t(
        "👥 Each of these photos seems to show a different person: no. {which}. Photos of one "
        "person are needed: a mixture looks like none of them.",
        which=words.numbers(photos),
    )


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
