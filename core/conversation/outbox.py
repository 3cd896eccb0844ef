"""What is to be shown, and what has become of it: the rows behind `delivery`.

A channel that is pulled (a page, a terminal) uses `parcel`, `shown` and `take_notices` itself; for
one that pushes, the courier does.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from core.conversation import listing, statements
from core.conversation.channel import Capabilities
from core.conversation.engine import Engine
from core.conversation.listing import Lists
from core.conversation.models import PendingNotice
from core.conversation.rendering import Offers, Rendered, render
from core.db import run, snapshot, transaction

_SHOWN = """
UPDATE conversations SET shown_revision = ?, shown = ?,
       shown_buttons = CASE WHEN forgotten_revision > ? THEN '[]' ELSE ? END, shown_at = ?,
       failures = 0 WHERE id = ? AND shown_revision <= ?
"""
_LISTED = """
SELECT shown_buttons, (SELECT coalesce(max(i.id), 0) FROM inbox i WHERE i.conversation_id = c.id)
FROM conversations c WHERE c.id = ?
"""
_LIST = """
UPDATE conversations SET shown_buttons = ?
WHERE id = ? AND shown_buttons = ? AND forgotten_revision <= ?
"""
_LONGEST_WAIT = 60.0
_NOW = 2**62
"""The revision of what is drawn in the transaction that notes it: no erasure comes later."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A screen ready to be shown: what, where, over which message, from which revision."""

    conversation_id: int
    chat: str
    rendered: Rendered
    previous: Mapping[str, Any] | None
    post: bool
    revision: int
    visit: int


def parcel(engine: Engine, conversation_id: int, can: Capabilities) -> Parcel:
    """Draw a conversation's screen for a channel; everything from one moment.

    Where buttons become a numbered list, its numbers are noted before anybody sees them. Raises
    LookupError where there is no such conversation any more.
    """
    with snapshot():
        look = engine.look(conversation_id)
        row = run(
            "SELECT chat, shown, post_revision > shown_revision FROM conversations WHERE id = ?",
            conversation_id,
        ).fetchone()
    asks = engine.flow.takes_text(look.position.state)  # there a number is a text like any other
    number = _unnumbered if asks else partial(_proposed, conversation_id, look.position.revision)
    spell = partial(_spelled, engine, look.position.language)
    rendered = render(look.screen, can, look.token_key, look.position.visit, number, spell)
    previous = json.loads(row[1]) if row[1] else None
    revision = look.position.revision
    visit = look.position.visit
    return Parcel(conversation_id, row[0], rendered, previous, bool(row[2]), revision, visit)


def shown(
    conversation_id: int,
    revision: int,
    offers: Offers,
    reference: Mapping[str, Any] | None,
    now: float,
) -> None:
    """Record what a person sees now: typed replies are read against it.

    Of what was drawn before they were forgotten, the words are not written down.
    """
    kept = None if reference is None else json.dumps(reference)
    with transaction():
        found = run(_LISTED, conversation_id).fetchone()
        if found is None:
            return
        buttons = listing.write(listing.read(found[0]).confirmed(offers, found[1]))
        run(_SHOWN, revision, kept, revision, buttons, now, conversation_id, revision)


def take_notices(engine: Engine, conversation_id: int, can: Capabilities) -> list[Rendered]:
    """The notices that wait for a pulled conversation; from now on they count as sent."""
    with transaction():
        waiting = list(
            PendingNotice.select()
            .where(
                PendingNotice.conversation == conversation_id, PendingNotice.outcome == "pending"
            )
            .order_by(PendingNotice.id)
        )
        if not waiting:
            return []
        now = time.time()
        for notice in waiting:
            settle(notice.id, "sent", now)
    return [_draw_notice(engine, notice, can) for notice in waiting]


def begin_notice(
    engine: Engine, notice_id: int, can: Capabilities, now: float
) -> tuple[str, Rendered]:
    """Note that a notice is about to be sent; the chat it goes to, and what it says."""
    with transaction():
        notice = PendingNotice.get_by_id(notice_id)
        run(
            "UPDATE notices SET outcome = 'sending', attempted_at = ? WHERE id = ?",
            *(now, notice_id),
        )
        return str(notice.conversation.chat), _draw_notice(engine, notice, can)


def _draw_notice(engine: Engine, notice: Any, can: Capabilities) -> Rendered:
    conversation = notice.conversation
    draw = engine.flow.notices[notice.name]
    screen = draw(json.loads(notice.parameters), conversation.user.language)
    return render(
        screen, can, conversation.token_key, None, partial(_appended, conversation.id),
        partial(_spelled, engine, conversation.user.language),
    )  # fmt: skip


def _proposed(conversation_id: int, revision: int, offers: Offers) -> Offers:
    """Give a screen's list its numbers, and note them for the moment when it arrives."""
    return _noted(conversation_id, revision, lambda lists: lists.proposed(offers))


def _appended(conversation_id: int, links: Offers) -> Offers:
    """Number a notice's links on from what is in sight; they are of that list from now on."""
    return _noted(conversation_id, _NOW, lambda lists: lists.appended(links))


def _noted(
    conversation_id: int, revision: int, change: Callable[[Lists], tuple[Lists, Offers]]
) -> Offers:
    """Change a conversation's lists, whatever another process does to them at the same time.

    Of what was drawn before its person was forgotten nothing is written down.
    """
    while True:
        with transaction():
            before = statements.shown_buttons(conversation_id)
            lists, offers = change(listing.read(before))
            after = listing.write(lists)
            noted = after == before or run(_LIST, after, conversation_id, before, revision).rowcount
            if noted or forgotten(conversation_id, revision):
                return offers


def _unnumbered(offers: Offers) -> Offers:
    return tuple(replace(offer, number=None) for offer in offers)


def _spelled(engine: Engine, language: str, words: str) -> str:
    return engine.flow.spell(words, language)


def settle(notice_id: int, outcome: str, sent_at: float | None) -> None:
    """Record a notice's fate; once there, it lies below the screen's message."""
    with transaction():
        run("UPDATE notices SET outcome = ?, sent_at = ? WHERE id = ?", outcome, sent_at, notice_id)
        if outcome in ("sent", "uncertain"):
            run(
                """
                UPDATE conversations SET post_revision = shown_revision + 1
                WHERE post_revision <= shown_revision
                  AND id = (SELECT conversation_id FROM notices WHERE id = ?)
                """,
                notice_id,
            )


def abandon(channel: str, bot: str) -> None:
    """Notices that a dead sender had begun: they may have arrived, so they are not repeated."""
    with transaction():
        run(
            """
            UPDATE notices SET outcome = 'uncertain' WHERE outcome = 'sending'
              AND conversation_id IN (SELECT id FROM conversations WHERE channel = ? AND bot = ?)
            """,
            *(channel, bot),
        )


def postpone(conversation_id: int, until: float) -> None:
    """Leave one chat alone until a moment."""
    with transaction():
        run("UPDATE conversations SET not_before = ? WHERE id = ?", until, conversation_id)


def unreachable(conversation_id: int) -> None:
    """The person has blocked the bot: nothing more until their next update."""
    with transaction():
        run("UPDATE conversations SET unreachable = ? WHERE id = ?", True, conversation_id)


def back_off(conversation_id: int, now: float) -> None:
    """Wait longer after each failure in a row: 1, 2, 4 … 60 seconds."""
    with transaction():
        row = run("SELECT failures FROM conversations WHERE id = ?", conversation_id).fetchone()
        if row is None:
            return
        wait = min(_LONGEST_WAIT, 2.0 ** min(row[0], 9))
        run(
            "UPDATE conversations SET not_before = ?, failures = failures + 1 WHERE id = ?",
            *(now + wait, conversation_id),
        )


def forgotten(conversation_id: int, revision: int) -> bool:
    """Whether a screen of this revision is not to be written down: its person was forgotten."""
    row = run(
        "SELECT forgotten_revision > ? FROM conversations WHERE id = ?", revision, conversation_id
    ).fetchone()
    return row is None or bool(row[0])
