"""What a dialogue or a channel may raise; `core.base.errors` draws the whole tree."""

from core.base.errors import (
    Blocked,
    ChannelError,
    ConfigurationError,
    FlowError,
    Gone,
    LikenessError,
    Missing,
    Refused,
    RetryAfter,
    StorageUnavailable,
    Uncertain,
    Unreachable,
)

__all__ = [
    "Blocked",
    "ChannelError",
    "ConfigurationError",
    "FlowError",
    "Gone",
    "LikenessError",
    "Missing",
    "Refused",
    "RetryAfter",
    "StorageUnavailable",
    "Uncertain",
    "Unreachable",
]
