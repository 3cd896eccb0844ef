"""Whether the fal.ai that is configured is as the code takes it to be, fact by fact."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.base.errors import ConfigurationError
from core.base.settings.product.fal import Fal
from core.services.fal.checking.free import Place, free_facts, key_fact
from core.services.fal.checking.paid import STEPS, Cheapest, cheapest, paid_facts
from core.services.fal.checking.transcript import Fact, Transcript
from core.services.fal.wire import Wire

LEAST_LETTERS = 8

__all__ = ["STEPS", "Cheapest", "Fact", "Place", "cheapest", "free_facts", "key_fact",
           "opened", "paid_facts"]  # fmt: skip


@contextmanager
def opened(settings: Fal) -> Iterator[Place]:
    """A fal to be looked at, by connections of its own.

    Raises ConfigurationError for a key so short that a transcript would show it by its gaps.
    """
    secrets = (settings.key.get_secret_value(), settings.admin_key.get_secret_value())
    if short := [len(secret) for secret in secrets if 0 < len(secret) < LEAST_LETTERS]:
        raise ConfigurationError(
            f"A key of fal.ai has {short[0]} letters, and fal's own have many more. Correct "
            "FAL_KEY or LIKENESS_FAL__ADMIN_KEY."
        )
    wire = Wire(settings, lambda _: None)
    try:
        yield Place(settings, wire, Transcript(wire, secrets))
    finally:
        wire.close()
