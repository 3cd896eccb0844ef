"""fal.ai: its trainers, its queue protocol, its webhooks, and a server that speaks as it does."""

from core.services.fal.client import FalTrainer
from core.services.fal.webhooks import Verifier, run_of, run_token

__all__ = ["FalTrainer", "Verifier", "run_of", "run_token"]
