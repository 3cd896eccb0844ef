"""The real trainer, with a fal of its own on this machine, which `training.simulated_…` shape."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from core.avatars.ports import (
    CancelAnswer,
    Download,
    Handle,
    Observation,
    Observe,
    Standing,
    TrainingOrder,
)
from core.base.settings import Settings
from core.services.fal.client import FalTrainer
from core.services.fal.platform import FalPlatform
from core.services.fal.simulation.server import FalServer, steady


class SimulatedTrainer(FalTrainer):
    """A FalTrainer in test mode, whose server starts when it is first needed."""

    def __init__(self, settings: Settings, observe: Observe, server: FalServer) -> None:
        super().__init__(server.settings(settings), observe, test_mode=True)
        self.server = server
        weakref.finalize(self, server.dismiss)

    @property
    def platform(self) -> FalPlatform:
        self.server.start()
        return super().platform

    @property
    def jwks_url(self) -> str:
        self.server.start()
        return super().jwks_url

    def upload(
        self,
        run_id: str,
        photos: Iterable[tuple[str, Callable[[], bytes]]],
        alive: Callable[[], object] = lambda: None,
    ) -> str:
        self.server.start()
        return super().upload(run_id, photos, alive)

    def submit(self, order: TrainingOrder, data_url: str, webhook_url: str) -> Handle:
        self.server.start()
        return super().submit(order, data_url, webhook_url)

    def check(self, handle: Handle) -> Standing:
        self.server.start()
        return super().check(handle)

    def cancel(self, handle: Handle) -> CancelAnswer:
        self.server.start()
        return super().cancel(handle)

    def download(self, handle: Handle, url: str) -> AbstractContextManager[Download]:
        self.server.start()
        return super().download(handle, url)

    def close(self) -> None:
        super().close()
        self.server.stop()


def unobserved(observation: Observation) -> None:
    """Forget it."""


def simulated_trainer(
    settings: Settings,
    observe: Observe = unobserved,
    secret: bytes = b"",
    clock: Callable[[], float] = steady,
) -> SimulatedTrainer:
    """A trainer in test mode with a server of its own.

    Every process may have one, for a request id holds all of a training. A `secret` that they
    share makes them sign webhooks with the same key.
    """
    chosen = settings.training
    server = FalServer(
        chosen.simulated_queue_seconds,
        chosen.simulated_seconds,
        chosen.simulated_outcome,
        secret,
        clock,
    )
    return SimulatedTrainer(settings, observe, server)
