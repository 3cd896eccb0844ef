"""The trainers of fal.ai: for each its endpoint, arguments, result, limits and price."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.avatars.ports import TrainingOrder
from core.base.settings.product import fal
from core.base.settings.product.fal import TRAINERS, Fal, StepProfile
from core.services.fal.profiles.profile import (
    Arguments,
    Profile,
    Result,
    UnexpectedResult,
    units,
    url_of,
)


@dataclass(frozen=True, slots=True)
class TrainerProfile(Profile):
    """One trainer at fal.ai."""

    build: Callable[[TrainingOrder, str, Any], Arguments]
    """What is sent: an order, the photos' URL, and the profile's section of the settings."""
    max_photos: int


def portrait(order: TrainingOrder, data_url: str, chosen: fal.PortraitTrainer) -> Arguments:
    return {
        "images_data_url": data_url,
        "trigger_phrase": order.trigger_word,
        "steps": chosen.steps,
        "learning_rate": chosen.learning_rate,
        "subject_crop": chosen.subject_crop,
        "create_masks": chosen.create_masks,
        "multiresolution_training": chosen.multiresolution_training,
    }


def pro(order: TrainingOrder, data_url: str, chosen: fal.ProTrainer) -> Arguments:
    return {
        "data_url": data_url,
        "finetune_comment": f"likeness {order.run_id}",
        "mode": _MODES.get(order.avatar_type, "general"),
        "iterations": chosen.steps,
        "priority": chosen.priority,
        "captioning": chosen.captioning,
        "trigger_word": order.trigger_word,
        "lora_rank": chosen.lora_rank,
        "finetune_type": chosen.finetune_type,
    }


def fast(order: TrainingOrder, data_url: str, chosen: fal.FastTrainer) -> Arguments:
    is_style = order.avatar_type == "style"
    return {
        "images_data_url": data_url,
        "trigger_word": order.trigger_word,
        "steps": chosen.steps,
        "is_style": is_style,
        "create_masks": chosen.create_masks and not is_style,
    }


def flux_2(order: TrainingOrder, data_url: str, chosen: StepProfile) -> Arguments:
    return {
        "image_data_url": data_url,
        "steps": chosen.steps,
        "default_caption": order.trigger_word,
    }


def finetune(result: Mapping[str, object]) -> Result:
    """`finetune_id`: the model stays at fal."""
    found = result.get("finetune_id")
    if not isinstance(found, str) or not re.fullmatch(r"[!-~]{1,200}", found):
        raise UnexpectedResult("the result has no finetune_id")
    return {"finetune_id": found}


def weights(result: Mapping[str, object]) -> Result:
    """`weights_url`, and `config_url` where there is one."""
    url = url_of(result.get("diffusers_lora_file"))
    if not url:
        raise UnexpectedResult("the result has no diffusers_lora_file")
    config_url = url_of(result.get("config_file"))
    return {"weights_url": url, **({"config_url": config_url} if config_url else {})}


_MODES = {"character": "character", "style": "style"}

_ALL = (
    TrainerProfile("fal-ai/flux-lora-portrait-trainer", weights, portrait, 50),
    TrainerProfile("fal-ai/flux-pro-trainer", finetune, pro, 20),
    TrainerProfile("fal-ai/flux-lora-fast-training", weights, fast, 50),
    TrainerProfile("fal-ai/flux-2-trainer", weights, flux_2, 50),
)

BY_NAME: Mapping[str, TrainerProfile] = dict(zip(TRAINERS, _ALL, strict=True))
"""Every trainer by the name that the configuration uses."""


def section(settings: Fal, name: str) -> StepProfile:
    """What the configuration says of a trainer."""
    chosen: StepProfile = getattr(settings, name.replace("-", "_"))
    return chosen


def price_usd(settings: Fal, name: str) -> float | None:
    """What one training costs by the configured steps and price of a step; None is not known."""
    chosen = section(settings, name)
    return None if chosen.usd_per_step is None else cents(chosen.steps * chosen.usd_per_step)


def priced_by_fal(settings: Fal, name: str, usd: float, unit: str) -> float | None:
    """The same by fal's own price of a unit; None where the unit doesn't tell what one costs."""
    if steps := units(unit, r"(?:training[\s_-]*)?step"):
        return cents(section(settings, name).steps * usd / steps)
    trainings = units(unit, "training", "request", "run", "generation")
    return cents(usd / trainings) if trainings else None


def cents(usd: float) -> float:
    """Dollars in whole cents, and never fewer than it costs: a part of a cent is not free."""
    return max(1, math.ceil(round(usd * 100, 6))) / 100
