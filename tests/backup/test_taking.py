"""A backup that is taken while everything runs, restored elsewhere, goes on where it was."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from core.app.backup import manifest, restoring, taking
from core.app.bootstrap import App
from core.avatars.models import AvatarPhoto
from core.base.db import release
from core.base.errors import BackupError
from core.conversation.messages import Event, Kind
from core.conversation.models import InboxEvent, TransitionLog
from tests import makers
from tests.backup.conftest import Open, settings_of
from tests.patience import until
from tests.privacy.people import Marked

PEOPLE = 4


class Crowd:
    """People who talk and send photos until they are asked to stop; what was committed when."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.turns: list[tuple[float, int, int]] = []
        """When a turn was known to be committed, its conversation, and how many it had by then."""
        self.stopping = threading.Event()

    def talk(self) -> None:
        person, said = Marked(self._app), 1
        self._note(person, said)
        person.press("create")
        for trigger, argument in (("choose_type", "style"), ("choose_kind", "style")):
            person.press(trigger, argument)
        person.say("Anna")
        person.press("agree")
        said += 5
        while not self.stopping.is_set():
            if said % 3:
                person.do(Event(Kind.TEXT, f"text {said}"))
            else:
                person.send_photo()
            said += 1
            self._note(person, said)
        release()

    def _note(self, person: Marked, said: int) -> None:
        self.turns.append((time.time(), person.id, said))


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as opened:
        return opened.execute(query).fetchall()


def test_every_turn_of_before_is_in_a_backup_under_load_and_all_of_it_goes_on(
    data: Path, tmp_path: Path, open_app: Open
) -> None:
    app = open_app(data)
    crowd, worker = Crowd(app), app.worker()
    worker.start()
    try:
        with ThreadPoolExecutor(PEOPLE) as pool:
            people = [pool.submit(crowd.talk) for _ in range(PEOPLE)]
            until(lambda: len(crowd.turns) > 20 * PEOPLE)
            taken = taking.take(app.settings, tmp_path / "backup")
            after = time.time()
            until(lambda: crowd.turns[-1][0] > after)
            crowd.stopping.set()
            for person in people:
                person.result()
    finally:
        worker.stop()
    app.close()
    assert taken.missing == 0
    before = [turn for turn in crowd.turns if turn[0] <= taken.made_at]
    assert before
    assert len(before) < len(crowd.turns)
    there = tmp_path / "elsewhere" / "data"
    there.parent.mkdir()
    done = restoring.restore(settings_of(there), tmp_path / "backup", None, none_erased=True)
    assert done.made_at == taken.made_at
    restored = open_app(there)
    for _, conversation_id, said in before:
        query = TransitionLog.select().where(TransitionLog.conversation == conversation_id)
        assert query.count() >= said
    worker = restored.worker()
    worker.start()
    try:
        waits = InboxEvent.handled_at.is_null()
        until(lambda: not InboxEvent.select().where(waits).exists())
        pending = AvatarPhoto.validation_status == "pending"
        until(lambda: not AvatarPhoto.select().where(pending).exists())
    finally:
        worker.stop()
    assert AvatarPhoto.select().where(AvatarPhoto.reason == "gone").count() == 0
    for photo in AvatarPhoto.select().where(AvatarPhoto.validation_status == "valid"):
        assert restored.store.get(photo.minio_key or "")


def test_a_backup_has_all_that_an_installation_needs_and_is_for_its_owner_alone(
    data: Path, tmp_path: Path, open_app: Open
) -> None:
    app = open_app(data)
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=1)
    key = f"{owner.user.id.hex}/{avatar.id.hex}/{'a' * 64}"
    AvatarPhoto.update(minio_key=key).execute()
    app.store.put(key, b"photo")
    app.store.put(f"{uuid4().hex}/{uuid4().hex}/{'b' * 64}", b"an orphan")
    (data / "web.secret").write_text("secret")
    app.erasures.record(owner.user.id, 1.0)
    app.jobs.wake("photo", "1")
    taking.take(app.settings, tmp_path / "backup")
    found = {
        p.relative_to(tmp_path / "backup").as_posix(): p for p in (tmp_path / "backup").rglob("*")
    }
    files = {name for name, path in found.items() if path.is_file()}
    assert files == {"backup.json", "likeness.db", f"objects/{key}", "data/web.secret"}
    modes = {path.stat().st_mode & 0o777 for path in found.values() if path.is_file()}
    assert modes == {0o600}
    assert {p.stat().st_mode & 0o777 for p in found.values() if p.is_dir()} == {0o700}
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o700


def test_an_object_that_is_deleted_meanwhile_is_no_loss_and_one_that_is_lost_is_said(
    data: Path, tmp_path: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app(data)
    owner = makers.conversation()
    makers.avatar(owner, photos=3)  # named by rows, and not there
    copy = taking._copied

    def copy_and_delete(*given: object) -> None:
        copy(*given)  # type: ignore[arg-type]
        AvatarPhoto.delete().where(AvatarPhoto.number == 1).execute()

    monkeypatch.setattr(taking, "_copied", copy_and_delete)
    assert taking.take(app.settings, tmp_path / "backup").missing == 2


def test_an_upload_that_is_judged_in_the_very_moment_makes_it_take_another(
    data: Path, tmp_path: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app(data)
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=0)
    makers.photo(avatar, owner)
    name = app.spool.put(b"upload")
    AvatarPhoto.update(reference={"spool": name}).execute()
    upload, tried = taking._Making._upload, []
    monkeypatch.setattr(taking._Making, "_below", lambda *_: None)

    def judged_first(making: taking._Making, wanted: str) -> bool:
        tried.append(wanted)
        if len(tried) == 1:
            app.spool.remove(wanted)
            key = f"{owner.user.id.hex}/{avatar.id.hex}/{'a' * 64}"
            app.store.put(key, b"judged")
            AvatarPhoto.update(validation_status="valid", minio_key=key).execute()
        return upload(making, wanted)

    monkeypatch.setattr(taking._Making, "_upload", judged_first)
    assert taking.take(app.settings, tmp_path / "backup").missing == 0
    assert tried == [name]
    [[status]] = rows(
        tmp_path / "backup" / "likeness.db", "SELECT validation_status FROM avatar_photos"
    )
    assert status == "valid"


def test_each_thing_that_is_in_the_way_is_a_sentence_and_nothing_is_left(
    data: Path, tmp_path: Path, open_app: Open
) -> None:
    app = open_app(data)
    (tmp_path / "there").mkdir()
    wrong = {
        tmp_path / "there": "exists already",
        data / "backup": "which is to be backed up",
        Path("/proc/backup"): "can't be written",
    }
    for place, sentence in wrong.items():
        with pytest.raises(BackupError, match=sentence):
            taking.take(app.settings, place)
    with pytest.raises(BackupError, match="nothing to back up"):
        taking.take(settings_of(tmp_path / "none"), tmp_path / "backup")
    (data / "likeness.db").write_bytes(b"no database, and never was one" * 100)
    for rest in ("likeness.db-wal", "likeness.db-shm"):
        (data / rest).unlink(missing_ok=True)
    with pytest.raises(BackupError, match="can't be backed up"):
        taking.take(app.settings, tmp_path / "backup")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml", "data", "there"]


def test_what_somebody_left_who_was_killed_over_it_is_removed_by_the_next(
    data: Path, tmp_path: Path, open_app: Open
) -> None:
    app = open_app(data)
    left = tmp_path / ".0123.likeness-part"
    left.mkdir()
    (left / "likeness.db").touch()
    with taking._held(left):
        taking.take(app.settings, tmp_path / "first")
        assert left.exists(), "somebody is at it"
    taking.take(app.settings, tmp_path / "second")
    assert not left.exists()


def test_the_list_of_a_backup_has_every_file_of_it(
    data: Path, tmp_path: Path, open_app: Open
) -> None:
    app = open_app(data)
    taking.take(app.settings, tmp_path / "backup")
    known = json.loads((tmp_path / "backup" / manifest.NAME).read_text())
    assert known["schema"][0] == "0001_initial"
    read = manifest.read(tmp_path / "backup")
    assert read.files["likeness.db"] == manifest.hashed(tmp_path / "backup" / "likeness.db")


def test_what_is_committed_after_the_moment_is_not_in_the_backup(
    data: Path, tmp_path: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app(data)
    makers.conversation()
    copy = taking._copied

    def write_and_copy(connection: sqlite3.Connection, target: Path) -> None:
        makers.conversation()
        copy(connection, target)

    monkeypatch.setattr(taking, "_copied", write_and_copy)
    taking.take(app.settings, tmp_path / "backup")
    assert rows(tmp_path / "backup" / "likeness.db", "SELECT count(*) FROM users") == [(1,)]
    assert rows(data / "likeness.db", "SELECT count(*) FROM users") == [(2,)]
