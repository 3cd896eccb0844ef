"""What a person did in a browser, and what it is in the core's words."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass

from channels.web.transcript import Content
from core.conversation.messages import Address, Event, Kind, Person, Update
from core.conversation.tokens import RenderedButton


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a browser has sent: `size` in bytes, kept in the spool under a name."""

    name: str
    mime: str
    size: int
    spool: str

    @property
    def is_photo(self) -> bool:
        mime = self.mime or mimetypes.guess_type(self.name)[0] or ""
        return mime.startswith("image/")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One thing that a person did. The `key` is the browser's: what it sends twice acts once.

    A `label` is what the person saw of a command that they chose from the menu.
    """

    key: str
    text: str = ""
    press: RenderedButton | None = None
    uploads: Sequence[Upload] = ()
    label: str = ""

    def events(self) -> list[Event]:
        """What happened, in our words. A text beside files is the last one's caption."""
        if self.press is not None:
            return [Event(Kind.PRESS, self.press.token)]
        if not self.uploads:
            return [Event(Kind.TEXT, self.text)]
        return [
            Event(
                Kind.PHOTO if upload.is_photo else Kind.FILE,
                file={
                    "spool": upload.spool,
                    "name": upload.name,
                    "size": upload.size,
                    "kind": "photo" if upload.is_photo else "file",
                },
                caption=self.text if number == len(self.uploads) else "",
            )
            for number, upload in enumerate(self.uploads, 1)
        ]

    def updates(self, address: Address, person: Person) -> list[Update]:
        """The same as updates, each under a key of its own."""
        return [
            Update(f"{self.key}:{number}", address, event, person)
            for number, event in enumerate(self.events())
        ]

    def content(self) -> Content:
        """How the transcript keeps it."""
        files = [
            {"name": upload.name, "photo": upload.is_photo, "spool": upload.spool}
            for upload in self.uploads
        ]
        text = self.press.label if self.press else self.label or self.text
        return {"text": text, "files": files, "pressed": bool(self.press or self.label)}
