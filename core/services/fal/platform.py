"""fal's platform API: the requests of an account, prices, and the deletion of what fal keeps."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from core.avatars.platform_port import KEY_REFUSED, Listed, UnitPrice
from core.avatars.ports import Failure, Phase, Unreachable
from core.base.db import storable
from core.base.settings.product.fal import Fal
from core.services.fal.wire import Answer, Wire, bad_answer, reaching

PAGE = 100
"""Requests of a page; fal gives no more."""
MOST_PAGES = 50
"""A list that is longer is not read to its end, and counts as one that can't be had."""
MOST_USD = 10_000.0
"""No unit costs as much. Nor is any free: 0 is what a list says that doesn't know."""
_REFUSED = (401, 403)


class FalPlatform:
    """The API as the settings name it; each question is bounded, observed, and never repeated.

    It is asked with the admin's key where there is one.
    """

    def __init__(self, settings: Fal, wire: Wire) -> None:
        self._base = settings.platform
        self._wire = wire
        key = settings.admin_key.get_secret_value() or settings.key.get_secret_value()
        self._key = {"Authorization": f"Key {key}"} if key else {}

    def prices(self, endpoints: Iterable[str]) -> Mapping[str, UnitPrice]:
        wanted = list(dict.fromkeys(endpoints))
        found = self._pages("prices", "/models/pricing", "prices", {"endpoint_id": wanted})
        prices = {str(item.get("endpoint_id")): price(item) for item in found}
        return {name: price for name, price in prices.items() if name in wanted and price}

    def requests(self, endpoint: str, since: float, until: float) -> list[Listed]:
        asked = {"endpoint_id": endpoint, "start": moment(since), "end": moment(until),
                 "expand": "payloads"}  # fmt: skip
        return [one for one in map(listed, self._listed(asked)) if one.request_id]

    def request(self, endpoint: str, request_id: str, since: float) -> Listed | None:
        asked = {"endpoint_id": endpoint, "request_id": request_id, "start": moment(since),
                 "expand": "payloads"}  # fmt: skip
        found = map(listed, self._listed(asked))
        return next((one for one in found if one.request_id == request_id), None)

    def delete(self, request_id: str) -> None:
        path = f"/models/requests/{quote(request_id, safe='')}/payloads"
        answer = self._ask("delete", "DELETE", path, {}, request_id)
        if not deleted(answer):
            raise Unreachable(bad_answer(answer.status, "the answer to a deletion can't be read"))
        results = answer.body.get("cdn_delete_results") if isinstance(answer.body, Mapping) else ()
        files = [item for item in results or () if isinstance(item, Mapping)]
        if any(item.get("exception") for item in files):
            raise Unreachable(Failure("files_kept", "retry", "fal could not delete every file"))

    def networks(self) -> tuple[str, ...]:
        body = self._ask("meta", "GET", "/meta", {}).body
        found = body.get("webhook_ip_ranges") if isinstance(body, Mapping) else None
        if not isinstance(found, list):
            raise Unreachable(bad_answer(200, "the answer names no networks"))
        return tuple(str(network) for network in found)

    def _listed(self, asked: Mapping[str, str]) -> Iterator[Mapping[str, object]]:
        """What is listed of an endpoint; an item of another one is not what was asked for."""
        whole = {**asked, "limit": PAGE}
        found = self._pages("requests", "/models/requests/by-endpoint", "items", whole)
        mine = (None, asked["endpoint_id"])
        return (item for item in found if item.get("endpoint_id") in mine)

    def _pages(
        self, phase: Phase, path: str, name: str, asked: dict[str, object]
    ) -> Iterator[Mapping[str, object]]:
        """The items of every page; nothing is given out before all of them are there."""
        found: list[Mapping[str, object]] = []
        for _ in range(MOST_PAGES):
            body = self._ask(phase, "GET", path, asked).body
            items = body.get(name) if isinstance(body, Mapping) else None
            if not isinstance(items, list):
                raise Unreachable(bad_answer(200, f"the answer has no {name}"))
            found += [item for item in items if isinstance(item, Mapping)]
            cursor = body.get("next_cursor") if body.get("has_more", True) else None
            if not cursor:
                if body.get("has_more"):
                    raise Unreachable(bad_answer(200, "the list ends before its end"))
                return iter(found)
            asked = {**asked, "cursor": str(cursor)}
        raise Unreachable(bad_answer(200, "the list is too long"))

    def _ask(
        self, phase: Phase, method: str, path: str, asked: Mapping[str, Any],
        request_id: str = "",
    ) -> Answer:  # fmt: skip
        endpoint = asked.get("endpoint_id", "")
        named = endpoint if isinstance(endpoint, str) else ",".join(endpoint)
        with self._wire.observed("", named, phase, request_id) as note, reaching():
            url = f"{self._base}{path}"
            answer = self._wire.exchange(
                self._wire.api, method, url, headers=self._key, params=dict(asked)
            )
            note.status = answer.status
            if not answer.good and not (phase == "delete" and gone(answer)):
                raise Unreachable(_refusal(answer, phase))
            return answer


def gone(answer: Answer) -> bool:
    """Whether the platform itself says that there is no such request.

    A bare 404 may be anybody's who doesn't know this call, and then nothing has been deleted.
    """
    error = answer.body.get("error") if isinstance(answer.body, Mapping) else None
    own = isinstance(error, Mapping) and error.get("type") == "not_found"
    return answer.status == 410 or (answer.status == 404 and own)


def deleted(answer: Answer) -> bool:
    """Whether the platform itself says that nothing is kept; a page with 200 is anybody's."""
    said = answer.good and isinstance(answer.body, Mapping)
    return said or answer.status == 204 or gone(answer)


def _refusal(answer: Answer, phase: Phase) -> Failure:
    """Why it is not answered. A key that may not ask this may order all the same."""
    if answer.status in _REFUSED:
        said = answer.failure(phase).message
        return Failure(KEY_REFUSED, "operator", said or "the key may not ask this", answer.status)
    return answer.failure(phase)


def price(item: Mapping[str, object]) -> UnitPrice | None:
    """A price as the API tells it; None where it is no sum of US dollars."""
    usd = item.get("unit_price")
    if isinstance(usd, bool) or not isinstance(usd, int | float) or item.get("currency") != "USD":
        return None
    if not 0 < usd <= MOST_USD:
        return None
    return UnitPrice(float(usd), storable(str(item.get("unit") or "")))


def listed(item: Mapping[str, object]) -> Listed:
    """A request as the API lists it, with what it lacks left empty."""
    given = item.get("json_input")
    return Listed(
        request_id=str(item.get("request_id") or ""),
        sent_at=_seconds(item.get("sent_at")),
        arguments=given if isinstance(given, Mapping) else None,
    )


def moment(seconds: float) -> str:
    """A moment as the API is asked for it."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _seconds(written: object) -> float | None:
    """A moment in ISO 8601, by UTC where it names no zone."""
    try:
        moment = datetime.datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()
