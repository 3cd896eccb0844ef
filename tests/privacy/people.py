"""A person who leaves a mark wherever one can be left, and where to look for it afterwards."""

from __future__ import annotations

import base64
import io
import json
import random
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from channels.web import transcript
from core.app.bootstrap import App
from core.base.db import run, transaction
from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.sending.outbox import parcel, shown
from core.conversation.messages import Address, Event, Kind, Person, Update
from core.conversation.tokens import sign
from tests.patience import LONG

MARK = "Zq7sentinelVk"
MARKS = (MARK, "Меткащжюэ")
CAN = Capabilities(buttons_per_row=2, payload_bytes=200, text_length=100_000)
_ORIENTATION, _ARTIST, _COMMENT = 0x0112, 0x013B, 0x9286


class Marked:
    """Somebody who is called by the marks, says them, and sends them."""

    def __init__(self, app: App, channel: str = "web") -> None:
        self.app = app
        self.address = Address(channel, channel, uuid.uuid4().hex)
        self._person = Person(" ".join(MARKS), "en", MARK)
        self.id = self.do(Event(Kind.COMMAND, "start"))

    def do(self, event: Event) -> int:
        update = Update(uuid.uuid4().hex, self.address, event, self._person)
        [received] = self.app.engine.receive(update)
        self.app.engine.drain(received.conversation_id)
        return received.conversation_id

    def say(self, text: str) -> None:
        self.do(Event(Kind.TEXT, text))

    def press(self, trigger: str, argument: str | None = None) -> None:
        look = self.app.engine.look(self.id)
        buttons = {(b.trigger, b.argument): b for b in look.screen.each_button()}
        button = next(b for (t, a), b in buttons.items() if t == trigger and argument in (None, a))
        self.do(Event(Kind.PRESS, sign(look.token_key, look.position.visit, button)))

    def send_photo(self, name: str = f"{MARK}.jpg") -> None:
        reference = {"spool": self.app.spool.put(photo()), "name": name, "caption": MARKS[1]}
        self.do(Event(Kind.PHOTO, file=reference))

    def look(self) -> None:
        """As a channel does: it draws, records what is in sight, and a browser's is kept."""
        ready = parcel(self.app.engine, self.id, CAN)
        shown(self.id, ready.revision, ready.rendered.offers, {"id": 1}, time.time())
        with transaction():
            transcript.add(self.id, "bot", transcript.screen(ready.rendered))

    def live(self) -> None:
        """Leave marks everywhere."""
        self.send_photo()  # held
        self.say(f"a text with {MARKS[0]} and {MARKS[1]}")
        self.do(Event(Kind.PRESS, f"1:pick:{MARK}:"))
        self.say("/menu")
        self.press("create")
        self.press("create")  # the photo has begun one
        for trigger, argument in (
            ("choose_type", "style"), ("choose_kind", "style"),
        ):  # fmt: skip
            self.press(trigger, argument)
        self.say(f"{MARKS[0]} {MARKS[1]}")
        self.press("agree")
        for _ in range(3):
            self.send_photo()
        self.look()
        with transaction():
            content = {"text": MARK, "files": [{"name": MARK, "photo": True, "spool": "0" * 32}]}
            transcript.add(self.id, "person", content)
        self.do(Event(Kind.COMMAND, "support"))
        self.say(f"a message with {MARKS[0]} and {MARKS[1]}")
        self.do(Event(Kind.COMMAND, "menu"))
        self.press("resume")
        self._break_an_event()

    def order_erasure(self) -> None:
        self.do(Event(Kind.COMMAND, "privacy"))
        self.press("erase")
        self.press("yes")

    def _break_an_event(self) -> None:
        """A quarantined update keeps its payload, and what was wrong with it."""
        payload = json.dumps(["text", MARK, "", {"spool": "1" * 32, "name": MARK}, None, "", ""])
        run(
            "INSERT INTO inbox (conversation_id, channel, bot, update_id, kind, payload,"
            " received_at, attempts, retry_at, failed_at, error)"
            " VALUES (?, 'web', 'web', ?, 'text', ?, ?, 5, 0, ?, ?)",
            *(self.id, uuid.uuid4().hex, payload, time.time(), time.time(), f"ValueError: {MARK}"),
        )


def photo() -> bytes:
    """A JPEG that says the marks in its EXIF."""
    exif = Image.Exif()
    exif[_ARTIST], exif[0x010E] = MARKS[0], MARKS[0]
    noise = random.randbytes(64 * 64 * 3)
    picture = Image.frombytes("RGB", (64, 64), noise).resize((640, 640))
    data = io.BytesIO()
    picture.save(data, "JPEG", exif=exif)
    return data.getvalue()


def variants() -> dict[str, bytes]:
    """Every way in which a mark may be written somewhere."""
    found: dict[str, bytes] = {}
    for mark in MARKS:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            found[f"{mark} in {encoding}"] = mark.encode(encoding)
        found[f"{mark} in hex"] = mark.encode().hex().encode()
        found[f"{mark} in JSON"] = json.dumps(mark).strip('"').encode()
        for shift in range(3):
            whole = base64.b64encode(b"\0" * shift + mark.encode())
            found[f"{mark} in base64, {shift}"] = whole[4 if shift else 0 : -4]
    return found


def found_in(data: bytes) -> list[str]:
    """Which variants of the marks stand in these bytes."""
    return [name for name, variant in variants().items() if variant in data]


def found_below(folder: Path) -> list[str]:
    """Where below a folder a mark stands, names of files included."""
    return [
        f"{path.relative_to(folder)}: {found}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for found in (*found_in(path.read_bytes()), *found_in(path.name.encode()))
    ]


def rows_of(database: Any) -> Iterator[tuple[str, bytes]]:
    """Every row of every table, as text."""
    for table in database.get_tables():
        for row in database.execute_sql(f'SELECT * FROM "{table}"').fetchall():
            yield table, repr(row).encode()


def wait_for(ready: Callable[[], bool], seconds: float = LONG) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)
