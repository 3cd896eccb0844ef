"""Likeness itself: parse, inbox commit, turn, screen; durable after each step of the form."""

from __future__ import annotations

import json

from benchmarks import updates
from channels.telegram import Telegram
from channels.telegram.updates import to_event
from core.conversation.delivery.rendering import Rendered, render
from tests.feedback import feedback_engine


class Likeness:
    """The feedback form of the tests on the real engine."""

    def __init__(self) -> None:
        self._engine = feedback_engine()

    def fill_in(self, chat: int) -> None:
        """The whole form: four turns."""
        screen = self.turn(updates.command(chat))
        self.turn(updates.press(chat, screen.offers[4].token))
        screen = self.turn(updates.comment(chat))
        self.turn(updates.press(chat, screen.offers[0].token))

    def turn(self, raw: bytes) -> Rendered:
        """One update, from its bytes to the screen that answers it."""
        update = to_event(json.loads(raw), updates.BOT)
        assert update is not None
        conversation_id = self._engine.receive(update)[0].conversation_id
        self._engine.turn(conversation_id)
        look = self._engine.look(conversation_id)
        return render(look.screen, Telegram.capabilities, look.token_key, look.position.visit)
