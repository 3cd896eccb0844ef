"""What fal.ai tells us by itself: verified, written down, and answered at once.

The news is only a hint. It wakes the run, whose next step fetches the result with our own key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import peewee
import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core.avatars.ports import ErrorClass, Forged, Observation, Observe, TrainerError, Verified
from core.base.db import release
from core.base.logs.tally import Tally
from core.conversation.delivery.bridge import Bridge
from core.operation.serving.replies import body_of

log = structlog.get_logger()

PATH = "/fal/webhook/{token}"
LONGEST_BODY = 4 * 1024 * 1024
"""Bytes; a training's news has a few hundred."""


class Verifier(Protocol):
    """Tells whether a webhook was sent by the trainer."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:
        """What it says; raises Forged, or TrainerError where that can't be known now."""


class Webhooks:
    """The door for webhooks. `name_of` reads a token, `on_webhook` takes in what is verified.

    `run_of` gives the run that a name means, for the note of the call; in `test_mode` such runs are
    simulated.
    """

    def __init__(
        self,
        bridge: Bridge,
        verifier: Verifier,
        name_of: Callable[[str], str | None],
        run_of: Callable[[str], str],
        on_webhook: Callable[[str, Verified], str],
        observe: Observe,
        test_mode: bool = False,
    ) -> None:
        self._bridge = bridge
        self._verifier = verifier
        self._name_of = name_of
        self._run_of = run_of
        self._on_webhook = on_webhook
        self._observe = observe
        self._test_mode = test_mode
        self._strangers = Tally()

    @property
    def route(self) -> Route:
        return Route(PATH, self._receive, methods=["POST"])

    async def _receive(self, request: Request) -> Response:
        body = await body_of(request, LONGEST_BODY)
        token, headers = request.path_params["token"], dict(request.headers)
        status = await self._bridge.call(self.take, token, headers, body)
        return PlainTextResponse("" if status == 200 else "refused", status)

    def take(self, token: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take in a webhook and give the code of its answer.

        401 for one that fal has not sent; 503, upon which fal tries again, where that can't be
        known or written down now; 200 for all others, whether or not they are about a run.
        """
        try:
            return self._take(token, headers, body)
        except peewee.DatabaseError:
            log.exception("a webhook could not be written down")
            release()
            return 503

    def _take(self, token: str, headers: Mapping[str, str], body: bytes) -> int:
        name = self._name_of(token) or ""
        run_id = self._run_of(name)
        try:
            told = self._verifier.verify(headers, body)
        except Forged as forged:
            self._refused(run_id, 401, forged.reason, "operator")
            return 401
        except TrainerError as away:
            self._refused(run_id, 503, away.failure.error_type, "retry")
            return 503
        what = self._on_webhook(name, told)
        news = "" if what in ("woken", "learnt", "late") else f"{what}_run"
        self._note(run_id, 200, news, "", told.request_id)
        return 200

    def _refused(self, run_id: str, status: int, error_type: str, error_class: ErrorClass) -> None:
        if run_id or self._is_noted_of_strangers():
            self._note(run_id, status, error_type, error_class)

    def _is_noted_of_strangers(self) -> bool:
        """Anybody can call without a token, as often as they like: that must cost us nothing."""
        count = self._strangers.add()
        if count:
            log.warning("strangers call the address of webhooks", count=count)
        return bool(count)

    def _note(
        self,
        run_id: str,
        status: int,
        error_type: str,
        error_class: ErrorClass,
        request_id: str = "",
    ) -> None:
        self._observe(
            Observation(
                run_id=run_id,
                endpoint="",
                phase="webhook",
                ok=status == 200,
                http_status=status,
                error_type=error_type,
                error_class=error_class,
                request_id=request_id,
                test_mode=self._test_mode and bool(run_id),
            )
        )
