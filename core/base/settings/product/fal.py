"""Settings of fal.ai: addresses, timeouts, trainers, painters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, SecretStr, field_validator

from core.base.settings.addresses import ProxyAddress, SiteAddress, WebAddress
from core.base.settings.money import UsdPerUnit
from core.base.settings.section import Section


@dataclass(frozen=True, slots=True)
class Trainer:
    """A trainer: the fewest photos it takes, and our name for the model it builds on."""

    min_photos: int
    base_model: str


TRAINERS = {
    "flux-lora-portrait-trainer": Trainer(4, "flux-1"),
    "flux-pro-trainer": Trainer(1, "flux-pro"),
    "flux-lora-fast-training": Trainer(4, "flux-1"),
    "flux-2-trainer": Trainer(1, "flux-2"),
}
"""The trainers that Likeness knows, by the names used in `training.profiles_…`."""

PAINTERS = {
    "flux-lora": "flux-1",
    "flux-2-lora": "flux-2",
    "flux-pro-finetuned": "flux-pro",
}
"""The painters that Likeness knows, by the names used in `fal.painters`, each with the base model
of the trained models it takes."""

QUEUE_URL, REST_URL, CDN_URL, API_URL = (
    "https://queue.fal.run",
    "https://rest.fal.ai",
    "https://v3.fal.media",
    "https://api.fal.ai",
)
"""fal's own addresses."""


class StepProfile(Section):
    """A trainer priced per step in US dollars; None is an unknown price."""

    steps: Annotated[int, Field(ge=1, le=20_000)] = 1000
    usd_per_step: UsdPerUnit = None


class PortraitTrainer(StepProfile):
    """fal-ai/flux-lora-portrait-trainer."""

    steps: Annotated[int, Field(ge=1, le=20_000)] = 2500
    usd_per_step: UsdPerUnit = 0.0024
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

    usd_per_step: UsdPerUnit = 0.002
    create_masks: bool = True


class Flux2Trainer(StepProfile):
    """fal-ai/flux-2-trainer."""

    usd_per_step: UsdPerUnit = 0.0064


class Painting(Section):
    """A painter priced per megapixel in US dollars; None is an unknown price.

    Its safety checker is always on, so there is no setting for it.
    """

    steps: Annotated[int, Field(ge=1, le=50)] = 28
    guidance: Annotated[float, Field(ge=0, le=20)] = 3.5
    lora_scale: Annotated[float, Field(gt=0, le=4)] = 1.0
    output_format: Literal["jpeg", "png"] = "jpeg"
    usd_per_megapixel: UsdPerUnit = 0.035


class Flux2Painting(Painting):
    """fal-ai/flux-2/lora."""

    guidance: Annotated[float, Field(ge=0, le=20)] = 2.5
    usd_per_megapixel: UsdPerUnit = 0.021


class ProPainting(Section):
    """fal-ai/flux-pro/v1.1-ultra-finetuned, priced per picture.

    `safety_tolerance` is fal's own scale; its laxer half can't be chosen.
    """

    finetune_strength: Annotated[float, Field(gt=0, le=2)] = 1.2
    safety_tolerance: Literal[1, 2] = 2
    output_format: Literal["jpeg", "png"] = "jpeg"
    usd_per_picture: UsdPerUnit = 0.07


class Fal(Section):
    """fal.ai: where it is, how long it is waited for, and what trainers and painters are told.

    An address that is left empty is fal's own as long as orders go to fal, else the host that they
    go to, so that photos and the key are sent to nobody else.
    """

    key: SecretStr = SecretStr("")
    admin_key: SecretStr = SecretStr("")
    queue_url: WebAddress = QUEUE_URL
    rest_url: SiteAddress = ""
    cdn_url: SiteAddress = ""
    jwks_url: SiteAddress = ""
    proxy: ProxyAddress = ""
    api_url: SiteAddress = ""
    connect_seconds: Annotated[float, Field(gt=0, le=300)] = 10.0
    answer_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    submit_seconds: Annotated[float, Field(gt=0, le=600)] = 60.0
    upload_hours: Annotated[int, Field(ge=1, le=8760)] = 24
    output_hours: Annotated[int, Field(ge=72, le=8760)] = 96
    private_uploads: bool = False
    weights_bytes: Annotated[int, Field(ge=1024, le=1024**4)] = 2 * 1024**3
    painters: tuple[str, ...] = tuple(PAINTERS)
    flux_lora_portrait_trainer: PortraitTrainer = PortraitTrainer()
    flux_pro_trainer: ProTrainer = ProTrainer()
    flux_lora_fast_training: FastTrainer = FastTrainer()
    flux_2_trainer: Flux2Trainer = Flux2Trainer()
    flux_lora: Painting = Painting()
    flux_2_lora: Flux2Painting = Flux2Painting()
    flux_pro_finetuned: ProPainting = ProPainting()

    @field_validator("painters")
    @classmethod
    def _known_painters(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in names if name not in PAINTERS]:
            known = ", ".join(PAINTERS)
            raise ValueError(f"no painter is called {unknown[0]!r}; there are {known}")
        return names

    def painters_of(self, base_model: str) -> tuple[str, ...]:
        """The painters that take such a model, in order of preference; all of them for ""."""
        return tuple(name for name in self.painters if base_model in ("", PAINTERS[name]))

    @field_validator("key", "admin_key")
    @classmethod
    def _fits_a_header(cls, key: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[!-~]*", key.get_secret_value()):
            raise ValueError("a key has no spaces, line breaks or letters beyond ASCII")
        return key

    @property
    def rest(self) -> str:
        """The address that starts an upload."""
        return self.rest_url or self._beside(REST_URL)

    @property
    def cdn(self) -> str:
        """The address of uploads."""
        return self.cdn_url or self._beside(CDN_URL)

    @property
    def jwks(self) -> str:
        """The address of the public keys of webhooks."""
        return self.jwks_url or f"{self.rest}/.well-known/jwks.json"

    @property
    def platform(self) -> str:
        """The platform API: requests, prices, deletions."""
        return self.api_url or f"{self._beside(API_URL)}/v1"

    def _beside(self, own: str) -> str:
        """fal's own address if orders go to fal, else the host of the orders."""
        return own if self.queue_url == QUEUE_URL else _origin(self.queue_url)


def _origin(url: str) -> str:
    """An address without its path."""
    return urlunsplit((*urlsplit(url)[:2], "", "", ""))
