"""A worker with everything real around it but the dialogue, here or in a process of its own.

Run as `python -m tests.working URL FOLDER` it works until it is told to stop, or killed; what a
dead one had claimed is taken over after a second.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.app import background
from core.avatars.models import TrainingRun
from core.avatars.orders import order
from core.avatars.orders.events import Events
from core.avatars.photos import verdicts
from core.avatars.photos.verdicts import Verdicts
from core.avatars.ports import ObjectStore, Waker
from core.avatars.privacy.erasure import Stops
from core.avatars.training.training import Training
from core.base import db
from core.base.errors import Gone, ObjectMissing
from core.conversation.engine import Engine
from core.conversation.flow import SAME, Flow, Table, row
from core.conversation.inbox import Inbox
from core.conversation.messages import Screen
from core.conversation.turn import Turn
from core.operation.alerts import Watch
from core.services.erasure_ledger import ErasureLedger
from core.services.fal.simulation import simulated_trainer
from core.services.jobs import Jobs
from core.services.spool import Spool
from core.services.storage import FolderStore
from tests import makers
from tests.feedback import methods_of

SIGNALS = ("judged", "progress", "finished", "failed", "cancelled", "remind")
TABLE = Table(
    states=("main_menu",),
    initial="main_menu",
    rows=(row(" ".join(SIGNALS), "ANY", SAME, then="note"), row("text", "ANY", SAME)),
    signals=frozenset(SIGNALS),
)


class Notes:
    """Keeps in the conversation's memory what was told, in order."""

    def note(self, turn: Turn) -> None:
        turn.memory.setdefault("told", []).append(turn.trigger)


class House:
    """Everything that a worker needs; `waker` replaces the wake-ups of the dialogue's side."""

    def __init__(
        self,
        folder: Path,
        waker: Waker | None = None,
        clock: Callable[[], float] = time.time,
        **settings: Any,
    ) -> None:
        self.settings = makers.settings(**{"photos": {"compare_faces": False}, **settings})
        self.store: ObjectStore = FolderStore(folder / "objects")
        self.data = folder
        self.spool = Spool(self.store, folder / "spool")
        self.jobs = Jobs(folder / "jobs.db")
        self.erasures = ErasureLedger(folder)
        inbox = Inbox("main_menu", lambda wanted: "en", clock=clock)
        flow = Flow(
            TABLE, methods_of(Notes()), lambda *_: None, {"main_menu": lambda _: Screen("Menu")}
        )
        self.engine = Engine(flow, inbox, clock=clock)
        self.trainer = simulated_trainer(self.settings, Events().observe)
        self.training = Training(
            self.settings, self.trainer, inbox, waker or self.jobs, self.store, folder, clock=clock
        )
        self.pictures = makers.pictures(self.settings)
        self.stops: Stops = {TrainingRun: self.training.cancel}
        self.verdicts = Verdicts(
            self.settings, self.store, inbox, self.fetch, makers.inspect, clock
        )
        self.inbox, self.clock, self.events = inbox, clock, Events(clock)
        self.worker = background.worker(self)

    def watch(self) -> Watch:
        """The alerts' rules, in test mode."""
        return Watch(self.settings, "test", self.clock)

    def fetch(self, _channel: str, reference: Any, _limit: int) -> bytes:
        try:
            return self.spool.read(reference["spool"])
        except ObjectMissing as error:
            raise Gone("not in the spool") from error


def quickly() -> dict[str, Any]:
    """Settings for trainings that take about a second, and prompt sweeps."""
    return {
        "training": {
            "min_photos": 1,
            "simulated_queue_seconds": 0.2,
            "simulated_seconds": 0.8,
            "check_seconds": 0.1,
        },
        "conversation": {"tick_seconds": 0.0},
        "jobs": {"threads": 2, "sweep_seconds": 0.5},
    }


def main(url: str, folder: str) -> None:
    order.CLAIM_SECONDS = verdicts.CLAIM_SECONDS = 1.0
    db.connect(url, "normal")
    House(Path(folder), **quickly()).worker.run()
    print("stopped")


if __name__ == "__main__":
    main(*sys.argv[1:])
