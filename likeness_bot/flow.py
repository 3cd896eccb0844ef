"""What a dialogue needs: the table, the screens, and the engine that runs them."""

from core.conversation.engine import Engine
from core.conversation.flow import QUIET, SAME, Flow, Position, Row, Table, row
from core.conversation.inbox import Inbox
from core.conversation.messages import Attachment, Button, Motion, Picture, Screen
from core.conversation.turn import Turn

__all__ = [
    "QUIET",
    "SAME",
    "Attachment",
    "Button",
    "Engine",
    "Flow",
    "Inbox",
    "Motion",
    "Picture",
    "Position",
    "Row",
    "Screen",
    "Table",
    "Turn",
    "row",
]
