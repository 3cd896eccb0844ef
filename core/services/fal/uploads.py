"""A file's way to fal's storage, streamed from disk.

The protocol is that of fal-client 1.0.3: to the CDN with a token of its own, in parts where the
file is large; where the CDN doesn't take it, to the place that the REST service names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from core.avatars.ports import Failure, Unreachable
from core.base.settings.product.fal import Fal
from core.services.fal.wire import Answer, Wire, bad_answer, reaching

ONE_REQUEST_BYTES = 100 * 2**20
PART_BYTES = 10 * 2**20


class Uploads:
    """Sends one file at a time and gives its URL; raises Unreachable."""

    def __init__(self, settings: Fal, wire: Wire) -> None:
        self._settings = settings
        self._wire = wire
        self._lifecycle = lifecycle_headers(settings)

    def send(self, file: IO[bytes], name: str, alive: Callable[[], object] = lambda: None) -> str:
        """The URL of the uploaded file; `alive` is called with each piece of it that is read."""
        source = _Source(file, alive)
        size = file.seek(0, os.SEEK_END)
        try:
            with reaching():
                return self._to_cdn(source, name, size)
        except Unreachable as refused:
            if refused.failure.stop_submitting:
                raise
            try:
                with reaching():
                    return self._to_storage(source, name, size)
            except Unreachable as error:
                raise refused from error  # the first refusal says more

    def _to_cdn(self, file: _Source, name: str, size: int) -> str:
        token = _words(self._token(), "token", "token_type")
        headers = {
            "Authorization": f"{token['token_type']} {token['token']}",
            "Content-Type": _type_of(name),
            "X-Fal-File-Name": name,
            **self._lifecycle,
        }
        if size > ONE_REQUEST_BYTES:
            return self._in_parts(file, size, headers)
        url = f"{self._settings.cdn}/files/upload"
        answer = self._transfer("POST", url, file, 0, size, headers)
        return _words(_checked(answer), "access_url")["access_url"]

    def _token(self) -> Answer:
        url = f"{self._settings.rest}/storage/auth/token"
        answer = self._wire.ask("POST", url, params={"storage_type": "fal-cdn-v3"}, json={})
        return _checked(answer)

    def _in_parts(self, file: _Source, size: int, headers: Mapping[str, str]) -> str:
        url = f"{self._settings.cdn}/files/upload/multipart"
        begun = _checked(self._wire.exchange(self._wire.files, "POST", url, headers=dict(headers)))
        found = _words(begun, "access_url", "uploadId")
        part_url = f"{found['access_url']}/multipart/{found['uploadId']}"
        parts = []
        for number, start in enumerate(range(0, size, PART_BYTES), 1):
            length = min(PART_BYTES, size - start)
            answer = self._transfer("PUT", f"{part_url}/{number}", file, start, length, headers)
            parts.append({"partNumber": number, "etag": _checked(answer).headers.get("etag", "")})
        authorization = {"Authorization": headers["Authorization"]}
        _checked(
            self._wire.exchange(self._wire.files, "POST", f"{part_url}/complete",
                                headers=authorization, json={"parts": parts})
        )  # fmt: skip
        return found["access_url"]

    def _to_storage(self, file: _Source, name: str, size: int) -> str:
        url = f"{self._settings.rest}/storage/upload/initiate"
        wanted = {"file_name": name, "content_type": _type_of(name)}
        begun = self._wire.ask("POST", url, params={"storage_type": "gcs"}, json=wanted,
                               more_headers=self._lifecycle)  # fmt: skip
        found = _words(_checked(begun), "upload_url", "file_url")
        headers = {"Content-Type": _type_of(name)}
        _checked(self._transfer("PUT", found["upload_url"], file, 0, size, headers))
        return found["file_url"]

    def _transfer(
        self, method: str, url: str, file: _Source, start: int, size: int,
        headers: Mapping[str, str],
    ) -> Answer:  # fmt: skip
        """Send a part of the file."""
        return self._wire.exchange(
            self._wire.files, method, url,
            headers={**headers, "Content-Length": str(size)},
            content=file.part(start, size),
            follow_redirects=False,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Source:
    """A file that is read in small pieces while it is sent."""

    file: IO[bytes]
    alive: Callable[[], object]

    def part(self, start: int, left: int) -> Iterator[bytes]:
        self.file.seek(start)
        while left > 0 and (chunk := self.file.read(min(left, 2**16))):
            left -= len(chunk)
            self.alive()
            yield chunk


def _type_of(name: str) -> str:
    return "application/zip" if name.endswith(".zip") else "application/octet-stream"


def lifecycle_headers(settings: Fal) -> dict[str, str]:
    """How long fal shall keep a file, and who may have it: one header for each of its storages."""
    wanted: dict[str, object] = {"expiration_duration_seconds": settings.upload_hours * 3600}
    if settings.private_uploads:
        wanted["initial_acl"] = {"default": "forbid"}
    written = json.dumps(wanted)
    return {"X-Fal-Object-Lifecycle": written, "X-Fal-Object-Lifecycle-Preference": written}


def _checked(answer: Answer) -> Answer:
    if not answer.good:
        raise Unreachable(answer.failure("upload"))
    return answer


def _words(answer: Answer, *names: str) -> dict[str, str]:
    """Texts that an answer must have."""
    body = answer.body if isinstance(answer.body, Mapping) else {}
    found = {name: body[name] for name in names if isinstance(body.get(name), str) and body[name]}
    if len(found) < len(names):
        raise Unreachable(_incomplete(answer.status))
    return found


def _incomplete(status: int) -> Failure:
    return bad_answer(status, "the answer to an upload lacks something")
