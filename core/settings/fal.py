"""The settings of fal.ai: its addresses, our patience, and what its trainers are told."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from core.settings.addresses import WebAddress
from core.settings.section import Section

PROFILES = (
    "flux-lora-portrait-trainer",
    "flux-pro-trainer",
    "flux-lora-fast-training",
    "flux-2-trainer",
)
"""The trainers that Likeness knows, by the names used in `training.profiles_…`."""


class StepProfile(Section):
    """A trainer that is paid by the step, in US dollars; 0 is a price that nobody knows."""

    steps: Annotated[int, Field(ge=1, le=20_000)] = 1000
    usd_per_step: Annotated[float, Field(ge=0, le=100)] = 0.0


class PortraitTrainer(StepProfile):
    """fal-ai/flux-lora-portrait-trainer."""

    steps: Annotated[int, Field(ge=1, le=20_000)] = 2500
    usd_per_step: Annotated[float, Field(ge=0, le=100)] = 0.0024
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.00009
    subject_crop: bool = True
    create_masks: bool = True
    multiresolution_training: bool = True


class ProTrainer(StepProfile):
    """fal-ai/flux-pro-trainer; its steps are called iterations."""

    steps: Annotated[int, Field(ge=1, le=20_000)] = 300
    priority: Literal["speed", "quality", "high_res_only"] = "quality"
    captioning: bool = True
    lora_rank: Literal[16, 32] = 32
    finetune_type: Literal["full", "lora"] = "full"


class FastTrainer(StepProfile):
    """fal-ai/flux-lora-fast-training."""

    usd_per_step: Annotated[float, Field(ge=0, le=100)] = 0.002
    create_masks: bool = True


class Fal(Section):
    """fal.ai: where it is, how long it is waited for, and what its trainers are told."""

    key: SecretStr = SecretStr("")
    queue_url: WebAddress = "https://queue.fal.run"
    rest_url: WebAddress = "https://rest.fal.ai"
    cdn_url: WebAddress = "https://v3.fal.media"
    jwks_url: WebAddress = "https://rest.fal.ai/.well-known/jwks.json"
    connect_seconds: Annotated[float, Field(gt=0, le=300)] = 10.0
    answer_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    submit_seconds: Annotated[float, Field(gt=0, le=600)] = 60.0
    upload_hours: Annotated[int, Field(ge=1, le=8760)] = 24
    private_uploads: bool = False
    weights_bytes: Annotated[int, Field(ge=1024, le=1024**4)] = 2 * 1024**3
    flux_lora_portrait_trainer: PortraitTrainer = PortraitTrainer()
    flux_pro_trainer: ProTrainer = ProTrainer()
    flux_lora_fast_training: FastTrainer = FastTrainer()
    flux_2_trainer: StepProfile = StepProfile()

    @field_validator("key")
    @classmethod
    def _fits_a_header(cls, key: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[!-~]*", key.get_secret_value()):
            raise ValueError("a key has no spaces, line breaks or letters beyond ASCII")
        return key
