"""The choices that make an avatar: how it is trained, what it is, its name, and the consent."""

from __future__ import annotations

from core.avatars import rules
from core.avatars.facts import Facts, Limits
from core.avatars.screens import buttons, hints, words
from core.base.texts import Translator
from core.conversation.messages import Button, Screen


def selecting_training_type(facts: Facts, t: Translator) -> Screen:
    """The first choice; what could stop a training is said here already."""
    limits = facts.limits
    portrait = t(
        "🎭 Portrait: for people’s faces, {time}", time=words.minutes("portrait", limits, t)
    )
    style = t("🎨 Artistic: for anything, {time}", time=words.minutes("style", limits, t))
    types = (
        words.lines(portrait, words.price("portrait", limits, t)),
        words.lines(style, words.price("style", limits, t)),
    )
    return Screen(
        title=t("🎓 Choose the training type"),
        text=words.paragraphs(*types, hints.obstacle(facts, t)),
        buttons=buttons.rows(*buttons.training_types(t), buttons.compare(t), buttons.back(t)),
    )


def confirming_training_type(facts: Facts, t: Translator) -> Screen:
    """The proposed type in full, with its price."""
    avatar = facts.avatar
    proposed = facts.proposed_type or (avatar.training_type if avatar else "portrait")
    return Screen(
        title=t("🎨 Artistic type") if proposed == "style" else t("🎭 Portrait type"),
        text=words.paragraphs(_type_in_full(proposed, facts.limits, t), hints.obstacle(facts, t)),
        buttons=buttons.rows(
            Button(t("✅ Choose"), "confirm"), buttons.compare(t), buttons.back(t)
        ),
    )


def viewing_training_comparison(facts: Facts, t: Translator) -> Screen:
    """Both types, one under the other: that is how a phone shows a comparison."""
    limits = facts.limits
    return Screen(
        title=t("📊 Comparing the types"),
        text=words.paragraphs(
            words.lines(t("🎭 PORTRAIT"), _type_in_full("portrait", limits, t)),
            words.lines(t("🎨 ARTISTIC"), _type_in_full("style", limits, t)),
        ),
        buttons=buttons.rows(*buttons.training_types(t), buttons.back(t)),
    )


def _type_in_full(name: str, limits: Limits, t: Translator) -> str:
    """Purpose, duration, features and price, as the specification lists them."""
    purpose, features = _style(t) if name == "style" else _portrait(t)
    return words.lines(
        purpose,
        t("⏱️ Training time: {time}", time=words.minutes(name, limits, t)),
        words.price(name, limits, t),
        *(f"• {feature}" for feature in features),
    )


def _portrait(t: Translator) -> tuple[str, tuple[str, ...]]:
    return t("🎯 Purpose: people’s faces"), (
        t("Photos are cropped to the face automatically"),
        t("The face is separated from the background"),
        t("Tuned for portrait photos"),
        t("The best quality for human faces"),
    )


def _style(t: Translator) -> tuple[str, tuple[str, ...]]:
    return t("🎯 Purpose: any style or object"), (
        t("Takes any style"),
        t("Learns objects and ideas too"),
        t("As versatile as it gets"),
        t("Suits unusual tasks"),
    )


def selecting_avatar_type(_facts: Facts, t: Translator) -> Screen:
    """Asked of artistic avatars alone: a portrait is always a character."""
    return Screen(
        title=t("🧑 Who or what will it be?"),
        text=words.lines(
            t("🧑 Character: a person or a hero"),
            t("🖌 Style: a manner of drawing or photographing"),
            t("📦 Other: a thing, a place, an idea"),
        ),
        buttons=buttons.rows(
            (
                Button(t("🧑 Character"), "choose_kind", "character"),
                Button(t("🖌 Style"), "choose_kind", "style"),
                Button(t("📦 Other"), "choose_kind", "custom"),
            ),
            buttons.back(t),
        ),
    )


def selecting_gender(facts: Facts, t: Translator) -> Screen:
    """The person the avatar shows; where its photos came first, its type and name as well."""
    return Screen(
        title=t("👤 The avatar’s gender"),
        text=words.paragraphs(
            t("Who is in the photos? Knowing this makes a better likeness."), _proposal(facts, t)
        ),
        buttons=buttons.rows(buttons.genders(t), _instead(facts, t), buttons.back(t)),
    )


def _proposal(facts: Facts, t: Translator) -> str:
    avatar = facts.avatar
    if avatar is None or not rules.photos_first(facts):
        return ""
    kind = t("Type: {type}", type=words.training_type(avatar.training_type, t))
    name = avatar.name or rules.own_name(facts)
    if not name:
        return kind
    called = t(
        "It will be called “{name}”. For another name, type it before you choose; you can rename "
        "it later too.",
        name=name,
    )
    return words.lines(kind, called)


def _instead(facts: Facts, t: Translator) -> Button | None:
    """To the other type, where a portrait is only proposed."""
    avatar = facts.avatar
    proposed = avatar is not None and avatar.training_type == "portrait"
    if not proposed or not rules.photos_first(facts):
        return None
    return Button(t("🎨 Artistic instead"), "change_type")


def entering_name(facts: Facts, t: Translator) -> Screen:
    """A name is typed, or the person's own is taken."""
    return Screen(
        title=t("✏️ The avatar’s name"),
        text=words.lines(
            t("Type a name for the avatar."),
            t.n("At most {n} character.", "At most {n} characters.", facts.limits.name_length),
        ),
        buttons=buttons.rows(_own_name(facts, t), buttons.back(t)),
    )


def _own_name(facts: Facts, t: Translator) -> Button | None:
    """The person's own name, where it may be an avatar's and the avatar is a person.

    The press carries no argument: the dialogue knows the name, and a token has no room for it.
    """
    name = rules.own_name(facts)
    if not name:
        return None
    return Button(t("Call it “{name}”", name=buttons.on_button(name, t)), "name")


def consent(facts: Facts, t: Translator) -> Screen:
    """The whole of what is agreed to: a press agrees to the version that was read."""
    agree = Button(t("✅ I agree, and I am 18 or older"), "agree", confirms=facts.consent_version)
    return Screen(
        title=t("🔒 Your consent"),
        text=words.paragraphs(
            t("Photos of a face are sensitive, so please read this before you send the first one."),
            t(
                "What we keep: the photos you send, the names you give, the avatar made from "
                "them, and its pictures. Place, date and camera are removed from the photos."
            ),
            t(
                "Why: to train your avatar, to make the pictures you ask for and to show the "
                "best likenesses first, and for nothing else."
            ),
            t(
                "Before a training, a program compares the faces to see whether they belong to "
                "one person. Its measurements are deleted at once; we keep only which photos "
                "belong together."
            ),
            t(
                "Where: in our private storage. Only for the training, the photos are passed to "
                "the training service fal.ai."
            ),
            t("Pictures are made there too, from the trained model and your words."),
            _at_fal(facts.limits, t),
            t("How long: until you delete the avatar, or everything."),
            t(
                "You can change your mind at any time: “🔒 My data” or /privacy stops whatever is "
                "under way and deletes the photos and pictures."
            ),
            t(
                "By agreeing you confirm that you are 18 or older, and that the photos show you, "
                "or an adult who allows it."
            ),
            words.responsible(facts.operator, t),
            t("Version {version}", version=facts.consent_version),
            hints.obstacle(facts, t),
        ),
        buttons=buttons.rows(
            agree,
            Button(t("I don’t agree"), "decline", words=t("I don’t agree")),
            (buttons.tips(t), buttons.privacy(t)),
            buttons.back(t),
        ),
    )


def _at_fal(limits: Limits, t: Translator) -> str:
    """What stays with the training service, and how long."""
    expires = t.n(
        "What stays at fal.ai: the photos sent there expire after {n} hour.",
        "What stays at fal.ai: the photos sent there expire after {n} hours.",
        limits.upload_hours,
    )
    copied = t.n(
        "The trained model is deleted there once we have our own copy, and when you delete the "
        "avatar; what could not be deleted expires after {n} day.",
        "The trained model is deleted there once we have our own copy, and when you delete the "
        "avatar; what could not be deleted expires after {n} days.",
        limits.output_days,
    )
    stays = t(
        "Some kinds of training make a model that works only at fal.ai. It stays there until you "
        "delete the avatar, and is then removed there by our team; the avatar’s page says so."
    )
    return f"{expires} {copied} {stays}"
