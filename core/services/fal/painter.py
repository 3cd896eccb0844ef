"""fal.ai as a Painter."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator

from core.avatars.ports import Handle, PictureOrder
from core.services.fal.client import FalClient
from core.services.fal.profiles import painters


class FalPainter(FalClient):
    """The painters of fal.ai."""

    def profiles(self, base_model: str) -> tuple[str, ...]:
        return self._fal.painters_of(base_model)

    def takes_weights(self, profile: str) -> bool:
        return painters.BY_NAME[profile].takes_weights

    def price_usd(self, profile: str) -> float | None:
        return painters.price_usd(self._fal, profile)

    def priced(self, profile: str, usd: float, unit: str) -> float | None:  # noqa: ARG002
        return painters.priced_by_fal(usd, unit)

    def arguments(self, order: PictureOrder, weights_url: str) -> dict[str, object]:
        build = painters.BY_NAME[order.profile].build
        return build(order, weights_url, painters.section(self._fal, order.profile))

    def upload_weights(
        self,
        run_id: str,
        chunks: Callable[[], Iterator[bytes]],
        alive: Callable[[], object] = lambda: None,
    ) -> str:
        with tempfile.TemporaryFile(prefix="likeness-", suffix=".safetensors") as file:
            for chunk in chunks():
                file.write(chunk)
                alive()
            with self._wire.observed(run_id, "", "upload"):
                return self._uploads.send(file, "weights.safetensors", alive)

    def submit(self, order: PictureOrder, weights_url: str, webhook_url: str) -> Handle:
        arguments = self.arguments(order, weights_url)
        return self._order(order.run_id, order.profile, arguments, webhook_url)
