"""Which calls the simulated fal refuses, and how."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.services.fal import profiles
from core.services.fal.profiles import painters
from core.services.fal.simulation.pictures import model_of

_REFUSALS = {
    "400": "Bad request", "401": "Cannot access application. Authentication is required",
    "402": "Payment required", "403": "Forbidden", "404": "Application not found",
    "405": "Method not allowed", "408": "Request timeout", "409": "Conflict",
    "413": "Payload too large", "415": "Unsupported media type", "451": "Not available here",
    "410": "This endpoint is gone", "429": "Too many requests",
}  # fmt: skip
PAINTERS = frozenset(profile.endpoint for profile in painters.BY_NAME.values())
_ENDPOINTS = frozenset(profile.endpoint for profile in profiles.BY_NAME.values())
_DATA = ("images_data_url", "image_data_url", "data_url")
_MOST_PICTURES = 4
_BALANCE = "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard"


def refusal(fault: str) -> Response | None:
    """The answer of a fault that refuses."""
    status, _, kind = fault.partition(":")
    if kind:
        errors = [{"loc": ["body"], "msg": "It is simulated.", "type": kind}]
        return JSONResponse({"detail": errors}, int(status))
    if fault == "balance":
        return JSONResponse({"detail": _BALANCE}, 403)
    if fault in _REFUSALS:
        headers = {"Retry-After": "7"} if fault == "429" else {}
        return JSONResponse({"detail": _REFUSALS[fault]}, int(fault), headers)
    return None


def has_key(request: Request) -> bool:
    """Whether a call carries a key; which one is of no account here."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return scheme == "Key" and bool(key)


def wrong_order(request: Request, endpoint: str, arguments: object) -> Response | None:
    """Why an order can't be taken; None where it can."""
    if not has_key(request):
        return refusal("401")
    if endpoint not in _ENDPOINTS:
        return refusal("404")
    said = arguments if isinstance(arguments, Mapping) else {}
    if endpoint in PAINTERS:
        return _wrong_pictures(said)
    return None if any(said.get(name) for name in _DATA) else refusal("422:missing")


def _wrong_pictures(said: Mapping[str, object]) -> Response | None:
    if not said.get("prompt") or not model_of(said):
        return refusal("422:missing")
    count = said.get("num_images", 1)
    if not isinstance(count, int) or count < 1:
        return refusal("422:greater_than_equal")
    return refusal("422:less_than_equal") if count > _MOST_PICTURES else None
