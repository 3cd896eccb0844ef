"""The main menu and the side rooms: help, tips, language, writing to support."""

from __future__ import annotations

from core.avatars import rules
from core.avatars.facts import Facts, Limits
from core.avatars.screens import buttons, hints, words
from core.avatars.screens.pictures import examples
from core.base.texts import NAMES, Translator, translator
from core.conversation.messages import Button, Picture, Screen


def main_menu(facts: Facts, t: Translator) -> Screen:
    """Who has no avatar yet is told what this is; everyone else finds their way at once."""
    new = not facts.avatars_count and not (facts.resumable and facts.resumable.name)
    greeting = _welcome(facts, t) if new else _welcome_back(facts, t)
    return Screen(
        title=_hello(facts, t) if new else t("🏠 Main menu"),
        text=words.paragraphs(greeting, put_aside(facts, t)),
        pictures=examples.looks(t) if new and _may_begin(facts) else (),
        buttons=buttons.rows(
            buttons.paint(facts.finished.id, t) if facts.finished else None,
            buttons.in_training(facts, t),
            buttons.resume(facts, t),
            buttons.create(t),
            buttons.my_avatars(facts, t) if facts.avatars_count else None,
            buttons.avatars(t),
            (buttons.language(facts, t), buttons.privacy(t)),
            buttons.help_(t),
        ),
    )


def _hello(facts: Facts, t: Translator) -> str:
    return t("👋 Hello, {name}!", name=facts.person_name) if facts.person_name else t("👋 Hello!")


def _welcome(facts: Facts, t: Translator) -> str:
    return words.paragraphs(
        words.lines(
            facts.greeting or t("I make a personal AI avatar of you from your photos."),
            t("🎨 Examples: drawn, not photos") if _may_begin(facts) else "",
        ),
        _what_it_takes(facts, t),
        _how_to_begin(facts, t),
    )


def _may_begin(facts: Facts) -> bool:
    """Whether nothing stands in a newcomer's way, and nothing is begun yet."""
    return not facts.resumable and facts.obstacle not in ("blocked", "not_invited")


def _how_to_begin(facts: Facts, t: Translator) -> str:
    if _may_begin(facts):
        return t("Shall we begin? Choose “🆕 Create avatar”, or just send your photos.")
    if facts.obstacle in ("blocked", "not_invited"):
        return hints.obstacle(facts, t)
    return t("You can pick up where you left off.")


def _what_it_takes(facts: Facts, t: Translator) -> str:
    limits = facts.limits
    return words.lines(
        t.n(
            "📷 {low} to {n} photo is all I need",
            "📷 {low} to {n} photos are all I need",
            limits.max_photos,
            low=limits.min_photos,
        ),
        t(
            "⏱️ It takes you about 5 minutes. The training then runs by itself: {portrait} for a "
            "portrait, {style} for an artistic avatar",
            portrait=words.minutes("portrait", limits, t),
            style=words.minutes("style", limits, t),
        ),
        _cost(limits, t),
        t("🔒 Your photos stay private, and you can delete them whenever you like"),
    )


def _cost(limits: Limits, t: Translator) -> str:
    portrait, style = (limits.price_usd.get(kind, 0.0) for kind in ("portrait", "style"))
    if portrait is None or style is None:
        return t("💰 Price: not known yet")
    if not portrait and not style:
        return t("💰 The training is free")
    return t(
        "💰 A portrait costs {portrait}, an artistic avatar {style}",
        portrait=words.money(portrait, t),
        style=words.money(style, t),
    )


def _welcome_back(facts: Facts, t: Translator) -> str:
    if rules.blocked(facts):
        return words.paragraphs(how_many(facts, t), hints.obstacle(facts, t))
    return words.lines(how_many(facts, t), t("What would you like to do?"))


def how_many(facts: Facts, t: Translator) -> str:
    """How many avatars there are; nothing where there are none."""
    count = facts.avatars_count
    return t.n("You have {n} avatar.", "You have {n} avatars.", count) if count else ""


def put_aside(facts: Facts, t: Translator) -> str:
    """That photos wait for an avatar, and for how long; nothing where none do."""
    if not facts.held:
        return ""
    return t.n(
        "📎 {n} photo is put aside for {hours}: it will be added to your next avatar.",
        "📎 {n} photos are put aside for {hours}: they will be added to your next avatar.",
        facts.held,
        hours=t.n("{n} hour", "{n} hours", facts.limits.held_hours),
    )


def help_(facts: Facts, t: Translator) -> Screen:
    """How it works, and the commands that work everywhere."""
    steps = words.lines(
        t("1. Choose how the avatar is trained, and name it."),
        t.n(
            "2. Send at least {n} photo of one person.",
            "2. Send at least {n} photos of one person.",
            facts.limits.min_photos,
        ),
        t("3. Start the training and wait: it runs by itself, even if you leave."),
        t("4. The finished avatar is in “🎭 Avatars”."),
    )
    commands = words.lines(
        t("/menu – the main menu"),
        t("/cancel – stop what you are doing; nothing is lost"),
        t("/language – another language") if len(facts.languages) > 1 else "",
        t("/privacy – your data, and how to delete it"),
        t("/link – use your avatars in another chat too"),
        t("/support – write to us; a person answers"),
        t("/help – this page"),
    )
    return Screen(
        title=t("ℹ️ Help"),
        text=words.paragraphs(steps, commands, words.run_by(facts.operator, t)),
        buttons=buttons.rows(
            buttons.tips(t),
            buttons.support(t),
            (buttons.language(facts, t), buttons.privacy(t)),
            buttons.back(t),
        ),
    )


def photo_tips(facts: Facts, t: Translator) -> Screen:
    """What makes good photos, of a person or of anything else."""
    avatar = facts.avatar
    thing = avatar is not None and avatar.avatar_type in ("style", "custom")
    welcome = rules.can_collect(facts) and not rules.blocked(facts)
    return Screen(
        title=t("💡 Photo tips"),
        text=words.paragraphs(
            _tips_for_things(t) if thing else _tips_for_people(t),
            _files(facts, t),
            t("You can send photos right here.") if welcome else "",
        ),
        pictures=() if thing else (Picture(examples.PHOTO_TIPS),),
        buttons=buttons.rows(buttons.back(t)),
    )


def _tips_for_people(t: Translator) -> str:
    return words.lines(
        t("✅ One person in each photo, the face clearly visible"),
        t("✅ Even light, a sharp picture, no filters"),
        t("✅ Different angles, expressions, clothes and backgrounds"),
        t("✅ Close-ups, and some photos from the waist up"),
        t("❌ No sunglasses, masks or hands in front of the face"),
        t("❌ No group photos, no nearly identical ones"),
    )


def _tips_for_things(t: Translator) -> str:
    return words.lines(
        t("✅ The same style or thing in every picture"),
        t("✅ Different subjects, angles and backgrounds"),
        t("✅ Even light and a sharp picture"),
        t("❌ No captions, frames or watermarks"),
        t("❌ No nearly identical pictures"),
    )


def _files(facts: Facts, t: Translator) -> str:
    limits = facts.limits
    return t(
        "JPEG or PNG, at least {side}×{side} pixels, up to {size} MB.",
        side=limits.min_side,
        size=words.decimal(limits.max_megabytes, t),
    )


def choosing_language(facts: Facts, t: Translator) -> Screen:
    """Said in every language, for people who have landed in the wrong one."""
    everyone = [translator(language) for language in facts.languages]
    names = tuple((language, NAMES[language]) for language in reversed(facts.languages))
    return Screen(
        title=" · ".join(t("🌐 Language") for t in everyone),
        text=words.lines(*(t("Choose a language:") for t in everyone)),
        buttons=buttons.rows(
            tuple(Button(name, "set_language", language) for language, name in names),
            buttons.back(t),
        ),
    )


def writing_to_support(facts: Facts, t: Translator) -> Screen:
    """Text typed here goes to the operator."""
    contact = facts.operator.contact
    return Screen(
        title=t("💬 Write to us"),
        text=words.paragraphs(
            t(
                "Type your message here. A person will read it, and the answer will come to this "
                "chat."
            ),
            t("Photos are not passed on."),
            t("If it is urgent: {contact}", contact=contact) if contact else "",
        ),
        buttons=buttons.rows(buttons.back(t)),
    )
