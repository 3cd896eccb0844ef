"""A process that dies where it is told to: between two steps of what it does with an update.

The file `dies` of the folder names the moment, and is gone when it has come.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from core.base.logs.log_ids import Ids
from core.conversation.delivery.sending import outbox
from core.conversation.engine import NO_IDS, Engine
from core.conversation.groups import EVENTS, Outcome
from core.conversation.inbox import Inbox, Received
from core.conversation.messages import Update
from core.conversation.statements import Locked
from core.conversation.turn import Turn

P = ParamSpec("P")
R = TypeVar("R")

FILE = "dies"
RECEIVE, COMMIT, APPLY, SHOW, RECORD, RECORDED, TELL = MOMENTS = (
    "receive", "commit", "apply", "show", "record", "recorded", "tell",
)  # fmt: skip
"""Received and not committed; committed and not applied; applied and not committed; that committed
and not shown; shown and not recorded; recorded; a notice sent and not recorded."""


class Fate:
    """When this process dies."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def at(self, moment: str) -> None:
        """Die, if this is the moment."""
        try:
            wanted = self._file.read_text()
        except FileNotFoundError:
            return
        if wanted == moment:
            self._file.unlink()
            os.kill(os.getpid(), signal.SIGKILL)

    def around(
        self, function: Callable[P, R], before: str | None, after: str | None
    ) -> Callable[P, R]:
        """The function, with a moment before it and one after it."""

        def watched(*args: P.args, **kwargs: P.kwargs) -> R:
            if before:
                self.at(before)
            done = function(*args, **kwargs)
            if after:
                self.at(after)
            return done

        return watched

    def watch_sending(self) -> None:
        """Let what records that something was sent be such moments.

        Before anybody imports it: a module keeps the functions that it has imported.
        """
        vars(outbox)["shown"] = self.around(outbox.shown, RECORD, RECORDED)
        vars(outbox)["settle"] = self.around(outbox.settle, TELL, None)


class MortalInbox(Inbox):
    """An inbox with a moment before its commit."""

    def __init__(self, fate: Fate, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fate = fate

    def receive(self, *updates: Update) -> list[Received]:
        """Commit updates, unless this is the end."""
        self._fate.at(RECEIVE)
        return super().receive(*updates)


class MortalEngine(Engine):
    """An engine with a moment between any two steps of a turn."""

    def __init__(self, fate: Fate, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fate = fate

    def work_off(
        self, conversations: Sequence[int], most: int = EVENTS, about: Mapping[int, Ids] = NO_IDS
    ) -> Outcome:
        """Apply what waits, unless this is the end."""
        outcome = super().work_off(conversations, most, about)
        if outcome.events:
            self._fate.at(SHOW)
        return outcome

    def _enter(self, turn: Turn) -> None:
        self._fate.at(COMMIT)
        super()._enter(turn)

    def _save(self, turn: Turn, found: Locked) -> None:
        super()._save(turn, found)
        self._fate.at(APPLY)
