"""What people say to Likeness, written once for every channel."""

from tests.scenarios.conversations import failing, keeping, making, photos, wandering

__all__ = ["failing", "keeping", "making", "photos", "wandering"]
