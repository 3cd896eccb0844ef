"""The simulated platform API: what this process has taken, prices, and deletions.

It remembers the latest orders of its own process alone: an order does not need that.
"""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.services.fal.simulation.faults import Ledger
from core.services.fal.simulation.orders import Order
from core.services.fal.simulation.refusals import has_key, refusal

MOST_REMEMBERED = 10_000
NETWORKS = ["127.0.0.0/8"]
_A_DAY = 86_400.0

Noted = dict[str, Any]
"""An order, as the list of requests shows it."""


class Simulation(Protocol):
    """What the platform needs of `app.Simulation`."""

    ledger: Ledger | None

    async def suffer(
        self,
        request: Request,
        phase: str,
        run: str,
        proceed: Callable[[], Awaitable[Response]],
    ) -> Response: ...


class Platform:
    """Answers what the platform API is asked; `prices` are US dollars a unit, by endpoint."""

    def __init__(self, simulation: Simulation, clock: Callable[[], float]) -> None:
        self.prices: dict[str, float] = {}
        self.deleted: deque[str] = deque(maxlen=MOST_REMEMBERED)
        self._simulation = simulation
        self._clock = clock
        self._taken: deque[Noted] = deque(maxlen=MOST_REMEMBERED)

    def note(self, endpoint: str, order: Order, arguments: dict[str, object]) -> None:
        """Remember an order for the list of requests."""
        self._taken.append(_noted(endpoint, order, arguments))

    def arguments_of(self, request_id: str) -> dict[str, Any]:
        """What was ordered, as long as this process remembers it; else empty."""
        found = (one["json_input"] for one in self._taken if one["request_id"] == request_id)
        return next(found, None) or {}

    def routes(self) -> list[Route]:
        own = "/api/models/requests"
        return [
            Route(f"{own}/by-endpoint", self._requests, methods=["GET"]),
            Route(f"{own}/{{id}}/payloads", self._delete, methods=["DELETE"]),
            Route("/api/models/pricing", self._pricing, methods=["GET"]),
            Route("/api/meta", self._meta, methods=["GET"]),
        ]

    async def _requests(self, request: Request) -> Response:
        async def give() -> Response:
            if not has_key(request):
                return _unauthorized()
            asked = request.query_params
            found = [one for one in self._taken if self._fits(one, asked)]
            if not found and (other := self._of_another_process(asked)):
                found = [other]
            begin, size = int(asked.get("cursor", 0)), min(int(asked.get("limit", 50)), 100)
            page, more = found[begin : begin + size], begin + size < len(found)
            items = [_shown(one, asked.get("expand", "")) for one in page]
            cursor = str(begin + size) if more else None
            return JSONResponse({"items": items, "has_more": more, "next_cursor": cursor})

        return await self._simulation.suffer(request, "requests", "", give)

    def _of_another_process(self, asked: QueryParams) -> Noted | None:
        """What an id says that another process has given out: nothing of what was ordered."""
        known = any(one["request_id"] == asked.get("request_id") for one in self._taken)
        order = None if known else Order.read(asked.get("request_id", ""))
        if order is None:
            return None
        one = _noted(asked.get("endpoint_id", ""), order, None)
        return one if self._fits(one, asked) else None

    def _fits(self, one: Noted, asked: QueryParams) -> bool:
        since = _seconds(asked.get("start")) or self._clock() - _A_DAY
        until = _seconds(asked.get("end")) or self._clock()
        sent = _seconds(one["sent_at"]) or 0.0
        endpoint = one["endpoint_id"] in asked.getlist("endpoint_id")
        named = asked.get("request_id", one["request_id"]) == one["request_id"]
        return endpoint and named and int(since) <= sent <= until + 1.0

    async def _delete(self, request: Request) -> Response:
        async def take() -> Response:
            if not has_key(request):
                return _unauthorized()
            order = Order.read(request.path_params["id"])
            if order is None:
                error = {"type": "not_found", "message": "Request not found"}
                return JSONResponse({"error": error}, 404)
            self.deleted.append(order.request_id)
            for one in self._taken:
                if one["request_id"] == order.request_id:
                    one["json_input"] = None
            if self._simulation.ledger is not None:
                self._simulation.ledger.deleted.append(order.request_id)
            return JSONResponse({"cdn_delete_results": []})

        return await self._simulation.suffer(request, "delete", "", take)

    async def _pricing(self, request: Request) -> Response:
        async def give() -> Response:
            if not has_key(request):
                return _unauthorized()
            wanted = request.query_params.getlist("endpoint_id")
            prices = [
                {"endpoint_id": name, "unit_price": usd, "unit": "units", "currency": "USD"}
                for name, usd in self.prices.items() if name in wanted
            ]  # fmt: skip
            return JSONResponse({"prices": prices, "has_more": False, "next_cursor": None})

        return await self._simulation.suffer(request, "prices", "", give)

    async def _meta(self, request: Request) -> Response:
        async def give() -> Response:
            return JSONResponse({"webhook_ip_ranges": NETWORKS})

        return await self._simulation.suffer(request, "meta", "", give)


def _noted(endpoint: str, order: Order, arguments: dict[str, object] | None) -> Noted:
    sent_at = datetime.datetime.fromtimestamp(order.ordered / 1000, datetime.UTC)
    return {"request_id": order.request_id, "endpoint_id": endpoint,
            "sent_at": sent_at.isoformat(), "json_input": arguments}  # fmt: skip


def _unauthorized() -> Response:
    return refusal("401") or Response(status_code=401)


def _shown(one: Noted, expand: str) -> dict[str, object]:
    hidden = () if expand == "payloads" else ("json_input",)
    return {name: value for name, value in one.items() if name not in hidden}


def _seconds(written: str | None) -> float | None:
    if not written:
        return None
    return datetime.datetime.fromisoformat(written).timestamp()
