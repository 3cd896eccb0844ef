"""How the simulated fal refuses a call, and whom."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_REFUSALS = {
    "400": "Bad request", "401": "Cannot access application. Authentication is required",
    "402": "Payment required", "403": "Forbidden", "404": "Application not found",
    "410": "This endpoint is gone", "429": "Too many requests",
}  # fmt: skip
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
