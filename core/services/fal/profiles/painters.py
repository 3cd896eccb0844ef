"""The painters of fal.ai: for each its endpoint, arguments, result and price of a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.avatars.ports import PictureOrder
from core.base.settings.product.fal import PAINTERS, Fal, Painting, ProPainting
from core.services.fal.profiles.profile import (
    Arguments,
    Profile,
    Result,
    UnexpectedResult,
    units,
    url_of,
)

ASPECT_RATIOS = ("21:9", "16:9", "4:3", "3:2", "1:1", "2:3", "3:4", "9:16", "9:21")
LARGEST_BYTES = 32 * 2**20
"""More than any picture has: four megapixels as a PNG are half of it."""
_LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class PainterProfile(Profile):
    """One painter at fal.ai."""

    build: Callable[[PictureOrder, str, Any], Arguments]
    """What is sent: an order, the weights' URL, and the profile's section of the settings."""
    takes_weights: bool


def lora(order: PictureOrder, weights_url: str, chosen: Painting) -> Arguments:
    return {
        "prompt": order.prompt,
        "loras": [{"path": weights_url, "scale": chosen.lora_scale}],
        "image_size": {"width": order.width, "height": order.height},
        "num_inference_steps": chosen.steps,
        "guidance_scale": chosen.guidance,
        "num_images": order.count,
        "output_format": chosen.output_format,
        "enable_safety_checker": True,
        **_seed(order),
    }


def finetuned(order: PictureOrder, _weights_url: str, chosen: ProPainting) -> Arguments:
    return {
        "prompt": order.prompt,
        "finetune_id": order.finetune_id,
        "finetune_strength": chosen.finetune_strength,
        "aspect_ratio": aspect_ratio(order.width, order.height),
        "num_images": order.count,
        "output_format": chosen.output_format,
        "safety_tolerance": str(chosen.safety_tolerance),
        **_seed(order),
    }


def _seed(order: PictureOrder) -> Arguments:
    return {} if order.seed is None else {"seed": order.seed}


def aspect_ratio(width: int, height: int) -> str:
    """The nearest of the ratios that can be asked for."""

    def distance(ratio: str) -> float:
        across, down = map(int, ratio.split(":"))
        return abs(math.log(width / height * down / across))

    return min(ASPECT_RATIOS, key=distance)


def pictures(result: Mapping[str, object]) -> Result:
    """`images`, each a `url` and whether it was `flagged`, and `seed`; of all else, nothing.

    A picture without a URL is left out; where all are, it is unexpected.
    """
    given, concepts = result.get("images"), result.get("has_nsfw_concepts")
    flags = concepts if isinstance(concepts, list) else []
    images = [
        {"url": url, "flagged": flags[number : number + 1] == [True]}
        for number, image in enumerate(given if isinstance(given, list) else [])
        if (url := url_of(image))
    ]
    if not images:
        raise UnexpectedResult("the result has no images")
    return {"images": images, "seed": _readable_seed(result.get("seed"))}


def _readable_seed(found: object) -> int | None:
    if not isinstance(found, int) or isinstance(found, bool):
        return None
    return found if 0 <= found <= _LARGEST_SEED else None


_ALL = (
    PainterProfile("fal-ai/flux-lora", pictures, lora, takes_weights=True),
    PainterProfile("fal-ai/flux-2/lora", pictures, lora, takes_weights=True),
    PainterProfile(
        "fal-ai/flux-pro/v1.1-ultra-finetuned", pictures, finetuned, takes_weights=False
    ),
)

BY_NAME: Mapping[str, PainterProfile] = dict(zip(PAINTERS, _ALL, strict=True))
"""Every painter by the name that the configuration uses."""


def section(settings: Fal, name: str) -> Painting | ProPainting:
    """What the configuration says of a painter."""
    chosen: Painting | ProPainting = getattr(settings, name.replace("-", "_"))
    return chosen


def price_usd(settings: Fal, name: str) -> float | None:
    """What one picture costs by the configuration, in exact dollars; None is not known."""
    chosen = section(settings, name)
    if isinstance(chosen, ProPainting):
        return chosen.usd_per_picture
    return chosen.usd_per_megapixel  # a picture has at most one


def priced_by_fal(usd: float, unit: str) -> float | None:
    """The same by fal's own price of a unit; None where the unit doesn't tell what one costs."""
    pictures = units(unit, "megapixel", "image", "picture", "request")
    return usd / pictures if pictures else None
