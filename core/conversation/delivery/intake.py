"""Receiving: what a person did is committed whole, before anything is done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from core.base.db import transaction
from core.conversation.engine import Engine
from core.conversation.inbox import Receipt
from core.conversation.messages import Update


class Committed(NamedTuple):
    """The conversation of a message, and whether its queue was too full for some of it."""

    conversation_id: int
    overflow: bool


def commit(
    engine: Engine, updates: Sequence[Update], beside: Callable[[int], None] | None = None
) -> Committed:
    """Commit one person's message, all of it or nothing; committing it again changes nothing.

    `beside` writes more about the conversation in the same transaction, once. Raises
    INFRASTRUCTURE errors: then nothing was committed.
    """
    with transaction():
        received = engine.receive(*updates)
        conversation_id = received[0].conversation_id
        receipts = {one.receipt for one in received}
        if beside is not None and Receipt.ACCEPTED in receipts:
            beside(conversation_id)
    return Committed(conversation_id, Receipt.OVERFLOW in receipts)
