"""Kills a process between any two steps of what it does, and looks what becomes of it.

A step is whatever leaves a trace: a commit, a training ordered, an object stored. Run as
`python -m tests.killing URL FOLDER training|cancelling|judging`, on a migrated database: for each
n a new person's work is begun in a child that dies just before, or just after, its nth step; then
this process goes on as the next worker would. It prints how often it killed; what does not
converge is an AssertionError. One process without threads, so that forking is safe.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core import db
from core.avatars.models import AvatarPhoto, AvatarStatus, PhotoValidationStatus, RunStatus
from core.avatars.ports import TrainingOrder
from core.avatars.training import Training
from core.avatars.verdicts import Verdicts
from core.conversation.locks import lock_person
from core.db import transaction
from core.services.simulated import SimulatedTrainer
from core.services.storage import FolderStore
from core.settings import Settings
from core.settings import Training as TrainingSettings
from tests import makers
from tests.conversation.chat import Clock
from tests.pictures_for_tests import photo

KILLED = 9
WRITES = ("INSERT", "UPDATE", "DELETE")


def settings(seconds: float = 1.0) -> Settings:
    queue = {"simulated_queue_seconds": 1.0, "simulated_seconds": seconds}
    return makers.settings(training={"min_photos": 1, **queue})


class NotedTrainer(SimulatedTrainer):
    """Notes in a file what was submitted, before it is known to anybody else."""

    def __init__(self, settings: TrainingSettings, clock: Clock, file: Path) -> None:
        super().__init__(settings, clock)
        self._file = file

    def submit(self, order: TrainingOrder) -> str:
        request_id = super().submit(order)
        with self._file.open("a") as noted:
            noted.write(f"{request_id}\n")
        return request_id


class Work:
    """One person's work: `do` begins it, `goes_on` ends it, whatever has been done of it."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.folder = folder
        self.owner = makers.conversation()

    def do(self) -> None:
        raise NotImplementedError

    def goes_on(self) -> None:
        """Do it once more, when every claim of the dead has run out."""
        self.clock.forward(60)
        self.do()

    def outside(self) -> tuple[tuple[Any, str], ...]:
        """Whose methods, by name, leave a trace outside of the database."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise AssertionError where it did not end well."""
        raise NotImplementedError


class TrainingWork(Work):
    """A training from its start to its end."""

    settings = settings()
    cancels = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.avatar = makers.avatar(self.owner, photos=1)
        self.submitted = folder / f"submitted {self.owner.id}"
        self.submitted.touch()
        self.trainer = NotedTrainer(self.settings.training, self.clock, self.submitted)
        inbox = makers.inbox(self.clock)
        self.work = Training(self.settings, self.trainer, inbox, makers.Wakes(), self.clock)

    def outside(self) -> tuple[tuple[Any, str], ...]:
        return (self.trainer, "submit"), (self.trainer, "cancel")

    def do(self) -> None:
        if not makers.runs(self.avatar):
            with transaction():
                lock_person(self.owner.id, self.owner.user.id)
                self.work.start(self.avatar.id, self.owner.user.id, self.owner.id)
        for _ in range(100):
            run = makers.runs(self.avatar)[0]
            if run.status.final:
                return
            if self.cancels and run.status in (RunStatus.QUEUED, RunStatus.TRAINING):
                with transaction():
                    lock_person(self.owner.id, self.owner.user.id)
                    self.work.cancel(run.id)
            self.work.advance(str(run.id))
            self.clock.forward(1)
        raise AssertionError("the training never ends")

    def check(self) -> None:
        (run,) = makers.runs(self.avatar)
        assert run.status is RunStatus.COMPLETED, run.status
        avatar = makers.fresh(self.avatar)
        assert (avatar.status, avatar.training_progress) == (AvatarStatus.COMPLETED, 100)
        assert set(self.submitted.read_text().split()) == {run.request_id}
        assert makers.told(self.owner).count(("finished", str(run.id))) == 1
        assert {trigger for trigger, _ in makers.told(self.owner)} <= {"progress", "finished"}


class CancellingWork(TrainingWork):
    """The same, cancelled while it queues, or later where somebody died before."""

    settings = settings(seconds=1000.0)
    cancels = True

    def check(self) -> None:
        (run,) = makers.runs(self.avatar)
        assert run.status is RunStatus.CANCELLED, run.status
        assert makers.fresh(self.avatar).status is AvatarStatus.CANCELLED
        ended = [told for told in makers.told(self.owner) if told[0] != "progress"]
        assert ended == [("cancelled", str(run.id))]


class JudgingWork(Work):
    """A photo from its arrival to its verdict."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.avatar = makers.avatar(self.owner, photos=0)
        self.photo = makers.photo(self.avatar, self.owner)
        self.store = FolderStore(folder / "objects")
        self.verdicts = Verdicts(
            settings(), self.store, makers.inbox(self.clock), lambda *_: photo(1), self.clock
        )

    def outside(self) -> tuple[tuple[Any, str], ...]:
        return ((self.store, "put"),)

    def do(self) -> None:
        self.verdicts.judge(str(self.photo.id))

    def check(self) -> None:
        found: AvatarPhoto = makers.fresh(self.photo)
        assert found.validation_status is PhotoValidationStatus.VALID, found.validation_status
        prefix = f"{self.owner.user.id.hex}/{self.avatar.id.hex}/"
        assert list(self.store.keys(prefix)) == [found.minio_key]
        avatar = makers.fresh(self.avatar)
        assert (avatar.photos_count, avatar.status) == (1, AvatarStatus.READY)
        assert makers.told(self.owner) == [("judged", str(self.avatar.id))]


WORKS: dict[str, type[Any]] = {
    "training": TrainingWork,
    "cancelling": CancellingWork,
    "judging": JudgingWork,
}


def killed_at(moment: int, work: Work) -> bool:
    """Do the work in a child that dies at a moment; False where it ends before that."""
    db.database.close()
    child = os.fork()
    if child == 0:
        _die_at(moment, work)
        work.do()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, KILLED), code
    return code == KILLED


def _die_at(moment: int, work: Work) -> None:
    left = moment

    def count() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os._exit(KILLED)

    base: Any = db.database.obj
    execute = base.execute_sql

    def execute_and_count(text: str, *given: Any) -> Any:
        alone = not base.in_transaction() and text.lstrip().startswith(WRITES)
        done = execute(text, *given)
        if alone:
            count()
        return done

    base.execute_sql = execute_and_count
    for owner, name in ((base, "commit"), *work.outside()):
        setattr(owner, name, _around(getattr(owner, name), count))


def _around(function: Callable[..., Any], count: Callable[[], None]) -> Callable[..., Any]:
    def counted(*given: Any) -> Any:
        count()
        done = function(*given)
        count()
        return done

    return counted


def kill_between_steps(url: str, folder: Path, name: str) -> int:
    """Run this module in a process of its own; returns how often it killed."""
    command = [sys.executable, "-m", "tests.killing", url, str(folder), name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout.split()[-1])


def main(url: str, folder: str, name: str) -> None:
    db.connect(url, "normal")
    moment, killed = 0, True
    while killed:
        moment += 1
        work: Work = WORKS[name](Path(folder))
        killed = killed_at(moment, work)
        if killed:
            work.goes_on()
        work.check()
    print(moment - 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
