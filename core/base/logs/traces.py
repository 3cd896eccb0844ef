"""Spans: what was done, when, and what had queued it. Nothing is measured until `install`.

A thing that waits (an event of the inbox, a row of background work) has a trace of its own, which
follows from its kind and its id: the process that queues it and those that work on it write to
the same one. Spans bear the ids of log lines, and no words of anybody's.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Thing = tuple[str, object]
"""The kind of what waits, and its id."""
Note = Callable[..., None]
"""Adds attributes to a span, by their names."""


class Tracer(Protocol):
    """Where spans go."""

    def span(
        self, name: str, about: Thing | None, attributes: dict[str, object]
    ) -> AbstractContextManager[Note]: ...

    def queued(self, thing: Thing) -> None: ...

    def close(self) -> None: ...


def _nothing(**_attributes: object) -> None:
    """What takes notes while nothing is measured."""


_OFF: AbstractContextManager[Note] = nullcontext(_nothing)
_tracer: Tracer | None = None


def install(tracer: Tracer | None) -> None:
    """Send spans there from now on, and what another has not sent yet; None is nowhere."""
    global _tracer  # one for the process, as its log is
    before, _tracer = _tracer, tracer
    if before is not None:
        before.close()


def span(
    name: str, about: Thing | None = None, **attributes: object
) -> AbstractContextManager[Note]:
    """Measure what is done in it; in the trace of what it is `about`, else in the current one."""
    return _OFF if _tracer is None else _tracer.span(name, about, attributes)


def queued(kind: str, id: object) -> None:
    """Note that something waits from now on, and which span has queued it."""
    if _tracer is not None:
        _tracer.queued((kind, id))
