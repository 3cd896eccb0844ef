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


def add(**ids: object) -> Token[Ids]:
    """Set more of them; `reset` takes these back."""
    return _ids.set({**_ids.get(), **ids})


def reset(token: Token[Ids]) -> None:
    """Have the ids that were set before `add` gave this token."""
    _ids.reset(token)
