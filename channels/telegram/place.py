"""Where Telegram delivers a bot's updates to, and how a delivery is known to be its own."""

from __future__ import annotations

import hashlib
import hmac
from typing import NamedTuple

PATH = "/telegram/webhook/{bot}"
PORTS = (443, 80, 88, 8443)
"""Where Telegram's own server delivers to."""


class Place(NamedTuple):
    """Where a bot's updates are to be delivered, and by what they are known to be Telegram's."""

    site: str
    token: str

    @property
    def bot(self) -> str:
        """The bot's identifier, with which its token begins."""
        return self.token.partition(":")[0]

    @property
    def path(self) -> str:
        return PATH.format(bot=self.bot)

    @property
    def address(self) -> str:
        """ "" where updates are polled."""
        return self.site + self.path if self.site else ""

    @property
    def secret(self) -> str:
        """Every process with the token has it, and nobody else."""
        key = self.token.encode()
        return hmac.new(key, b"likeness telegram webhook", hashlib.sha256).hexdigest()
