"""The bot's webhook: where Telegram delivers, and what an operator must know of it.

`likeness webhook` alone changes it. See docs/decisions/0048-telegram-by-webhook.md.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

import structlog
from telegram.error import TelegramError

from channels.telegram.api import Api, Standing
from channels.telegram.place import Place
from channels.telegram.refusals import described, in_our_words, token_accepted
from channels.telegram.updates import KINDS
from core.base.errors import ChannelError

log = structlog.get_logger()

CONNECTIONS = 100
"""So many deliveries may be under way at once, the most that Telegram allows."""
RECENT_SECONDS = 600.0
"""An error of a delivery counts as trouble for so long, while something waits."""


def trouble(standing: Standing, address: str, now: float) -> str:
    """What an operator must do about a webhook; "" for nothing. `address` is the configured one."""
    if not (standing.url or address):
        return ""
    if not standing.url:
        return (
            "telegram.webhook_url is set, but Telegram has no webhook: "
            "run likeness webhook set, or empty it"
        )
    if not address:
        return (
            f"Telegram delivers to {_host(standing.url)}, and telegram.webhook_url is empty: "
            "run likeness webhook remove, or set it"
        )
    if standing.url != address:
        return (
            f"Telegram delivers to {_host(standing.url)}, not to telegram.webhook_url: "
            "run likeness webhook set"
        )
    if standing.pending and now - standing.error_at < RECENT_SECONDS:
        return f"Telegram can't deliver: {standing.error or 'it does not say why'}"
    return ""


def shown(standing: Standing, address: str, now: float) -> str:
    """What Telegram knows of a webhook, in lines for an operator."""
    if standing.url:
        lines = [f"Telegram delivers to {standing.url}."]
    else:
        lines = ["There is no webhook: likeness telegram polls updates."]
    lines.append(f"Updates that wait: {standing.pending}.")
    if standing.url:
        lines.append(f"Deliveries at once: at most {standing.connections}.")
        lines.append(f"Kinds of updates: {', '.join(standing.kinds) or 'all that are usual'}.")
    if standing.error_at:
        at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(standing.error_at))
        lines.append(f"The last error, {at}: {standing.error}")
    if problem := trouble(standing, address, now):
        lines.append(f"To do: {problem}.")
    return "\n".join(lines)


Change = Callable[[Api], Awaitable[bool]]
"""Something that is asked of Telegram; whether it did it."""


def put(place: Place) -> Change:
    """Have updates delivered to a place; nothing that waits is lost."""
    return partial(
        Api.set_webhook,
        url=place.address,
        max_connections=CONNECTIONS,
        allowed_updates=list(KINDS),
        secret_token=place.secret,
    )


async def changed(api: Api, address: str, change: Change | None) -> str:
    """What Telegram knows of the webhook, after a change of it if there is one.

    Raises ChannelError, or ConfigurationError where the token is refused.
    """
    try:
        with in_our_words(repeatable=True), token_accepted():
            if change is not None:
                await change(api)
            return shown(await api.standing(), address, time.time())
    except ChannelError as error:
        raise ChannelError(f"Telegram can't be asked, or refuses: {error}") from error
    finally:
        await api.disconnect()


class Lookout:
    """Looks whether a webhook stands, and logs what an operator must do about it, once."""

    def __init__(self, api: Api, address: str) -> None:
        self._api, self._address = api, address
        self.trouble = ""

    async def look(self) -> bool | None:
        """Whether a webhook takes the updates; None where Telegram doesn't say."""
        try:
            standing = await self._api.standing()
        except TelegramError as error:
            log.debug("Telegram doesn't tell of the webhook", error=described(error.message))
            return None
        found = trouble(standing, self._address, time.time())
        if found and found != self.trouble:
            log.warning(found)
        self.trouble = found
        return bool(standing.url)


def _host(url: str) -> str:
    return urlsplit(url).hostname or "another address"
