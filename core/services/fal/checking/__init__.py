"""Whether the fal.ai that is configured is as the code takes it to be, fact by fact."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.base.settings.fal import Fal
from core.services.fal.checking.free import Place, free_facts, key_fact
from core.services.fal.checking.paid import STEPS, Cheapest, cheapest, paid_facts
from core.services.fal.checking.transcript import Fact, Transcript
from core.services.fal.wire import Wire

__all__ = ["STEPS", "Cheapest", "Fact", "Place", "cheapest", "free_facts", "key_fact",
           "opened", "paid_facts"]  # fmt: skip


@contextmanager
def opened(settings: Fal) -> Iterator[Place]:
    """A fal to be looked at, by connections of its own."""
    wire = Wire(settings, lambda _: None)
    secrets = (settings.key.get_secret_value(), settings.admin_key.get_secret_value())
    try:
        yield Place(settings, wire, Transcript(wire, secrets))
    finally:
        wire.close()
