"""Processor seconds by test file, of this process and of all that it has started.

`pytest --processor …` prints them in the end: on a busy machine the clock says nothing.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVERS: set[int] = set()
"""Servers of ours that have left our family: PostgreSQL's postmaster."""
_TICKS = os.sysconf("SC_CLK_TCK")


class Processor:
    """Sums processor seconds by file; what runs on after a test belongs to the next one."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._before = 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        before = self._before or used()
        result = yield
        self._before = used()
        self.seconds[item.nodeid.partition("::")[0]] += self._before - before
        return result

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = getattr(session.config, "workeroutput", None)  # of xdist
        if output is not None:
            output["processor"] = dict(self.seconds)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        for name, seconds in getattr(node, "workeroutput", {}).get("processor", {}).items():
            self.seconds[name] += seconds

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("processor seconds")
        for name, seconds in sorted(self.seconds.items(), key=lambda row: -row[1]):
            terminalreporter.line(f"{seconds:8.1f}  {name}")
        terminalreporter.line(f"{sum(self.seconds.values()):8.1f}  in all")


def used() -> float:
    """Processor seconds so far: of this process, its descendants and the servers."""
    return time.process_time() + sum(_ticks(pid) for pid in _descendants()) / _TICKS


def _descendants() -> set[int]:
    parents = dict(_parents())
    found = {os.getpid()} | SERVERS
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(folder.name))
        if fields:
            yield int(folder.name), int(fields[1])


def _ticks(pid: int) -> int:
    """What a process used, and its children that have ended; of this process the latter alone."""
    fields = _stat(pid)
    first = 13 if pid == os.getpid() else 11
    return sum(map(int, fields[first:15]))


def _stat(pid: int) -> list[str]:
    """The fields behind the name; none when the process has just ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
