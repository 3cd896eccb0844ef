"""Whose turn it is when something went wrong: the person's, time's, or the operator's.

fal's own word (`type` of a model's error, `error_type` of a request's) goes before the HTTP code,
and neither depends on a sentence, but for one: an exhausted balance has no word of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.avatars.ports import ErrorClass, Failure, Phase

LONGEST_MESSAGE = 300
_LONGEST_TYPE = 64

TYPES: Mapping[str, ErrorClass] = {
    # of a request: the queue and the machine that works it off
    "request_timeout": "retry",
    "startup_timeout": "retry",
    "runner_scheduling_failure": "retry",
    "runner_connection_timeout": "retry",
    "runner_connection_refused": "retry",
    "runner_connection_error": "retry",
    "runner_disconnected": "retry",
    "runner_incomplete_response": "retry",
    "runner_server_error": "retry",
    "internal_error": "retry",
    "client_disconnected": "retry",
    "client_cancelled": "retry",
    "bad_request": "operator",
    # of a model: the photos and what was asked for
    "archive_file_count_below_minimum": "person",
    "file_too_large": "person",
    "image_load_error": "person",
    "image_too_small": "person",
    "image_too_large": "person",
    "unsupported_image_format": "person",
    "face_detection_error": "person",
    "content_policy_violation": "person",
    "invalid_archive": "operator",  # the archive is of our making, and so is how many it holds
    "archive_file_count_exceeds_maximum": "operator",
    "file_download_error": "retry",
    "downstream_service_error": "retry",
    "downstream_service_unavailable": "retry",
    "internal_server_error": "retry",
    "generation_timeout": "retry",
}
"""Every `type` and `error_type` that fal documents."""

_CODES: Mapping[int, ErrorClass] = {408: "retry", 409: "retry", 425: "retry", 429: "retry",
                                    499: "retry"}  # fmt: skip
_KEY_REFUSED = (401, 402, 403)
_GONE = (404, 410)
_BALANCE = re.compile(r"exhausted balance|user is locked", re.IGNORECASE)

_CLEANED = (
    (re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE), "(address)"),
    (re.compile(r"\bkey\b[\s:=]+(?:key\s+)?\S+", re.IGNORECASE), "(key)"),
    (re.compile(r"\S+@\S+"), "(address)"),
    (re.compile(r"\b[\w-]+:[\w-]{16,}"), "(key)"),
    (re.compile(r"\b(?=[\w-]*\d)[\w-]{12,}\b"), "(id)"),
    (re.compile(r"(?:/[\w.-]+){2,}"), "(path)"),
    (re.compile(r"\d+(?:[.,]\d+)*"), "#"),
    (re.compile(r"[\s\x00-\x1f\x7f]+"), " "),
)


def normalise(message: str) -> str:
    """A message fit to be kept and grouped: no URL, key or id, each number "#"; at most 300."""
    cleaned = message[: LONGEST_MESSAGE * 4].encode("utf-8", "replace").decode()
    for pattern, word in _CLEANED:
        cleaned = pattern.sub(word, cleaned)
    return cleaned.strip()[:LONGEST_MESSAGE]


def classified(
    status: int, headers: Mapping[str, str], body: object, phase: Phase, text: str = ""
) -> Failure:
    """The failure that an HTTP answer tells of; `body` is its JSON, None where it has none."""
    own = own_type(headers, body)
    message = _message(body, own) or text
    if status in _KEY_REFUSED:
        locked = bool(_BALANCE.search(message))
        kind = "balance_exhausted" if locked else own or f"http_{status}"
        return Failure(kind, "operator", normalise(message), status, stop_submitting=True)
    return Failure(
        own or f"http_{status}",
        _class(status, own),
        normalise(message),
        status,
        endpoint_gone=phase == "submit" and status in _GONE,
        retry_after=_seconds(headers.get("retry-after", "")),
    )


def of_type(error_type: str, message: str, status: int = 500) -> Failure:
    """The failure that a completed request's own `error_type` and `error` tell of.

    A word that nobody knows leaves it to the code of the result: only an error of the server is
    certainly not charged, so that it may be ordered again. Beside a word that fal documents, a
    result which reads as a success says nothing, and its code is left out.
    """
    known = error_type if re.fullmatch(r"\w{1,64}", error_type, re.ASCII) else "unknown_error"
    locked = bool(_BALANCE.search(message))
    error_class: ErrorClass = "operator" if locked else TYPES.get(known) or _class(status, "")
    kind = "balance_exhausted" if locked else known
    code = None if known in TYPES and status < 400 else status
    return Failure(kind, error_class, normalise(message), code, stop_submitting=locked)


def own_type(headers: Mapping[str, str], body: object) -> str:
    """fal's own word for an error, "" where it says none.

    Of several errors the one counts that somebody can do something about.
    """
    words = [str(item["type"]) for item in details(body) if item.get("type")]
    if isinstance(body, Mapping) and isinstance(body.get("error_type"), str):
        words.append(body["error_type"])
    if header := headers.get("x-fal-error-type"):
        words.append(header)
    words = [word for word in words if re.fullmatch(r"[\w.-]+", word, re.ASCII)]
    order = ("person", "operator", "retry")
    known = sorted((word for word in words if word in TYPES), key=lambda w: order.index(TYPES[w]))
    return next(iter(known or words), "")[:_LONGEST_TYPE]


def details(body: object) -> list[Mapping[str, object]]:
    """The list of a model's errors in an answer, empty where there is none."""
    found = body.get("detail") if isinstance(body, Mapping) else None
    items = found if isinstance(found, list) else [found]
    return [item for item in items if isinstance(item, Mapping)]


def _message(body: object, own: str) -> str:
    if not isinstance(body, Mapping):
        return ""
    listed = sorted(details(body), key=lambda item: item.get("type") != own)
    sentences = [str(item["msg"]) for item in listed if item.get("msg")]
    plain = [body.get(name) for name in ("detail", "error", "message")]
    return next(iter(sentences + [text for text in plain if isinstance(text, str)]), "")


def _class(status: int, own: str) -> ErrorClass:
    if status in _GONE:
        return "operator"
    if own in TYPES:
        return TYPES[own]
    return "retry" if status >= 500 else _CODES.get(status, "operator")


def _seconds(retry_after: str) -> float | None:
    """Seconds of a Retry-After; a date in it is left alone."""
    return float(retry_after) if re.fullmatch(r"\d{1,6}(\.\d+)?", retry_after.strip()) else None
