"""One person in several chats: the code, the question on both sides, and the way apart."""

from __future__ import annotations

from core.avatars.facts import Facts
from core.avatars.screens import buttons, words
from core.base.texts import Translator
from core.conversation.messages import Button, Screen


def linked_with(facts: Facts, t: Translator) -> str:
    """The chats that this one is linked with; nothing where there are none."""
    others = facts.link.others
    return t("👥 Linked with: {chats}", chats="; ".join(others)) if others else ""


def linking(facts: Facts, t: Translator) -> Screen:
    """A code for another chat; the code of another chat can be typed here as well."""
    code = facts.link.code
    how = t("This code has expired.")
    if code:
        how = words.lines(
            t("Type this in the other chat with me, within 10 minutes:"),
            f"/link {code}",
            t("Don’t give it to anybody else."),
        )
    return Screen(
        title=t("👥 Link another chat"),
        text=words.paragraphs(
            t(
                "Your avatars, photos and pictures will be in both chats, and your limits will "
                "count together."
            ),
            how,
            t("If you have a code from the other chat, type it here."),
            linked_with(facts, t),
        ),
        buttons=buttons.rows(Button(t("🔁 New code"), "link"), buttons.back(t)),
    )


def confirming_link(facts: Facts, t: Translator) -> Screen:
    """Asked on both sides; it shows the other chat, so that no stranger is linked by mistake."""
    link = facts.link
    if not link.id:
        return Screen(
            t("👥 Link another chat"),
            t("This question is out of date."),
            buttons.rows(buttons.back(t)),
        )
    avatars = t.n("{n} avatar", "{n} avatars", link.avatars)
    return Screen(
        title=t("👥 Is this you as well?"),
        text=words.paragraphs(
            t("Chat: {chat} ({avatars})", chat=link.chat, avatars=avatars),
            t(
                "If you link it, both chats show the same avatars, photos and pictures, and either "
                "of them can delete everything. Your daily limits count together, and I ask for "
                "your consent again unless you gave it in both. You can undo this with /unlink."
            ),
            _standing(facts, t),
        ),
        buttons=_answers(facts, t),
    )


def _standing(facts: Facts, t: Translator) -> str:
    if facts.link.both:
        return t("⏳ Both chats agree. One moment…")
    if facts.link.agreed:
        return t("⏳ Now confirm it in the other chat.")
    return t("If you don’t know this chat, say no.")


def _answers(facts: Facts, t: Translator) -> buttons.Rows:
    link = facts.link
    yes = Button(t("✅ Yes, link it"), "agree_link", confirms=f"link:{link.id}")
    no = Button(t("No, don’t link"), "decline_link")
    return buttons.rows(None if link.agreed else yes, None if link.both else no, buttons.back(t))


def unlinking(facts: Facts, t: Translator) -> Screen:
    """What becomes of what, before a chat leaves the others."""
    others = "\n".join(facts.link.others)
    part = Button(t("👤 Yes, unlink this chat"), "part", confirms=f"part:{others}")
    return Screen(
        title=t("👤 Unlink this chat"),
        text=words.paragraphs(
            linked_with(facts, t),
            t(
                "What was made in this chat stays in this chat, and what was made in the other "
                "ones stays there. An avatar keeps all of its photos and pictures."
            ),
        ),
        buttons=buttons.rows(part, buttons.back(t)),
    )
