"""Pictures as the bytes that a messenger takes."""

from __future__ import annotations

from core.conversation.delivery.channel import Host
from core.conversation.messages import Picture

SIDE = 1280
"""Pixels of a picture's longer side: no photo that Telegram shows is larger."""


def drawn(host: Host, image: tuple[Picture, ...], side: int = SIDE) -> bytes | None:
    """One of `Rendered.images` as a JPEG; None where its picture can't be had.

    A picture without a label is whole, others stand with theirs on a contact sheet.
    """
    if len(image) == 1 and not image[0].label:
        return host.thumbnail(image[0].key, side)
    return host.sheet(image)
