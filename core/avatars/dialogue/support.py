"""Guards and effects of writing to the operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.avatars import support
from core.avatars.dialogue.known import Tools
from core.base.days import day
from core.base.db import storable
from core.conversation.messages import Screen
from core.conversation.turn import Turn

Notices = Mapping[str, Callable[[Mapping[str, Any], str], Screen]]


def message_fits(tools: Tools, turn: Turn) -> bool:
    """Whether what was typed says something, and is not too long."""
    return 0 < len(_text_of(turn)) <= tools.settings.operator.message_length


def wrote_enough(tools: Tools, turn: Turn) -> bool:
    """Whether the person has written as much as one day allows."""
    since = day(tools.settings.zone, turn.now).begins
    written = support.written_since(turn.user_id, since)
    return written >= tools.settings.operator.messages_per_day


def say_message_rule(_tools: Tools, turn: Turn) -> None:
    """Say why this is not passed on."""
    turn.say("message_rule", long=bool(_text_of(turn)))


def pass_on(tools: Tools, turn: Turn) -> None:
    """Keep the message, and tell the admins of it."""
    support.leave(turn.user_id, turn.conversation_id, _text_of(turn), tools.settings, turn.now)


def with_messages(notices: Notices) -> Notices:
    """The notices; an admin's reads the message that it announces."""
    draw = notices[support.TOLD]
    return {**notices, support.TOLD: lambda told, language: draw(support.told(told), language)}


def _text_of(turn: Turn) -> str:
    return storable(turn.argument).strip()
