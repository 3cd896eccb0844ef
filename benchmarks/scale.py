"""`make bench-scale`: the avatar dialogue on 1, 2 and 4 processes over one PostgreSQL.

    python -m benchmarks.scale                  ten seconds of each (about two minutes)
    python -m benchmarks.scale --seconds 3      less

A turn is everything from the received update to the recorded screen: inbox, turn, screen, record.
Each process has people of its own, who walk from /start to their consent and back. *Full*: as
quickly as it goes. *Half load*: arrivals at half that rate, which don't wait for answers; a latency
counts from the moment of its arrival. Processor milliseconds a turn are apart: the driver's (inside
psycopg's `execute`), the application's (the rest of the process), the database's (its server).
Lock waits are the share of busy connections that wait for one, looked at fifty times a second.
Ends with 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.turns import database
from core.app.bootstrap import bootstrap
from core.base.settings import Settings
from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.sending.outbox import parcel, shown
from core.conversation.messages import Address, Event, Kind, Person, Update
from core.conversation.tokens import RenderedButton

CORES = len(os.sched_getaffinity(0))
PEOPLE = 50
"""Of each process."""
GROWN, LOCKED, ALLOWED, SLOWED = 1.1, 0.05, 0.85, 2.0
"""At two processes: the application's processor time beside that at one, the share of lock waits,
the rate beside what the cores allow; and the others' p95 beside a hot conversation."""
CAN = Capabilities(buttons_per_row=2, payload_bytes=200, text_length=4_000)
_WALK: Sequence[tuple[str, str]] = (
    ("say", "/start"), ("press", "🆕 Create avatar"), ("press", "🎭 Portrait (recommended)"),
    ("press", "Female"), ("say", "Anna"), ("press", "◀️ Back"), ("say", "/menu"),
    ("press", "🎭 Avatars"),
)  # fmt: skip
_BUSY = """
SELECT count(*),
       count(*) FILTER (WHERE wait_event_type IN ('Lock', 'LWLock') AND wait_event !~* '^wal'),
       count(*) FILTER (WHERE wait_event ~* '^wal')
FROM pg_stat_activity
WHERE state IN ('active', 'idle in transaction') AND backend_type = 'client backend'
  AND pid <> pg_backend_pid() AND (state = 'active' OR wait_event_type <> 'Client')
"""


@dataclass
class Load:
    """What a process did: turns, processor seconds, and each latency in seconds."""

    turns: int = 0
    application: float = 0.0
    driver: float = 0.0
    latencies: list[float] = field(default_factory=list)


# one process


class Walker:
    """Somebody who walks the same way again and again."""

    def __init__(self, app: Any, name: str) -> None:
        self._app = app
        self._address = Address("bench", "bench", name)
        self._person = Person("Anna", "en")
        self._steps = 0
        self._id = 0
        self._offers: tuple[RenderedButton, ...] = ()

    def step(self) -> None:
        """One turn: what is next on the way, or /menu where the button isn't there."""
        how, what = _WALK[self._steps % len(_WALK)]
        event = Event(Kind.COMMAND, what[1:]) if what[0] == "/" else Event(Kind.TEXT, what)
        if how == "press":
            known = [offer for offer in self._offers if offer.label == what]
            event = Event(Kind.PRESS, known[0].token) if known else Event(Kind.COMMAND, "menu")
        update = Update(f"{self._address.chat}:{self._steps}", self._address, event, self._person)
        self._steps += 1
        [received] = self._app.engine.receive(update)
        self._id = received.conversation_id
        self._app.engine.drain(self._id)
        ready = parcel(self._app.engine, self._id, CAN)
        self._offers = ready.rendered.offers
        shown(self._id, ready.revision, ready.rendered.offers, {"id": self._steps}, time.time())


def _process(url: str, folder: str, name: str) -> None:
    """Do what is said on the standard input, and tell what it took."""
    environ = {"LIKENESS_DATABASE__URL": url, "LIKENESS_DATA_DIR": folder,
               "LIKENESS_LOG__LEVEL": "error"}  # fmt: skip
    app = bootstrap(Settings.load(environ=environ))
    inside = _measured_driver()
    people = [Walker(app, f"{name}-{n}") for n in range(PEOPLE)]
    for person in people:
        for _ in _WALK:
            person.step()
    print("ready", flush=True)
    for line in sys.stdin:
        seconds, rate, hot = json.loads(line)
        inside[0] = 0.0
        began = time.process_time()
        load = _drive([Walker(app, "hot")] if hot else people, seconds, rate)
        load.driver = inside[0]
        load.application = time.process_time() - began - load.driver
        print(json.dumps(vars(load)), flush=True)


def _measured_driver() -> list[float]:
    """Have psycopg count the processor seconds of its statements into the only number of a list."""
    total, execute = [0.0], psycopg.Cursor.execute

    def measured(self: Any, *args: Any, **kwargs: Any) -> Any:
        began = time.thread_time()
        try:
            return execute(self, *args, **kwargs)
        finally:
            total[0] += time.thread_time() - began

    psycopg.Cursor.execute = measured  # type: ignore[method-assign]
    return total


def _drive(people: Sequence[Walker], seconds: float, rate: float) -> Load:
    """Step in turn for so long; with a rate at moments that don't depend on the answers."""
    load, dice = Load(), random.Random(1)
    end = time.perf_counter() + seconds
    arrives = time.perf_counter()
    while (now := time.perf_counter()) < end:
        if rate:
            arrives += dice.expovariate(rate)
            if arrives > end:
                break
            time.sleep(max(0.0, arrives - now))
        people[load.turns % len(people)].step()
        load.turns += 1
        load.latencies.append(time.perf_counter() - (arrives if rate else now))
    return load


# all of them


@dataclass
class Measured:
    """Several processes at once: turns a second, milliseconds a turn, seconds, shares."""

    rate: float
    application: float
    driver: float
    server: float
    locked: float
    flushing: float
    latencies: list[float]

    @property
    def milliseconds(self) -> float:
        """Of a processor, whoever's, for one turn."""
        return self.application + self.driver + self.server

    def at(self, share: float) -> float:
        """A quantile of the latencies in milliseconds."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


class Fleet:
    """Processes that work on one database."""

    def __init__(self, url: str, folder: Path, count: int) -> None:
        self._url = url
        command = [sys.executable, "-m", "benchmarks.scale", "--process", url, str(folder)]
        self._processes = [
            subprocess.Popen([*command, f"{count}-{n}"], stdin=-1, stdout=-1, text=True)
            for n in range(count)
        ]
        for process in self._processes:
            _said(process)

    def run(self, seconds: float, rate: float = 0.0, hot: bool = False) -> Measured:
        """Let all of them work; with `hot` the last one floods a single conversation instead."""
        wanted = [(seconds, rate, False) for _ in self._processes]
        if hot:
            wanted[-1] = (seconds, 0.0, True)
        with _watched(self._url) as (server, busy):
            before = server()
            for process, what in zip(self._processes, wanted, strict=True):
                assert process.stdin is not None
                process.stdin.write(json.dumps(what) + "\n")
                process.stdin.flush()
            loads = [Load(**json.loads(_said(process))) for process in self._processes]
            spent = server() - before
        own = loads[:-1] if hot else loads
        turns = sum(load.turns for load in loads)
        of_each = [1000 * sum(getattr(load, name) for load in loads) / turns
                   for name in ("application", "driver")]  # fmt: skip
        active = max(1, sum(n for n, _, _ in busy))
        return Measured(
            turns / seconds, of_each[0], of_each[1], 1000 * spent / turns,
            sum(n for _, n, _ in busy) / active, sum(n for *_, n in busy) / active,
            sorted(latency for load in own for latency in load.latencies),
        )  # fmt: skip

    def close(self) -> None:
        for process in self._processes:
            process.communicate()


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("a process has ended")
    return line


@contextmanager
def _watched(url: str) -> Iterator[tuple[Callable[[], float], list[tuple[int, int, int]]]]:
    """The server's processor seconds, and how many of its connections are busy and wait."""
    busy: list[tuple[int, int, int]] = []
    stopping = threading.Event()
    with psycopg.connect(url, autocommit=True) as admin:
        found = admin.execute("SHOW data_directory").fetchone()
        assert found is not None
        master = int((Path(found[0]) / "postmaster.pid").read_text().split()[0])

        def look() -> None:
            while not stopping.wait(0.02):
                busy.append(tuple(admin.execute(_BUSY).fetchone() or (0, 0, 0)))

        watching = threading.Thread(target=look)
        watching.start()
        try:
            yield lambda: _processor(master), busy
        finally:
            stopping.set()
            watching.join()


def _processor(master: int) -> float:
    """Processor seconds of a server and of the processes that it has, or has had."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    stats = [_times(master, slice(11, 15)), *(_times(int(pid), slice(11, 13)) for pid in children)]
    return sum(stats) / os.sysconf("SC_CLK_TCK")


def _times(pid: int, which: slice) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return 0
    return sum(map(int, stat.rpartition(") ")[2].split()[which]))


def main() -> None:
    """Measure, print, and say whether every limit holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--process", nargs=3, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.process:
        _process(*wanted.process)
        return
    with database("PostgreSQL") as (url, folder):
        found = {count: _measure(url, folder, count, wanted.seconds) for count in (1, 2, 4)}
        slowed = _hot(url, folder, wanted.seconds, found[2].rate / 4)
    sys.exit(not _holds(found, slowed))


def _measure(url: str, folder: Path, count: int, seconds: float) -> Measured:
    fleet = Fleet(url, folder, count)
    full = fleet.run(seconds)
    half = fleet.run(seconds, rate=full.rate / count / 2)
    fleet.close()
    if count == 1:
        print(f"{'processes':>9}{'turns/s':>9}{'ms: application':>17}{'driver':>8}{'server':>8}"
              f"{'locks':>8}{'flush':>7}   half load, ms: p50     p99   p99.9")  # fmt: skip
    print(f"{count:>9}{full.rate:>9.0f}{full.application:>17.2f}{full.driver:>8.2f}"
          f"{full.server:>8.2f}{full.locked:>8.1%}{full.flushing:>7.1%}{half.at(0.5):>22.1f}"
          f"{half.at(0.99):>8.1f}{half.at(0.999):>8.1f}", flush=True)  # fmt: skip
    return full


def _hot(url: str, folder: Path, seconds: float, rate: float) -> float:
    """How many times as late the others' p95 is beside a flooded conversation."""
    fleet = Fleet(url, folder, 2)
    alone = statistics.median(fleet.run(seconds / 2, rate).at(0.95) for _ in range(2))
    beside = statistics.median(fleet.run(seconds / 2, rate, hot=True).at(0.95) for _ in range(2))
    fleet.close()
    print(f"\nbeside a flooded conversation p95 is {beside:.1f} ms instead of {alone:.1f}")
    return beside / alone


def _holds(found: dict[int, Measured], slowed: float) -> bool:
    """Print each limit and what was seen, and the bottleneck; whether all of them hold."""
    one, two = found[1], found[2]
    possible = min(2 * one.rate, 1000 * CORES / two.milliseconds)
    held = {
        f"application's time at 2 processes, at most {GROWN}": (
            two.application / one.application, two.application <= GROWN * one.application
        ),
        f"lock waits at 2 processes, at most {LOCKED}": (two.locked, two.locked <= LOCKED),
        f"rate at 2 processes of what {CORES} cores allow, at least {ALLOWED}": (
            two.rate / possible, two.rate >= ALLOWED * possible
        ),
        f"the others' p95 beside a hot conversation, below {SLOWED}": (slowed, slowed < SLOWED),
    }  # fmt: skip
    for what, (value, well) in held.items():
        print(f"{what}: {value:.2f}{'' if well else '   MISSED'}")
    parts = {"application": two.application, "driver": two.driver, "database server": two.server}
    largest = max(parts, key=lambda name: parts[name])
    used = two.rate * two.milliseconds / 1000 / CORES
    waiting = f"waiting (flush {two.flushing:.0%}, locks {two.locked:.0%} of the time)"
    slowest = f"processor time of the {largest}" if used > ALLOWED - 0.15 else waiting
    print(f"bottleneck: {slowest}; {used:.0%} of the cores are used")
    return all(well for _, well in held.values())


if __name__ == "__main__":
    main()
