"""Where conversations are held: the processes of one channel, and many people at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from tests.scenarios.contract import Chat
from tests.scenarios.house import House
from tests.sizes import SIZE

BOTH = ("en", "ru")
EVERYTHING = SIZE == "full"
"""Every conversation is held on every channel in both languages.

Else Telegram alone does; the slower channels hold each in one, and not in the same.
"""

WAITING = 52
"""So many photos may wait: two more than an avatar takes."""
QUICK: dict[str, object] = {
    "training__simulated_seconds": 8,
    "training__simulated_queue_seconds": 1,
    "training__check_seconds": 0.3,
    "conversation__tick_seconds": 1,
    "photos__max_bytes": 2_000_000,
    "photos__max_pending": WAITING,
}
"""Trainings of seconds; everything else as it comes."""
FAILURE: dict[str, object] = {
    "training__simulated_outcome": "failure",
    "training__attempts": 1,
    "training__simulated_seconds": 1,
}

Talk = Callable[[Any], None]


@dataclass(frozen=True)
class Conversation:
    """What is said, by a chat that is given to it; where it fails, every training does."""

    talk: Talk
    fails: bool
    everywhere: bool

    def __str__(self) -> str:
        return self.talk.__name__.replace("_", " ")


@dataclass(frozen=True)
class Held:
    """A conversation in one language."""

    conversation: Conversation
    language: str

    def __str__(self) -> str:
        return f"{self.conversation}, {self.language}"


CONVERSATIONS: list[Conversation] = []
"""All that has made itself known; `tests.scenarios.conversations` has imported every one."""


def conversation(talk: Talk) -> Talk:
    """A conversation for every channel."""
    CONVERSATIONS.append(Conversation(talk, fails=False, everywhere=False))
    return talk


def in_both_languages(talk: Talk) -> Talk:
    """The same, in both languages on every channel."""
    CONVERSATIONS.append(Conversation(talk, fails=False, everywhere=True))
    return talk


def failing(talk: Talk) -> Talk:
    """The same, where every training fails."""
    CONVERSATIONS.append(Conversation(talk, fails=True, everywhere=False))
    return talk


def held_on(
    channel: str, conversations: Sequence[Conversation], always: Mapping[Talk, str]
) -> list[ParameterSet]:
    """What a channel holds, and in which languages.

    `make test` holds those of `always`, each in the languages named there ("en", "ru", "en ru"),
    and `make soak` samples the others.
    """
    return [
        pytest.param(
            Held(conversation, language),
            marks=[] if language in always.get(conversation.talk, "").split() else pytest.mark.soak,
        )
        for number, conversation in enumerate(conversations)
        for language in _languages(channel, conversation, number, always)
    ]


def _languages(
    channel: str, conversation: Conversation, number: int, always: Mapping[Talk, str]
) -> Sequence[str]:
    if channel == "telegram" or conversation.everywhere or EVERYTHING:
        return BOTH
    return always.get(conversation.talk, BOTH[(number + (channel == "web")) % 2]).split()


class Stage(ABC):
    """One channel, served by real processes; people talk on it side by side."""

    at_once = 4

    def __init__(self, house: House) -> None:
        self.house = house
        self._pool = ThreadPoolExecutor(self.at_once, thread_name_prefix="person")
        self._talking: dict[Held, Future[None]] = {}

    @abstractmethod
    def chat(self, language: str) -> Chat:
        """Somebody new."""

    def open(self) -> None:  # noqa: B027  # a channel without a server has nothing to start
        """Start what serves this channel, and wait until it does."""

    def begin(self, wanted: Sequence[Held]) -> None:
        """Begin all that will be asked for; the tests then only wait for their own."""
        self._talking = {held: self._pool.submit(self._hold, held) for held in wanted}

    def result(self, held: Held) -> None:
        """Wait until a conversation is over; raises what went wrong in it."""
        self._talking[held].result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self.house.stop()

    def _hold(self, held: Held) -> None:
        chat = self.chat(held.language)
        try:
            held.conversation.talk(chat)
            kept = chat.kept
            assert not kept.failed, kept.failed
        finally:
            chat.close()


class Stages:
    """A channel's two stages: where trainings succeed, and where they fail."""

    def __init__(self, kind: Callable[..., Stage], folder: Path, **settings: object) -> None:
        self._kind, self._folder, self._settings = kind, folder, {**QUICK, **settings}
        self._open: dict[bool, Stage] = {}

    def begin(self, wanted: Sequence[Held]) -> None:
        """Begin the conversations, each on its stage."""
        for fails in (False, True):
            chosen = [held for held in wanted if held.conversation.fails is fails]
            if chosen:
                self._stage(fails).begin(chosen)

    def result(self, held: Held) -> None:
        """Wait until a conversation is over; raises what went wrong in it."""
        self._open[held.conversation.fails].result(held)

    def close(self) -> None:
        try:
            for stage in self._open.values():
                stage.close()
        finally:
            self._open.clear()

    def _stage(self, fails: bool) -> Stage:
        folder = self._folder / ("failing" if fails else "well")
        folder.mkdir()
        stage = self._kind(folder, **{**self._settings, **(FAILURE if fails else {})})
        self._open[fails] = stage
        stage.open()
        return stage


def opened(
    request: pytest.FixtureRequest, kind: Callable[..., Stage], folder: Path, **settings: object
) -> Iterator[Stages]:
    """Stages on which everything has begun that this session asks of this module."""
    stages = Stages(kind, folder, **settings)
    wanted = [
        item.callspec.params["held"]
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.path == request.path
        and "held" in getattr(item, "callspec", _Nothing).params
    ]
    try:
        stages.begin([held for held in wanted if isinstance(held, Held)])
        yield stages
    finally:
        stages.close()


class _Nothing:
    params: dict[str, object] = {}  # noqa: RUF012  # it stays empty
