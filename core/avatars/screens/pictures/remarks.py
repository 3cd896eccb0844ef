"""What stops pictures, what has just happened to them, and why none came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.avatars.facts import Facts
from core.base.texts import Translator, mark

Parameters = Mapping[str, object]
BLOCKED = "content_policy_violation"

OBSTACLES: Mapping[str, str] = MappingProxyType(
    {
        "no_pictures_blocked": mark("🙏 Sorry, I can’t make pictures for you at the moment."),
        "no_pictures_not_consented": mark(
            "🔒 Pictures need your consent. To give it, choose “✨ Make pictures” on the avatar’s "
            "page or in the main menu."
        ),
        "no_pictures_closed": mark(
            "⏸ Pictures are paused for everyone at the moment. Please try again later."
        ),
        "no_pictures_not_invited": mark(
            "🔑 Pictures are by invitation only. If somebody gave you an invitation link, open it "
            "and you are in."
        ),
        "no_pictures_painting": mark("⏳ Your last pictures are still being made."),
        "no_pictures_budget": mark(
            "🌙 There are no pictures left for today. You can go on tomorrow."
        ),
        "no_pictures_gone": mark(
            "This avatar’s model is not here any more, so no new pictures can be made of it. Train "
            "it again to go on; the pictures that you have stay yours."
        ),
    }
)
FIXED: Mapping[str, str] = MappingProxyType(
    {
        **OBSTACLES,
        "pack_gone": mark("That style is not offered any more. Please choose another one."),
        "picture_gone": mark("That picture doesn’t exist any more."),
        "no_pictures_yet": mark("There are no pictures yet: choose a style and make the first."),
        "file_above": mark("📄 The file is right above."),
        "files_above": mark("📄 The files are right above."),
        "pictures_stopped": mark("All right, no pictures will be made of that."),
    }
)


def obstacle(facts: Facts, t: Translator) -> str:
    """What would stop pictures now; nothing where a hint has just said it."""
    found = facts.studio.obstacle if facts.studio else None
    code = f"no_pictures_{found}"
    if found is None or code in (said for said, _ in facts.said):
        return ""
    if found == "daily_limit":
        left = facts.studio.left_today if facts.studio else 0
        return _daily_limit({"n": left}, facts, t)
    return t(OBSTACLES[code])


def why_none(error_type: str, error_class: str, blocked: int, t: Translator) -> str:
    """Why nothing came of an order, and that it doesn't count."""
    if blocked or error_type == BLOCKED:
        return t(
            "The safety check held these pictures back: it looks for nudity and violence, and is "
            "sometimes too careful. Please try other words or another style. They don’t count "
            "towards your daily limit."
        )
    if error_class == "operator":
        return t(
            "This is not your fault: something needs fixing on our side. These pictures don’t "
            "count towards your daily limit, so please try again later."
        )
    return t(
        "This is not your fault, and these pictures don’t count towards your daily limit. Please "
        "try again."
    )


def _daily_limit(told: Parameters, _facts: Facts, t: Translator) -> str:
    left = int(str(told.get("n", 0)))
    if not left:
        return t("🌙 You’ve reached today’s limit of pictures. You can go on tomorrow.")
    return t.n(
        "🌙 You can make {n} more picture today. Choose fewer, or go on tomorrow.",
        "🌙 You can make {n} more pictures today. Choose fewer, or go on tomorrow.",
        left,
    )


def _wish_rule(told: Parameters, _facts: Facts, t: Translator) -> str:
    if told.get("problem") == "long":
        return t.n(
            "That is too long: {n} character at most, please.",
            "That is too long: {n} characters at most, please.",
            int(str(told.get("n", 0))),
        )
    if told.get("problem") == "forbidden":
        return t("I don’t make pictures of that. Please ask for something else.")
    return t("Please describe it in words: a place, clothes, light, a mood.")


def _removed(told: Parameters, _facts: Facts, t: Translator) -> str:
    return t("🗑 Picture {number} is deleted.", number=told.get("number", ""))


def _restored(told: Parameters, _facts: Facts, t: Translator) -> str:
    return t("↩️ Picture {number} is back.", number=told.get("number", ""))


TOLD: Mapping[str, Callable[[Parameters, Facts, Translator], str]] = MappingProxyType(
    {
        "no_pictures_daily_limit": _daily_limit,
        "wish_rule": _wish_rule,
        "picture_removed": _removed,
        "picture_restored": _restored,
    }
)
