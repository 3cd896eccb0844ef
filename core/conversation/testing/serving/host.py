"""What a channel is given to work with in the kit: a dialogue, a folder, and drawn pictures."""

from __future__ import annotations

import colorsys
import hashlib
import io
import uuid
from pathlib import Path

from PIL import Image

from core.conversation.engine import Engine
from core.conversation.messages import Introduction, Picture
from core.conversation.testing.serving.dialogue import FILE

SIDE = 160


class KitSpool:
    """Bytes in a folder; see `Spool`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def put(self, data: bytes, name: str = "") -> str:
        """Keep them under the name, or a new one."""
        name = name or uuid.uuid4().hex
        (self._folder / name).write_bytes(data)
        return name

    def read(self, name: str) -> bytes:
        """The bytes of a name; raises FileNotFoundError."""
        return (self._folder / name).read_bytes()


class Idle:
    """A worker with nothing to do."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""


class KitHost:
    """See `Host`."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.data = folder
        self.spool = KitSpool(folder / "spool")

    def introduction(self, language: str) -> Introduction:
        """What the bot says of itself."""
        return Introduction("A kit.", "A kit.", {"start": "Begin", "echo": "Say it"}, "Kit")

    def sheet(self, pictures: tuple[Picture, ...]) -> bytes:
        """Several pictures side by side."""
        sheet = Image.new("RGB", (SIDE * len(pictures), SIDE))
        for number, picture in enumerate(pictures):
            sheet.paste(_colour(picture.key), (SIDE * number, 0, SIDE * (number + 1), SIDE))
        return _jpeg(sheet)

    def thumbnail(self, key: str, side: int) -> bytes | None:
        """A picture in the colour of its key."""
        if key == "kit/file":
            return None
        return _jpeg(Image.new("RGB", (min(SIDE, side),) * 2, _colour(key)))

    def open_file(self, key: str) -> bytes | None:
        """The one file that there is."""
        return FILE if key == "kit/file" else None

    def sent_picture(self, conversation_id: int, name: str, side: int) -> bytes | None:
        """A photo that was spooled, as it is."""
        try:
            return self.spool.read(name)
        except OSError:
            return None

    def worker(self) -> Idle:
        """Nothing is worked on: what must be fetched is fetched beside the channel."""
        return Idle()


def _colour(key: str) -> tuple[int, int, int]:
    hue = hashlib.blake2b(key.encode(), digest_size=1).digest()[0] / 255
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.8, 0.9)
    return int(red * 255), int(green * 255), int(blue * 255)


def _jpeg(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "JPEG")
    return data.getvalue()
