"""What a button's press brings back: a token that can't be forged or moved, nor outlive its moment.

It says which visit of which conversation offered what, signed with the conversation's own key.
"""

from __future__ import annotations

import hashlib
import hmac
from binascii import b2a_base64
from dataclasses import dataclass

from core.conversation.messages import Button, Style

_SIGNED_BYTES = 6
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True)
class RenderedButton:
    """A button as it is shown: its label and the token that a press brings back.

    Where there are no buttons, `number` is what it bears in the list, or None where it must be
    typed: in its `words`, or by its label where it has none.
    """

    label: str
    token: str
    words: str = ""
    number: int | None = None
    style: Style = Style.PLAIN


RenderedButtons = tuple[RenderedButton, ...]


@dataclass(frozen=True, slots=True)
class Press:
    """A token that was read: what was pressed, on which visit; None where it is a link."""

    visit: int | None
    trigger: str
    argument: str
    confirms: str


def sign(key: str, visit: int | None, button: Button) -> str:
    """The token of a button.

    At most 64 bytes for a trigger of 14 letters and an argument of 32, or 24 where it confirms.
    """
    number = "" if visit is None else format(visit, "x")
    confirms = digest(button.confirms) if button.confirms else ""
    content = f"{number}:{button.trigger}:{button.argument}:{confirms}"
    return f"{content}:{_mac(key, content)}"


def verify(key: str, token: str) -> Press | None:
    """What a token says; None where it isn't one of this conversation's."""
    content, _, mac = token.rpartition(":")
    if not hmac.compare_digest(mac.encode(), _mac(key, content).encode()):
        return None
    number, trigger, rest = content.split(":", 2)
    argument, _, confirms = rest.rpartition(":")
    return Press(int(number, 16) if number else None, trigger, argument, confirms)


def lasting(token: str) -> bool:
    """Whether a button is a link, as a notice's are: it belongs to no visit and never grows old."""
    return token.startswith(":")


def digest(text: str) -> str:
    """A short fingerprint of what a button confirms."""
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _mac(key: str, content: str) -> str:
    raw = hashlib.blake2b(content.encode(), key=key.encode(), digest_size=_SIGNED_BYTES).digest()
    return b2a_base64(raw, newline=False).translate(_URL_SAFE).decode()
