"""What log lines are about: ids that each line has while they are set, here and in what is called.

structlog's own context variables, one for each id, cost ten times as much in every turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar, Token

Ids = Mapping[str, object]

_NONE: Ids = {}
_ids: ContextVar[Ids] = ContextVar("ids", default=_NONE)


def known() -> Ids:
    """The ids that are set."""
    return _ids.get()


def add(**ids: object) -> None:
    """Set more of them."""
    _ids.set({**_ids.get(), **ids})


class Within:
    """Sets more of them for a while: a class, for each turn has one."""

    __slots__ = ("_ids", "_token")

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def __enter__(self) -> None:
        self._token: Token[Ids] = _ids.set({**_ids.get(), **self._ids})

    def __exit__(self, *_: object) -> None:
        _ids.reset(self._token)
