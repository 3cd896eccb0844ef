"""Which of a bot's conversations a process sends to: any number of processes share them.

A conversation is in one of SHARES by its number. A share is a row of `leases`: who holds it, and a
token that grows with every change of hands. A sender is a row as well, which it renews; the shares
of one that doesn't are free. What a sender records it records with the token of its share, so one
that was paused and is awake again writes nothing over what its successor has shown.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from core.base.db import is_sqlite, run, transaction
from core.base.errors import TakenOver
from core.base.processes import meters, process
from core.conversation.delivery.lease import clock

SHARES = 32
"""A power of two; with more senders than shares, some have nothing to do."""
SECONDS = 6.0
"""After so long without renewal a sender counts as dead."""

_SENDERS = "SELECT name, holder, until FROM leases WHERE substr(name, 1, ?) = ? AND holder <> ''"
_NOT_LATER = "UPDATE leases SET until = ? WHERE until > ? AND substr(name, 1, ?) = ?"
_RENEW = """
INSERT INTO leases (name, holder, until) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET until = excluded.until
"""
_TAKE = """
INSERT INTO leases (name, holder, until, token) VALUES (?, ?, 0, 1)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = leases.token + 1 RETURNING token
"""


_DOUBT = """
UPDATE conversations SET post_revision = revision, shown_revision =
       CASE WHEN shown_revision < revision THEN shown_revision ELSE revision - 1 END WHERE id = ?
"""


class Fence(NamedTuple):
    """A share as it was taken: if somebody else takes it, its token grows."""

    name: str
    token: int


class Balance(NamedTuple):
    """What a sender holds now: tokens by share, which of these are new, which are too many."""

    tokens: Mapping[int, int]
    taken: Sequence[int]
    surplus: Sequence[int]


def share_of(conversation_id: int) -> int:
    """The share that a conversation is in."""
    return conversation_id & (SHARES - 1)


def among(shares: Iterable[int], column: str) -> str:
    """SQL: whether the conversation of a column is in one of these shares."""
    listed = ", ".join(map(str, sorted(shares))) or "-1"
    return f"({column} & {SHARES - 1}) IN ({listed})"


def check(fence: Fence | None) -> None:
    """Raise TakenOver if somebody else has the share; else nobody takes it before the commit."""
    if fence is None:
        return
    lock = "" if is_sqlite() else " FOR SHARE"
    row = run(f"SELECT token FROM leases WHERE name = ?{lock}", fence.name).fetchone()
    if row is None or row[0] != fence.token:
        raise TakenOver


def balance(address: tuple[str, str], holder: str, given_back: Collection[int] = ()) -> Balance:
    """Say that a sender of a bot lives, and see to it that all living ones hold as many shares.

    `given_back` are shares in which the sender has nothing under way. What it has too many of it is
    to give back once that is so; what nobody holds it takes, up to its part.
    """
    bot = ":".join(address)
    with transaction():
        living = _register(bot, holder)
        held = _held(bot)
        for share in given_back:
            if held.get(share, ("", 0))[0] == holder:
                run("UPDATE leases SET holder = '' WHERE name = ?", _name(bot, share))
                held[share] = ("", 0)
        mine = {share: token for share, (who, token) in held.items() if who == holder}
        part = math.ceil(SHARES / len(living))
        free = [share for share in range(SHARES) if held.get(share, ("", 0))[0] not in living]
        taken = free[: max(0, part - len(mine))]
        mine |= {share: _take(bot, share, holder) for share in taken}
        if taken:
            abandon(*address, taken)
        return Balance(mine, taken, sorted(mine)[part:])


def leave(address: tuple[str, str], holder: str) -> None:
    """Give all shares back, for a sender that ends."""
    bot = ":".join(address)
    with transaction():
        run("DELETE FROM leases WHERE name = ?", _sender(bot, holder))
        mine = "UPDATE leases SET holder = '' WHERE holder = ? AND substr(name, 1, ?) = ?"
        run(mine, holder, len(bot) + 1, f"{bot}/")


def abandon(channel: str, bot: str, shares: Collection[int] | None = None) -> None:
    """Notices that a dead sender had begun: they may have arrived, so they are not repeated.

    `shares` are those that it held, all of them by default.
    """
    ours = "" if shares is None else f" AND {among(shares, 'conversation_id')}"
    with transaction():
        found = run(
            f"""
            UPDATE notices SET outcome = 'uncertain' WHERE outcome = 'sending'{ours}
              AND conversation_id IN (SELECT id FROM conversations WHERE channel = ? AND bot = ?)
            """,
            *(channel, bot),
        )
    meters.count("notices", found.rowcount, outcome="uncertain")


def doubt(conversation_id: int, posted: int | None) -> None:
    """What a person sees isn't known: the next sender shows it again, as a new message.

    `posted` is the number of a message that was sent too late, None for an edit. Above the message
    that shows the screen it is in nobody's way.
    """
    with transaction():
        query = "SELECT shown FROM conversations WHERE id = ?"
        shown = json.loads((run(query, conversation_id).fetchone() or [None])[0] or "{}")
        if posted is None or posted >= shown.get("id", 0):
            run(_DOUBT, conversation_id)


class Held:
    """The shares of a courier, for its event loop; none before it is told.

    Without an address it stands for everything, where nobody else sends.
    """

    def __init__(self, address: tuple[str, str] | None) -> None:
        self._bot = ":".join(address or ())
        self._tokens: Mapping[int, int] = {}
        self._until = 0.0
        self.starting: Collection[int] = ()
        """Where something may be begun."""

    def hold(self, tokens: Mapping[int, int], surplus: Collection[int], until: float) -> None:
        """These are held until a moment of the monotonic clock; the surplus is only finished."""
        self._tokens, self._until = tokens, until
        self.starting = [share for share in tokens if share not in surplus]

    def clause(self, column: str) -> str:
        """SQL for a condition: that something may be begun in the conversation of a column."""
        return f" AND {among(self.starting, column)}" if self._bot else ""

    def fence(self, conversation_id: int) -> Fence | None:
        """What to record with; raises TakenOver where another process may be sending by now."""
        if not self._bot:
            return None
        share = share_of(conversation_id)
        if share not in self._tokens or time.monotonic() > self._until:
            raise TakenOver
        return Fence(_name(self._bot, share), self._tokens[share])


def _register(bot: str, holder: str) -> set[str]:
    """Renew a sender and forget the dead, one process after another; returns who lives."""
    turn = _sender(bot, "")
    run("INSERT INTO leases (name, holder, until) VALUES (?, '', 0) ON CONFLICT DO NOTHING", turn)
    if not is_sqlite():
        run("SELECT 1 FROM leases WHERE name = ? FOR UPDATE", turn)
    latest = clock() + SECONDS
    run(_RENEW, _sender(bot, holder), holder, latest)
    run(_NOT_LATER, latest, latest, len(turn), turn)  # from before the clock was set back
    living = set()
    for name, who, until in run(_SENDERS, len(turn), turn).fetchall():
        if who == holder or (until > latest - SECONDS and not process.is_gone(who)):
            living.add(who)
        else:
            run("DELETE FROM leases WHERE name = ?", name)
    return living


def _held(bot: str) -> dict[int, tuple[str, int]]:
    query = "SELECT name, holder, token FROM leases WHERE substr(name, 1, ?) = ?"
    rows = run(query, len(bot) + 1, f"{bot}/").fetchall()
    return {int(name.rpartition("/")[2]): (holder, token) for name, holder, token in rows}


def _take(bot: str, share: int, holder: str) -> int:
    return int(run(_TAKE, _name(bot, share), holder).fetchone()[0])


def _name(bot: str, share: int) -> str:
    return f"{bot}/{share}"


def _sender(bot: str, holder: str) -> str:
    return f"{bot}@{holder}"
