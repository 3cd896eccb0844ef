"""Likeness itself: parse, inbox commit, turn, screen; durable after each step of the form."""

from __future__ import annotations

import json
from collections.abc import Sequence

from benchmarks import updates
from channels.telegram import Telegram
from channels.telegram.updates import to_event
from core.conversation.delivery.rendering import Rendered, render
from core.conversation.groups import EVENTS
from core.conversation.messages import Update
from tests.feedback import feedback_engine


class Likeness:
    """The feedback form of the tests on the real engine."""

    def __init__(self) -> None:
        self._engine = feedback_engine()

    def one_by_one(self, chats: Sequence[int]) -> None:
        """The whole form: four turns of each, every update received and applied by itself."""
        for chat in chats:
            self._fill_in([chat], 1)

    def backlog(self, chats: Sequence[int]) -> None:
        """The same where the updates of all wait, and come as a messenger gives them."""
        self._fill_in(chats, updates.POLLED)

    def _fill_in(self, chats: Sequence[int], polled: int) -> None:
        screens = self._step([updates.command(chat) for chat in chats], polled)
        rated = zip(chats, screens, strict=True)
        self._step([updates.press(chat, shown.offers[4].token) for chat, shown in rated], polled)
        screens = self._step([updates.comment(chat) for chat in chats], polled)
        sent = zip(chats, screens, strict=True)
        self._step([updates.press(chat, shown.offers[0].token) for chat, shown in sent], polled)

    def _step(self, raws: Sequence[bytes], polled: int) -> list[Rendered]:
        """From the bytes of updates to the screens that answer them."""
        screens: list[Rendered] = []
        for start in range(0, len(raws), polled):
            batch = [_parsed(raw) for raw in raws[start : start + polled]]
            chats = [received.conversation_id for received in self._engine.receive(*batch)]
            for first in range(0, len(chats), EVENTS):
                self._apply(chats[first : first + EVENTS])
            screens += map(self._screen, chats)
        return screens

    def _apply(self, waiting: Sequence[int]) -> None:
        while waiting:
            waiting = [*self._engine.work_off(waiting).more]

    def _screen(self, conversation_id: int) -> Rendered:
        look = self._engine.look(conversation_id)
        return render(look.screen, Telegram.capabilities, look.token_key, look.position.visit)


def _parsed(raw: bytes) -> Update:
    update = to_event(json.loads(raw), updates.BOT)
    assert update is not None
    return update
