"""The simulated fal: queue protocol, uploads, downloads, keys of its webhooks; an ASGI app.

It keeps nothing that an order needs. What it remembers (who was cancelled, the prompts, what a
test's ledger and plan say) may be forgotten with the process.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.services.fal.simulation import files, results
from core.services.fal.simulation.faults import Ledger, Plan, Post
from core.services.fal.simulation.orders import CODES, FAILURE, REQUEST_CODES, Order
from core.services.fal.simulation.pictures import Drawing
from core.services.fal.simulation.platform import Platform
from core.services.fal.simulation.refusals import PAINTERS, has_key, refusal, wrong_order
from core.services.fal.simulation.webhooks import Webhooks

Proceed = Callable[[], Awaitable[Response]]
Abort = Callable[[Request], None]
_LONGEST_HANG = 600.0
_STEPS = ("steps", "iterations")
_BLOCKED = "content_policy_violation"
_PAGE = "<html><head><title>503</title></head><body><center>nginx</center></body></html>"


class Simulation:
    """The app and what it goes by; times of a new order in seconds."""

    def __init__(
        self,
        queue_seconds: float,
        training_seconds: float,
        outcome: str,
        clock: Callable[[], float],
        abort: Abort,
        picture_seconds: float,
    ) -> None:
        self.base = ""
        self.plan = Plan()
        self.ledger: Ledger | None = None
        self.webhooks: Webhooks | None = None
        self.key_set: dict[str, object] = {}
        self.queue_seconds = queue_seconds
        self.training_seconds = training_seconds
        self.picture_seconds = picture_seconds
        self.outcome = outcome
        self._clock = clock
        self._abort = abort
        self._cancelled: set[str] = set()
        self.platform = Platform(self, clock)
        own = "/queue/{owner}/{alias}/requests/{id}"
        self.asgi = Starlette(
            routes=[
                Route(f"{own}/status", self._status, methods=["GET"]),
                Route(f"{own}/cancel", self._cancel, methods=["PUT"]),
                Route(own, self._result, methods=["GET"]),
                Route("/queue/{endpoint:path}", self._order, methods=["POST"]),
                Route("/rest/.well-known/jwks.json", self._keys, methods=["GET"]),
                *files.routes(self),
                *self.platform.routes(),
            ]
        )

    async def suffer(self, request: Request, phase: str, run: str, proceed: Proceed) -> Response:
        """The answer to a call, or what the plan makes of it."""
        fault = self.plan.take(phase, run)
        word, untaken, _ = fault.partition("_untaken")
        if refused := refusal(fault):
            return refused
        request.state.fault = fault
        answer = Response(status_code=500) if untaken else await proceed()
        if word == "hang":
            await _gone(request)
        if word in ("hang", "reset"):
            self._abort(request)
            return Response(status_code=500)
        if word == "500":
            return JSONResponse({"detail": "Internal Server Error"}, 500)
        if word == "503_html":
            return Response(_PAGE, 503, media_type="text/html")
        if word == "malformed":
            return Response('{"request_id": "', 200, media_type="application/json")
        return answer

    # orders

    async def _order(self, request: Request) -> Response:
        endpoint = request.path_params["endpoint"]
        content = await request.body()
        try:
            arguments = json.loads(content)
        except ValueError:
            arguments = {}
        run = _run(request, content)
        webhook_url = request.query_params.get("fal_webhook", "")
        if self.ledger is not None:
            self.ledger.posts.append(Post(run, endpoint, arguments, webhook_url))

        async def take() -> Response:
            if wrong := wrong_order(request, endpoint, arguments):
                return wrong
            return self._taken(request, endpoint, run, arguments, webhook_url)

        return await self.suffer(request, "submit", run, take)

    def _taken(
        self, request: Request, endpoint: str, run: str, arguments: dict[str, Any], webhook_url: str
    ) -> Response:
        order = self._new(endpoint, run, arguments)
        self.platform.note(endpoint, order, arguments)
        if self.ledger is not None:
            self.ledger.taken[run].append(order.request_id)
        if webhook_url and self.webhooks is not None:
            fault = self.plan.take("webhook", run)
            self.webhooks.plan(order, webhook_url, self._given(endpoint, order), fault)
        fault = request.state.fault
        owner, alias = endpoint.split("/")[:2]
        base = "http://elsewhere.invalid" if fault == "foreign_urls" else f"{self.base}/queue"
        url = f"{base}/{owner}/{alias}/requests/{order.request_id}"
        answer = {
            "request_id": order.request_id,
            "response_url": url,
            "status_url": f"{url}/status",
            "cancel_url": f"{url}/cancel",
            "queue_position": order.position(self._clock()),
        }
        if fault == "no_id":
            del answer["request_id"]
        return JSONResponse(answer)

    def _new(self, endpoint: str, run: str, arguments: dict[str, Any]) -> Order:
        """An order that begins now, with its end already in it."""
        now, queue = round(self._clock() * 1000), round(self.queue_seconds * 1000)
        if endpoint in PAINTERS:
            outcome = self.plan.take("picture", run) or "success"
            return Order(
                run, now, queue, round(self.picture_seconds * 1000), 0,
                _BLOCKED if outcome == "blocked" else outcome, Drawing.asked(arguments, run),
            )  # fmt: skip
        outcome = self.plan.take("training", run) or self.outcome
        steps = next((arguments[name] for name in _STEPS if name in arguments), 1000)
        return Order(
            run, now, queue, round(self.training_seconds * 1000), int(steps),
            FAILURE if outcome == "failure" else outcome,
        )  # fmt: skip

    # what became of them

    async def _status(self, request: Request) -> Response:
        order = _read(request)

        async def tell() -> Response:
            if refused := _refused(request, order):
                return refused
            assert order is not None
            return self._told(order, request.state.fault, "logs" in request.query_params)

        return await self.suffer(request, "status", order.run if order else "", tell)

    def _told(self, order: Order, fault: str, with_logs: bool) -> Response:
        now = self._clock()
        stage = order.stage(now)
        error_type = self._error_type(order)
        if error_type == "client_cancelled":
            stage = "COMPLETED"
        said: dict[str, object] = {"status": stage, "request_id": order.request_id}
        if stage == "IN_QUEUE":
            said["queue_position"] = order.position(now)
        elif with_logs:
            said["logs"] = order.logs(now)
        if stage == "COMPLETED":
            said["metrics"] = {"inference_time": order.duration / 1000}
            if error_type:
                said["error"] = f"The request failed: {error_type}"
                said["error_type"] = error_type
        if fault in ("missing_logs", "missing_position"):
            said.pop("logs", None)
            said.pop("queue_position", None)
        if fault == "unknown_status":
            said = {"status": "PAUSED"}
        return JSONResponse(said, 200 if stage == "COMPLETED" else 202)

    async def _result(self, request: Request) -> Response:
        order = _read(request)

        async def give() -> Response:
            if refused := _refused(request, order):
                return refused
            assert order is not None
            if order.stage(self._clock()) != "COMPLETED":
                return JSONResponse({"detail": "Request is still in progress"}, 400)
            endpoint = f"{request.path_params['owner']}/{request.path_params['alias']}"
            if (kind := self._error_type(order)) in REQUEST_CODES:
                detail = {"detail": f"The request failed: {kind}", "error_type": kind}
                return JSONResponse(detail, REQUEST_CODES[kind], {"x-fal-error-type": kind})
            status = CODES.get(order.outcome, 200)
            return JSONResponse(self._given(endpoint, order), status)

        return await self.suffer(request, "result", order.run if order else "", give)

    async def _cancel(self, request: Request) -> Response:
        order = _read(request)

        async def stop() -> Response:
            if refused := _refused(request, order):
                return refused
            assert order is not None
            if order.stage(self._clock()) == "COMPLETED":
                return JSONResponse({"status": "ALREADY_COMPLETED"}, 400)
            self._cancelled.add(order.request_id)
            if self.ledger is not None:
                self.ledger.cancelled.append(order.request_id)
            return JSONResponse({"status": "CANCELLATION_REQUESTED"}, 202)

        return await self.suffer(request, "cancel", order.run if order else "", stop)

    async def _keys(self, request: Request) -> Response:
        async def give() -> Response:
            return JSONResponse(self.key_set)

        return await self.suffer(request, "keys", "", give)

    def _error_type(self, order: Order) -> str:
        """A request's error as its status tells it."""
        if order.request_id in self._cancelled:
            return "client_cancelled"
        return order.outcome if order.outcome in REQUEST_CODES else ""

    def _given(self, endpoint: str, order: Order) -> object:
        return results.given(
            self.base, endpoint, order, self.platform.arguments_of(order.request_id)
        )


def _refused(request: Request, order: Order | None) -> Response | None:
    if not has_key(request):
        return refusal("401")
    return JSONResponse({"status": "NOT_FOUND"}, 404) if order is None else None


def _run(request: Request, content: bytes) -> str:
    """The run that an order belongs to; of a stranger's order, a name made from what it says."""
    try:
        return uuid.UUID(request.headers.get("x-likeness-run", "")).hex
    except ValueError:
        return hashlib.sha256(content).hexdigest()[:32]


def _read(request: Request) -> Order | None:
    return Order.read(request.path_params["id"])


async def _gone(request: Request) -> None:
    """Wait until the client has given up."""
    try:
        async with asyncio.timeout(_LONGEST_HANG):
            while (await request.receive())["type"] != "http.disconnect":
                continue
    except TimeoutError:
        return
