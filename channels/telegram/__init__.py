"""Telegram, through python-telegram-bot: private chats, inline buttons, polling or a webhook.

Every process knows the channel; the library is only where it is served or photos are fetched.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from starlette.routing import BaseRoute

from channels.telegram.place import PORTS, Place
from channels.telegram.updates import NAME, to_event
from channels.telegram.words import words
from core.base.checkup import Check
from core.base.errors import ConfigurationError
from core.base.settings import Section
from core.base.settings.addresses import ProxyAddress, SiteAddress
from core.conversation.delivery.bridge import Bridge
from core.conversation.delivery.channel import Capabilities, Host, Reference
from core.conversation.delivery.service import Service, until_asked

if TYPE_CHECKING:
    from channels.telegram.bot import TelegramBot
    from channels.telegram.files import Files
    from channels.telegram.webhook import Change

__all__ = ["Settings", "Telegram", "to_event"]

TELEGRAM = "api.telegram.org"


class Settings(Section):
    """The section `telegram`: seconds of one long poll, and messages a second for all senders."""

    token: SecretStr = SecretStr("")
    base_url: str = "https://api.telegram.org/bot"
    base_file_url: str = "https://api.telegram.org/file/bot"
    files_folder: str = ""
    proxy: ProxyAddress = ""
    webhook_url: SiteAddress = ""
    poll_seconds: Annotated[int, Field(ge=1, le=50)] = 30
    rate: Annotated[float, Field(gt=0, le=1000)] = 25.0

    @field_validator("token")
    @classmethod
    def _looks_like_one(cls, token: SecretStr) -> SecretStr:
        if token and not re.fullmatch(r"\d+:[\w-]+", token.get_secret_value()):
            raise ValueError("a token of @BotFather looks like 123456:ABC-DEF")
        return token

    @field_validator("files_folder")
    @classmethod
    def _can_be_read(cls, folder: str) -> str:
        if folder and not (Path(folder).is_dir() and os.access(folder, os.R_OK | os.X_OK)):
            raise ValueError("no folder that can be read here is called so")
        return folder

    @model_validator(mode="after")
    def _telegram_can_deliver(self) -> Self:
        """Telegram's own server delivers by https, to four ports; one of ours as it is told."""
        if not self.webhook_url or urlsplit(self.base_url).hostname != TELEGRAM:
            return self
        parts = urlsplit(self.webhook_url)
        if parts.scheme != "https" or (parts.port or 443) not in PORTS:
            raise ValueError(
                f'telegram.webhook_url = "{self.webhook_url}", but Telegram delivers by https '
                "only, to the ports 443, 80, 88 and 8443. Put an HTTPS proxy in front of likeness "
                'http and set its address, or set telegram.webhook_url to "" for polling'
            )
        return self

    @model_validator(mode="after")
    def _one_server(self) -> Self:
        """A file is to be had only where its update came from."""
        ours, files = urlsplit(self.base_url).hostname, urlsplit(self.base_file_url).hostname
        if (ours == TELEGRAM) != (files == TELEGRAM):
            raise ValueError(
                "telegram.base_url and telegram.base_file_url name Telegram's own server and "
                "another one. Files can be had only where the updates come from: set both"
            )
        return self


class Telegram:
    """The channel; see `core.conversation.delivery.channel.Channel`."""

    name: ClassVar[str] = NAME
    Settings: ClassVar[type[Settings]] = Settings
    capabilities: ClassVar[Capabilities] = Capabilities(
        buttons_per_row=3,
        label_length=40,
        payload_bytes=64,
        text_length=4096,
        caption_length=1024,
        pictures=1,
        album=10,
        edit=True,
        alert=True,
        pushes=True,
    )

    def __init__(self, settings: Any) -> None:
        self._settings: Settings = settings
        self._place = Place(self._settings.webhook_url, self._settings.token.get_secret_value())
        self._bot: TelegramBot | None = None

    @property
    def configured(self) -> bool:
        """Whether there is a token."""
        return bool(self._settings.token.get_secret_value())

    def checks(self) -> list[Check]:
        """What `likeness doctor` looks at."""
        from channels.telegram.checks import checks

        return checks(self._settings)

    def how_to_send(self, language: str) -> str:
        """How a person sends photos here."""
        return words(language).how_to_send

    def fetch(self, reference: Reference, limit: int) -> bytes:
        """The bytes of a photo or file; see `Channel.fetch`."""
        return self._files.fetch(reference, limit)

    @cached_property
    def _files(self) -> Files:
        from channels.telegram.files import Files

        return Files(self._settings)

    @property
    def trouble(self) -> str:
        """What an operator must do about the webhook; "" for nothing."""
        return self._bot.lookout.trouble if self._bot else ""

    @property
    def webhook_url(self) -> str:
        """Where Telegram is to deliver; "" where updates are polled."""
        return self._place.address

    def routes(self, app: Host, bridge: Bridge) -> Iterable[BaseRoute]:
        """Where Telegram delivers to, if a webhook is configured."""
        if not (self.configured and self.webhook_url):
            return ()
        from channels.telegram.receiving import WebhookRoute

        self._bot = self._made(app)
        return (WebhookRoute(self._bot, self._place, app, bridge),)

    def set_webhook(self) -> str:
        """Have Telegram deliver to `telegram.webhook_url`; nothing that waits is lost."""
        if not self.webhook_url:
            raise ConfigurationError(
                "telegram.webhook_url is empty. Set it to the https address that leads to "
                'likeness http, such as "https://bot.example.org".'
            )
        from channels.telegram import webhook

        return self._told(webhook.put(self._place))

    def remove_webhook(self) -> str:
        """End deliveries: updates are polled again; nothing that waits is lost."""
        from channels.telegram.api import Api

        return self._told(Api.delete_webhook)

    def show_webhook(self) -> str:
        """What Telegram knows of the webhook."""
        return self._told()

    def run(self, app: Host) -> None:
        """Serve until SIGTERM or SIGINT."""
        asyncio.run(until_asked(partial(self.serve, app)))

    async def serve(self, app: Host, stop: asyncio.Event) -> None:
        """Serve until `stop` is set: what has begun is finished then."""
        self._refuse_no_token()
        self._bot = self._made(app)
        service = Service(NAME, self._bot, app.engine, self.capabilities, self._settings.rate)
        await service.run(stop)

    def _told(self, change: Change | None = None) -> str:
        """What Telegram knows of the webhook, after a change of it."""
        self._refuse_no_token()
        from channels.telegram.bot import api_of
        from channels.telegram.webhook import changed

        async def ask() -> str:
            return await changed(api_of(self._settings), self.webhook_url, change)

        return asyncio.run(ask())

    def _refuse_no_token(self) -> None:
        if not self.configured:
            raise ConfigurationError(
                "Telegram needs a token: get one from @BotFather and set LIKENESS_TELEGRAM__TOKEN."
            )

    def _made(self, app: Host) -> TelegramBot:
        from channels.telegram.bot import TelegramBot

        return TelegramBot(app, self._settings)
