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

from core.avatars.models import (
    AvatarPhoto,
    AvatarStatus,
    PhotoValidationStatus,
    RunStatus,
    TrainedModel,
    TrainingRun,
)
from core.avatars.photos.verdicts import Verdicts
from core.avatars.ports import CancelAnswer, Handle, Standing, TrainingOrder
from core.avatars.training.training import Training, lost_trainings
from core.base import db
from core.base.db import transaction
from core.base.settings import Settings
from core.conversation.statements import lock_person
from core.services.storage import FolderStore
from tests import makers
from tests.avatars.training_house import QUEUED, STOPPED, WEIGHED, ScriptedTrainer, training
from tests.conversation.chat import Clock
from tests.patience import LONG
from tests.pictures_for_tests import photo

KILLED = 9
WRITES = ("INSERT", "UPDATE", "DELETE")


def settings() -> Settings:
    return makers.settings(training={"min_photos": 1, "check_seconds": 0.5})


class NotedTrainer(ScriptedTrainer):
    """A trainer that survives its customers: it notes in a file what was ordered.

    Its trainings queue at the first question, train at the second and are completed at the third;
    or they wait for ever, until they are cancelled.
    """

    def __init__(self, file: Path, patient: bool) -> None:
        super().__init__(test_mode=True)
        self._file = file
        self._patient = patient

    def submit(self, order: TrainingOrder, data_url: str, webhook_url: str) -> Handle:
        with self._file.open("a") as noted:
            noted.write(f"ordered-{order.run_id}\n")
        return Handle(order.run_id, order.profile, f"ordered-{order.run_id}")

    def check(self, handle: Handle) -> Standing:
        asked = self.ordered.count(f"asked-{handle.request_id}")
        with self._file.open("a") as noted:
            noted.write(f"asked-{handle.request_id}\n")
        if f"cancelled-{handle.request_id}" in self.ordered:
            return STOPPED
        if self._patient or not asked:
            return QUEUED
        return training(40) if asked == 1 else WEIGHED

    def cancel(self, handle: Handle) -> CancelAnswer:
        with self._file.open("a") as noted:
            noted.write(f"cancelled-{handle.request_id}\n")
        return "requested"

    @property
    def ordered(self) -> list[str]:
        return self._file.read_text().split()


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
        self.clock.forward(121)
        self.do()

    def outside(self) -> tuple[tuple[Any, str], ...]:
        """Whose methods, by name, leave a trace outside of the database."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise AssertionError where it did not end well."""
        raise NotImplementedError


class TrainingWork(Work):
    """A training from its start to its end."""

    cancels = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.avatar = makers.avatar(self.owner, photos=1)
        self.store = FolderStore(folder / "objects")
        for key, _ in makers.stored(self.avatar):
            self.store.put(key, b"photo")
        noted = folder / f"noted {self.owner.id}"
        noted.touch()
        self.trainer = NotedTrainer(noted, self.cancels)
        inbox = makers.inbox(self.clock)
        self.work = Training(
            settings(), self.trainer, inbox, makers.Wakes(), self.store, folder, clock=self.clock
        )

    def outside(self) -> tuple[tuple[Any, str], ...]:
        store, trainer = self.store, self.trainer
        return ((trainer, "upload"), (trainer, "submit"), (trainer, "cancel"), (trainer, "check"),
                (store, "put_file"))  # fmt: skip

    def do(self) -> None:
        if not makers.runs(self.avatar):
            self._in_a_turn(lambda: self.work.start(*self._whose()))
        for _ in range(100):
            run = makers.runs(self.avatar)[0]
            if run.status.final or run.status is RunStatus.UNCERTAIN or self._unknown(run):
                return
            if self.cancels and run.status in (RunStatus.QUEUED, RunStatus.RUNNING):
                self._in_a_turn(lambda run_id=run.id: self.work.cancel(run_id))  # type: ignore[misc]
            self.work.orders.step(str(run.id))
            self.work.orders.step(str(run.id), transfer=True)
            self.clock.forward(1)
        raise AssertionError("the training never ends")

    def _unknown(self, run: TrainingRun) -> bool:
        return run.status is RunStatus.CANCELLING and run.intent_at is not None

    def _whose(self) -> tuple[Any, Any, int]:
        return self.avatar.id, self.owner.user.id, self.owner.id

    def _in_a_turn(self, effect: Callable[[], object]) -> None:
        with transaction():
            lock_person(self.owner.id, self.owner.user.id)
            effect()

    def goes_on(self) -> None:
        """Go on as the next worker; an order of which nobody knows is looked up by the admin."""
        super().goes_on()
        run = makers.runs(self.avatar)[0]
        if run.status is RunStatus.UNCERTAIN:
            assert ("progress", str(run.id)) in makers.told(self.owner), "it is shown as checking"
            assert [lost.id for lost in lost_trainings()] == [run.id]
            if orders := self._orders():
                assert self.work.orders.resolver.sent(str(run.id), orders[0])
            else:
                assert self.work.orders.resolver.not_sent(str(run.id))
            self.do()

    def _orders(self) -> list[str]:
        return [line for line in self.trainer.ordered if line.startswith("ordered-")]

    def check(self) -> None:
        (run,) = makers.runs(self.avatar)
        assert run.status is RunStatus.COMPLETED, run.status
        avatar = makers.fresh(self.avatar)
        assert (avatar.status, avatar.training_progress) == (AvatarStatus.COMPLETED, 100)
        assert self._orders() == [run.request_id], "it is paid once"
        assert avatar.finetune_id == run.request_id
        assert TrainedModel.get(TrainedModel.avatar == avatar.id).weights_key == run.weights_key
        assert self.store.get(run.weights_key or "") == self.trainer.weights
        assert makers.told(self.owner).count(("finished", str(run.id))) == 1
        assert {trigger for trigger, _ in makers.told(self.owner)} <= {"progress", "finished"}


class CancellingWork(TrainingWork):
    """The same, cancelled while it queues, or later where somebody died before."""

    cancels = True

    def check(self) -> None:
        (run,) = makers.runs(self.avatar)
        assert run.status is RunStatus.CANCELLED, run.status
        assert makers.fresh(self.avatar).status is AvatarStatus.CANCELLED
        assert len(self._orders()) == 1
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
            settings(),
            self.store,
            makers.inbox(self.clock),
            lambda *_: photo(1),
            makers.inspect,
            self.clock,
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
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG)
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
