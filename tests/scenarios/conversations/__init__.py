"""What people say to Likeness, written once for every channel.

`CONVERSATIONS` are all of them, in the order in which they begin: long ones first.
"""

from tests.scenarios.conversations import (
    counted,
    failing,
    keeping,
    making,
    painting,
    photos,
    wandering,
)
from tests.scenarios.stage import CONVERSATIONS

__all__ = [
    "CONVERSATIONS", "counted", "failing", "keeping", "making", "painting", "photos", "wandering",
]  # fmt: skip
