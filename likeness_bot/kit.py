"""The contract kit: what the author of a channel writes gets every rule as a test."""

from core.conversation.testing.kit import RULES, ChannelRules, Chat, Sight
from core.conversation.testing.kit.rule import Rule

__all__ = ["RULES", "ChannelRules", "Chat", "Rule", "Sight"]
