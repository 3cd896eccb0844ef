"""The storage of the simulated fal: it forgets uploads and makes up what orders gave."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import PurePosixPath
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from core.services.fal.simulation.faults import Ledger
from core.services.fal.simulation.model import made
from core.services.fal.simulation.orders import Order
from core.services.fal.simulation.platform import Platform
from core.services.fal.simulation.results import fault_of, picture

_TOKEN = "simulated-upload"
_PIECE = 64 * 1024


class Simulation(Protocol):
    """What the storage needs of `app.Simulation`."""

    base: str
    ledger: Ledger | None
    platform: Platform

    async def suffer(
        self,
        request: Request,
        phase: str,
        run: str,
        proceed: Callable[[], Awaitable[Response]],
    ) -> Response: ...


def routes(simulation: Simulation) -> list[Route]:
    """Uploads to the CDN, whole or in parts, and to the REST service's storage; and downloads."""
    files = _Files(simulation)
    return [
        Route("/rest/storage/auth/token", files.token, methods=["POST"]),
        Route("/rest/storage/upload/initiate", files.initiate, methods=["POST"]),
        Route("/cdn/files/upload", files.whole, methods=["POST"]),
        Route("/cdn/files/upload/multipart", files.begin, methods=["POST"]),
        Route("/cdn/files/sent/{name}/multipart/{id}/complete", files.complete, methods=["POST"]),
        Route("/cdn/files/sent/{name}/multipart/{id}/{number:int}", files.part, methods=["PUT"]),
        Route("/cdn/files/put/{name}", files.put, methods=["PUT"]),
        Route("/cdn/files/trained/{id}/{name}", files.trained, methods=["GET"]),
        Route("/cdn/files/painted/{id}/{number:int}.jpg", files.painted, methods=["GET"]),
    ]


class _Files:
    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    async def token(self, request: Request) -> Response:
        if not request.headers.get("authorization", "").startswith("Key "):
            return JSONResponse({"detail": "Authentication is required"}, 401)

        async def give() -> Response:
            return JSONResponse(
                {
                    "token": _TOKEN,
                    "token_type": "Bearer",
                    "base_url": f"{self._simulation.base}/cdn",
                    "expires_at": "2100-01-01T00:00:00+00:00",
                }
            )

        return await self._simulation.suffer(request, "token", "", give)

    async def initiate(self, request: Request) -> Response:
        if not request.headers.get("authorization", "").startswith("Key "):
            return JSONResponse({"detail": "Authentication is required"}, 401)
        name = _new_name(str((await request.json()).get("file_name", "")))
        self._noted(request)

        async def give() -> Response:
            base = f"{self._simulation.base}/cdn/files"
            urls = {"upload_url": f"{base}/put/{name}", "file_url": f"{base}/sent/{name}"}
            return JSONResponse(urls)

        return await self._simulation.suffer(request, "initiate", "", give)

    async def whole(self, request: Request) -> Response:
        if refused := _refused(request):
            return refused
        name = _new_name(request.headers.get("x-fal-file-name", ""))
        self._noted(request)
        await self._received(request, name)

        async def give() -> Response:
            return JSONResponse({"access_url": self._url(name)})

        return await self._simulation.suffer(request, "upload", "", give)

    async def begin(self, request: Request) -> Response:
        if refused := _refused(request):
            return refused
        name = _new_name(request.headers.get("x-fal-file-name", ""))
        self._noted(request)
        return JSONResponse({"access_url": self._url(name), "uploadId": uuid.uuid4().hex})

    async def part(self, request: Request) -> Response:
        if refused := _refused(request):
            return refused
        await self._received(request, request.path_params["name"])

        async def give() -> Response:
            return Response(headers={"ETag": f'"{request.path_params["number"]}"'})

        return await self._simulation.suffer(request, "upload", "", give)

    async def complete(self, request: Request) -> Response:
        parts = (await request.json()).get("parts", [])
        numbers = [part["partNumber"] for part in parts if part["etag"]]
        if numbers != list(range(1, len(parts) + 1)) or not parts:
            return JSONResponse({"detail": "parts are missing"}, 400)
        return JSONResponse({})

    async def put(self, request: Request) -> Response:
        await self._received(request, request.path_params["name"])

        async def give() -> Response:
            return Response()

        return await self._simulation.suffer(request, "put", "", give)

    async def trained(self, request: Request) -> Response:
        if "authorization" in request.headers:
            return JSONResponse({"detail": "a key has no business here"}, 400)
        name, request_id = request.path_params["name"], request.path_params["id"]
        data = made(name, request_id)

        async def give() -> Response:
            if request_id in self._simulation.platform.deleted:
                return JSONResponse({"detail": "Not Found"}, 404)
            return _sent(request, data)

        return await self._simulation.suffer(request, "download", "", give)

    async def painted(self, request: Request) -> Response:
        if "authorization" in request.headers:
            return JSONResponse({"detail": "a key has no business here"}, 400)
        platform, number = self._simulation.platform, request.path_params["number"]
        order = Order.read(request.path_params["id"])

        async def give() -> Response:
            drawing = order.drawing if order else None
            if order is None or drawing is None or order.request_id in platform.deleted:
                return JSONResponse({"detail": "Not Found"}, 404)
            words = str(platform.arguments_of(order.request_id).get("prompt", ""))
            fault = fault_of(order, number)
            data, kind, code = await run_in_threadpool(picture, drawing, number, words, fault)
            return _sent(request, data, kind, code)

        run = order.run if order else ""
        return await self._simulation.suffer(request, "download", run, give)

    def _url(self, name: str) -> str:
        return f"{self._simulation.base}/cdn/files/sent/{name}"

    def _noted(self, request: Request) -> None:
        if self._simulation.ledger is not None:
            self._simulation.ledger.upload_headers.append(dict(request.headers))

    async def _received(self, request: Request, name: str) -> None:
        """Take what is sent; only a ledger that says so keeps it."""
        ledger = self._simulation.ledger
        async for chunk in request.stream():
            if ledger is not None:
                ledger.uploaded_bytes += len(chunk)
                kept = chunk if ledger.keeps_uploads else b""
                ledger.uploads[name] = ledger.uploads.get(name, b"") + kept


def _sent(
    request: Request, data: bytes, kind: str = "application/octet-stream", code: int = 200
) -> Response:
    """A file; the fault `truncated` sends half of what it announces."""
    cut = request.state.fault == "truncated"
    return StreamingResponse(
        _pieces(data[: len(data) // 2] if cut else data), code,
        headers={"Content-Length": str(len(data))}, media_type=kind,
    )  # fmt: skip


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), _PIECE):
        yield data[start : start + _PIECE]


def _refused(request: Request) -> Response | None:
    if request.headers.get("authorization") == f"Bearer {_TOKEN}":
        return None
    return JSONResponse({"detail": "Authentication is required"}, 401)


def _new_name(like: str) -> str:
    """A name of its own, with the ending of a file's."""
    return f"{uuid.uuid4().hex}{PurePosixPath(like).suffix}"
