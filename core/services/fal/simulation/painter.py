"""The real painter, at the fal of this process's simulated trainer."""

from __future__ import annotations

from core.avatars.ports import Observe
from core.base.settings import Settings
from core.services.fal.painter import FalPainter
from core.services.fal.simulation.trainer import SimulatedTrainer, unobserved


class SimulatedPainter(FalPainter):
    """A FalPainter in test mode.

    Its server starts when either first needs it, and ends with the trainer.
    """

    def __init__(
        self, settings: Settings, trainer: SimulatedTrainer, observe: Observe = unobserved
    ) -> None:
        server = trainer.server
        super().__init__(server.settings(settings), observe, True, server.start)
        self._trainer = trainer  # nobody else may hold it, and the server goes with it
