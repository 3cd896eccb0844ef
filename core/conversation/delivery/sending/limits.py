"""What a messenger takes from a bot in all, however many processes send for it.

What a person waits for is never held back beforehand; progress ticks share a budget. While the
messenger says of every chat that it is too much, the whole bot is silent.
"""

from __future__ import annotations

import structlog

from core.base.db import is_sqlite, run, transaction
from core.conversation.delivery.lease import clock

log = structlog.get_logger()

LIMITED = 5
STREAK_SECONDS = 2.0
"""If it is too much for LIMITED chats in a row within so long, the limit is the bot's."""

_BEGIN = """
INSERT INTO limits (name, allowance, refilled_at, silent_until) VALUES (?, ?, ?, 0)
ON CONFLICT DO NOTHING
"""
_SILENCE = "UPDATE limits SET silent_until = ? WHERE name = ? AND silent_until < ?"


def spend(bot: str, wanted: int, rate: float, used: int = 0) -> int:
    """How many of so many ticks may be sent now, at `rate` messages a second for all senders.

    `used` are messages that were sent without asking: they leave less for ticks.
    """
    full = max(1.0, rate)
    lock = "" if is_sqlite() else " FOR UPDATE"
    with transaction():
        now = clock()
        run(_BEGIN, bot, full, now)
        known = f"SELECT allowance, refilled_at FROM limits WHERE name = ?{lock}"
        allowance, refilled_at = run(known, bot).fetchone()
        left = min(full, allowance + max(0.0, now - refilled_at) * rate)
        left = max(-full, left - used)
        granted = max(0, min(wanted, int(left)))
        run(
            "UPDATE limits SET allowance = ?, refilled_at = ? WHERE name = ?",
            *(left - granted, now, bot),
        )
    return granted


def silence(bot: str, until: float, now: float) -> None:
    """Let no process send anything for a bot before a moment."""
    silent = silent_until(bot) > now
    with transaction():
        run(_BEGIN, bot, 0.0, clock())
        run(_SILENCE, until, bot, until)
    if not silent:
        log.warning("the channel takes nothing for any chat", bot=bot, seconds=round(until - now))


def silent_until(bot: str) -> float:
    """The moment before which a bot sends nothing."""
    row = run("SELECT silent_until FROM limits WHERE name = ?", bot).fetchone()
    return float(row[0]) if row else 0.0


class Streak:
    """Tells a bot's limit from those of chats: many come at once, and nothing gets through."""

    def __init__(self) -> None:
        self._refused: dict[int, float] = {}

    def passed(self) -> None:
        """Something got through."""
        self._refused.clear()

    def refused(self, conversation_id: int, now: float) -> bool:
        """It was too much for a chat; whether it is so for the bot."""
        recent = {found: at for found, at in self._refused.items() if now - at < STREAK_SECONDS}
        self._refused = {**recent, conversation_id: now}
        return len(self._refused) >= LIMITED
