"""Looking after avatars: the menu, the list, one avatar, changing and deleting it."""

from __future__ import annotations

from core.avatars import rules
from core.avatars.facts import AvatarFacts, AvatarLine, Facts
from core.avatars.screens import buttons, hints, words
from core.avatars.screens.general import put_aside
from core.base.texts import Translator
from core.conversation.messages import Button, Picture, Screen

_OF_NOBODY = ("style", "custom")


def avatar_menu(facts: Facts, t: Translator) -> Screen:
    """The specification's menu of avatars."""
    count = facts.avatars_count
    return Screen(
        title=t("🎭 Avatar menu"),
        text=words.paragraphs(t("Your avatars: {count}", count=count), put_aside(facts, t)),
        buttons=buttons.rows(
            buttons.in_training(facts, t),
            buttons.resume(facts, t),
            buttons.create(t),
            buttons.my_avatars(facts, t),
            buttons.help_(t),
            buttons.main_menu(t),
        ),
    )


def avatar_gallery(facts: Facts, t: Translator) -> Screen:
    """A page of avatars, a line, a picture and a button each."""
    full, several = rules.avatars_full(facts), len(facts.avatars) > 1
    return Screen(
        title=t("📁 My avatars"),
        text=words.paragraphs(
            words.lines(*(_line(avatar, facts, t) for avatar in facts.avatars)),
            "" if facts.avatars else t("No avatars yet. The first one is a few photos away."),
            words.page_of(facts.page, facts.pages, t),
            _full(facts, t) if full else "",
        ),
        pictures=tuple(
            Picture(avatar.face, str(place) if several else "", note=words.named(avatar.name, t))
            for place, avatar in enumerate(facts.avatars, 1)
            if avatar.face
        ),
        buttons=buttons.rows(
            *((_pick(avatar, t),) for avatar in facts.avatars),
            buttons.turning(facts.page, facts.pages),
            None if full else buttons.create(t),
            buttons.back(t),
        ),
    )


def _full(facts: Facts, t: Translator) -> str:
    """Why there is no button for another one, unless a hint has just said it."""
    if any(code == "avatars_full" for code, _ in facts.said):
        return ""
    return hints.sentence("avatars_full", {}, "avatar_gallery", facts, t)


def _line(avatar: AvatarLine, facts: Facts, t: Translator) -> str:
    name, standing = words.named(avatar.name, t), words.status(avatar, facts.limits, t)
    return t("{sign} “{name}”: {status}", sign=words.mark_of(avatar), name=name, status=standing)


def _pick(avatar: AvatarLine, t: Translator) -> Button:
    label = f"{words.mark_of(avatar)} {buttons.on_button(avatar.name, t)}"
    if avatar.status == "training":
        label = t("{avatar} · {percent}%", avatar=label, percent=avatar.progress)
    return Button(label, "pick", avatar.id)


def avatar_details(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """All there is to know of an avatar, below its likeness."""
    unfinished = avatar.status != "completed"
    return Screen(
        title=f"👤 {words.named(avatar.name, t)}",
        text=words.paragraphs(_fields(facts, avatar, t), words.looking_at(avatar, t)),
        pictures=(Picture(avatar.face),) if avatar.face else (),
        buttons=buttons.rows(
            buttons.to_avatar(avatar, facts, t) if unfinished else buttons.paint(avatar.id, t),
            None if unfinished else buttons.pictures(t),
            _photos(avatar, t) if avatar.valid else None,
            buttons.add_photos(facts, t),
            Button(t("✏️ Edit"), "edit"),
            buttons.change_type(facts, t),
            buttons.delete(t),
            buttons.back(t),
        ),
    )


def _photos(avatar: AvatarFacts, t: Translator) -> Button:
    """A view of photos could mean pictures, once there are pictures."""
    if avatar.status == "completed":
        return buttons.photos_sent(avatar, t)
    return buttons.gallery(avatar, t)


def _fields(facts: Facts, avatar: AvatarFacts, t: Translator) -> str:
    standing = words.status(avatar, facts.limits, t)
    return words.lines(
        t("Status: {sign} {status}", sign=words.mark_of(avatar), status=standing),
        t("Training type: {type}", type=words.training_type(avatar.training_type, t)),
        _described(avatar, t),
        t("Photos: {count}", count=avatar.valid),
        t("🔒 The model stays with fal.ai: it can’t be copied.") if avatar.model_at_fal else "",
    )


def _described(avatar: AvatarFacts, t: Translator) -> str:
    """Its kind and its person, as far as they have been said."""
    if not avatar.avatar_type:
        return ""
    what = t("What it is: {kind}", kind=words.kind(avatar.avatar_type, t))
    if not avatar.gender or avatar.avatar_type in _OF_NOBODY:
        return what
    return words.lines(what, t("Gender: {gender}", gender=words.gender(avatar.gender, t)))


def editing_avatar(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """A new name is typed, a gender pressed; a style or a thing has none."""
    a_person = avatar.avatar_type not in _OF_NOBODY
    return Screen(
        title=t("✏️ Editing “{name}”", name=words.named(avatar.name, t)),
        text=words.lines(
            t("Type a new name, or choose another gender.") if a_person else t("Type a new name."),
            t.n("At most {n} character.", "At most {n} characters.", facts.limits.name_length),
        ),
        buttons=buttons.rows(buttons.genders(t) if a_person else None, buttons.back(t)),
    )


def deleting_avatar(_facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """What is lost for good."""
    name = words.named(avatar.name, t)
    loss = t.n(
        "The avatar and its {n} photo will be deleted for good.",
        "The avatar and its {n} photos will be deleted for good.",
        avatar.valid,
    )
    training = t("Its training will be stopped.") if avatar.status == "training" else ""
    yes = Button(t("Yes, delete for good"), "yes", confirms=f"{avatar.id}:{avatar.name}")
    return Screen(
        title=t("🗑 Delete “{name}”?", name=name),
        text=words.lines(
            loss if avatar.valid else t("The avatar will be deleted for good."),
            training,
            t("This can’t be undone."),
        ),
        buttons=buttons.rows(yes, buttons.back(t)),
    )
