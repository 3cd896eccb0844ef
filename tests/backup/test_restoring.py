"""What a restored installation must put right: orders, erasures, and who may open it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.app.backup import restoring, taking
from core.app.bootstrap import App
from core.avatars.models import Avatar, AvatarPhoto, RunStatus, TrainingRun
from core.avatars.orders.submissions import Fate, Submission
from core.avatars.privacy.erasure_worker import Erasing
from core.base import db as core_db
from core.base.db import run
from core.base.errors import BackupError, ConfigurationError
from core.base.migrations import runner
from core.conversation.models import Conversation, TransitionLog, User
from core.services import erasure_ledger
from core.services.fal.simulation import FalServer
from tests import makers
from tests.avatars.storming import at
from tests.backup.conftest import Open, settings_of
from tests.http_house import begin_in
from tests.privacy.people import Marked, found_below


@pytest.fixture
def fal() -> Iterator[FalServer]:
    """A fal that costs money, as far as anybody knows."""
    with FalServer(queue_seconds=0.1, training_seconds=0.3) as server:
        _ = server.ledger
        yield server


def paid_at(fal: FalServer) -> dict[str, str]:
    places = at(fal.base)
    return {
        "FAL_KEY": "backup",
        "LIKENESS_FAL__QUEUE_URL": places.queue,
        "LIKENESS_FAL__REST_URL": places.rest,
        "LIKENESS_FAL__CDN_URL": places.cdn,
        "LIKENESS_FAL__ANSWER_SECONDS": "2",
        "LIKENESS_FAL__SUBMIT_SECONDS": "1",
        "LIKENESS_TRAINING__MIN_PHOTOS": "4",
        "LIKENESS_TRAINING__PRICE_PORTRAIT_USD": "3",
    }


def elsewhere(tmp_path: Path, **more: str) -> Any:
    """The settings of an installation that has nothing yet."""
    there = tmp_path / "elsewhere"
    there.mkdir()
    return settings_of(there / "data", **more)


def step(app: App, order: TrainingRun) -> RunStatus:
    """Have the order take whatever step it may, now."""
    TrainingRun.update(next_check_at=0).where(TrainingRun.id == order.id).execute()
    app.training.orders.step(str(order.id))
    TrainingRun.update(next_check_at=0).where(TrainingRun.id == order.id).execute()
    app.training.orders.step(str(order.id), transfer=True)
    return RunStatus(TrainingRun.get_by_id(order.id).status)


def until_status(app: App, order: TrainingRun, *wanted: RunStatus) -> RunStatus:
    end = time.monotonic() + 60
    while (status := step(app, order)) not in wanted:
        assert time.monotonic() < end, status
        time.sleep(0.05)
    return status


MOMENTS: dict[str, Callable[[App, TrainingRun], object]] = {
    "ready": lambda app, order: None,
    "preparing": lambda app, order: TrainingRun.update(status=RunStatus.PREPARING).execute(),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_order_that_waited_and_was_sent_since_is_not_paid_again(
    data: Path, tmp_path: Path, open_app: Open, fal: FalServer, moment: str
) -> None:
    app = open_app(data, **paid_at(fal))
    order = begin_in(app)
    MOMENTS[moment](app, order)
    taking.take(app.settings, tmp_path / "backup")
    until_status(app, order, RunStatus.COMPLETED)
    assert fal.ledger.posts_of(str(order.id)) == 1
    there = elsewhere(tmp_path, **paid_at(fal))
    done = restoring.restore(there, tmp_path / "backup", None, none_erased=True)
    assert done.settled.orders == 1
    restored = open_app(there.data_dir, **paid_at(fal))
    assert TrainingRun.get_by_id(order.id).status is RunStatus.UNCERTAIN
    for _ in range(5):
        assert step(restored, order) is RunStatus.UNCERTAIN
    assert fal.ledger.posts_of(str(order.id)) == 1
    assert [sent.fate for sent in Submission.select()] == [Fate.UNCERTAIN]
    [paid] = fal.ledger.taken[order.id.hex]
    assert restored.training.orders.resolver.sent(str(order.id), paid)
    until_status(restored, order, RunStatus.COMPLETED)
    assert fal.ledger.posts_of(str(order.id)) == 1
    assert [(s.fate, s.request_id) for s in Submission.select()] == [(Fate.COMPLETED, paid)]


def test_an_order_that_was_being_sent_is_not_paid_again(
    data: Path, tmp_path: Path, open_app: Open, fal: FalServer
) -> None:
    app = open_app(data, **paid_at(fal))
    order = begin_in(app)
    fal.plan.add("submit", "hang", run_id=str(order.id))
    submit = app.trainer.submit

    def submit_after_the_backup(*given: Any) -> Any:
        taking.take(app.settings, tmp_path / "backup")
        return submit(*given)

    app.trainer.submit = submit_after_the_backup  # type: ignore[method-assign, assignment]
    until_status(app, order, RunStatus.UNCERTAIN)
    there = elsewhere(tmp_path, **paid_at(fal))
    restoring.restore(there, tmp_path / "backup", None, none_erased=True)
    restored = open_app(there.data_dir, **paid_at(fal))
    for _ in range(5):
        assert step(restored, order) is RunStatus.UNCERTAIN
    assert fal.ledger.posts_of(str(order.id)) == 1


def test_an_order_that_fal_had_is_asked_after_and_never_sent_again_where_it_failed(
    data: Path, tmp_path: Path, open_app: Open, fal: FalServer
) -> None:
    app = open_app(data, **paid_at(fal))
    order, other = begin_in(app), begin_in(app)
    fal.plan.add("training", "downstream_service_unavailable", run_id=str(other.id))
    for one in (order, other):
        until_status(app, one, RunStatus.QUEUED)
    taking.take(app.settings, tmp_path / "backup")
    there = elsewhere(tmp_path, **paid_at(fal))
    restoring.restore(there, tmp_path / "backup", None, none_erased=True)
    restored = open_app(there.data_dir, **paid_at(fal))
    assert until_status(restored, order, RunStatus.COMPLETED)
    assert until_status(restored, other, RunStatus.FAILED)
    assert [fal.ledger.posts_of(str(one.id)) for one in (order, other)] == [1, 1]


def erase(app: App, person: Marked) -> None:
    """A person is erased, to the last step that can be taken at once."""
    person.order_erasure()
    user_id = str(Conversation.get_by_id(person.id).user_id)
    Erasing(app.store, app.spool, app.jobs, app.erasures, app.clock).erase(user_id)


def test_who_was_erased_since_the_backup_is_erased_again_before_anything_is_served(
    data: Path, tmp_path: Path, open_app: Open
) -> None:
    app = open_app(data)
    anna, ben = Marked(app), makers.conversation()
    anna.live()
    for photo_id in app.verdicts.due(4e9, 10):
        app.verdicts.judge(photo_id)
    makers.avatar(ben, photos=1)
    taking.take(app.settings, tmp_path / "backup")
    erase(app, anna)
    app.close()
    there = elsewhere(tmp_path)
    done = restoring.restore(there, tmp_path / "backup", data, none_erased=False)
    assert done.settled.erased == 1
    assert found_below(there.data_dir) == []
    [(who, detail)] = run("SELECT who, detail FROM audit WHERE action = 'restore'").fetchall()
    assert (who, detail) == ("command line", "0 orders, 1 erased")
    restored = open_app(there.data_dir)
    assert [avatar.user_id for avatar in Avatar.select()] == [ben.user_id]
    found = Conversation.get_by_id(anna.id)
    assert found.user.erasing_at
    assert found.shown_revision == found.revision, "they know it, and are told nothing"
    assert {line.user_id for line in erasure_ledger.read(there.data_dir)} == {found.user_id}
    restored.close()


def test_who_was_erased_before_the_backup_and_came_back_is_not_erased_again(
    data: Path, tmp_path: Path, open_app: Open
) -> None:
    app = open_app(data)
    anna = Marked(app)
    anna.live()
    erase(app, anna)
    anna.press("create")
    user_id = Conversation.get_by_id(anna.id).user_id
    User.update(erasing_at=None).execute()
    taken = taking.take(app.settings, tmp_path / "backup")
    shutil.rmtree(data)
    data.mkdir()
    ledger = erasure_ledger.ErasureLedger(data)
    ledger.record(user_id, taken.made_at - 2 * 300)
    done = restoring.restore(elsewhere(tmp_path), tmp_path / "backup", ledger.path, False)
    assert done.settled.erased == 0
    assert TransitionLog.select().count()


def test_where_nobody_knows_who_was_erased_it_is_refused(
    data: Path, tmp_path: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app(data)
    taking.take(app.settings, tmp_path / "backup")
    app.close()
    data.rename(tmp_path / "moved")
    there = elsewhere(tmp_path)
    with pytest.raises(BackupError, match="--erasures FILE"):
        restoring.restore(there, tmp_path / "backup", None, none_erased=False)
    with pytest.raises(ConfigurationError, match="can't be read"):
        restoring.restore(there, tmp_path / "backup", tmp_path / "moved", none_erased=False)
    late = time.time() + 31 * 86_400
    monkeypatch.setattr(time, "time", lambda: late)
    with pytest.raises(BackupError, match="31 days old"):
        restoring.restore(there, tmp_path / "backup", tmp_path / "moved", none_erased=False)
    assert not there.data_dir.exists()
    restoring.restore(there, tmp_path / "backup", None, none_erased=True)


def test_a_folder_in_use_is_refused_and_one_with_the_ledger_alone_is_taken(
    data: Path, tmp_path: Path, open_app: Open
) -> None:
    app = open_app(data)
    person = makers.conversation()
    taking.take(app.settings, tmp_path / "backup")
    with pytest.raises(BackupError, match="is in use"):
        restoring.restore(app.settings, tmp_path / "backup", None, none_erased=False)
    assert User.select().count() == 1
    app.close()
    there = elsewhere(tmp_path)
    erasure_ledger.ErasureLedger(there.data_dir).record(person.user_id, time.time())
    done = restoring.restore(there, tmp_path / "backup", None, none_erased=False)
    assert done.settled.erased == 1


def test_leases_heartbeats_and_logins_are_not_restored(
    data: Path, tmp_path: Path, open_app: Open
) -> None:
    app = open_app(data)
    run("INSERT INTO leases (name, holder, until) VALUES ('telegram', 'somebody', 4e9)")
    run("INSERT INTO heartbeats (part, process, at, started_at, version, trouble, mode)"
        " VALUES ('web', 'x', 4e9, 0, '', '', '')")  # fmt: skip
    run("INSERT INTO dashboard_sessions (token, name, role, created_at, seen_at)"
        " VALUES ('t', 'a', 'admin', 0, 4e9)")  # fmt: skip
    taking.take(app.settings, tmp_path / "backup")
    there = elsewhere(tmp_path)
    restoring.restore(there, tmp_path / "backup", None, none_erased=True)
    open_app(there.data_dir)
    for table in ("leases", "heartbeats", "dashboard_sessions"):
        assert run(f"SELECT count(*) FROM {table}").fetchone()[0] == 0


def test_a_backup_of_an_earlier_version_is_migrated_and_of_a_later_one_refused(
    data: Path, tmp_path: Path, open_app: Open
) -> None:
    settings = settings_of(data)
    database = core_db.connect(settings.database_url)
    last = runner.names()[-1]
    runner.migrate(database, last, down=True)
    database.close()
    taking.take(settings, tmp_path / "backup")
    there = elsewhere(tmp_path)
    done = restoring.restore(there, tmp_path / "backup", None, none_erased=True)
    assert done.migrated == [last]
    open_app(there.data_dir)
    listed = tmp_path / "backup" / "backup.json"
    listed.write_text(listed.read_text().replace('"0001_initial"', '"0001_initial", "9999_later"'))
    shutil.rmtree(there.data_dir)
    with pytest.raises(BackupError, match="ahead of this version of Likeness: it has 9999_later"):
        restoring.restore(there, tmp_path / "backup", None, none_erased=True)
    assert not there.data_dir.exists()


def test_a_damaged_backup_is_refused_and_what_was_restored_of_it_opens_nowhere(
    data: Path, tmp_path: Path, open_app: Open
) -> None:
    app = open_app(data)
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=1)
    key = f"{owner.user.id.hex}/{avatar.id.hex}/{'a' * 64}"
    AvatarPhoto.update(minio_key=key).execute()
    app.store.put(key, b"photo")
    taking.take(app.settings, tmp_path / "backup")
    there = elsewhere(tmp_path)
    stored = tmp_path / "backup" / "objects" / key
    stored.write_bytes(b"phot")
    with pytest.raises(BackupError, match="damaged"):
        restoring.restore(there, tmp_path / "backup", None, none_erased=True)
    assert not there.data_dir.exists()
    stored.write_bytes(b"phoTo")
    with pytest.raises(BackupError, match="differs from what was backed up"):
        restoring.restore(there, tmp_path / "backup", None, none_erased=True)
    with pytest.raises(ConfigurationError, match="is half restored"):
        App(there)
    with pytest.raises(BackupError, match="is no backup"):
        restoring.restore(there, tmp_path, None, none_erased=True)


def test_where_database_and_objects_lie_apart_all_of_it_is_restored_to_its_place(
    data: Path, tmp_path: Path, open_app: Open
) -> None:
    def apart(folder: Path) -> dict[str, str]:
        return {
            "LIKENESS_DATABASE__URL": f"sqlite:///{folder / 'rows' / 'people.db'}",
            "LIKENESS_STORAGE__FOLDER": str(folder / "photos"),
        }

    app = open_app(data, **apart(tmp_path))
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=1)
    key = f"{owner.user.id.hex}/{avatar.id.hex}/{'a' * 64}"
    AvatarPhoto.update(minio_key=key).execute()
    app.store.put(key, b"photo")
    taking.take(app.settings, tmp_path / "backup")
    there = elsewhere(tmp_path, **apart(tmp_path / "elsewhere"))
    restoring.restore(there, tmp_path / "backup", None, none_erased=True)
    restored = open_app(there.data_dir, **apart(tmp_path / "elsewhere"))
    assert restored.store.get(key) == b"photo"
    assert (tmp_path / "elsewhere" / "rows" / "people.db").exists()
