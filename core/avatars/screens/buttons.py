"""Buttons that several screens share, and how they are put in rows."""

from __future__ import annotations

from dataclasses import replace

from core.avatars import rules
from core.avatars.facts import AvatarFacts, AvatarLine, Facts
from core.avatars.screens import words
from core.base.graphemes import shorten
from core.base.texts import LANGUAGES, Translator, translator
from core.conversation.messages import Button, Style
from core.conversation.replies import words as words_of

Rows = tuple[tuple[Button, ...], ...]

_QUIET = frozenset(
    {
        "back",
        "start",
        "no",
        "decline",
        "stop",
        "help",
        "language",
        "privacy",
        "tips",
        "support",
        "decline_link",
    }
)
_DANGER = frozenset({"delete", "erase", "withdraw", "remove_picture", "part"})
_EQUALS = frozenset({"pick", "style", "show", "choose_kind", "set_language", "page"})
"""Triggers: of ways out and asides, of what destroys, and of one of many alike."""
_NAME = 28
"""UTF-16 units of a name on a button: with what stands around it, it fits a phone."""


def rows(*parts: Button | tuple[Button | None, ...] | None) -> Rows:
    """A row for each button or tuple of buttons, in their styles, without what is None or empty.

    The first that leads on, if it has the first row for itself, is the primary one.
    """
    drawn = [(part,) if isinstance(part, Button) else part for part in parts if part]
    styled = [tuple(_styled(button) for button in row if button) for row in drawn]
    if styled and len(styled[0]) == 1 and _leads_on(styled[0][0]):
        styled[0] = (replace(styled[0][0], style=Style.PRIMARY),)
    return tuple(styled)


def _styled(button: Button) -> Button:
    if button.trigger in _DANGER or (button.trigger == "yes" and button.confirms):
        return replace(button, style=Style.DANGER)
    return replace(button, style=Style.QUIET) if button.trigger in _QUIET else button


def _leads_on(button: Button) -> bool:
    return button.style is Style.PLAIN and button.trigger not in _EQUALS


def in_rows(buttons: tuple[Button, ...], width: int) -> Rows:
    """Many small buttons, `width` of them side by side."""
    return tuple(buttons[start : start + width] for start in range(0, len(buttons), width))


def on_button(name: str, t: Translator) -> str:
    """A name short enough for a button."""
    return shorten(words.named(name, t), _NAME)


def unseen() -> tuple[Button, ...]:
    """What commands are called, in every language: typed, they act wherever somebody stands."""
    named = {
        words_of(button.label): button
        for t in map(translator, LANGUAGES)
        for button in (
            main_menu(t), Button(t("Menu"), "start"), help_(t), in_language(t), privacy(t),
            support(t), Button(t("Cancel"), "cancel"), Button(t("⏹ Cancel"), "cancel"),
        )
    }  # fmt: skip
    return tuple(named.values())


def typed(words: str, language: str) -> str:
    """That a line of a list is to be typed: in these words, or in its own where they are ""."""
    t = translator(language)
    return t("type “{words}”", words=words) if words else t("type it in words")


def support(t: Translator) -> Button:
    return Button(t("💬 Write to us"), "support")


def back(t: Translator) -> Button:
    return Button(t("◀️ Back"), "back")


def main_menu(t: Translator) -> Button:
    return Button(t("◀️ Main menu"), "start")


def avatars(t: Translator) -> Button:
    return Button(t("🎭 Avatars"), "avatars")


def my_avatars(facts: Facts, t: Translator) -> Button:
    """To the list of them."""
    return Button(t("📁 My avatars ({count})", count=facts.avatars_count), "list")


def create(t: Translator) -> Button:
    return Button(t("🆕 Create avatar"), "create")


def paint(avatar_id: str, t: Translator) -> Button:
    """To the styles of an avatar."""
    return Button(t("✨ Make pictures"), "paint", avatar_id)


def pictures(t: Translator) -> Button:
    """To the pictures of an avatar."""
    return Button(t("🖼 Pictures made"), "pictures")


def another_style(t: Translator) -> Button:
    return Button(t("🎨 Another style"), "another_style")


def wish(t: Translator) -> Button:
    return Button(t("✏️ In my own words"), "wish")


def help_(t: Translator) -> Button:
    return Button(t("ℹ️ Help"), "help")


def language(facts: Facts, t: Translator) -> Button | None:
    """Where there is more than one."""
    return in_language(t) if len(facts.languages) > 1 else None


def in_language(t: Translator) -> Button:
    return Button(t("🌐 Language"), "language")


def privacy(t: Translator) -> Button:
    return Button(t("🔒 My data"), "privacy")


def tips(t: Translator) -> Button:
    return Button(t("💡 Photo tips"), "tips")


def details(t: Translator) -> Button:
    return Button(t("👤 About the avatar"), "details")


def delete(t: Translator) -> Button:
    return Button(t("🗑 Delete"), "delete")


def add_photos(facts: Facts, t: Translator) -> Button | None:
    """Where the avatar takes photos, or will once its owner has consented."""
    if rules.blocked(facts) or not rules.room(facts).intake or not rules.collectable(facts):
        return None
    return Button(t("📷 Add photos"), "add_photos")


def gallery(avatar: AvatarFacts, t: Translator) -> Button:
    """To the photos that came; while none did, the press says so."""
    return Button(t("🖼️ View ({count})", count=avatar.valid), "gallery", "1")


def photos_sent(avatar: AvatarFacts, t: Translator) -> Button:
    """The same beside the way to pictures, where a view of either could be meant."""
    return Button(t("📥 Photos you sent ({count})", count=avatar.valid), "gallery", "1")


def done(facts: Facts, t: Translator) -> Button | None:
    """Where the photos suffice and all have their verdict."""
    if not rules.can_collect(facts) or not rules.settled(facts):
        return None
    return Button(t("🚀 Start training"), "done")


def change_type(facts: Facts, t: Translator) -> Button | None:
    """Where a training may follow: a trained avatar's photos can be trained the other way too."""
    if not rules.type_may_change(facts) or (rules.trained(facts) and not rules.settled(facts)):
        return None
    return Button(t("🎓 Another training type"), "change_type")


def resume(facts: Facts, t: Translator) -> Button | None:
    """The unfinished avatar that menus offer first."""
    return to_avatar(facts.resumable, facts, t) if facts.resumable else None


def in_training(facts: Facts, t: Translator) -> Button | None:
    """The avatar that is being trained: menus lead back to it."""
    return to_avatar(facts.training, facts, t) if facts.training else None


def to_avatar(avatar: AvatarFacts | AvatarLine, facts: Facts, t: Translator) -> Button:
    """Back to an avatar, wherever it stands."""
    return Button(_way_to(avatar, facts, t), "resume", avatar.id)


def in_the_way(facts: Facts, t: Translator) -> Button | None:
    """To the avatar whose training must end before another begins."""
    busy = facts.obstacle == "busy" and facts.busy_with
    return to_avatar(busy, facts, t) if busy else None


def _way_to(avatar: AvatarFacts | AvatarLine, facts: Facts, t: Translator) -> str:
    name, wanted = on_button(avatar.name, t), facts.limits.min_photos
    if avatar.status == "training":
        return t("⏳ Training of “{name}” · {percent}%", name=name, percent=avatar.progress)
    if avatar.status == "completed":
        return t("▶️ Open “{name}”", name=name)
    if not avatar.name:
        return t("▶️ Continue creating")
    if not rules.is_open(avatar):
        return t("▶️ Continue “{name}”", name=name)
    if avatar.valid < wanted:
        count = f"{avatar.valid}/{wanted}"
        return t("▶️ Continue “{name}” ({count})", name=name, count=count)
    return t.n(
        "▶️ Continue “{name}” ({n} photo)",
        "▶️ Continue “{name}” ({n} photos)",
        avatar.valid,
        name=name,
    )


def turning(page: int, pages: int) -> tuple[Button, ...]:
    """To the pages before and after, as far as there are any."""
    before = (Button("‹", "page", str(page - 1)),) if page > 1 else ()
    after = (Button("›", "page", str(page + 1)),) if page < pages else ()
    return before + after


def training_types(t: Translator) -> Rows:
    """The two training types, one under the other."""
    return (
        (Button(t("🎭 Portrait (recommended)"), "choose_type", "portrait"),),
        (Button(t("🎨 Artistic (versatile)"), "choose_type", "style"),),
    )


def compare(t: Translator) -> Button:
    return Button(t("📊 Compare types"), "compare")


def genders(t: Translator) -> tuple[Button, ...]:
    """The people an avatar may show."""
    return (
        Button(t("Male"), "choose_gender", "male"),
        Button(t("Female"), "choose_gender", "female"),
        Button(t("Other"), "choose_gender", "other"),
    )
