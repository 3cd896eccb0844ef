"""fal.ai as a Trainer."""

from __future__ import annotations

from collections.abc import Callable

from core.avatars.ports import Handle, Observe, TrainingOrder
from core.base.settings import Settings
from core.base.settings.product.fal import TRAINERS
from core.services.fal.archive import Photos, zipped
from core.services.fal.client import FalClient
from core.services.fal.profiles import trainers


class FalTrainer(FalClient):
    """The trainers of fal.ai, in the order that the settings prefer."""

    def __init__(
        self,
        settings: Settings,
        observe: Observe,
        test_mode: bool = False,
        awake: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(settings, observe, test_mode, awake)
        self._preferred = {
            "portrait": settings.training.profiles_portrait,
            "style": settings.training.profiles_style,
        }

    def profiles(self, training_type: str) -> tuple[str, ...]:
        return self._preferred[training_type]

    def price_usd(self, profile: str) -> float | None:
        return trainers.price_usd(self._fal, profile)

    def priced(self, profile: str, usd: float, unit: str) -> float | None:
        return trainers.priced_by_fal(self._fal, profile, usd, unit)

    def max_photos(self, profile: str) -> int:
        return trainers.BY_NAME[profile].max_photos

    def base_model(self, profile: str) -> str:
        return TRAINERS[profile].base_model

    def arguments(self, order: TrainingOrder, data_url: str) -> dict[str, object]:
        build = trainers.BY_NAME[order.profile].build
        return build(order, data_url, trainers.section(self._fal, order.profile))

    def upload(
        self, run_id: str, photos: Photos, alive: Callable[[], object] = lambda: None
    ) -> str:
        with zipped(photos) as file, self._wire.observed(run_id, "", "upload"):
            return self._uploads.send(file, "photos.zip", alive)

    def submit(self, order: TrainingOrder, data_url: str, webhook_url: str) -> Handle:
        arguments = self.arguments(order, data_url)
        return self._order(order.run_id, order.profile, arguments, webhook_url)
