"""fal.ai as a Trainer: one POST for an order, tolerant questions afterwards."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
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
    Standing,
    TrainingOrder,
    Uncertain,
    Unreachable,
)
from core.base.settings import Settings
from core.services.fal import answers, endings, errors, profiles
from core.services.fal.archive import zipped
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


class FalTrainer:
    """The trainers of fal.ai; `observe` is told of every call. Any number of threads may use it.

    `test_mode` says that what `settings.fal` points to is the server of the test mode.
    """

    def __init__(self, settings: Settings, observe: Observe, test_mode: bool = False) -> None:
        self._fal = settings.fal
        self._preferred = {
            "portrait": settings.training.profiles_portrait,
            "style": settings.training.profiles_style,
        }
        self._test_mode = test_mode
        self._wire = Wire(settings.fal, observe, test_mode)
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

    def profiles(self, training_type: str) -> tuple[str, ...]:
        return self._preferred[training_type]

    def endpoint(self, profile: str) -> str:
        return profiles.BY_NAME[profile].endpoint

    def price_usd(self, profile: str) -> float | None:
        return profiles.price_usd(self._fal, profile)

    def priced(self, profile: str, usd: float, unit: str) -> float | None:
        return profiles.priced_by_fal(self._fal, profile, usd, unit)

    def max_photos(self, profile: str) -> int:
        return profiles.BY_NAME[profile].max_photos

    def base_model(self, profile: str) -> str:
        return profiles.BY_NAME[profile].base_model

    def arguments(self, order: TrainingOrder, data_url: str) -> dict[str, object]:
        build = profiles.BY_NAME[order.profile].build
        return build(order, data_url, profiles.section(self._fal, order.profile))

    def upload(
        self,
        run_id: str,
        photos: Iterable[tuple[str, Callable[[], bytes]]],
        alive: Callable[[], object] = lambda: None,
    ) -> str:
        with zipped(photos) as file, self._wire.observed(run_id, "", "upload"):
            return self._uploads.send(file, "photos.zip", alive)

    def submit(self, order: TrainingOrder, data_url: str, webhook_url: str) -> Handle:
        endpoint = self.endpoint(order.profile)
        arguments = self.arguments(order, data_url)
        with self._wire.observed(order.run_id, endpoint, "submit") as note:
            try:
                url = f"{self._fal.queue_url}/{endpoint}"
                answer = self._wire.order(url, arguments, order.run_id, webhook_url)
                note.status = answer.status
                handle = self._ordered(order, answer)
            except Broken as broken:
                kind = Uncertain if broken.sent else NotSubmitted
                raise kind(broken.failure) from broken
            note.request_id = handle.request_id
            return handle

    def check(self, handle: Handle) -> Standing:
        endpoint = self.endpoint(handle.profile)
        with self._wire.observed(handle.run_id, endpoint, "status", handle.request_id) as note:
            standing, ended = self._status(handle, note)
        if ended is None:
            return standing
        with self._wire.observed(handle.run_id, endpoint, "result", handle.request_id) as note:
            try:
                return self._result(handle, ended, note)
            except Unreachable as away:
                raise Unreachable(replace(away.failure, ended=True)) from away

    def cancel(self, handle: Handle) -> CancelAnswer:
        endpoint = self.endpoint(handle.profile)
        with self._wire.observed(handle.run_id, endpoint, "cancel", handle.request_id) as note:
            try:
                with asked(self._wire, self._urls(handle), note) as training:
                    training.cancel()
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
        endpoint = self.endpoint(handle.profile)
        plain = {"Accept-Encoding": "identity"}
        with self._wire.observed(handle.run_id, endpoint, "download", handle.request_id) as note:
            try:
                with self._wire.files.stream("GET", url, headers=plain) as response:
                    note.status = response.status_code
                    yield self._opened(response)
            except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError) as error:
                raise Unreachable(broken_by(error)) from error

    # the order

    def _ordered(self, order: TrainingOrder, answer: Answer) -> Handle:
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
        return self._urls(Handle(order.run_id, order.profile, request_id, **given))

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
        try:
            with asked(self._wire, self._urls(handle), note) as training:
                told = training.status(with_logs=True)
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
        steps = profiles.section(self._fal, handle.profile).steps
        logs = getattr(told, "logs", None)
        return Standing("training", percent=answers.percent(logs, steps)), None

    def _result(self, handle: Handle, ended: fal_client.Completed, note: Note) -> Standing:
        """The end of a completed request: its result, or why there is none."""
        with reaching():
            answer = self._wire.ask("GET", self._urls(handle).response_url)
        note.status = answer.status
        standing = endings.standing(handle.profile, ended, answer)
        failure = standing.failure
        note.failure = None if failure and failure.error_type == endings.STOPPED else failure
        return standing

    def _opened(self, response: httpx.Response) -> Download:
        if not response.is_success:
            failure = errors.classified(response.status_code, response.headers, None, "download")
            raise Unreachable(failure)
        announced = response.headers.get("content-length", "")
        packed = "content-encoding" in response.headers  # and so are the bytes announced
        size = int(announced) if announced.isdecimal() and not packed else None
        if size is not None and size > self._fal.weights_bytes:
            raise Unreachable(_too_large())
        return Download(self._pieces(response), size)

    def _pieces(self, response: httpx.Response) -> Iterator[bytes]:
        """What comes, unless so little of it does that it would take forever."""
        got, enough, begun = 0, _PIECE_BYTES, time.monotonic()
        try:
            for piece in response.iter_bytes():
                got += len(piece)
                if got > self._fal.weights_bytes:
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
    return Failure("weights_too_large", "operator", "the trained model is larger than allowed")
