"""How a stranger's fal paints: what it wants to be told, and what it gives."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image

from tests.fakes.foreign_fal.weather import PAGE, fault_of

if TYPE_CHECKING:
    from tests.fakes.foreign_fal.fake import ForeignFal, Order

LORAS = ("fal-ai/flux-lora", "fal-ai/flux-2/lora")
ULTRA = "fal-ai/flux-pro/v1.1-ultra-finetuned"
PAINTERS = (*LORAS, ULTRA)
_OF_LORAS = {
    "prompt", "loras", "image_size", "num_inference_steps", "guidance_scale", "num_images",
    "output_format", "enable_safety_checker", "seed",
}  # fmt: skip
_OF_ULTRA = {
    "prompt", "finetune_id", "finetune_strength", "aspect_ratio", "num_images", "output_format",
    "safety_tolerance", "seed",
}  # fmt: skip


def picture(order: Order, number: int) -> tuple[int, bytes]:
    """One of an order's pictures, counted from 0, as it is fetched: HTTP code and bytes.

    No two are of one colour.
    """
    fault = fault_of(order, number)
    if fault in ("html", "expired"):
        return (404 if fault == "expired" else 200), PAGE
    red, green, blue = sha256(f"{order.id}/{number}".encode()).digest()[:3]
    bright = (red | 64, green | 64, blue | 64)
    data = _jpeg((0, 0, 0) if fault == "flagged" else bright)
    return 200, data[: len(data) // 8] if fault == "broken" else data


def _jpeg(colour: tuple[int, int, int]) -> bytes:
    out = BytesIO()
    Image.new("RGB", (864, 1152), colour).save(out, "JPEG")
    return out.getvalue()


def wrong_with(endpoint: str, arguments: dict[str, Any], fal: ForeignFal) -> str:
    """Where an order breaks what is written of the endpoint, or asks for no safety; "" if not."""
    known = _OF_ULTRA if endpoint == ULTRA else _OF_LORAS
    if unknown := set(arguments) - known:
        return f"unknown: {sorted(unknown)}"
    if not arguments.get("prompt") or arguments.get("num_images") not in (1, 2, 3, 4):
        return "no prompt, or a wrong number of pictures"
    return _wrong_ultra(arguments) if endpoint == ULTRA else _wrong_loras(arguments, fal)


def _wrong_ultra(arguments: dict[str, Any]) -> str:
    if not arguments.get("finetune_id") or not 0 <= arguments.get("finetune_strength", -1) <= 2:
        return "no finetune, or none of that strength"
    return "" if arguments.get("safety_tolerance") in ("1", "2") else "too tolerant"


def _wrong_loras(arguments: dict[str, Any], fal: ForeignFal) -> str:
    (lora,) = arguments["loras"]
    size = arguments["image_size"]
    if lora["path"].rpartition("/in/")[2] not in fal.files or not 0 <= lora["scale"] <= 4:
        return "the weights can't be fetched"
    if not 512 <= min(size.values()) <= max(size.values()) <= 2048:
        return "a size that no picture has"
    return "" if arguments.get("enable_safety_checker") is True else "no safety checker"


def painted(cdn: str, order: Order, extra: bool) -> dict[str, Any]:
    """The result; with `extra`, null where something is not known."""
    more = {"width": None, "height": None, "content_type": None} if extra else {}
    arguments = order.arguments
    images = [
        {"url": f"{cdn}/out/{order.id}/{number}.jpg", **more}
        for number in range(arguments["num_images"])
    ]
    said = {"images": images, "prompt": arguments["prompt"], "seed": arguments.get("seed", 11)}
    flags: dict[str, Any] = {"has_nsfw_concepts": None, "timings": {}} if extra else {}
    numbers = range(arguments["num_images"])
    if any(fault_of(order, number) == "flagged" for number in numbers):
        flags["has_nsfw_concepts"] = [fault_of(order, number) == "flagged" for number in numbers]
    return {**said, **flags}
