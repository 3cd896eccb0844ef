"""The test mode's fal: a real server on this machine, and the real clients that talk to it."""

from core.services.fal.simulation.painter import SimulatedPainter
from core.services.fal.simulation.server import FalServer, steady
from core.services.fal.simulation.trainer import SimulatedTrainer, simulated_trainer

__all__ = ["FalServer", "SimulatedPainter", "SimulatedTrainer", "simulated_trainer", "steady"]
