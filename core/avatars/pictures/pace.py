"""How long pictures usually take, and how often they are asked after."""

from __future__ import annotations

import random
from collections.abc import Callable

from core.avatars.models.pictures import PictureRun
from core.avatars.orders.order import UNDER_WAY
from core.avatars.orders.usual import Usual, experienced
from core.base.settings.product.pictures import Pictures

FIRST_MINUTE = 60.0
CROWD = 40
"""So many are asked after at their full pace; a worker has other things to do as well."""
COUNT_SECONDS = 5.0
GUESS = Usual(15.0, 40.0)


class Pace:
    """When an order is asked after again; `clock` gives seconds since 1970."""

    def __init__(self, settings: Pictures, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._counted_at, self._counted = 0.0, 0

    def seconds(self, run: PictureRun) -> float:
        """Often at first, when somebody looks on; less often the more there are."""
        early = self._clock() - run.created_at < FIRST_MINUTE
        seconds = self._settings.poll_seconds if early else self._settings.poll_later_seconds
        return seconds * max(1.0, self._crowd() / CROWD) * random.uniform(0.7, 0.9)

    def _crowd(self) -> int:
        """How many orders are asked after; counted every few seconds."""
        now = self._clock()
        if not 0 <= now - self._counted_at < COUNT_SECONDS:
            asked = PictureRun.select().where(PictureRun.status.in_(UNDER_WAY))
            self._counted_at, self._counted = now, asked.count()
        return self._counted


def usual(run: PictureRun, settings: Pictures) -> Usual:
    """How long the last finished orders of its profile took; without experience, a guess."""
    alike = (PictureRun.profile == run.profile, PictureRun.test_mode == run.test_mode)
    guess = Usual(settings.simulated_seconds, 2 * settings.simulated_seconds)
    return experienced(PictureRun, *alike) or (guess if run.test_mode else GUESS)
