"""A stranger's platform API: its list of requests, prices, deletions, networks."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from tests.fakes.foreign_fal.fake import ForeignFal

BASE = "/v1"


class PlatformDoor:
    """The part of a connection that speaks for the platform."""

    fal: ForeignFal
    path: str

    def platform(self, method: str, path: str) -> None:
        """Answer a path below BASE."""
        asked = parse_qs(urlsplit(self.path).query)
        if path == "/meta":
            self._say(200, {"webhook_ip_ranges": ["192.0.2.0/24", "2001:db8::/32"]})
        elif not self._paid_for():
            return
        elif path == "/models/pricing":
            self._prices(asked["endpoint_id"])
        elif not self.fal.admin:
            self._say(
                403, {"error": {"type": "authorization_error", "message": "Admin key required"}}
            )
        elif path == "/models/requests/by-endpoint":
            self._list({name: given[0] for name, given in asked.items()})
        elif method == "DELETE" and path.endswith("/payloads"):
            self._delete(unquote(path.split("/")[-2]))
        else:
            self.fal.wrong.append(f"{method} {path}")
            self._say(404, {"error": {"type": "not_found", "message": "No such route"}})

    def _prices(self, endpoints: list[str]) -> None:
        prices = [
            {"endpoint_id": name, "unit_price": usd, "unit": "steps", "currency": "USD"}
            for name, usd in self.fal.prices.items() if name in endpoints
        ]  # fmt: skip
        self._say(200, {"prices": prices, "has_more": False, "next_cursor": None})

    def _list(self, asked: dict[str, str]) -> None:
        begin, end = (_seconds(asked.get(name)) for name in ("start", "end"))
        found = [
            order for order in self.fal.orders
            if order.endpoint == asked["endpoint_id"]
            and asked.get("request_id", order.id) == order.id
            and (begin is None or order.sent_at >= begin)
            and (end is None or order.sent_at < end + 1)
        ]  # fmt: skip
        first = int(asked.get("cursor", "0"))
        after = first + self.fal.page
        page, more = found[first:after], len(found) > after
        items = [
            {"request_id": order.id, "endpoint_id": order.endpoint, "status_code": None,
             "sent_at": _written(order.sent_at), "started_at": None, "ended_at": None,
             "duration": None,
             **({"json_input": order.arguments} if asked.get("expand") == "payloads" else {})}
            for order in page
        ]  # fmt: skip
        cursor = str(after) if more else None
        self._say(200, {"items": items, "has_more": more, "next_cursor": cursor})

    def _delete(self, request_id: str) -> None:
        order = next((order for order in self.fal.orders if order.id == request_id), None)
        if order is None:
            self._say(404, {"error": {"type": "not_found", "message": "Request not found"}})
            return
        self.fal.deleted.append(request_id)
        url = f"{self.fal.cdn}/out/{request_id}/lora.safetensors"
        self._say(200, {"cdn_delete_results": [{"link": url, "exception": None}]})

    def _paid_for(self) -> bool:
        raise NotImplementedError

    def _say(self, code: int, said: Any, more: dict[str, str] | None = None) -> None:
        raise NotImplementedError


def _written(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).isoformat().replace("+00:00", "Z")


def _seconds(written: str | None) -> float | None:
    return datetime.datetime.fromisoformat(written).timestamp() if written else None
