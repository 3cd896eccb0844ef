"""Somebody's browser without a browser: it keeps what it sees and what could not be taken yet."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterable

from channels.web.outgoing import Outgoing, Upload
from channels.web.tab import Answered, Tab, View
from channels.web.talk import TROUBLE, press_key
from core.base.db import release
from core.conversation.delivery.channel import Host
from core.conversation.tokens import RenderedButton


class Browser:
    """What `looks/outbox.js` does: in order, again until it was taken, and no press twice."""

    def __init__(self, app: Host, visitor: str = "anna", language: str = "en") -> None:
        self._app, self._visitor = app, visitor
        self._tab = Tab(app, visitor, language)
        self.view: View | None = None
        self.outbox: deque[tuple[Outgoing, Answered | None, tuple[tuple[str, bytes], ...]]] = (
            deque()
        )
        self.refused = self.press_lost = self.trouble = False
        self.look()

    @property
    def seen(self) -> View:
        assert self.view is not None
        return self.view

    @property
    def title(self) -> str:
        return self.seen.rendered.title

    @property
    def record(self) -> list[str]:
        """Titles of the bot, and what the person said."""
        entries = self.seen.entries
        return [str(entry.content.get("title") or entry.content["text"]) for entry in entries]

    def look(self) -> View | None:
        """Send what waits, and see what has come of it."""
        try:
            self._send()
            self.view = self._tab.look(self._tab.begin())
            self.trouble = False
        except TROUBLE:
            self.trouble = True
        finally:
            release()
        return self.view

    def press(self, label: str) -> None:
        """Press what is seen here, which may be old."""
        [offer] = [offer for offer in self.seen.offers if label in offer.label]
        self._put(offer=offer)

    def say(self, text: str, photos: Iterable[tuple[str, bytes]] = ()) -> None:
        self._put(text, photos=tuple(photos))

    def _put(
        self,
        text: str = "",
        offer: RenderedButton | None = None,
        photos: tuple[tuple[str, bytes], ...] = (),
    ) -> None:
        answered = self.view.answered if self.view else None
        key = press_key(offer, answered) if offer else uuid.uuid4().hex
        self.press_lost = False
        self.outbox.append((Outgoing(f"{self._visitor}:{key}", text, offer), answered, photos))
        self.look()

    def _send(self) -> None:
        try:
            while self.outbox:
                message, answered, photos = self.outbox[0]
                uploads = [
                    Upload(name, "image/jpeg", len(data), self._app.spool.put(data))
                    for name, data in photos
                ]
                whole = Outgoing(message.key, message.text, message.press, uploads)
                self.refused = self._tab.take(whole, answered).overflow
                self.outbox.popleft()
        except TROUBLE:
            kept = [waiting for waiting in self.outbox if waiting[0].press is None]
            self.press_lost = self.press_lost or len(kept) < len(self.outbox)
            self.outbox = deque(kept)
            raise
