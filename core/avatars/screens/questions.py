"""Questions that a turn may open on a screen: what is asked, and the answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.avatars import rules
from core.avatars.facts import Facts
from core.avatars.flow import MENUS
from core.avatars.screens import buttons, words
from core.base.texts import Translator
from core.conversation.messages import Button


@dataclass(frozen=True, slots=True)
class Question:
    """It takes the place of a screen's text and buttons until it is answered."""

    text: str
    buttons: buttons.Rows


def question(state: str, facts: Facts, t: Translator) -> Question | None:
    """The open question, where it can be answered on this screen."""
    ask = _QUESTIONS.get(facts.asked or "")
    return ask(state, facts, t) if ask else None


def _new(state: str, facts: Facts, t: Translator) -> Question | None:
    if state not in MENUS:
        return None
    name = facts.resumable.name if facts.resumable else ""
    text = t("You have an avatar that isn’t finished yet. Go on with it, or begin another?")
    if name:
        text = t("“{name}” isn’t finished yet. Go on with it, or begin another?", name=name)
    another = Button(t("🆕 Start a new one anyway"), "create")
    return Question(text, buttons.rows(buttons.resume(facts, t), another, _no(t("No"))))


def _held(state: str, facts: Facts, t: Translator) -> Question:
    count = max(1, facts.held)
    wanted, label = t("Make an avatar from them?"), t("🆕 Create an avatar from them")
    if count == 1:
        wanted, label = t("Make an avatar from it?"), t("🆕 Create an avatar from it")
    full = rules.avatars_full(facts)
    if full:
        wanted = t("All your avatar places are taken: delete an avatar to make room for a new one.")
    create = None if full else Button(label, "create")
    no = Button(t("No, thanks"), "no", words=t("No, thanks"))  # it drops the photos
    answers = buttons.rows(create, _add_to(state, facts, t), no)
    return Question(words.lines(_sent(count, facts.held_files, t), wanted), answers)


def _sent(count: int, files: int, t: Translator) -> str:
    """What is put aside, called a photo only where it said that it is one."""
    if not files:
        return t.n("📎 You sent {n} photo.", "📎 You sent {n} photos.", count)
    if files >= count:
        return t.n("📎 You sent {n} file.", "📎 You sent {n} files.", count)
    return t.n("📎 You sent {n} photo or file.", "📎 You sent {n} photos and files.", count)


def _add_to(state: str, facts: Facts, t: Translator) -> Button | None:
    """The avatar that the person is at, or else the one that menus offer to go on with."""
    at_hand = (facts.resumable,) if state in MENUS else (facts.avatar, facts.resumable)
    waiting = (found for found in at_hand if found and rules.is_open(found))
    avatar = next((found for found in waiting if found.name), None)
    if avatar is None:
        return None
    name = buttons.on_button(avatar.name, t)
    return Button(t("▶️ Add to “{name}”", name=name), "resume", avatar.id)


def _stop(state: str, facts: Facts, t: Translator) -> Question | None:
    avatar = facts.avatar
    if state != "training_in_progress" or avatar is None or not rules.stoppable(facts):
        return None
    text = t("Stop the training? Your photos are kept, but the progress is lost.")
    if avatar.run is not None and avatar.run.unfetched:
        text = t(
            "Stop waiting? You can then train another avatar. If the finished one can be fetched "
            "after all, it will still be yours."
        )
    yes = Button(t("Yes, stop it"), "yes", confirms=f"stop:{avatar.id}")
    return Question(text, buttons.rows(yes, _no(t("No, go on"))))


def _erase(state: str, facts: Facts, t: Translator) -> Question | None:
    if state != "privacy":
        return None
    text = t(
        "Delete everything? All your avatars, photos and settings will be gone for good, and "
        "running trainings will be stopped. This can’t be undone."
    )
    others = facts.link.others
    also = t("This is also true of: {chats}", chats="; ".join(others)) if others else ""
    yes = Button(t("Yes, delete everything"), "yes", confirms="; ".join(("erase", *others)))
    return Question(words.paragraphs(text, also), buttons.rows(yes, _no(t("No"))))


def _withdraw(state: str, facts: Facts, t: Translator) -> Question | None:
    if state != "privacy" or not facts.consented:
        return None
    text = t(
        "Withdraw your consent? Your photos and the pictures made of you will be deleted, and "
        "whatever is under way will be stopped. Finished avatars stay until you delete them."
    )
    yes = Button(t("Yes, withdraw it"), "yes", confirms="withdraw")
    return Question(text, buttons.rows(yes, _no(t("No"))))


def _no(label: str) -> Button:
    return Button(label, "no")


_QUESTIONS: dict[str, Callable[[str, Facts, Translator], Question | None]] = {
    "new": _new,
    "held": _held,
    "stop": _stop,
    "erase": _erase,
    "withdraw": _withdraw,
}
