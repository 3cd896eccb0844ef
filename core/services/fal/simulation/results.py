"""What a simulated order gives in the end: a model, pictures, or a model's error."""

from __future__ import annotations

from collections.abc import Mapping

from core.services.fal.simulation.model import size_of
from core.services.fal.simulation.orders import CODES, Order
from core.services.fal.simulation.pictures import Drawing

PAGE = b"<html><head><title>Not here</title></head><body>Not here</body></html>"
EXPIRED = {"expired": 404, "expired_410": 410}
PICTURE_FAULTS = ("flagged", "broken", "html", *EXPIRED)
"""How pictures may come out wrong; with `one_` before, the last of them alone."""


def given(base: str, endpoint: str, order: Order, arguments: Mapping[str, object]) -> object:
    """The JSON of an order's end; what is known of its `arguments` is repeated, as fal does."""
    if order.outcome in CODES:
        error = {"loc": ["body"], "msg": f"It is the simulated {order.outcome}."}
        echo = {"input": arguments} if order.drawing else {}
        return {"detail": [{**error, "type": order.outcome, **echo}]}
    if order.drawing:
        return _pictures(base, order, order.drawing, arguments)
    if endpoint == "fal-ai/flux-pro-trainer":
        return {"finetune_id": f"sim-{order.run}"}
    files = f"{base}/cdn/files/trained/{order.request_id}"
    named = {"diffusers_lora_file": "weights.safetensors", "config_file": "config.json"}
    return {
        key: {"url": f"{files}/{name}", "file_name": name, "file_size": size_of(name)}
        for key, name in named.items()
    }


def _pictures(
    base: str, order: Order, drawing: Drawing, arguments: Mapping[str, object]
) -> dict[str, object]:
    files = f"{base}/cdn/files/painted/{order.request_id}"
    size = {"width": drawing.width, "height": drawing.height}
    numbers = range(drawing.count)
    return {
        "images": [
            {"url": f"{files}/{number}.jpg", **size, "content_type": "image/jpeg"}
            for number in numbers
        ],
        "has_nsfw_concepts": [fault_of(order, number) == "flagged" for number in numbers],
        "seed": drawing.seed,
        "prompt": arguments.get("prompt", ""),
        "timings": {"inference": order.duration / 1000},
    }


def fault_of(order: Order, number: int) -> str:
    """What is wrong with one picture, of PICTURE_FAULTS; "" where nothing is."""
    word = order.outcome.removeprefix("one_")
    last = order.drawing is not None and number == order.drawing.count - 1
    hit = word in PICTURE_FAULTS and (last or word == order.outcome)
    return word if hit else ""


def picture(drawing: Drawing, number: int, words: str, fault: str) -> tuple[bytes, str, int]:
    """A picture's file as it is fetched: its bytes, media type and HTTP code."""
    if fault in EXPIRED:
        return b'{"detail": "Not Found"}', "application/json", EXPIRED[fault]
    if fault == "html":
        return PAGE, "text/html", 200
    if fault == "flagged":
        return drawing.black(), "image/jpeg", 200
    drawn = drawing.picture(number, words)
    return (drawn[: len(drawn) // 8] if fault == "broken" else drawn), "image/jpeg", 200
