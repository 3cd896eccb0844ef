"""A channel without a messenger: whole conversations in one process, by a clock of our own."""

from core.conversation.testing.clock import Clock
from core.conversation.testing.stepped import BUTTONS, PLAIN, SteppedChat

__all__ = ["BUTTONS", "PLAIN", "Clock", "SteppedChat"]
