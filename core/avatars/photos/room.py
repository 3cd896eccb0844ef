"""How many photos an avatar takes: the one place where what counts is weighed against what waits.

Valid photos alone fill an avatar. What is pending beyond the places that are left waits for its
turn, in the order of its arrival, and no more of it than is allowed to wait.
"""

from __future__ import annotations

from dataclasses import dataclass

PARKED = 1e12
"""The `next_check_at` of a pending photo that waits for its turn, not for a moment."""


@dataclass(frozen=True, slots=True)
class Room:
    """What an avatar has room for."""

    places: int
    """So many more photos can count."""
    intake: int
    """So many more photos are taken in, to be looked at."""


def room(valid: int, pending: int, max_photos: int, max_pending: int) -> Room:
    """The room of an avatar with so many valid and pending photos, by the limits of `config.toml`.

    A pending photo takes no place: it may turn out not to be a good one.
    """
    places = max(0, max_photos - valid)
    return Room(places, max(0, max_pending - pending) if places else 0)
