"""The real trainer, with a fal of its own on this machine, which `training.simulated_…` shape."""

from __future__ import annotations

import weakref
from collections.abc import Callable

from core.avatars.ports import Observation, Observe
from core.base.settings import Settings
from core.services.fal.simulation.server import FalServer, steady
from core.services.fal.trainer import FalTrainer


class SimulatedTrainer(FalTrainer):
    """A FalTrainer in test mode, whose server starts when it is first needed."""

    def __init__(self, settings: Settings, observe: Observe, server: FalServer) -> None:
        super().__init__(server.settings(settings), observe, True, server.start)
        self.server = server
        weakref.finalize(self, server.dismiss)

    @property
    def jwks_url(self) -> str:
        """Asked for by others, so the server has to be there already."""
        self.server.start()
        return super().jwks_url

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

    Every process may have one, for a request id holds all of an order but its prompt. A `secret`
    that they share makes them sign webhooks with the same key.
    """
    chosen = settings.training
    server = FalServer(
        chosen.simulated_queue_seconds,
        chosen.simulated_seconds,
        chosen.simulated_outcome,
        secret,
        clock,
        picture_seconds=settings.pictures.simulated_seconds,
    )
    return SimulatedTrainer(settings, observe, server)
