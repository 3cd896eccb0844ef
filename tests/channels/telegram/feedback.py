"""A small dialogue and a bot that serves it, in a thread or as a process that can be killed."""

from __future__ import annotations

import asyncio
import io
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from PIL import Image

from channels.telegram import Settings, Telegram
from core.app.brand import introduction
from core.base.db import connect, database
from core.base.migrations.runner import migrate
from core.conversation.delivery.channel import Worker
from core.conversation.engine import Engine
from core.conversation.flow import SAME, Flow, Position, Table, row
from core.conversation.inbox import Inbox
from core.conversation.messages import Button, Introduction, Motion, Picture, Screen
from core.conversation.timing.pacing import Pace
from core.conversation.turn import Turn
from core.services.spool import Spool
from core.services.storage import FolderStore
from tests import makers
from tests.feedback import methods_of

TOKEN = "123:abc"
PACE = Pace(quiet=0.1, settle=0.4, tick=0.2, series=5.0)
COLOURS = {"red": "firebrick", "blue": "navy"}

TABLE = Table(
    states=("hello", "rating", "comment", "thanks", "photos", "picture"),
    initial="hello",
    rows=(
        row("start", "ANY", "hello", then="remember_link"),
        row("begin", "ANY", "rating"),
        row("rate", "rating", "comment", then="keep_rating"),
        row("comment", "comment", "thanks", then="keep_comment"),
        row("photo", "ANY", "photos", then="count_photo"),
        row("show", "ANY", "picture", then="choose_picture"),
        row("ping", "ANY", SAME, then="notify_person"),
        row("text", "ANY", SAME, then="count_text"),
    ),
    commands={"start": "start", "rate": "begin"},
    typed=("comment", "text"),
    signals=frozenset({"ping"}),
)


class Callbacks:
    """What the table names."""

    def remember_link(self, turn: Turn) -> None:
        turn.memory["link"] = turn.argument

    def keep_rating(self, turn: Turn) -> None:
        turn.memory["rating"] = turn.argument

    def keep_comment(self, turn: Turn) -> None:
        turn.memory["comment"] = turn.argument

    def count_photo(self, turn: Turn) -> None:
        turn.memory["photos"] = turn.memory.get("photos", 0) + 1

    def count_text(self, turn: Turn) -> None:
        turn.memory["texts"] = turn.memory.get("texts", 0) + 1

    def choose_picture(self, turn: Turn) -> None:
        turn.memory["picture"] = turn.argument

    def notify_person(self, turn: Turn) -> None:
        turn.notify("pong", f"pong-{turn.conversation_id}-{turn.argument}", number=turn.argument)


@dataclass(frozen=True)
class Facts:
    memory: Mapping[str, Any]
    name: str
    language: str

    @property
    def said(self) -> str:
        return " ".join(code for code, _ in self.memory.get("said", []))


def facts(position: Position, language: str) -> Facts:
    return Facts(dict(position.memory), position.name, language)


def hello(facts: Facts) -> Screen:
    words = "Привет" if facts.language == "ru" else "Hello"
    link = facts.memory.get("link", "")
    texts = f"texts: {facts.memory.get('texts', 0)}"
    title = f"{words} 👋 {facts.name}"
    return Screen(title, f"{link} {texts}".strip(), ((Button("Begin", "begin"),),), hint=facts.said)


def rating(facts: Facts) -> Screen:
    numbers = tuple(Button(str(n), "rate", str(n)) for n in (1, 2, 3))
    return Screen("How was it?", buttons=(numbers,), hint=facts.said)


def comment(facts: Facts) -> Screen:
    title = f"{facts.memory['rating']} stars. Why?"
    return Screen(title, buttons=((Button("Again", "begin"),),), hint=facts.said)


def thanks(facts: Facts) -> Screen:
    return Screen(f"Thanks: {facts.memory['comment']}", buttons=((Button("Again", "begin"),),))


def photos(facts: Facts) -> Screen:
    title = f"{facts.memory['photos']} photos"
    return Screen(title, buttons=((Button("Begin", "begin"),),), motion=Motion.SETTLING)


def picture(facts: Facts) -> Screen:
    keys = [key for key in facts.memory["picture"].split(",") if key != "caption"]
    pictures = tuple(Picture(key) for key in keys)
    buttons = (Button("Blue", "show", "blue"), Button("Caption", "show", "blue,caption"))
    more = (Button("Both", "show", "red,blue"), Button("Lost", "show", "lost"))
    end = (Button("Text", "begin"),)
    return Screen(facts.memory["picture"], "A picture", (buttons, more, end), pictures)


def pong(parameters: Mapping[str, Any], language: str) -> Screen:
    said, _, keys = parameters["number"].partition(":")
    pictures = tuple(Picture(key) for key in keys.split(",") if key)
    buttons = () if said == "album" else ((Button("Begin", "begin"),),)
    return Screen(f"Pong {said}", "", buttons, pictures)


def flow() -> Flow:
    screens = {
        "hello": hello, "rating": rating, "comment": comment, "thanks": thanks, "photos": photos,
        "picture": picture,
    }  # fmt: skip
    return Flow(TABLE, methods_of(Callbacks()), facts, screens, {"pong": pong}, ("en", "ru"))


class House:
    """What the channel is given: an engine on a database of the test's own, and two pictures."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.database = connect(url or f"sqlite:///{folder / 'test.db'}", "normal")
        migrate(self.database)
        dialogue = flow()
        self.inbox = Inbox("hello", dialogue.language)
        self.engine = Engine(dialogue, self.inbox, PACE)
        self.data = folder
        self.spool = Spool(FolderStore(folder / "objects"), folder / "spool")
        self.drawn: list[str] = []

    def introduction(self, language: str) -> Introduction:
        return introduction(makers.settings(), language)

    def sheet(self, pictures: tuple[Picture, ...]) -> bytes:
        self.drawn.append("+".join(picture.key for picture in pictures))
        return drawing((600, 300), "purple")

    def open_file(self, key: str) -> bytes | None:
        return None

    def sent_picture(self, conversation_id: int, name: str, side: int) -> bytes | None:
        return None

    def worker(self) -> Worker:
        raise NotImplementedError

    def thumbnail(self, key: str, side: int) -> bytes | None:
        self.drawn.append(key)
        if key == "long":
            return drawing((2500, 100), "black")
        return drawing((side, side), COLOURS[key]) if key in COLOURS else None


def drawing(size: tuple[int, int], colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG")
    return file.getvalue()


def channel(base_url: str, base_file_url: str, token: str = TOKEN, **more: Any) -> Telegram:
    given = {"base_url": base_url, "base_file_url": base_file_url, **more}
    return Telegram(Settings.model_validate({"token": token, "poll_seconds": 2, **given}))


class Running:
    """A bot in a thread; what it raises is raised where the test ends it."""

    def __init__(self, telegram: Telegram, house: Any) -> None:
        self._telegram, self._house = telegram, house
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="bot")
        self.error: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        self.stop()
        if error is None and self.error is not None:
            raise self.error

    def stop(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive(), "the bot does not stop"

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._telegram.serve(self._house, self._stop))
        except BaseException as error:  # noqa: BLE001 - raised again in `__exit__`
            self.error = error


if __name__ == "__main__":
    _, _folder, _base, _files, *_url = sys.argv
    channel(_base, _files).run(House(Path(_folder), *_url))
    database.close()
