"""A conversation in a terminal: what is typed, which files a line names, what is printed."""

from __future__ import annotations

import glob
import mimetypes
import os
import select
import shlex
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import TextIO

from core.base.db import INFRASTRUCTURE
from core.base.errors import StorageUnavailable
from core.conversation.delivery.channel import Capabilities, Host
from core.conversation.delivery.receiving.intake import commit
from core.conversation.delivery.rendering import Rendered
from core.conversation.delivery.sending.outbox import parcel, shown, take_notices
from core.conversation.inbox import find
from core.conversation.messages import (
    Address,
    Event,
    Kind,
    Motion,
    Person,
    Picture,
    Update,
    illustrated,
)
from core.conversation.tokens import RenderedButton

_WORDS = {
    "en": {
        "how": (
            "Type the paths of the pictures, several on one line if you like. "
            "Words after them are their caption."
        ),
        "missing": "There is no file {path}.",
        "fault": "Something is wrong on our side, so this has not been taken. Please try again.",
        "full": "That was too much at once. Please wait a moment and send the rest again.",
    },
    "ru": {
        "how": (
            "Напишите пути к файлам, можно несколько в одной строке. "
            "Слова после них станут подписью."
        ),
        "missing": "Нет файла {path}.",
        "fault": "У нас неполадка, поэтому сообщение не принято. Попробуйте, пожалуйста, ещё раз.",
        "full": "Слишком много сразу. Подождите немного и отправьте остальное ещё раз.",
    },
}
_LONGEST_WAIT = 600.0
_LONGEST_SETTLE = 30.0
_RETRIES = 5
LARGE = 4096
"""Pixels of the longer side of a picture that is saved."""


class Talk:
    """One conversation in one terminal.

    A screen is printed whole when it is new or somebody has said something; what changes by itself
    afterwards is printed alone.
    """

    def __init__(
        self,
        app: Host,
        can: Capabilities,
        name: str,
        language: str,
        source: TextIO,
        target: TextIO,
    ) -> None:
        self._app, self._can, self._source, self._target = app, can, source, target
        self._address = Address("console", "console", name)
        self._person = Person("" if name == "me" else name, language)
        self._words = words(language)
        self._id = 0
        self._seen = (-1, -1)
        self._offers: tuple[RenderedButton, ...] = ()
        self._printed: frozenset[str] = frozenset()
        self._laid_out: frozenset[Picture] = frozenset()
        self._asked = True

    def run(self) -> None:
        known = find(self._address)
        if known is None:
            self._send(Event(Kind.COMMAND, "start"))
        else:
            self._id = known
            self._app.engine.drain(known)
        self._show()
        for line in self._lines():
            self._handle(line.strip())
        if not self._source.isatty():
            self._wait(_LONGEST_WAIT)

    def _lines(self) -> Iterator[str]:
        """Lines as they come; at a terminal the screen moves while nobody types."""
        if not self._source.isatty():
            for line in self._source:
                self._print(f"> {line.rstrip()}")
                yield line
            return
        while True:
            self._print("> ", end="")
            while not select.select([self._source], [], [], 0.5)[0]:
                self._show()
            line = self._source.readline()
            if not line:
                return
            yield line

    def _handle(self, line: str) -> None:
        if not line:
            return
        command, _, rest = line.partition(" ")
        if command == "/wait":
            seconds = float(rest) if rest.replace(".", "", 1).isdigit() else _LONGEST_WAIT
            self._wait(seconds)
            return
        self._send(*self._events(line))
        self._wait(_LONGEST_SETTLE, Motion.SETTLING)

    def _events(self, line: str) -> list[Event]:
        paths, caption = _files(line)
        if not paths:
            return [Event(Kind.TEXT, line)]
        for path in paths:
            if not path.is_file():
                self._print(self._words["missing"].format(path=path))
        try:
            events = [self._spooled(path) for path in paths if path.is_file()]
        except StorageUnavailable:
            self._print(self._words["fault"])
            return []
        return [*events[:-1], *(replace(last, caption=caption) for last in events[-1:])]

    def _spooled(self, path: Path) -> Event:
        kind = mimetypes.guess_type(path.name)[0] or ""
        reference = {
            "spool": self._app.spool.put(path.read_bytes()),
            "name": path.name,
            "size": path.stat().st_size,
        }
        return Event(Kind.PHOTO if kind.startswith("image/") else Kind.FILE, file=reference)

    def _send(self, *events: Event) -> None:
        """Commit and apply a message; a database in trouble is tried again, then admitted."""
        if not events:
            return
        self._asked = True
        updates = [Update(uuid.uuid4().hex, self._address, e, self._person) for e in events]
        for attempt in range(_RETRIES):
            try:
                committed = commit(self._app.engine, updates)
                self._id = committed.conversation_id
                self._app.engine.drain(self._id)
            except INFRASTRUCTURE:
                time.sleep(0.2 * 2**attempt)
                continue
            if committed.overflow:
                self._print(self._words["full"])
            return
        self._print(self._words["fault"])

    def _wait(self, seconds: float, while_: Motion | None = None) -> None:
        """Show what changes until the screen keeps still (or no longer has this motion)."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            motion = self._show()
            if motion is Motion.STILL:  # unless what has ended it is told in this moment
                self._app.engine.drain(self._id)
                motion = self._show()
            if motion is Motion.STILL or (while_ and motion is not while_):
                return
            time.sleep(0.1)

    def _show(self) -> Motion:
        """Print what is new; returns whether the screen will go on changing."""
        if not self._id:
            return Motion.STILL
        ready = parcel(self._app.engine, self._id, self._can)
        for notice in take_notices(self._app.engine, self._id, self._can):
            self._tell(notice)  # it has come with this screen, or before it
        now = (ready.visit, ready.revision)
        if now != self._seen:
            if now[0] != self._seen[0]:
                self._laid_out = frozenset()
            if now[0] != self._seen[0] or self._asked:
                self._draw(ready.rendered)
            else:
                self._draw_new(ready.rendered)
            self._printed = frozenset(ready.rendered.text.split("\n\n"))
            self._laid_out |= {*ready.rendered.pictures}
            self._asked = False
            self._offers = ready.rendered.offers
            shown(self._id, ready.revision, self._offers, None, time.time())
        self._seen = now
        return ready.rendered.motion

    def _tell(self, notice: Rendered) -> None:
        """Print a notice; its file goes where the terminal stands, and over nothing."""
        self._print(f"\n🔔 {notice.text}\n")
        if notice.file and (data := self._app.open_file(notice.file.key)):
            self._save(Path(notice.file.name), data, "📦")
        self._lay_out(notice.pictures)

    def _lay_out(self, pictures: tuple[Picture, ...]) -> None:
        """Print where each picture is to be seen: in a folder that the system clears away.

        Illustrations are on one sheet.
        """
        for picture in pictures:
            data = None
            with suppress(StorageUnavailable):
                data = self._app.thumbnail(picture.key, LARGE)
            mark = " ".join(filter(None, ("🖼", picture.label, picture.sent_as or picture.note)))
            if data and picture.name:
                self._save(self._folder / picture.name, data, mark)
            elif picture.label:
                self._print(mark)
        drawn = tuple(picture for picture in pictures if picture.alt)
        if drawn:
            self._save(self._folder / "examples.jpg", self._app.sheet(drawn), illustrated(drawn))

    def _save(self, wanted: Path, data: bytes, mark: str) -> None:
        path = _free(wanted, data).absolute()
        path.write_bytes(data)
        self._print(f"{mark} {path}")

    @cached_property
    def _folder(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="likeness-"))

    def _draw(self, rendered: Rendered) -> None:
        """Print a screen whole, without the pictures that stand above already."""
        self._print()
        self._lay_out(tuple(p for p in rendered.pictures if p not in self._laid_out))
        self._print(f"{rendered.text}\n")

    def _draw_new(self, rendered: Rendered) -> None:
        """Print what has changed by itself: the bar alone, or each new paragraph."""
        if rendered.motion is Motion.MOVING and rendered.offers == self._offers:
            self._print(rendered.bar or rendered.title)
            return
        self._lay_out(tuple(p for p in rendered.pictures if p not in self._laid_out))
        for paragraph in rendered.text.split("\n\n"):
            if paragraph not in self._printed:
                self._print(f"{paragraph}\n")

    def _print(self, text: str = "", end: str = "\n") -> None:
        print(text, end=end, file=self._target, flush=True)


def _free(path: Path, data: bytes) -> Path:
    others = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(p for p in chain((path,), others) if not p.exists() or p.read_bytes() == data)


def _files(line: str) -> tuple[list[Path], str]:
    """The files that a line names, and what stands beside them.

    It is all paths, of existing files or of what can't be anything else, or it begins with an
    existing one. Any other line is a text.
    """
    try:
        parts = [os.path.expanduser(part) for part in shlex.split(line)]
    except ValueError:  # a quotation mark that is none
        parts = [os.path.expanduser(part) for part in line.split()]
    found = [path for part in parts for path in sorted(glob.glob(part)) or [part]]
    beside = [part for part in found if not _is_path(part)]
    if not found or (beside and not os.path.isfile(found[0])):
        return [], ""
    return [Path(part) for part in found if _is_path(part)], " ".join(beside)


def _is_path(part: str) -> bool:
    picture = (mimetypes.guess_type(part)[0] or "").startswith("image/")
    return picture or os.path.isfile(part)


def words(language: str) -> Mapping[str, str]:
    return _WORDS.get(language, _WORDS["en"])
