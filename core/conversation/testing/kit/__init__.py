"""The contract kit: every rule that a channel must keep, held on a real process of it."""

from core.conversation.testing.kit.channel_rules import ChannelRules
from core.conversation.testing.kit.chat import Chat, Sight
from core.conversation.testing.kit.house import House, LeftOut
from core.conversation.testing.kit.report import Verdict, check, table, tier
from core.conversation.testing.kit.rule import RULES, Rule
from core.conversation.testing.kit.rules import FAMILIES

__all__ = [
    "FAMILIES",
    "RULES",
    "ChannelRules",
    "Chat",
    "House",
    "LeftOut",
    "Rule",
    "Sight",
    "Verdict",
    "check",
    "table",
    "tier",
]
