"""The avatar flow as people read it."""

from __future__ import annotations

from core.avatars.flow import TABLE
from core.conversation.diagram import diagram as drawn


def diagram() -> str:
    """The table as Mermaid source."""
    return drawn(TABLE)
