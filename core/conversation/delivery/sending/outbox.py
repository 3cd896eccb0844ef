"""What is to be shown, and what has become of it: the rows behind `delivery`.

A channel that is pulled (a page, a terminal) uses `parcel`, `shown` and `take_notices` itself; for
one that pushes, the courier does.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace

from core.base.db import run, snapshot, transaction
from core.base.errors import TakenOver
from core.base.processes import meters
from core.conversation import statements
from core.conversation.delivery.bridge import backoff
from core.conversation.delivery.channel import Capabilities, Place, Reference
from core.conversation.delivery.rendering import Rendered, render
from core.conversation.delivery.sending import numbering
from core.conversation.delivery.sending.shares import Fence, check
from core.conversation.engine import Engine
from core.conversation.inbox import find
from core.conversation.messages import Address
from core.conversation.models import PendingNotice
from core.conversation.tokens import RenderedButtons

_SHOWN = """
UPDATE conversations SET shown_revision = ?, shown = ?,
       shown_buttons = CASE WHEN forgotten_revision > ? THEN '[]' ELSE ? END, shown_at = ?,
       failures = 0, posting = NULL WHERE id = ? AND shown_revision <= ?
"""
_LONGEST_WAIT = 60.0
MOST_REFUSALS = 8
"""So often is a notice refused in every form before it is given up."""
STUBBORN = 4
"""After so many failures in a row, 15 s, a screen comes as a new message of words alone: it may be
the edit or the picture that the channel can't take, though it says that the fault is its own."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A screen ready to be shown: what, where, over which message, from which revision.

    `lost` is what was known before a message was posted and not recorded: it may be
    there, so the screen must be posted below it. Its "notices" are the messages of the notices.
    """

    conversation_id: int
    place: Place
    rendered: Rendered
    previous: Reference | None
    post: bool
    revision: int
    visit: int
    lost: Reference | None = None


def parcel(engine: Engine, conversation_id: int, can: Capabilities) -> Parcel:
    """Draw a conversation's screen for a channel; everything from one moment.

    Where buttons become a numbered list, its numbers are noted before anybody sees them. Raises
    LookupError where there is no such conversation any more.
    """
    with snapshot():
        look = engine.look(conversation_id)
        row = look.row
        lost = None if row.posting is None else _lost(conversation_id, row.posting)
    plain = row.failures >= STUBBORN
    screen = replace(look.screen, pictures=()) if plain else look.screen
    listed = numbering.of_screen(engine, look.position)
    rendered = render(screen, can, look.token_key, look.position.visit, *listed)
    return Parcel(
        conversation_id,
        Place(row.chat, row.thread),
        rendered,
        json.loads(row.shown) if row.shown else None,
        row.post_revision > row.shown_revision or lost is not None or plain,
        look.position.revision,
        look.position.visit,
        lost,
    )


def _lost(conversation_id: int, posting: str) -> Reference:
    query = "SELECT message FROM notices WHERE conversation_id = ? AND message <> ''"
    notices = [message for (message,) in run(query, conversation_id).fetchall()]
    return {**json.loads(posting), "notices": " ".join(notices).split()}


def posting(conversation_id: int, mark: Reference | None, fence: Fence | None = None) -> None:
    """Record that a message is about to be posted, or with None that none has been.

    An earlier one that may be there stays recorded as it was. Raises TakenOver.
    """
    kept = None if mark is None else json.dumps(mark)
    with transaction():
        check(fence)
        if kept is None:
            run("UPDATE conversations SET posting = NULL WHERE id = ?", conversation_id)
        else:
            run(
                "UPDATE conversations SET posting = coalesce(posting, ?) WHERE id = ?",
                *(kept, conversation_id),
            )


def shown(
    conversation_id: int,
    revision: int,
    offers: RenderedButtons,
    reference: Reference | None,
    now: float,
    fence: Fence | None = None,
) -> None:
    """Record what a person sees now: typed replies are read against it.

    Of what was drawn before they were forgotten, the words are not written down. Raises TakenOver.
    """
    kept = None if reference is None else json.dumps(reference)
    with transaction():
        check(fence)
        buttons = numbering.confirmed(conversation_id, offers)
        run(_SHOWN, revision, kept, revision, buttons, now, conversation_id, revision)
    meters.count("screens_shown")


def reference(conversation_id: int) -> Reference:
    """The reference of the message that shows a conversation's screen; empty where none does."""
    row = run("SELECT shown FROM conversations WHERE id = ?", conversation_id).fetchone()
    return json.loads(row[0]) if row and row[0] else {}


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
    engine: Engine, notice_id: int, can: Capabilities, now: float, fence: Fence | None = None
) -> tuple[Place, Rendered]:
    """Note that a notice is about to be sent; where it goes, and what it says.

    Raises TakenOver, also where somebody has begun it already.
    """
    with transaction():
        check(fence)
        begun = run(
            "UPDATE notices SET outcome = 'sending', attempted_at = ? "
            "WHERE id = ? AND outcome = 'pending'",
            *(now, notice_id),
        )
        if not begun.rowcount:
            raise TakenOver
        notice = PendingNotice.get_by_id(notice_id)
        place = Place(notice.conversation.chat, notice.conversation.thread)
        return place, _draw_notice(engine, notice, can)


def _draw_notice(engine: Engine, notice: PendingNotice, can: Capabilities) -> Rendered:
    conversation = notice.conversation
    draw = engine.flow.notices[notice.name]
    screen = draw(json.loads(notice.parameters), conversation.user.language)
    listed = numbering.of_notice(engine, conversation.id, conversation.user.language)
    return render(screen, can.of_notices, conversation.token_key, None, *listed)


def settle(notice_id: int, outcome: str, sent_at: float | None, message: str = "") -> None:
    """Record a notice's fate; once there, it lies below the screen's message.

    `message` are the channel's numbers of its messages, with spaces between them.
    """
    with transaction():
        run(
            "UPDATE notices SET outcome = ?, sent_at = ?, message = ? WHERE id = ?",
            *(outcome, sent_at, message, notice_id),
        )
        if outcome in ("sent", "uncertain"):
            run(
                """
                UPDATE conversations SET post_revision = shown_revision + 1
                WHERE post_revision <= shown_revision
                  AND id = (SELECT conversation_id FROM notices WHERE id = ?)
                """,
                notice_id,
            )
    if outcome != "pending":  # then it is tried again
        meters.count("notices", outcome=outcome)


def refused(notice_id: int) -> None:
    """A notice was taken in no form: it is tried again, and given up after MOST_REFUSALS."""
    with transaction():
        left = run(
            """
            UPDATE notices SET attempts = attempts + 1,
                   outcome = CASE WHEN attempts + 1 < ? THEN 'pending' ELSE 'failed' END
            WHERE id = ? RETURNING outcome
            """,
            *(MOST_REFUSALS, notice_id),
        ).fetchone()
    if left is not None and left[0] == "failed":
        meters.count("notices", outcome="failed")


def postpone(conversation_id: int, until: float) -> None:
    """Leave one chat alone until a moment."""
    with transaction():
        run("UPDATE conversations SET not_before = ? WHERE id = ?", until, conversation_id)


def unreachable(conversation_id: int, tried_at: float) -> None:
    """The person can't be written to: nothing more until they come back.

    One who came back after the try began is there.
    """
    with transaction():
        left = run(
            """
            UPDATE conversations SET unreachable = ?
            WHERE id = ? AND reached_at <= ? AND active_at <= ?
            """,
            *(True, conversation_id, tried_at, tried_at),
        )
        if left.rowcount:
            statements.shelve(conversation_id)


def reachable(address: Address, there: bool, now: float) -> int | None:
    """Record what a channel says of a chat: that it can be written to, or no more.

    What waits for it is shown then. Returns the conversation, None where there is none.
    """
    conversation_id = find(address)
    if conversation_id is None:
        return None
    with transaction():
        if there:
            run(
                """
                UPDATE conversations SET unreachable = ?, reached_at = ?, not_before = 0,
                       failures = 0 WHERE id = ?
                """,
                *(False, now, conversation_id),
            )
            statements.revive(conversation_id)
        else:
            run("UPDATE conversations SET unreachable = ? WHERE id = ?", True, conversation_id)
            statements.shelve(conversation_id)
    return conversation_id


def back_off(conversation_id: int, now: float) -> None:
    """Wait longer after each failure in a row: 1, 2, 4 … 60 seconds."""
    with transaction():
        row = run("SELECT failures FROM conversations WHERE id = ?", conversation_id).fetchone()
        if row is None:
            return
        wait = backoff(row[0], 1.0, _LONGEST_WAIT)
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
