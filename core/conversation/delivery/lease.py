"""One receiver for each bot that is polled: a lease in the database, by the database's clock.

The holder renews it; a standby takes over when it has run out, or at once where the holder
was a process of this machine that is no longer there.
"""

from __future__ import annotations

from core.base.db import is_sqlite, run, transaction
from core.base.processes import process

SECONDS = 10.0


def hold(name: str, holder: str, seconds: float = SECONDS) -> bool:
    """Take or renew a lease; False while somebody else holds it.

    `holder` is a process; see `core.base.processes.process.own_name`.
    """
    with transaction():
        now = clock()
        lock = "" if is_sqlite() else " FOR UPDATE"
        row = run(f"SELECT holder, until FROM leases WHERE name = ?{lock}", name).fetchone()
        if row is None:
            taken = run(
                "INSERT INTO leases (name, holder, until) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                *(name, holder, now + seconds),
            )
            return bool(taken.rowcount == 1)
        if row[0] != holder and row[1] > now and not process.is_gone(row[0]):
            if row[1] > now + seconds:  # from before the clock was set back
                run("UPDATE leases SET until = ? WHERE name = ?", now + seconds, name)
            return False
        run("UPDATE leases SET holder = ?, until = ? WHERE name = ?", holder, now + seconds, name)
        return True


def release(name: str, holder: str) -> None:
    """Give a lease back, so that the standby need not wait."""
    with transaction():
        run("DELETE FROM leases WHERE name = ? AND holder = ?", name, holder)


def clock() -> float:
    """The database's clock: seconds since 1970."""
    now = "(julianday('now') - 2440587.5) * 86400.0"
    if not is_sqlite():
        now = "extract(epoch FROM clock_timestamp())::float8"
    return float(run(f"SELECT {now}").fetchone()[0])
