"""`make bench`: durable turns a second, beside the floor and beside two frameworks in memory.

    python -m benchmarks             everything, with a million conversations (minutes)
    python -m benchmarks --quick     a smoke test (seconds); its figures mean nothing

Contenders take turns within one run, so that a noisy machine is noisy for all of them. Read the
ratios. A backlog is what waits in 150 conversations, and is worked off in groups; floors are the
same rows by hand, in two commits an update and in two commits a group.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import updates
from benchmarks.fill import fill
from benchmarks.floor import Floor
from benchmarks.likeness import Likeness
from benchmarks.rivals import Aiogram, PythonTelegramBot
from core.base import db
from core.base.migrations import runner

FillIn = Callable[[Sequence[int]], None]
SMALL = 1_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes")
    parser.add_argument("--size", type=int, default=1_000_000, help="conversations at the most")
    given = parser.parse_args()
    forms, rounds = (5, 2) if given.quick else (150, 15)
    size = 2_000 if given.quick else given.size
    _compare(forms, rounds)
    _grow(size, forms, rounds)


def _compare(forms: int, rounds: int) -> None:
    """Every contender in turn, at both settings of durability."""
    for synchronous in ("normal", "full"):
        with tempfile.TemporaryDirectory() as folder:
            likeness, floor = _open(Path(folder), synchronous, SMALL)
            aiogram, ptb = Aiogram(), PythonTelegramBot()
            contenders: dict[str, FillIn] = {
                "Likeness, a backlog": likeness.backlog,
                "Likeness, one by one": likeness.one_by_one,
                "floor: the same rows by hand": floor.one_by_one,
                "floor, in groups": floor.grouped,
                "aiogram, in memory": aiogram.fill_in,
                "python-telegram-bot, in memory": ptb.fill_in,
            }
            seconds = _measure(list(contenders.values()), forms, rounds, SMALL)
            print(f"\nsynchronous={synchronous}, {SMALL} conversations, {rounds} rounds")
            _table(list(contenders), seconds)
            for contender in (floor, aiogram, ptb):
                contender.close()
            db.database.close()


def _grow(size: int, forms: int, rounds: int) -> None:
    """How a turn and its floor slow down as conversations become many."""
    slower = []
    for count in (SMALL, size):
        with tempfile.TemporaryDirectory() as folder:
            likeness, floor = _open(Path(folder), "normal", count)
            contenders = [likeness.one_by_one, floor.one_by_one]
            slower.append([median for median, _ in _measure(contenders, forms, rounds, count)])
            floor.close()
            db.database.close()
    likeness_slows, floor_slows = (slower[1][n] / slower[0][n] for n in (0, 1))
    print(f"\nfrom {SMALL:,} to {size:,} conversations, synchronous=normal")
    print(f"  Likeness takes {likeness_slows:.2f} times as long, the floor {floor_slows:.2f} times")
    print(f"  Likeness slows {likeness_slows / floor_slows:.2f} times what the floor slows")


def _open(folder: Path, synchronous: str, conversations: int) -> tuple[Likeness, Floor]:
    path = folder / "bench.db"
    database = db.connect(f"sqlite:///{path}", "full" if synchronous == "full" else "normal")
    runner.migrate(database)
    fill(conversations)
    return Likeness(), Floor(path)


def _measure(
    contenders: Sequence[FillIn], forms: int, rounds: int, conversations: int
) -> list[tuple[float, float]]:
    """Seconds of a turn for each contender: median and best of rounds in which they take turns."""
    taken: list[list[float]] = [[] for _ in contenders]
    chosen = random.Random(1)
    for number in range(rounds + 1):
        for times, fill_in in zip(taken, contenders, strict=True):
            chats = chosen.sample(range(conversations), forms)
            start = time.perf_counter()
            fill_in(chats)
            if number:  # the first round warms up
                times.append((time.perf_counter() - start) / (forms * updates.STEPS))
    return [(statistics.median(times), min(times)) for times in taken]


def _table(names: Sequence[str], seconds: Sequence[tuple[float, float]]) -> None:
    """Medians; and what the best round of each says, which a busy machine disturbs least."""
    (own, own_best), *_ = seconds
    print(f"  {'':32}{'turns/s':>10}{'the backlog is':>18}{'at best':>12}{'it is':>10}")
    for name, (median, best) in zip(names, seconds, strict=True):
        rates = f"{1 / median:>10,.0f}{median / own:>16.2f} ×{1 / best:>12,.0f}"
        print(f"  {name:32}{rates}{best / own_best:>8.2f} ×")


if __name__ == "__main__":
    main()
