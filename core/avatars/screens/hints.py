"""What just happened, in a sentence for each code that a turn may say; and what stops a training.

A code that is unknown here is left out: no screen fails because of a remark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.avatars import rules
from core.avatars.facts import Facts
from core.avatars.flow import SET
from core.avatars.screens import photo_hints, words
from core.avatars.screens.person import remarks as linking
from core.avatars.screens.pictures import remarks
from core.base.texts import Translator, mark

Parameters = Mapping[str, object]

_AT_ONCE = 3
"""Remarks on one screen: the latest say what matters."""

OBSTACLES: Mapping[str, str] = MappingProxyType(
    {
        "blocked": mark(
            "🙏 Sorry, I can’t make avatars for you at the moment, nor take new photos. What you "
            "have here stays yours: “🔒 My data” hands it to you, or deletes it."
        ),
        "closed": mark(
            "⏸ Training is paused for everyone at the moment. Your photos are kept, and you can "
            "start as soon as it opens again."
        ),
        "not_invited": mark(
            "🔑 Training is by invitation only. If somebody gave you an invitation link, open it "
            "and you are in."
        ),
        "daily_limit": mark(
            "🌙 You’ve reached today’s limit of trainings. Your photos are kept, and you can go "
            "on tomorrow."
        ),
        "budget": mark(
            "🌙 There are no trainings left for today. Your photos are kept, and you can go on "
            "tomorrow."
        ),
        "stopping": mark(
            "⏳ The earlier training of this avatar is still being stopped. Try again in a minute."
        ),
        "unsettled": mark(
            "⏳ We are still finding out whether the earlier training of this avatar was ordered. "
            "Until that is known it can’t be trained again, so that nothing is paid for twice. "
            "Your other avatars can be."
        ),
        "unfetched": mark(
            "⏳ The earlier training of this avatar has finished, and we are still trying to "
            "fetch the model. If that works, the avatar is ready; if not, you can train it "
            "again. Your other avatars can be trained now."
        ),
    }
)

FIXED: Mapping[str, str] = MappingProxyType(
    {
        "stale": mark("That choice was out of date. Here is where things stand now."),
        "old_number": mark("That number is from an older list. Here is the current one."),
        "old_text": mark(
            "You changed a message that has been answered already. Please write it once more."
        ),
        "not_now": mark("That isn’t possible right now. Here’s what you can do."),
        "our_fault": mark(
            "Sorry, something broke on our side. Nothing is lost: please try that again."
        ),
        "gone": mark("That avatar doesn’t exist any more."),
        "nothing_to_cancel": mark("There is nothing to cancel here."),
        "invited": mark("🔑 Your invitation is accepted: you can create avatars now."),
        "invited_already": mark("🔑 You have been invited already: there is nothing more to do."),
        "invite_unknown": mark(
            "🔑 This invitation isn’t valid. Please check the link, or ask for a new one."
        ),
        "held_dropped": mark("All right, I won’t use what you sent."),
        "no_consent": mark(
            "All right, no photos are kept. You can come back to this whenever you like."
        ),
        "still_checking": mark("One moment: the last photos are still being looked at."),
        "no_photos_yet": mark("There is nothing to look at yet: send your first photos."),
        "passed_on": mark("✅ Passed on. The answer will come to this chat."),
        "wrote_enough": mark(
            "You’ve reached today’s limit of messages. Please write again tomorrow; nothing you "
            "have sent is lost."
        ),
        "not_kept": mark("That picture is not here any more. Please send it once more."),
        "not_stoppable": mark("The training can’t be stopped any more: it is almost done."),
        "export_ordered": mark(
            "📦 I’m putting your data together. The file will come to this chat."
        ),
        "erased": mark("Everything is deleted. If you ever want to come back, you are welcome."),
        "consent_withdrawn": mark(
            "Your consent is withdrawn: your photos and the pictures made of you are deleted, and "
            "whatever was under way is stopped. Finished avatars stay until you delete them."
        ),
        **OBSTACLES,
        **linking.FIXED,
        **remarks.FIXED,
    }
)


def hint(state: str, facts: Facts, t: Translator) -> str:
    """What a screen says about what just happened."""
    found = (sentence(code, parameters, state, facts, t) for code, parameters in facts.said)
    said = list(dict.fromkeys(text for text in found if text))
    return words.lines(*said[-_AT_ONCE:])


def sentence(code: str, told: Parameters, state: str, facts: Facts, t: Translator) -> str:
    """One remark; nothing where its code is unknown."""
    if code == "hint":
        return _what_to_do(state, facts, t)
    if code == "unusable":
        known = t("I can’t use that: I understand text, photos and files.")
        return f"{known} {_what_to_do(state, facts, t)}"
    if code in FIXED:
        return t(FIXED[code])
    return TOLD[code](told, facts, t) if code in TOLD else ""


def obstacle(facts: Facts, t: Translator) -> str:
    """What would stop a training now; nothing where a hint has just said it."""
    code = facts.obstacle or ""
    if code in (said for said, _ in facts.said):
        return ""
    return sentence(code, {}, "", facts, t)


def _what_to_do(state: str, facts: Facts, t: Translator) -> str:
    """After a text that means nothing here."""
    if state in ("entering_name", "editing_avatar"):
        return t("Please type a name: one letter is enough.")
    if state == "writing_to_support":
        return t("Please type your message: a word is enough.")
    if state == "typing_wish":
        return t("Please describe it in words: a place, clothes, light, a mood.")
    if state in SET and rules.can_collect(facts) and not rules.blocked(facts):
        return t("Please send a photo, or choose one of the options.")
    return t("Please choose one of the options.")


def _busy(told: Parameters, facts: Facts, t: Translator) -> str:
    name = str(told.get("name") or (facts.busy_with.name if facts.busy_with else ""))
    if not name:
        return t(
            "⏳ Another avatar is in training. This one can be trained as soon as that is done; "
            "your photos are kept."
        )
    return t(
        "⏳ “{name}” is in training. This avatar can be trained as soon as that is done; your "
        "photos are kept.",
        name=name,
    )


def _draft_kept(told: Parameters, _facts: Facts, t: Translator) -> str:
    if name := told.get("name"):
        return t("“{name}” is kept: you can go on whenever you like.", name=name)
    return t("What you started is kept: you can go on whenever you like.")


def _deleted(told: Parameters, _facts: Facts, t: Translator) -> str:
    if name := told.get("name"):
        return t("“{name}” and its photos are deleted.", name=name)
    return t("The avatar and its photos are deleted.")


def _avatars_full(_told: Parameters, facts: Facts, t: Translator) -> str:
    return t.n(
        "You have {n} avatar, and that’s the limit. Delete it to create another.",
        "You have {n} avatars, and that’s the limit. Delete one to create another.",
        facts.limits.avatars,
    )


def _name_rule(told: Parameters, facts: Facts, t: Translator) -> str:
    problem = told.get("problem")
    if problem == "long":
        return t.n(
            "That name is too long: {n} character at most, please.",
            "That name is too long: {n} characters at most, please.",
            facts.limits.name_length,
        )
    if problem == "sign":
        return t("That name can’t be shown. Please write it in ordinary letters.")
    return t("Please type a name: one letter is enough.")


def _message_rule(told: Parameters, facts: Facts, t: Translator) -> str:
    if not told.get("long"):
        return t("Please type your message: a word is enough.")
    return t.n(
        "That message is too long: {n} character at most, please.",
        "That message is too long: {n} characters at most, please.",
        facts.operator.message_length,
    )


def _how_to_send(_told: Parameters, facts: Facts, t: Translator) -> str:
    return facts.how_to_send or t("Just send your photos here, several at once if you like.")


def _renamed(told: Parameters, _facts: Facts, t: Translator) -> str:
    return t("✏️ The avatar is called “{name}” now.", name=told.get("name", ""))


TOLD: Mapping[str, Callable[[Parameters, Facts, Translator], str]] = MappingProxyType(
    {
        **photo_hints.TOLD,
        **remarks.TOLD,
        "avatars_full": _avatars_full,
        "busy": _busy,
        "deleted": _deleted,
        "draft_kept": _draft_kept,
        "how_to_send": _how_to_send,
        "message_rule": _message_rule,
        "name_rule": _name_rule,
        "renamed": _renamed,
    }
)
