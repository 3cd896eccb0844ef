"""A thread that works for as long as a block does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(
    name: str, work: Callable[[threading.Event], object], patience: float | None = 5.0
) -> Iterator[None]:
    """Run `work` on a thread while the body runs; it is to return once the event is set.

    Its end is waited for that many seconds, with None for as long as it takes.
    """
    stopping = threading.Event()
    thread = threading.Thread(target=work, args=(stopping,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(patience)
