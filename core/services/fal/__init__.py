"""fal.ai: trainers, painters, the queue, webhooks, and a server that speaks as fal does."""

from core.services.fal.painter import FalPainter
from core.services.fal.trainer import FalTrainer
from core.services.fal.webhooks import Verifier, name_of, token_of

__all__ = ["FalPainter", "FalTrainer", "Verifier", "name_of", "token_of"]
