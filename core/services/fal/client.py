"""What trainers and painters share: one POST for an order, tolerant questions afterwards."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from urllib.parse import quote

import fal_client
import httpx

from core.avatars.ports import (
    CancelAnswer,
    Download,
    Failure,
    Handle,
    NotSubmitted,
    Observe,
    Phase,
    Standing,
    TrainerError,
    Uncertain,
    Unreachable,
)
from core.base.settings import Settings
from core.services.fal import answers, endings, errors, profiles
from core.services.fal.asking import Refused, asked
from core.services.fal.platform import FalPlatform
from core.services.fal.uploads import Uploads
from core.services.fal.wire import (
    Answer,
    Broken,
    Note,
    Wire,
    bad_answer,
    broken_by,
    reaching,
    same_origin,
)

UNCERTAIN_REFUSALS = (408, 409, 425, 499)
"""The codes of a refusal that may come when the order has been read already: of time and order. All
other 4xx say that nothing was ordered."""
_ID = re.compile(r"\w[!-~]{0,127}", re.ASCII)
_PIECE_BYTES = 2**18
"""So many of a download must come within `answer_seconds`."""


class FalClient:
    """The orders of one key at fal.ai; `observe` is told of every call. It is thread-safe.

    `test_mode` says that what `settings.fal` points to is the server of the test mode; `awake` is
    called before each request.
    """

    def __init__(
        self,
        settings: Settings,
        observe: Observe,
        test_mode: bool = False,
        awake: Callable[[], object] = lambda: None,
    ) -> None:
        self._fal = settings.fal
        self._test_mode = test_mode
        self._wire = Wire(settings.fal, observe, test_mode, awake)
        self._uploads = Uploads(settings.fal, self._wire)
        self._platform = FalPlatform(settings.fal, self._wire)

    @property
    def test_mode(self) -> bool:
        return self._test_mode

    @property
    def platform(self) -> FalPlatform:
        return self._platform

    @property
    def upload_seconds(self) -> float:
        """Half of what fal keeps it for; the other half is for waiting in fal's queue."""
        return self._fal.upload_hours * 3600 / 2

    @property
    def jwks_url(self) -> str:
        """Where the keys of its webhooks are, for a Verifier."""
        return self._fal.jwks

    def endpoint(self, profile: str) -> str:
        return profiles.BY_NAME[profile].endpoint

    def check(self, handle: Handle) -> Standing:
        with self._asking(handle, "status") as note:
            standing, ended = self._status(handle, note)
        if ended is None:
            return standing
        with self._asking(handle, "result") as note:
            try:
                return self._result(handle, ended, note)
            except Unreachable as away:
                raise Unreachable(replace(away.failure, ended=True)) from away

    def cancel(self, handle: Handle) -> CancelAnswer:
        with self._asking(handle, "cancel") as note:
            try:
                with asked(self._wire, self._urls(handle), note) as order:
                    order.cancel()
            except Refused as refused:
                if refused.answer.status == 400:
                    return "completed"
                if refused.answer.status == 404:
                    return "unknown"
                raise Unreachable(refused.answer.failure("cancel")) from refused
            return "requested"

    def download(self, handle: Handle, url: str) -> AbstractContextManager[Download]:
        return self._downloading(handle, url)

    def close(self) -> None:
        self._wire.close()

    @contextmanager
    def _downloading(self, handle: Handle, url: str) -> Iterator[Download]:
        plain = {"Accept-Encoding": "identity"}
        with self._asking(handle, "download") as note:
            try:
                with self._wire.files.stream("GET", url, headers=plain) as response:
                    note.status = response.status_code
                    yield self._opened(response, profiles.most_bytes(self._fal, handle.profile))
            except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError) as error:
                raise Unreachable(broken_by(error)) from error

    def _asking(self, handle: Handle, phase: Phase) -> AbstractContextManager[Note]:
        return self._observed(handle.run_id, handle.profile, phase, handle.request_id)

    @contextmanager
    def _observed(
        self, run_id: str, profile: str, phase: Phase, request_id: str = ""
    ) -> Iterator[Note]:
        """Report one call about an order, with no more of a failure than may be kept of it."""
        with self._wire.observed(run_id, self.endpoint(profile), phase, request_id) as note:
            try:
                yield note
            except TrainerError as error:
                failure = profiles.kept(profile, error.failure)
                if failure == error.failure:
                    raise
                raise type(error)(failure) from None
            if note.failure:
                note.failure = profiles.kept(profile, note.failure)

    # the order

    def _order(
        self, run_id: str, profile: str, arguments: Mapping[str, object], webhook_url: str
    ) -> Handle:
        """Send an order by one request; raises NotSubmitted or Uncertain."""
        url = f"{self._fal.queue_url}/{self.endpoint(profile)}"
        with self._observed(run_id, profile, "submit") as note:
            try:
                answer = self._wire.order(url, arguments, run_id, webhook_url)
                note.status = answer.status
                handle = self._ordered(run_id, profile, answer)
            except Broken as broken:
                kind = Uncertain if broken.sent else NotSubmitted
                raise kind(broken.failure) from broken
            note.request_id = handle.request_id
            return handle

    def _ordered(self, run_id: str, profile: str, answer: Answer) -> Handle:
        """The handle in the answer to an order; raises NotSubmitted or Uncertain."""
        if 400 <= answer.status < 500 and answer.status not in UNCERTAIN_REFUSALS:
            raise NotSubmitted(answer.failure("submit"))
        if not answer.good:
            raise Uncertain(answer.failure("submit"))
        body = answer.body if isinstance(answer.body, Mapping) else {}
        request_id = body.get("request_id")
        if not isinstance(request_id, str) or not _ID.fullmatch(request_id):
            raise Uncertain(bad_answer(answer.status, "the answer to an order has no request id"))
        given = {name: str(body.get(name) or "") for name in _URLS}
        return self._urls(Handle(run_id, profile, request_id, **given))

    def _urls(self, handle: Handle) -> Handle:
        """The handle with an address for everything: fal's own, where the key may go there."""
        owner, alias = self.endpoint(handle.profile).split("/")[:2]
        base = f"{self._fal.queue_url}/{owner}/{alias}/requests/{quote(handle.request_id, safe='')}"
        ends = {"status_url": "/status", "response_url": "", "cancel_url": "/cancel"}
        urls = {
            name: given if same_origin(given, self._fal.queue_url) else f"{base}{end}"
            for name, end in ends.items()
            if (given := getattr(handle, name)) is not None
        }
        return Handle(handle.run_id, handle.profile, handle.request_id, **urls)

    # its standing

    def _status(self, handle: Handle, note: Note) -> tuple[Standing, fal_client.Completed | None]:
        steps = profiles.steps(self._fal, handle.profile)
        try:
            with asked(self._wire, self._urls(handle), note) as order:
                told = order.status(with_logs=steps is not None)
        except Refused as refused:
            raise Unreachable(refused.answer.failure("status")) from refused
        except ValueError as error:
            word = errors.normalise(str(error))
            note.failure = Failure("unknown_status", "operator", word, note.status)
            return Standing("training"), None
        if isinstance(told, fal_client.Queued):
            return Standing("queued", position=answers.position(told.position)), None
        if isinstance(told, fal_client.Completed):
            seconds = answers.training_seconds(told.metrics)
            return Standing("completed", training_seconds=seconds), told
        done = None if steps is None else answers.percent(getattr(told, "logs", None), steps)
        return Standing("training", percent=done), None

    def _result(self, handle: Handle, ended: fal_client.Completed, note: Note) -> Standing:
        """The end of a completed request: its result, or why there is none."""
        with reaching():
            answer = self._wire.ask("GET", self._urls(handle).response_url)
        note.status = answer.status
        standing = endings.standing(handle.profile, ended, answer)
        failure = standing.failure and profiles.kept(handle.profile, standing.failure)
        note.failure = None if failure and failure.error_type == endings.STOPPED else failure
        return replace(standing, failure=failure)

    def _opened(self, response: httpx.Response, most: int) -> Download:
        if not response.is_success:
            failure = errors.classified(response.status_code, response.headers, None, "download")
            raise Unreachable(failure)
        announced = response.headers.get("content-length", "")
        packed = "content-encoding" in response.headers  # and so are the bytes announced
        size = int(announced) if announced.isdecimal() and not packed else None
        if size is not None and size > most:
            raise Unreachable(_too_large())
        return Download(self._pieces(response, most), size)

    def _pieces(self, response: httpx.Response, most: int) -> Iterator[bytes]:
        """What comes, unless so little of it does that it would take forever."""
        got, enough, begun = 0, _PIECE_BYTES, time.monotonic()
        try:
            for piece in response.iter_bytes():
                got += len(piece)
                if got > most:
                    raise Unreachable(_too_large())
                if time.monotonic() > begun + self._fal.answer_seconds:
                    raise httpx.ReadTimeout("it comes too slowly", request=response.request)
                yield piece
                if got >= enough:
                    enough, begun = got + _PIECE_BYTES, time.monotonic()
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise Unreachable(broken_by(error)) from error


_URLS = ("status_url", "response_url", "cancel_url")


def _too_large() -> Failure:
    return Failure("result_too_large", "operator", "the file is larger than allowed")
