"""Whoever runs it: nobody but a person may say that an order which may have arrived did not."""

from __future__ import annotations

import subprocess
import threading

import psycopg

from tests.chaos.town import Town

LOOKS = 5.0
"""Seconds between two looks at what is uncertain."""


class Operator:
    """Does as the runbook says, on another thread, until told to leave."""

    def __init__(self, town: Town) -> None:
        self.said: list[str] = []
        """The orders that were said not to have arrived."""
        self._town = town
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._run, name="operator", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def leave(self) -> None:
        self._left.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._left.wait(LOOKS):
            try:
                self._look()
            except (psycopg.Error, subprocess.SubprocessError):
                continue  # what they need is away: later

    def _look(self) -> None:
        """Say that orders didn't arrive which were searched for in vain, and fal doesn't have."""
        host = next(iter(self._town.hosts.values()))
        lost = host.rows("SELECT id FROM training_runs WHERE status = 'uncertain' AND failures > 0")
        arrived = {order.run for order in self._town.fal.orders}
        for order in (row["id"] for row in lost if row["id"] not in arrived):
            host.ask("runs", "not-sent", order)
            self.said.append(order)
