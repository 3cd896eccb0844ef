"""What a worker does in the product: timers, events that nobody applies, bytes to be fetched."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

import structlog

from core.base.db import INFRASTRUCTURE, run, transaction
from core.base.errors import ChannelError, Gone, Missing, kind_of
from core.conversation import inbox as inboxes
from core.conversation.delivery.channel import Channel
from core.conversation.testing.serving.dialogue import digest
from core.conversation.testing.serving.host import KitHost
from core.conversation.timing import timers

log = structlog.get_logger()

MOST_BYTES = 20_000_000
TRIES = 600
GAVE_UP = "gave up"
"""The file which says that a fetch has ended without bytes, to be tried again."""
_PAUSE = 0.05
_WAITING = "SELECT id, memory FROM conversations WHERE memory LIKE '%\"files\"%'"


class Beside(threading.Thread):
    """The thread that does it, as long as the process lives."""

    def __init__(self, host: KitHost, channel: Channel) -> None:
        super().__init__(name="beside", daemon=True)
        self._host, self._channel = host, channel
        self._told: set[tuple[int, int]] = set()
        self._tries: dict[tuple[int, int], int] = {}

    def run(self) -> None:
        """Do what there is to do, again and again."""
        while True:
            try:
                self._round()
            except INFRASTRUCTURE as error:
                log.warning("nothing can be done now", error=kind_of(error))
            time.sleep(_PAUSE)

    def _round(self) -> None:
        engine, now = self._host.engine, time.time()
        for conversation_id in (*timers.fire(engine.inbox, now), *inboxes.backlog(now)):
            engine.drain(conversation_id, inboxes.AT_A_TIME)
        for conversation_id, memory in run(_WAITING).fetchall():
            known = json.loads(memory)
            for index, noted in enumerate(known["files"]):
                if "digest" not in noted and (conversation_id, index) not in self._told:
                    self._fetch(conversation_id, index, noted["file"], known.get("limit"))

    def _fetch(
        self, conversation_id: int, index: int, reference: Mapping[str, Any], limit: int | None
    ) -> None:
        key = (conversation_id, index)
        said = self._bytes(reference, limit or MOST_BYTES, key)
        if said is None:
            return
        self._told.add(key)
        with transaction():
            self._host.engine.inbox.signal(
                conversation_id, "fetched", f"{index}:{said}", f"fetched:{conversation_id}:{index}"
            )
        self._host.engine.drain(conversation_id)

    def _bytes(self, reference: Mapping[str, Any], limit: int, key: tuple[int, int]) -> str | None:
        """What came of it, with the number of bytes; None to try again."""
        try:
            if "spool" in reference:
                data = self._host.spool.read(reference["spool"])
            else:
                data = self._channel.fetch(reference, limit)
        except (Gone, Missing):
            return "gone:0"
        except ChannelError as error:
            log.warning("can't fetch now", error=kind_of(error))
            (self._host.data.parent / GAVE_UP).touch()
            self._tries[key] = self._tries.get(key, 0) + 1
            return "unreachable:0" if self._tries[key] >= TRIES else None
        except Exception:
            log.exception("a fetch raised what it may not raise")
            return "error:0"
        return f"large:{len(data)}" if len(data) > limit else f"{digest(data)}:{len(data)}"
