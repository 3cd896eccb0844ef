"""`make bench-idle`: what each process costs while nobody does anything, and how soon it is ready.

    python -m benchmarks.idle                 half a minute of each
    python -m benchmarks.idle --seconds 10    less

Each process of the Procfile alone, with embedded defaults, and with a fake of Telegram. *Ready*:
its first heartbeat, or the first answer of its health page. *Memory*: its own and that of its
children, shared pages divided among those who share them (PSS). *Processor*: percent of a core.
The yardstick is a Python process that only waits.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.web import answers
from core.operation.serving.server import listen
from tests.fakes.telegram import FakeTelegram

MEGABYTES = {"telegram": 120, "http": 120, "worker": 120, "web": 150, "dashboard": 150}
PERCENT, READY = 1.0, 3.0
"""Of a core, and seconds."""
TOKEN = "123456:benchmark"
PAUSE = 0.02
TICKS = os.sysconf("SC_CLK_TCK")
_PRODUCT = [sys.executable, "-m", "likeness_bot"]
_WAITS = [sys.executable, "-c", "import time; time.sleep(3600)"]


class Cost(NamedTuple):
    """Seconds until it was ready, its megabytes, and percent of a core."""

    ready: float
    megabytes: float
    percent: float


def main() -> None:
    """Measure, print, and end with 1 where a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.idle")
    parser.add_argument("--seconds", type=float, default=30.0)
    seconds = parser.parse_args().seconds
    print(f"{'':<24}{'ready s':>9}{'MB':>7}{'% of a core':>13}")
    _print("Python that waits", _cost(_WAITS, os.environ, lambda: True, seconds))
    missed = False
    for part, most in MEGABYTES.items():
        with TemporaryDirectory() as folder, _environment(Path(folder), part) as (environ, ready):
            subprocess.run([*_PRODUCT, "migrate"], env=environ, check=True, capture_output=True)
            cost = _cost([*_PRODUCT, part], environ, ready, seconds)
        over = cost.megabytes > most or cost.percent > PERCENT or cost.ready > READY
        _print(part, cost, f"   MISSED (at most {most} MB)" * over)
        missed |= over
    sys.exit(missed)


def _print(name: str, cost: Cost, remark: str = "") -> None:
    print(f"{name:<24}{cost.ready:>9.2f}{cost.megabytes:>7.0f}{cost.percent:>13.2f}{remark}")


def _cost(
    command: list[str], environ: Mapping[str, str], ready: Callable[[], bool], seconds: float
) -> Cost:
    quiet = subprocess.DEVNULL
    started = time.perf_counter()
    with subprocess.Popen(command, env=environ, stdout=quiet, stderr=quiet) as process:
        try:
            while not ready():
                if process.poll() is not None:
                    raise RuntimeError(f"{command} has ended")
                time.sleep(PAUSE)
            took = time.perf_counter() - started
            time.sleep(3.0)  # what it does once
            before, begun = _processor(process.pid), time.perf_counter()
            time.sleep(seconds)
            used = _processor(process.pid) - before
            return Cost(took, _memory(process.pid), 100 * used / (time.perf_counter() - begun))
        finally:
            process.terminate()


@contextmanager
def _environment(folder: Path, part: str) -> Iterator[tuple[Mapping[str, str], Callable[[], bool]]]:
    """Variables for a process of this part, and whether it is ready."""
    own = {"DATA_DIR": str(folder), "LOG__LEVEL": "warning"}
    with ExitStack() as until:
        if part == "telegram":
            telegram = until.enter_context(FakeTelegram(TOKEN))
            own |= {"TELEGRAM__TOKEN": TOKEN, "TELEGRAM__BASE_URL": telegram.base_url}
            own |= {"TELEGRAM__BASE_FILE_URL": telegram.base_file_url}
        with listen("The benchmark", part, "127.0.0.1", 0) as free:
            port = free.getsockname()[1]
        served = part in ("http", "web", "dashboard")
        own |= {f"{part.upper()}__PORT": str(port)} if served else {}
        environ = {**os.environ, **{f"LIKENESS_{name}": value for name, value in own.items()}}
        address = f"http://127.0.0.1:{port}/health"
        yield environ, lambda: answers(address) if served else _beats(folder, part)


def _beats(folder: Path, part: str) -> bool:
    with closing(sqlite3.connect(folder / "likeness.db")) as database:
        query = "SELECT count(*) FROM heartbeats WHERE part = ?"
        return bool(database.execute(query, (part,)).fetchone()[0])


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _memory(pid: int) -> float:
    """Megabytes of a process and its children."""
    rollups = (Path(f"/proc/{one}/smaps_rollup").read_text() for one in _family(pid))
    lines = (line for rollup in rollups for line in rollup.splitlines() if line.startswith("Pss:"))
    return sum(int(line.split()[1]) for line in lines) / 1024


def _processor(pid: int) -> float:
    """Seconds of processor time of a process and its children."""
    stats = (Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2] for one in _family(pid))
    return sum(int(field) for stat in stats for field in stat.split()[11:13]) / TICKS


if __name__ == "__main__":
    main()
