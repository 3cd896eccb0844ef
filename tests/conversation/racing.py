"""Doing things at once, in threads and in processes."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from core.base import db
from core.base.db import release
from tests.patience import LONG

_CONTEXT = multiprocessing.get_context(
    "forkserver"
)  # its processes have nothing open, and are quick
_CONTEXT.set_forkserver_preload(["tests.conversation.racing", "tests.feedback"])


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Start each in a thread of its own at the same moment; returns what they returned."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return work()
        finally:
            release()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def in_processes(url: str, work: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> None:
    """Call a function in new processes, each connected to the same database, and wait for them."""
    gate = _CONTEXT.Barrier(len(arguments))
    processes = [
        _CONTEXT.Process(target=_connected, args=(url, gate, work, given)) for given in arguments
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def _connected(url: str, gate: Any, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    opened = db.connect(url, "normal")
    gate.wait(LONG)
    work(*given)
    opened.close()
