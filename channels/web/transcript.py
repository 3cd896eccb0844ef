"""What was said in a browser that forgets: both sides, in the order in which it was said.

The screen that a person answers is kept with their answer; a screen that only changed is not.
Notices keep their buttons, which never grow old. Pictures are kept by name alone, so that a photo
that is erased is gone from here as well.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.base.db import run
from core.conversation.delivery.rendering import Rendered
from core.conversation.messages import Style
from core.conversation.tokens import RenderedButton

SHOWN = 50
KEPT = 200
"""How many entries of one conversation are shown, and how many are kept."""

Content = Mapping[str, Any]
Rows = tuple[tuple[RenderedButton, ...], ...]

_ADD = "INSERT INTO transcript (conversation_id, author, content, at) VALUES (?, ?, ?, ?)"
_NEWEST = """
SELECT id, author, content, at FROM transcript WHERE conversation_id = ? ORDER BY id DESC LIMIT ?
"""
_FORGET = """
DELETE FROM transcript WHERE conversation_id = ? AND id <=
    (SELECT id FROM transcript WHERE conversation_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One bubble: whose it is, what it holds, when it was said (seconds since 1970)."""

    id: int
    author: str
    content: Content
    at: float

    @property
    def by_person(self) -> bool:
        return self.author == "person"

    @property
    def rows(self) -> Rows:
        """The buttons of a notice."""
        return tuple(
            tuple(_button(*offer) for offer in row) for row in self.content.get("rows", ())
        )


def add(conversation_id: int, author: str, content: Content) -> None:
    """Note what was said, in the caller's transaction; the oldest is forgotten for it."""
    text = json.dumps(content, ensure_ascii=False)
    run(_ADD, conversation_id, author, text, time.time())
    run(_FORGET, conversation_id, conversation_id, KEPT)


def add_screen(conversation_id: int, revision: int, content: Content) -> None:
    """Note a screen that is answered, unless it or a newer one has been: in another tab, say."""
    said = (entry.content.get("revision", -1) for entry in newest(conversation_id))
    if max(said, default=-1) < revision:
        add(conversation_id, "bot", {**content, "revision": revision})


def newest(conversation_id: int) -> tuple[Entry, ...]:
    """What is shown, the oldest first."""
    rows = run(_NEWEST, conversation_id, SHOWN).fetchall()
    return tuple(
        Entry(number, author, json.loads(content), at)
        for number, author, content, at in reversed(rows)
    )


def screen(rendered: Rendered) -> Content:
    """A screen that was answered: without its buttons."""
    return {
        "title": rendered.title,
        "text": rendered.body,
        "pictures": [[p.key, p.label, p.name, p.note, p.alt] for p in rendered.pictures],
    }


def notice(rendered: Rendered) -> Content:
    """A notice: with its buttons, and the file or the pictures that it hands over."""
    rows = [[[offer.label, offer.token, offer.style] for offer in row] for row in rendered.rows]
    file = rendered.file and [rendered.file.key, rendered.file.name]
    album = {"album": True} if rendered.pictures else {}
    return {**screen(rendered), "rows": rows, **({"file": file} if file else {}), **album}


def _button(label: str, token: str, style: str = Style.PLAIN) -> RenderedButton:
    return RenderedButton(label, token, style=Style(style))
