"""fal's own client, asked after an order: with our patience, our key's keeper and one attempt.

fal-client repeats what failed up to ten times. It does so by the errors of httpx and by the code of
an answer, so neither reaches it: whatever is no good answer is raised as an error of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import fal_client
import httpx

from core.avatars.ports import Handle, Unreachable
from core.services.fal.wire import Answer, Broken, Note, Wire, bad_answer, reaching

_LEFT_OUT = {"status": None, "logs": None, "queue_position": None}
"""What fal-client insists on and a server may leave out."""


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.status))
        self.answer = answer


@contextmanager
def asked(wire: Wire, handle: Handle, note: Note) -> Iterator[fal_client.SyncRequestHandle]:
    """fal-client's handle of an order, whose `status` and `cancel` ask once.

    They raise Refused, Unreachable, or ValueError for a status that fal-client doesn't know.
    """
    with reaching(), httpx.Client(transport=_Once(wire, note)) as client:
        yield fal_client.SyncRequestHandle(
            request_id=handle.request_id,
            response_url=handle.response_url,
            status_url=handle.status_url,
            cancel_url=handle.cancel_url,
            client=client,
        )


class _Once(httpx.BaseTransport):
    """Sends what fal-client wants sent over our wire."""

    def __init__(self, wire: Wire, note: Note) -> None:
        self._wire = wire
        self._note = note

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._answer(request.method, request.url)
        self._note.status = answer.status
        if not answer.good:
            raise Refused(answer)
        if request.method == "GET" and not isinstance(answer.body, Mapping):
            raise Unreachable(bad_answer(answer.status, "the status can't be read"))
        body = answer.body if isinstance(answer.body, Mapping) else {}
        return httpx.Response(answer.status, json={**_LEFT_OUT, **body})

    def _answer(self, method: str, url: httpx.URL) -> Answer:
        """The answer; without the logs where those are too long to be read."""
        try:
            return self._wire.ask(method, str(url))
        except Broken as broken:
            if broken.failure.error_type != "bad_answer" or "logs" not in url.params:
                raise
            return self._wire.ask(method, str(url.copy_remove_param("logs")))
