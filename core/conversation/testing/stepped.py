"""One chat on a channel that pushes, carried step by step: receive, apply, show what is due."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from core.base.db import run
from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.rendering import Rendered
from core.conversation.delivery.sending.outbox import begin_notice, parcel, settle, shown
from core.conversation.engine import Engine
from core.conversation.messages import Address, Event, Kind, Person, Update

BUTTONS = Capabilities(buttons_per_row=3, pictures=10, album=10, edit=True, alert=True, pushes=True)
PLAIN = Capabilities(payload_bytes=200)

_DUE = """
SELECT revision > shown_revision AND due_at <= ? AND not_before <= ? FROM conversations WHERE id = ?
"""
_NOTICES = "SELECT id FROM notices WHERE conversation_id = ? AND outcome = 'pending' ORDER BY id"


class SteppedChat:
    """A person in a chat, and what they have in sight.

    `screen` is the screen as it was last shown, `notices` are those since the person's last act.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], float],
        address: Address,
        person: Person,
        can: Capabilities = BUTTONS,
    ) -> None:
        self._engine, self._clock, self._address, self._person = engine, clock, address, person
        self._can = can
        self._keys = itertools.count(1)
        self.id = 0
        self.screen: Rendered | None = None
        self.notices: list[Rendered] = []

    def say(self, text: str) -> None:
        """Type something; what begins with a slash is a command."""
        name, _, argument = text.partition(" ")
        if name.startswith("/"):
            self.do(Event(Kind.COMMAND, name[1:], argument))
        else:
            self.do(Event(Kind.TEXT, text))

    def do(self, *events: Event) -> None:
        """Do several things at once; then they are applied, and what is due is shown."""
        self.notices = []
        self.id = self._engine.receive(*map(self._update, events))[0].conversation_id
        self._engine.drain(self.id)
        self.show()

    def _update(self, event: Event) -> Update:
        key = f"{self._address.chat} {next(self._keys)}"
        return Update(key, self._address, event, self._person)

    def show(self) -> None:
        """Show every notice that waits, then the screen below them if it is due."""
        now = self._clock()
        for (notice_id,) in run(_NOTICES, self.id).fetchall():
            _, rendered = begin_notice(self._engine, notice_id, self._can, now)
            settle(notice_id, "sent", now)
            self.notices.append(rendered)
        due = run(_DUE, now, now, self.id).fetchone()
        if due and due[0]:
            self.show_screen()

    def show_screen(self) -> None:
        """Draw the screen, and record that it is in sight."""
        ready = parcel(self._engine, self.id, self._can)
        offers, mark = ready.rendered.offers, {"message": ready.revision}
        shown(self.id, ready.revision, offers, mark, self._clock())
        self.screen = ready.rendered
