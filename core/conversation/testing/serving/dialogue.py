"""The kit's dialogue: every text is heard and counted, and `kit …` makes it do something.

What comes of an update stands in the conversation's memory, where rules count it, and on the
screen, where people see it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from core.conversation.flow import SAME, Flow, Position, Row, Table, row
from core.conversation.testing.serving.screens import LANGUAGES, SCREENS, Facts, reworded, told
from core.conversation.turn import Turn

STATES = ("hall", "question", "list", "colours", "paying", "crowd", "wall", "picture", "gallery")
KEPT = 400
"""So many texts are remembered."""
SLOW_SECONDS = 0.02
LATER_SECONDS = 0.6
FILE = b"What the kit hands over, as it is. " * 40
_ACTIONS = ("name", "poison", "slow", "notice", "later", "small", "dearer")


def _rows() -> tuple[Row, ...]:
    gone = tuple(
        row("text", "ANY", state, when=f"asks({state})") for state in STATES if state != "hall"
    )
    done = tuple(
        row("text", "ANY", SAME, when=f"asks({action})", then=action) for action in _ACTIONS
    )
    return (
        *gone,
        *done,
        row("text", "ANY", SAME, then="hear"),
        row("answer", "question", "hall", then="answer"),
        row("correct", "ANY", SAME, then="correct"),
        row("photo", "ANY", SAME, then="take"),
        row("start", "ANY", "hall", then="begin"),
        row("echo", "ANY", SAME, then="hear"),
        row("count", "ANY", SAME, then="count"),
        row("open", "hall", "list"),
        row("pick", "ANY", "hall", then="pick"),
        row("pay", "paying", "hall", then="pay"),
        row("back", "ANY", "hall"),
        row("link", "ANY", SAME, then="link"),
        row("woken", "ANY", SAME, then="wake"),
        row("fetched", "ANY", SAME, then="fetched"),
    )


TABLE = Table(
    states=STATES,
    initial="hall",
    rows=_rows(),
    commands={"start": "start", "echo": "echo"},
    typed=("answer", "text"),
    signals=frozenset({"woken", "fetched"}),
    corrections={"answer": "correct"},
)


def made(longest: int, file_bytes: int) -> Flow:
    """The flow; `longest` is what a message holds, `file_bytes` the largest file handed over."""

    def facts(position: Position, language: str) -> Facts:
        return Facts(position.memory, language, position.name, longest, file_bytes)

    def beside(parameters: Mapping[str, Any], _language: str) -> Any:
        return told(parameters, file_bytes)

    callbacks: dict[str, Callable[..., object]] = {
        effect.__name__.rstrip("_"): effect
        for effect in (
            asks, name, poison, slow, notice, later, small, dearer, hear, answer, correct, take,
            begin, count, pick, pay, link, wake, fetched,
        )
    }  # fmt: skip
    return Flow(TABLE, callbacks, facts, SCREENS, {"told": beside}, LANGUAGES, reworded=reworded)


def asks(turn: Turn, word: str) -> bool:
    """Whether a text is an order of the kit's: `kit WORD …`."""
    return turn.argument.split()[:2] == ["kit", word]


def _rest(turn: Turn) -> str:
    return turn.argument.split(maxsplit=2)[2]


def _add(turn: Turn, name: str, value: object) -> None:
    turn.memory[name] = [*turn.memory.get(name, []), value][-KEPT:]


def _more(turn: Turn, name: str, by: int = 1) -> None:
    turn.memory[name] = turn.memory.get(name, 0) + by


def name(turn: Turn) -> None:
    turn.memory["who"] = _rest(turn)


def poison(turn: Turn) -> None:
    raise RuntimeError("poison: this event can't be applied")


def slow(turn: Turn) -> None:
    time.sleep(SLOW_SECONDS)
    _more(turn, "slow")


def notice(turn: Turn) -> None:
    """Post a notice: `kit notice KIND`; "same" has one key for ever."""
    kind = _rest(turn)
    _more(turn, "notices")
    number = 0 if kind == "same" else turn.memory["notices"]
    turn.notify("told", f"kit:{turn.conversation_id}:{number}", kind=kind, number=number)


def later(turn: Turn) -> None:
    _more(turn, "laters")
    turn.wake_after(LATER_SECONDS, "woken")


def small(turn: Turn) -> None:
    """From now on no more than so many bytes of a file are asked for."""
    turn.memory["limit"] = int(_rest(turn))


def dearer(turn: Turn) -> None:
    turn.memory["price"] = turn.memory.get("price", 5) + 1


def hear(turn: Turn) -> None:
    _add(turn, "heard", turn.argument)
    _more(turn, "count")
    turn.memory["digest"] = digest(turn.argument.encode())


def answer(turn: Turn) -> None:
    _add(turn, "answers", turn.argument)


def correct(turn: Turn) -> None:
    turn.memory["answers"] = [*turn.memory.get("answers", [])[:-1], turn.argument]


def take(turn: Turn) -> None:
    """Note a photo or file; its bytes are fetched beside the dialogue."""
    file = dict(turn.event.file or {})
    _add(turn, "files", {"file": file, "kind": turn.event.kind, "name": file.get("name", "")})


def begin(turn: Turn) -> None:
    turn.memory["begun"] = turn.argument


def count(turn: Turn) -> None:
    _more(turn, "counted")


def pick(turn: Turn) -> None:
    _add(turn, "picked", turn.argument)


def pay(turn: Turn) -> None:
    _more(turn, "paid")


def link(turn: Turn) -> None:
    _add(turn, "links", turn.argument)


def wake(turn: Turn) -> None:
    """Something that the person must notice."""
    _more(turn, "woken")
    turn.alert()


def fetched(turn: Turn) -> None:
    """What came of fetching: `INDEX:WHAT:BYTES`."""
    index, what, size = turn.argument.split(":")
    files = [dict(file) for file in turn.memory["files"]]
    files[int(index)] |= {"digest": what, "size": int(size)}
    turn.memory["files"] = files


def digest(data: bytes) -> str:
    """A short fingerprint of what arrived."""
    return hashlib.blake2b(data, digest_size=6).hexdigest()
