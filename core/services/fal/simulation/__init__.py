"""The test mode's fal: a real server on this machine, and the real trainer that talks to it."""

from core.services.fal.simulation.server import FalServer, steady
from core.services.fal.simulation.trainer import SimulatedTrainer, simulated_trainer

__all__ = ["FalServer", "SimulatedTrainer", "simulated_trainer", "steady"]
