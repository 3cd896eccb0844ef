"""A small form to chat with: buttons, a name, photos, a bar that moves, a notice with a link."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from channels.web import Settings
from core.conversation.delivery.channel import Worker
from core.conversation.engine import Engine
from core.conversation.flow import QUIET, SAME, Flow, Position, Table, row
from core.conversation.inbox import Inbox
from core.conversation.messages import Button, Introduction, Motion, Picture, Screen
from core.conversation.turn import Turn
from tests.feedback import methods_of

TABLE = Table(
    states=("greeting", "naming", "collecting", "working", "finished"),
    initial="greeting",
    rows=(
        row("start", "ANY", "greeting"),
        row("begin", "greeting", "naming"),
        row("name", "naming", "collecting", then="keep_name"),
        row("photo", "collecting", SAME, then="keep_photo"),
        row("photo", "ANY", SAME, then="say(not_now)"),
        row("looked", "collecting", SAME, then="look"),
        row("work", "collecting", "working", then="begin_work"),
        row("progress", "working", SAME, then="advance"),
        row("finished", "working", "finished"),
        row("told", "ANY", QUIET, then="tell"),
        row("done", "working", "finished", then="tell, alert"),
        row("open", "ANY", SAME, then="say(opened)"),
        row("russian", "greeting", SAME, then="speak_russian"),
        row("back", "naming collecting", "greeting"),
        row("text", "ANY", SAME, then="say(choose)"),
    ),
    commands={"start": "start"},
    typed=("name", "text"),
    signals=frozenset({"looked", "progress", "finished", "told", "done"}),
    ticks=frozenset({"progress"}),
)

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "greeting": "Hello! 👋", "about": "I make a little card from your name and photos.",
        "begin": "🚀 Begin", "russian": "🌐 По-русски", "naming": "What is your name?",
        "collecting": "Photos of “{name}”", "count": "Photos: {count}", "back": "◀️ Back",
        "work": "✨ Make it", "working": "Working…", "finished": "Ready! 🎉", "again": "🔁 Again",
        "choose": "Please choose a button.", "not_now": "Photos come later.", "open": "Open {what}",
        "opened": "Opened.", "told": "News about {what}", "stale": "That button is old.",
        "our_fault": "That was our fault.", "others": "Not photos: {others}",
    },
    "ru": {
        "greeting": "Привет! 👋", "about": "Сделаю открытку из имени и фотографий.",
        "begin": "🚀 Начать", "russian": "🌐 По-русски", "naming": "Как вас зовут?",
        "collecting": "Фото «{name}»", "count": "Фото: {count}", "back": "◀️ Назад",
        "work": "✨ Сделать", "working": "Работаю…", "finished": "Готово! 🎉", "again": "🔁 Опять",
        "choose": "Выберите кнопку.", "not_now": "Фото потом.", "open": "Открыть {what}",
        "opened": "Открыто.", "told": "Новости: {what}", "stale": "Это старая кнопка.",
        "our_fault": "Это наша вина.", "others": "Не фото: {others}",
    },
}  # fmt: skip


class Form:
    """What the table names; everything is kept in the conversation's memory."""

    def say(self, turn: Turn, code: str) -> None:
        turn.say(code)

    def keep_name(self, turn: Turn) -> None:
        turn.memory.update(name=turn.argument, photos=[], others=[], progress=0, looking=False)

    def keep_photo(self, turn: Turn) -> None:
        file = turn.event.file
        assert file is not None
        if file["kind"] == "photo":
            turn.memory["photos"].append(file["spool"])
            turn.memory["looking"] = True
        else:
            turn.memory["others"].append(file["name"])

    def look(self, turn: Turn) -> None:
        turn.memory["looking"] = False

    def begin_work(self, turn: Turn) -> None:
        turn.memory["progress"] = 0
        turn.memory["works"] = turn.memory.get("works", 0) + 1

    def advance(self, turn: Turn) -> None:
        turn.memory["progress"] = int(turn.argument)

    def tell(self, turn: Turn) -> None:
        turn.notify("told", f"told:{turn.argument}", what=turn.argument)

    def alert(self, turn: Turn) -> None:
        turn.alert()

    def speak_russian(self, turn: Turn) -> None:
        turn.choose_language("ru")


Facts = tuple[Mapping[str, str], Mapping[str, Any]]


def facts(position: Position, language: str) -> Facts:
    return WORDS[language], position.memory


def _hint(f: Facts) -> str:
    return "\n".join(f[0][code] for code, _ in f[1].get("said", ()))


def _button(f: Facts, trigger: str) -> Button:
    return Button(f[0][trigger], trigger)


def _greeting(f: Facts) -> Screen:
    rows = ((_button(f, "begin"),), (_button(f, "russian"), Button("?", "text")))
    return Screen(f[0]["greeting"], f[0]["about"], rows, hint=_hint(f))


def _naming(f: Facts) -> Screen:
    return Screen(f[0]["naming"], buttons=((_button(f, "back"),),), hint=_hint(f))


def _collecting(f: Facts) -> Screen:
    words, memory = f
    photos = memory["photos"]
    text = words["count"].format(count=len(photos))
    if memory["others"]:
        text += "\n" + words["others"].format(others=", ".join(memory["others"]))
    return Screen(
        words["collecting"].format(name=memory["name"]),
        text,
        ((_button(f, "work"),), (_button(f, "back"),)),
        tuple(Picture(f"spool/{name}", f"{n} ✅") for n, name in enumerate(photos, 1)),
        hint=_hint(f),
        motion=Motion.SETTLING if memory["looking"] else Motion.STILL,
    )


def _working(f: Facts) -> Screen:
    words, memory = f
    return Screen(
        words["working"], progress=memory["progress"], motion=Motion.MOVING, hint=_hint(f)
    )


def _finished(f: Facts) -> Screen:
    return Screen(f[0]["finished"], buttons=((Button(f[0]["again"], "start"),),), hint=_hint(f))


def _told(parameters: Mapping[str, Any], language: str) -> Screen:
    words, what = WORDS[language], str(parameters["what"])
    link = Button(words["open"].format(what=what), "open", what)
    keys = [what] if what.startswith("spool/") else []
    pictures = tuple(
        Picture(key, name=f"picture-{number}.jpg")
        for number, key in enumerate(what.split(), 1) if keys
    )  # fmt: skip
    return Screen(words["told"].format(what=what), "", () if keys else ((link,),), pictures)


SCREENS = {
    "greeting": _greeting,
    "naming": _naming,
    "collecting": _collecting,
    "working": _working,
    "finished": _finished,
}


class Folder:
    """A spool without care: files under random names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes, name: str = "") -> str:
        name = name or uuid.uuid4().hex
        (self.folder / name).write_bytes(data)
        return name


class FormHouse:
    """What the channel needs of `core.app.bootstrap.App`, with the form behind it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.name, self.picture = "Form", ""
        self.spool = Folder(data / "spool")
        self.flow = Flow(TABLE, methods_of(Form()), facts, SCREENS, {"told": _told}, ("en", "ru"))
        self.inbox = Inbox(TABLE.initial, self.flow.language)
        self.engine = Engine(self.flow, self.inbox)

    def open_file(self, key: str) -> bytes | None:
        return (self.spool.folder / key.removeprefix("spool/")).read_bytes()

    def introduction(self, language: str) -> Introduction:
        commands = {"start": WORDS[language]["begin"]}
        return Introduction(WORDS[language]["about"], "", commands, self.name, self.picture)

    def sheet(self, pictures: tuple[Picture, ...]) -> bytes:
        raise NotImplementedError

    def worker(self) -> Worker:
        raise NotImplementedError

    def thumbnail(self, key: str, side: int) -> bytes | None:
        return self._small(key.removeprefix("spool/"), side)

    def sent_picture(self, conversation_id: int, name: str, side: int) -> bytes | None:
        return self._small(name, side)

    def signal(self, conversation_id: int, trigger: str, argument: str = "") -> None:
        """Let the form hear of something, and apply it."""
        self.inbox.signal(conversation_id, trigger, argument, uuid.uuid4().hex)
        self.engine.drain(conversation_id)

    def _small(self, name: str, side: int) -> bytes | None:
        path = self.spool.folder / name
        if not path.is_file():
            return None
        with Image.open(path) as picture:
            picture.thumbnail((side, side))
            out = BytesIO()
            picture.convert("RGB").save(out, "JPEG")
        return out.getvalue()


def settings(port: int, **changes: Any) -> Settings:
    return Settings(port=port, **changes)
