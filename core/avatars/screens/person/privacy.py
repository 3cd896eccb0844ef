"""My data: what is kept of a person, and how to be rid of it."""

from __future__ import annotations

from collections.abc import Iterator

from core.avatars.facts import Facts, Limits
from core.avatars.screens import buttons, words
from core.avatars.screens.general import how_many, put_aside
from core.avatars.screens.person.linking import linked_with
from core.base.texts import Translator
from core.conversation.messages import Button, Screen


def privacy(facts: Facts, t: Translator) -> Screen:
    """What is kept of a person, and how to be rid of it."""
    consent = t("✅ You have agreed to your photos being used for training.")
    if not facts.consented:
        consent = t("We don’t have your consent to use your photos, so we don’t ask for any yet.")
    kept = t(
        "We keep your avatars, their photos and pictures, and what this chat needs to pick up "
        "where you left off."
    )
    if not facts.kept.photos:
        kept = t("We keep your avatars, and what this chat needs to pick up where you left off.")
    withdraw = Button(t("Withdraw consent"), "withdraw") if facts.consented else None
    return Screen(
        title=t("🔒 My data"),
        text=words.paragraphs(
            kept,
            words.lines(how_many(facts, t), *_kept(facts, t), put_aside(facts, t)),
            words.lines(*_how_long(facts.limits, t)),
            consent,
            linked_with(facts, t),
            t("You can have a copy of everything, or have it deleted for good."),
            words.responsible(facts.operator, t),
        ),
        buttons=buttons.rows(
            Button(t("📦 Download everything"), "export"),
            Button(t("🔥 Delete everything"), "erase"),
            withdraw,
            Button(t("👥 Link another chat"), "link"),
            Button(t("👤 Unlink this chat"), "unlink") if facts.link.others else None,
            buttons.back(t),
        ),
    )


def _kept(facts: Facts, t: Translator) -> tuple[str, ...]:
    """What is kept and what for, in numbers; what there is none of is left out."""
    kept, size = facts.kept, words.decimal(facts.kept.megabytes, t)
    photos = t.n(
        "📷 {n} photo ({size} MB), to train your avatars",
        "📷 {n} photos ({size} MB), to train your avatars",
        kept.photos,
        size=size,
    )
    trainings = t.n(
        "🎓 {n} training, to know what it has cost",
        "🎓 {n} trainings, to know what they have cost",
        kept.trainings,
    )
    return (photos if kept.photos else "", trainings if kept.trainings else "")


def _how_long(limits: Limits, t: Translator) -> Iterator[str]:
    """What is deleted by itself, and when."""
    if limits.drafts_days:
        yield t.n(
            "🗓 An unfinished avatar is deleted after {n} day without a change.",
            "🗓 An unfinished avatar is deleted after {n} days without a change.",
            limits.drafts_days,
        )
    if limits.trained_photos_days:
        yield t.n(
            "🗓 The photos of a finished avatar are deleted after {n} day; the avatar stays.",
            "🗓 The photos of a finished avatar are deleted after {n} days; the avatar stays.",
            limits.trained_photos_days,
        )
    if limits.support_days:
        yield t.n(
            "🗓 Messages between you and us are deleted after {n} day.",
            "🗓 Messages between you and us are deleted after {n} days.",
            limits.support_days,
        )
