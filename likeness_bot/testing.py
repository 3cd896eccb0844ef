"""What the tests of a dialogue or a channel need: a database, a chat in one process, a clock."""

from core.base.db import connect
from core.base.migrations.runner import prepare
from core.conversation.testing import BUTTONS, PLAIN, Clock, SteppedChat

__all__ = ["BUTTONS", "PLAIN", "Clock", "SteppedChat", "connect", "prepare"]
