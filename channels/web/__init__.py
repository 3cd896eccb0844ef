"""The browser: a chat page of our own. Who has its cookie is the same person again."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, SecretStr, field_validator

from channels.web.words import words
from core.base.errors import Gone
from core.base.settings.running.site import SiteSection
from core.conversation.delivery.channel import Capabilities, Host, Reference

NAME = "web"


class Settings(SiteSection):
    """The section `web`; an empty `secret` is made once and kept in the database."""

    port: Annotated[int, Field(ge=1, le=65535)] = 8501
    secret: SecretStr = SecretStr("")
    upload_megabytes: Annotated[int, Field(ge=1, le=1000)] = 50

    @field_validator("secret")
    @classmethod
    def _not_to_be_guessed(cls, secret: SecretStr) -> SecretStr:
        if 0 < len(secret.get_secret_value()) < 32:
            raise ValueError(
                f"a secret has at least 32 letters, and this one {len(secret)}; "
                "`openssl rand -hex 32` makes one"
            )
        return secret


class Web:
    """The channel; see `core.conversation.delivery.channel.Channel`."""

    name: ClassVar[str] = NAME
    Settings: ClassVar[type[Settings]] = Settings
    capabilities: ClassVar[Capabilities] = Capabilities(
        buttons_per_row=3,
        label_length=80,
        payload_bytes=512,
        text_length=100_000,
        caption_length=100_000,
        pictures=60,
        album=10,
        progress=True,
        edit=True,
        file_bytes=1 << 40,
        alert=True,
    )
    configured: ClassVar[bool] = True

    def __init__(self, settings: Any = None) -> None:
        self._settings: Settings = settings or Settings()

    @property
    def address(self) -> str:
        """Where a person finds the page."""
        return ", ".join(self._settings.addresses)

    def how_to_send(self, language: str) -> str:
        """How a person sends photos here."""
        return words(language).how_to_send

    def fetch(self, reference: Reference, limit: int) -> bytes:
        """Everything that came through here is spooled, so there is nothing else to fetch."""
        raise Gone(f"no file of at most {limit} bytes behind {sorted(reference)}")

    def run(self, app: Host) -> None:
        """Serve until SIGTERM or SIGINT."""
        from channels.web.serving import serve  # a server is what only its own process needs

        serve(app, self._settings)
