"""What `likeness doctor` looks at: the token, and whether updates come the way we ask for them."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

from telegram.error import InvalidToken, TelegramError

from channels.telegram.api import Standing
from channels.telegram.bot import api_of
from channels.telegram.place import Place
from channels.telegram.refusals import described
from channels.telegram.webhook import trouble
from core.base.checkup import Check, Doubt
from core.base.errors import ConfigurationError

if TYPE_CHECKING:
    from channels.telegram import Settings


def checks(settings: Settings) -> list[Check]:
    """They ask Telegram, or the server that is in its place, and change nothing there."""
    wanted = Place(settings.webhook_url, settings.token.get_secret_value()).address
    return [
        Check("telegram", lambda: f"the token is @{_asked(settings).name}'s", remote=True),
        Check("webhook", lambda: judged(_asked(settings).webhook, wanted), remote=True),
    ]


class Told(NamedTuple):
    """Who we are to Telegram, and where it delivers."""

    name: str
    webhook: Standing


def _asked(settings: Settings) -> Told:
    """Raises ConfigurationError where nobody answers, or not to this token."""
    try:
        return asyncio.run(_asking(settings))
    except InvalidToken:
        raise ConfigurationError(
            "Telegram refuses the token in LIKENESS_TELEGRAM__TOKEN. Copy it again from @BotFather."
        ) from None  # the library's own error quotes the token
    except TelegramError as error:
        raise ConfigurationError(
            f"The Bot API doesn't answer: {described(error.message)}. Check telegram.base_url, "
            "telegram.proxy and the firewall."
        ) from None


async def _asking(settings: Settings) -> Told:
    api = api_of(settings)
    try:
        await api.initialize()
        return Told(api.username, await api.standing())
    finally:
        await api.disconnect()


def judged(found: Standing, wanted: str = "") -> str:
    """Whether updates come to the address that is `wanted`: "" is by polling."""
    problem = trouble(found, wanted, time.time())
    if problem and found.url == wanted:
        raise Doubt(f"{problem}. Look whether {wanted} leads to `likeness http`.")
    if problem:
        raise ConfigurationError(f"{problem}.")
    return f"{found.pending} updates wait at Telegram"
