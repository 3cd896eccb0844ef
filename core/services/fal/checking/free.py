"""The facts that can be looked at without paying anything."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from core.avatars.ports import Failure
from core.base.settings.product.fal import Fal
from core.services.drawings.photo_tips import EXAMPLES, example
from core.services.fal import platform, profiles, webhooks
from core.services.fal.checking.transcript import Fact, Transcript, found, said
from core.services.fal.uploads import lifecycle_headers
from core.services.fal.wire import Answer, Wire

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Place:
    """A fal and how it is asked."""

    settings: Fal
    wire: Wire
    transcript: Transcript

    @property
    def key(self) -> dict[str, str]:
        return {"Authorization": f"Key {self.settings.key.get_secret_value()}"}

    @property
    def platform_key(self) -> dict[str, str]:
        admin = self.settings.admin_key.get_secret_value()
        return {"Authorization": f"Key {admin}"} if admin else self.key


def free_facts(place: Place) -> Iterator[Fact]:
    """Each fact as soon as it is known. Nothing is ordered."""
    for look in (_unknown_id, _wrong_key, _cancel_unknown, _keys, _upload, _list, _prices,
                 _delete_unknown, _networks):  # fmt: skip
        yield from look(place)


def _request_url(place: Place, request_id: str, end: str) -> str:
    owner, alias = _endpoint(place).split("/")[:2]
    return f"{place.settings.queue_url}/{owner}/{alias}/requests/{request_id}{end}"


def _endpoint(_place: Place) -> str:
    return next(iter(profiles.BY_NAME.values())).endpoint


def key_fact(place: Place) -> Fact:
    """Whether the key is taken: asked for a request that doesn't exist, fal says so."""
    return next(_unknown_id(place))


def _unknown_id(place: Place) -> Iterator[Fact]:
    url = _request_url(place, str(uuid.uuid4()), "/status")
    what = "{queue}/OWNER/ALIAS/requests/{made-up id}/status"
    answer = place.transcript.ask(what, "GET", url, headers=place.key)
    yield _code("the status of a made-up request", answer, 404)


def _wrong_key(place: Place) -> Iterator[Fact]:
    url = _request_url(place, str(uuid.uuid4()), "/status")
    headers = {"Authorization": f"Key {uuid.uuid4()}:{uuid.uuid4().hex}"}
    what = "{queue}/OWNER/ALIAS/requests/{made-up id}/status with a wrong key"
    answer = place.transcript.ask(what, "GET", url, headers=headers)
    yield _code("a key that is none", answer, 401, 403)


def _cancel_unknown(place: Place) -> Iterator[Fact]:
    url = _request_url(place, str(uuid.uuid4()), "/cancel")
    what = "{queue}/OWNER/ALIAS/requests/{made-up id}/cancel"
    answer = place.transcript.ask(what, "PUT", url, headers=place.key)
    yield _code("the cancellation of a made-up request", answer, 404)


def _keys(place: Place) -> Iterator[Fact]:
    answer = place.transcript.ask("{jwks}", "GET", place.settings.jwks)
    usable = len(webhooks.readable_keys(found(answer)))
    got = f"{usable} usable" if isinstance(answer, Answer) and answer.good else said(answer)
    yield Fact("the keys that sign webhooks", "Ed25519 keys, 1 at least", got, usable > 0)


def _upload(place: Place) -> Iterator[Fact]:
    """A drawn picture, which fal is to forget within an hour."""
    asked = place.transcript.ask(
        "{rest}/storage/auth/token", "POST", f"{place.settings.rest}/storage/auth/token",
        headers=place.key, params={"storage_type": "fal-cdn-v3"}, json={},
    )  # fmt: skip
    token = found(asked)
    words = ("token", "token_type")
    ok = all(isinstance(token.get(word), str) and token[word] for word in words)
    yield Fact("a token for uploads", "token and token_type", _names(token, words, asked), ok)
    if not ok:
        return
    picture = example(next(iter(EXAMPLES)))
    sent = place.transcript.ask(
        "{cdn}/files/upload", "POST", f"{place.settings.cdn}/files/upload",
        client=place.wire.files, content=picture,
        headers={
            "Authorization": f"{token['token_type']} {token['token']}",
            "Content-Type": "image/jpeg", "X-Fal-File-Name": "drawn.jpg", **_an_hour(place),
        },
    )  # fmt: skip
    url = found(sent).get("access_url")
    there = isinstance(url, str) and url.startswith(("https://", "http://"))
    yield Fact("an upload that expires", "access_url", "access_url" if there else said(sent), there)
    if there:
        yield from _fetched(place, str(url), picture)


def _an_hour(place: Place) -> dict[str, str]:
    return lifecycle_headers(place.settings.model_copy(update={"upload_hours": 1}))


def _fetched(place: Place, url: str, picture: bytes) -> Iterator[Fact]:
    """Whether the trainer could fetch it: without a key, whole."""
    answer = place.transcript.ask("{the upload}", "GET", url, client=place.wire.files)
    good = isinstance(answer, Answer) and answer.good
    got = said(answer)
    if isinstance(answer, Answer) and good:
        size = answer.headers.get("content-length", "")
        good = not size or size == str(len(picture))
        got = f"{answer.status}, {size or 'some'} bytes"
    name = "the upload, fetched without a key"
    yield Fact(name, f"200, {len(picture)} bytes", got, good)


def _list(place: Place) -> Iterator[Fact]:
    now = time.time()
    asked = {"endpoint_id": _endpoint(place), "start": platform.moment(now - _DAY),
             "end": platform.moment(now), "expand": "payloads", "limit": 5}  # fmt: skip
    answer = place.transcript.ask(
        "{api}/models/requests/by-endpoint", "GET",
        f"{place.settings.platform}/models/requests/by-endpoint",
        headers=place.platform_key, params=asked,
    )  # fmt: skip
    body = found(answer)
    items = body.get("items")
    listed = isinstance(items, list)
    got = f"{len(items)} items" if isinstance(items, list) else said(answer)
    yield Fact("the list of requests", "200 with items", got, listed)
    if not isinstance(items, list) or not items:
        yield Fact("a listed request", "request_id, sent_at, json_input", "none to look at", None)
        return
    first = items[0] if isinstance(items[0], dict) else {}
    one = platform.listed(first)
    ok = bool(one.request_id) and one.sent_at is not None and one.arguments is not None
    names = ("request_id", "sent_at", "json_input")
    yield Fact("a listed request", ", ".join(names), _names(first, names, answer), ok)


def _prices(place: Place) -> Iterator[Fact]:
    endpoints = [profile.endpoint for profile in profiles.BY_NAME.values()]
    answer = place.transcript.ask(
        "{api}/models/pricing", "GET", f"{place.settings.platform}/models/pricing",
        headers=place.platform_key, params={"endpoint_id": endpoints},
    )  # fmt: skip
    items = found(answer).get("prices")
    known = {
        str(item.get("endpoint_id")): price
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict) and (price := platform.price(item))
    }
    for endpoint in endpoints:
        price = known.get(endpoint)
        got = f"${price.usd:g} for 1 {price.unit}" if price else said(answer)
        yield Fact(f"the price of {endpoint}", "US dollars for a unit", got, price is not None)


def _delete_unknown(place: Place) -> Iterator[Fact]:
    answer = place.transcript.ask(
        "{api}/models/requests/{made-up id}/payloads", "DELETE",
        f"{place.settings.platform}/models/requests/{uuid.uuid4()}/payloads",
        headers=place.platform_key,
    )  # fmt: skip
    ok = isinstance(answer, Answer) and platform.deleted(answer)
    name = "the deletion of a made-up request's data"
    yield Fact(name, "200 with JSON, or 404 with error.type not_found", said(answer), ok)


def _networks(place: Place) -> Iterator[Fact]:
    answer = place.transcript.ask("{api}/meta", "GET", f"{place.settings.platform}/meta",
                                  headers=place.platform_key)  # fmt: skip
    ranges = found(answer).get("webhook_ip_ranges")
    ok = isinstance(ranges, list) and bool(ranges)
    got = f"{len(ranges)} networks" if isinstance(ranges, list) else said(answer)
    yield Fact("the networks of webhooks", "webhook_ip_ranges", got, ok)


def _code(name: str, answer: Answer | Failure, *wanted: int) -> Fact:
    ok = isinstance(answer, Answer) and answer.status in wanted
    return Fact(name, " or ".join(map(str, wanted)), said(answer), ok)


def _names(body: object, names: tuple[str, ...], answer: Answer | Failure) -> str:
    """Which of the names are there."""
    there = [name for name in names if isinstance(body, dict) and body.get(name) is not None]
    return ", ".join(there) or said(answer)
