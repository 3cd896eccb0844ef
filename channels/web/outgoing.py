"""What a person did in a tab, and what it is in our words."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass, field

from channels.web.transcript import Content
from core.conversation.delivery.channel import Host
from core.conversation.messages import Address, Event, Kind, Person, Update
from core.conversation.tokens import RenderedButton


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the browser sent it."""

    name: str
    mime: str
    data: bytes

    @property
    def is_photo(self) -> bool:
        mime = self.mime or mimetypes.guess_type(self.name)[0] or ""
        return mime.startswith("image/")


@dataclass(slots=True)
class Outgoing:
    """One thing that a person did, until the inbox has it; `spooled` are the files kept so far."""

    key: str
    text: str = ""
    press: RenderedButton | None = None
    uploads: Sequence[Upload] = ()
    spooled: list[str] = field(default_factory=list)

    def spool(self, app: Host) -> None:
        """Keep the files; a second try goes on where the first one stopped."""
        for upload in self.uploads[len(self.spooled) :]:
            self.spooled.append(app.spool.put(upload.data))

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
                    "spool": name,
                    "name": upload.name,
                    "size": len(upload.data),
                    "kind": "photo" if upload.is_photo else "file",
                },
                caption=self.text if number == len(self.uploads) else "",
            )
            for number, (upload, name) in enumerate(zip(self.uploads, self.spooled, strict=True), 1)
        ]

    def updates(self, address: Address, person: Person) -> list[Update]:
        """The same as updates, each under a key of its own."""
        return [
            Update(f"{self.key}:{number}", address, event, person)
            for number, event in enumerate(self.events())
        ]

    def content(self) -> Content:
        """How the transcript keeps it."""
        names = [*self.spooled, *[""] * (len(self.uploads) - len(self.spooled))]
        files = [
            {"name": upload.name, "photo": upload.is_photo, "spool": name}
            for upload, name in zip(self.uploads, names, strict=True)
        ]
        text = self.press.label if self.press else self.text
        return {"text": text, "files": files, "pressed": self.press is not None}
