"""fal.ai: its trainers, its queue protocol, its webhooks, and a server that speaks as it does."""

from core.services.fal.client import FalTrainer
from core.services.fal.webhooks import Verifier, name_of, token_of

__all__ = ["FalTrainer", "Verifier", "name_of", "token_of"]
