"""What stands in lists is noted: before they are sent, once they are there, and by each notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from core.base.db import run, transaction
from core.conversation import listing, statements
from core.conversation.engine import Engine
from core.conversation.flow import Position
from core.conversation.listing import Lists
from core.conversation.tokens import RenderedButtons

_LISTED = """
SELECT shown_buttons, (SELECT coalesce(max(i.id), 0) FROM inbox i WHERE i.conversation_id = c.id)
FROM conversations c WHERE c.id = ?
"""
_NOTE = """
UPDATE conversations SET shown_buttons = ?
WHERE id = ? AND shown_buttons = ? AND forgotten_revision <= ?
"""
_FORGOTTEN = "SELECT 1 FROM conversations WHERE id = ? AND forgotten_revision <= ?"
_NOW = 2**62
"""The revision of what is drawn in the transaction that notes it: no erasure comes later."""

Number = Callable[[RenderedButtons], RenderedButtons]
Spell = Callable[[str], str]


def of_screen(engine: Engine, position: Position) -> tuple[Number, Spell]:
    """How a screen's list is numbered, and how a line without a number is told.

    Where a text is asked for nothing has a number: there it is a text like any other.
    """
    spell = partial(_spelled, engine, position.language)
    if engine.flow.takes_text(position.state):
        return _unnumbered, spell
    return partial(_proposed, position.conversation_id, position.revision), spell


def of_notice(engine: Engine, conversation_id: int, language: str) -> tuple[Number, Spell]:
    """The same for a notice, whose numbers go on from what is in sight."""
    return partial(_appended, conversation_id), partial(_spelled, engine, language)


def confirmed(conversation_id: int, offers: RenderedButtons) -> str:
    """The lists of a conversation with this one in sight, as they are stored."""
    found = run(_LISTED, conversation_id).fetchone()
    before, last_event = found or ("[]", 0)
    return listing.write(listing.read(before).confirmed(offers, last_event))


def _proposed(conversation_id: int, revision: int, offers: RenderedButtons) -> RenderedButtons:
    return _noted(conversation_id, revision, lambda lists: lists.proposed(offers))


def _appended(conversation_id: int, links: RenderedButtons) -> RenderedButtons:
    return _noted(conversation_id, _NOW, lambda lists: lists.appended(links))


def _noted(
    conversation_id: int, revision: int, change: Callable[[Lists], tuple[Lists, RenderedButtons]]
) -> RenderedButtons:
    """Change a conversation's lists, whatever another process does to them at the same time.

    Of what was drawn before its person was forgotten nothing is written down.
    """
    while True:
        with transaction():
            before = statements.shown_buttons(conversation_id)
            lists, offers = change(listing.read(before))
            after = listing.write(lists)
            if after == before or run(_NOTE, after, conversation_id, before, revision).rowcount:
                return offers
            if run(_FORGOTTEN, conversation_id, revision).fetchone() is None:
                return offers


def _unnumbered(offers: RenderedButtons) -> RenderedButtons:
    return tuple(replace(offer, number=None) for offer in offers)


def _spelled(engine: Engine, language: str, words: str) -> str:
    return engine.flow.spell(words, language)
