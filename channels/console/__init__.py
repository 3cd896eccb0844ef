"""The terminal: lines in, plain text out. Works by hand and through a pipe.

A number or its words press a button, paths of files send photos (what else stands in such a line
is their caption), `/wait` and the end of a piped input wait until the screen keeps still.
"""

from __future__ import annotations

import sys
from typing import ClassVar, TextIO

from channels.console.talk import Talk, words
from core.base.db import storable
from core.base.errors import Gone
from core.base.readable import forgiving
from core.base.settings import Section
from core.conversation.delivery.channel import Capabilities, Host, Reference


class ConsoleSettings(Section):
    """The terminal has nothing to configure."""


class Console:
    """The channel that `likeness console` runs."""

    name: ClassVar[str] = "console"
    Settings: ClassVar[type[ConsoleSettings]] = ConsoleSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        label_length=200,
        payload_bytes=200,
        text_length=100_000,
        caption_length=100_000,
        pictures=60,
        album=10,
        terminal=True,
        file_bytes=1 << 40,
    )
    configured: ClassVar[bool] = False

    def __init__(self, settings: object = None) -> None:
        self.settings = settings or ConsoleSettings()

    def how_to_send(self, language: str) -> str:
        """How a person sends photos here."""
        return words(language)["how"]

    def fetch(self, reference: Reference, limit: int) -> bytes:
        """Everything that came through here is spooled, so there is nothing else to fetch."""
        raise Gone(f"no file of at most {limit} bytes behind {sorted(reference)}")

    def run(
        self,
        app: Host,
        name: str = "me",
        language: str = "en",
        source: TextIO = sys.stdin,
        target: TextIO = sys.stdout,
    ) -> None:
        """Hold a conversation until the input ends, with a worker of its own beside it.

        No character breaks it off, whatever the terminal is set to.
        """
        forgiving(source, "surrogateescape")  # so that every path can be named
        forgiving(target)
        worker = app.worker()
        worker.start()
        try:
            Talk(app, self.capabilities, storable(name), language, source, target).run()
        except (KeyboardInterrupt, BrokenPipeError):
            return
        finally:
            worker.stop()
