"""Putting right what a database of an earlier moment can't know, before anything is served."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from typing import NamedTuple

from core.app.bootstrap import App
from core.avatars.privacy import erasure_worker
from core.avatars.privacy.erasure_worker import Erasing
from core.base.db import run, transaction
from core.base.errors import BackupError
from core.base.settings import Settings
from core.conversation.models import Conversation, InboxEvent, User
from core.operation.admin_actions import note
from core.services.erasure_ledger import Erased

MARGIN_SECONDS = 300.0
"""An erasure that was asked for so long before the moment may have been committed after it."""


class Settled(NamedTuple):
    """How many orders may have been sent since, and how many people were erased once more."""

    orders: int
    erased: int


def settle_restored(settings: Settings, at: float, erased: Iterable[Erased]) -> Settled:
    """Settle a database that was restored as of a moment, in seconds since 1970.

    Orders that may have been sent since are `uncertain`, and none that was under way is sent again
    by itself. Who asked to be erased since is erased: their rows are gone when this returns.
    Taken once more it changes nothing.
    """
    app = App(settings, restoring=True)
    try:
        orders = sum(kind.orders.settle_restored(at) for kind in (app.training, app.pictures))
        since = {one.user_id for one in erased if one.at >= at - MARGIN_SECONDS}
        done = Settled(orders, sum(_erase(app, user_id) for user_id in sorted(since)))
        moment = datetime.datetime.fromtimestamp(at, datetime.UTC).isoformat(timespec="seconds")
        note("command line", "restore", moment, f"{done.orders} orders, {done.erased} erased")
        return done
    finally:
        app.close()


def _erase(app: App, user_id: uuid.UUID) -> bool:
    """Erase a person as their own turn does, whatever else waits for them; False for a stranger.

    Nobody is told of it: they know. The worker takes the last steps.
    """
    found = Conversation.get_or_none(Conversation.user == user_id)
    if found is None:
        return False
    theirs = Conversation.select(Conversation.id).where(Conversation.user == user_id)
    with transaction():
        waiting = InboxEvent.handled_at.is_null() & InboxEvent.conversation.in_(theirs)
        InboxEvent.delete().where(waiting).execute()
    ordered = erasure_worker.order(app.inbox, user_id, app.clock())
    assert ordered is not None, "they have a conversation"
    app.engine.drain(ordered.conversation_id)
    for other in theirs:
        app.engine.drain(other.id)
    if User.get_by_id(user_id).erasing_at is None:
        raise BackupError(f"The person {user_id} could not be erased again; see the log.")
    with transaction():
        run(
            "UPDATE conversations SET shown_revision = revision WHERE user_id = ?",
            user_id.hex if app.settings.database_url.startswith("sqlite") else user_id,
        )
    steps = Erasing(app.store, app.spool, app.jobs, app.erasures, app.clock, app.settings.zone)
    steps.erase(str(user_id))
    return True
