"""Who was erased is known beside the database, as long as a backup may be kept."""

from __future__ import annotations

import threading
import uuid
from itertools import chain
from pathlib import Path

import pytest

from core.app import background
from core.avatars.privacy.erasure_worker import Erasing
from core.base.errors import ConfigurationError
from core.conversation.models import Conversation, User
from core.services import erasure_ledger
from core.services.erasure_ledger import Erased, ErasureLedger
from tests.backup.conftest import Open
from tests.conversation.racing import at_once
from tests.privacy.people import Marked


def test_an_erasure_is_not_over_before_it_is_in_the_ledger(data: Path, open_app: Open) -> None:
    app = open_app(data)
    anna = Marked(app)
    anna.order_erasure()
    user = Conversation.get_by_id(anna.id).user
    (data / erasure_ledger.NAME).mkdir()  # it can't be written
    steps = Erasing(app.store, app.spool, app.jobs, app.erasures, clock=lambda: 4e9)
    assert not steps.erase(str(user.id))
    (data / erasure_ledger.NAME).rmdir()
    assert steps.erase(str(user.id))
    assert erasure_ledger.read(data) == [Erased(user.id, user.erasing_at or 0)]
    assert User.get_by_id(user.id).erasing_at is None


def test_the_sweep_forgets_what_no_backup_can_be_older_than(data: Path, open_app: Open) -> None:
    app = open_app(data)
    now, old, young = app.clock(), uuid.uuid4(), uuid.uuid4()
    app.erasures.add([Erased(old, now - 31 * 86_400), Erased(young, now - 29 * 86_400)])
    for step in background.sweeps(app).steps():
        step()
    assert [line.user_id for line in erasure_ledger.read(data)] == [young]


def test_many_may_write_while_others_forget(tmp_path: Path) -> None:
    ledger = ErasureLedger(tmp_path)
    ids = [[uuid.uuid4() for _ in range(50)] for _ in range(4)]
    over = threading.Event()

    def write(mine: list[uuid.UUID]) -> None:
        for user_id in mine:
            ledger.record(user_id, 2.0)
            ledger.record(user_id, 0.5)

    def forget() -> None:
        while not over.is_set():
            ledger.forget(1.0)

    forgetting = threading.Thread(target=forget)
    forgetting.start()
    at_once(*(lambda mine=mine: write(mine) for mine in ids))
    over.set()
    forgetting.join()
    ledger.forget(1.0)
    assert sorted(line.user_id for line in erasure_ledger.read(tmp_path)) == sorted(chain(*ids))


def test_a_line_that_a_power_cut_left_half_written_is_passed_over(tmp_path: Path) -> None:
    ledger, known = ErasureLedger(tmp_path), uuid.uuid4()
    ledger.record(known, 1.5)
    with ledger.path.open("a") as file:
        file.write("0123")
    assert erasure_ledger.read(ledger.path) == [Erased(known, 1.5)]
    ledger.path.write_text("something else\n")
    with pytest.raises(ConfigurationError, match="no ledger of erasures"):
        erasure_ledger.read(ledger.path)
