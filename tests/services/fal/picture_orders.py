"""Orders of pictures, and what a test does with them again and again."""

import uuid
from typing import Any

from core.avatars.ports import Handle, PictureOrder, Standing
from core.services.fal import FalPainter
from core.services.fal.profiles import painters

WEIGHTS = "https://files.invalid/lora.safetensors"
PHRASE = "studio portrait of lk7qz woman, soft light"
SENTINEL = "ocelotparade"
"""What somebody typed."""
PROFILES = ("flux-lora", "flux-2-lora", "flux-pro-finetuned")


def order(profile: str = "flux-lora", **changes: Any) -> PictureOrder:
    """Four pictures, in which anything may be changed."""
    given: dict[str, Any] = {
        "run_id": str(uuid.uuid4()),
        "profile": profile,
        "prompt": PHRASE,
        "count": 4,
        "width": 864,
        "height": 1152,
        "seed": 7,
        "finetune_id": "" if painters.BY_NAME[profile].takes_weights else "ft-anna",
    }
    return PictureOrder(**{**given, **changes})


def ordered(painter: FalPainter, weights_url: str = WEIGHTS, **changes: Any) -> Handle:
    """The same, sent."""
    return painter.submit(order(**changes), weights_url, "")


def fetched(painter: FalPainter, handle: Handle, number: int = 0) -> bytes:
    """The bytes of one of its pictures, counted from 0."""
    images: Any = painter.check(handle).result["images"]
    with painter.download(handle, images[number]["url"]) as download:
        return b"".join(download.chunks)


def failure_of(standing: Standing) -> tuple[str, str, str]:
    """Its type, class and message."""
    assert standing.failure is not None
    failure = standing.failure
    return failure.error_type, failure.error_class, failure.message
