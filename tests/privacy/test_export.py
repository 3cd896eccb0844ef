"""Export: one file with all rows and photos, made by the worker, handed over on each channel."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from core.app.bootstrap import App
from core.avatars.disposal import GRACE_SECONDS, DoomedObject, delete_doomed
from core.avatars.models import Avatar, AvatarPhoto, PhotoValidationStatus, change
from core.avatars.privacy import exporting
from core.avatars.privacy.retained import KEPT_SECONDS, Export
from core.base.errors import StorageUnavailable
from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.sending.outbox import take_notices
from core.conversation.models import PendingNotice, User
from core.services.storage import files_in
from tests.privacy.people import MARKS, Marked, found_in

CAN = Capabilities(buttons_per_row=2, payload_bytes=200)


@pytest.fixture
def anna(app: App) -> Marked:
    person = Marked(app)
    person.live()
    for photo_id in app.verdicts.due(4e9, 10):
        app.verdicts.judge(photo_id)
    return person


def zips_below(folder: Path) -> list[Path]:
    """Files in which an export is, or was, being written."""
    return [path for path in files_in(folder) if path.read_bytes()[:2] == b"PK"]


def exports(app: App, **changes: Any) -> exporting.Exports:
    return exporting.Exports(app.store, app.data, app.inbox, **changes)


def order(person: Marked) -> str:
    person.say("/privacy")
    person.press("export")
    return str(Export.get().id)


def make(person: Marked) -> list[zipfile.ZipFile]:
    """The files as they are handed over."""
    assert exports(person.app).make(order(person)) == person.id
    person.app.engine.drain(person.id)
    notices = take_notices(person.app.engine, person.id, CAN)
    files = [notice.file for notice in notices]
    return [
        zipfile.ZipFile(io.BytesIO(person.app.open_file(file.key) or b"")) for file in files if file
    ]


def test_one_file_holds_all_rows_and_photos(anna: Marked) -> None:
    User.update(language="ru", language_chosen=True).execute()
    [archive] = make(anna)
    assert archive.testzip() is None
    rows = json.loads(archive.read("data.json"))
    assert rows["users"][0]["name"] == " ".join(MARKS)
    assert rows["avatars"][0]["name"] == " ".join(MARKS)
    (letter,) = rows["support_messages"]
    assert MARKS[0] in letter["text"]
    assert not {"told", "who"} & letter.keys(), "admins are others"
    stored = [photo for photo in AvatarPhoto.select() if photo.minio_key]
    photos = [name for name in archive.namelist() if name.startswith("photos/")]
    assert len(photos) == len(stored) == 4
    assert all(archive.read(name).startswith(b"\xff\xd8") for name in photos)
    assert "Здесь всё" in archive.read("README.txt").decode()
    assert "token_key" not in rows["conversations"][0], "a secret of ours"
    assert {"consents", "transcript", "transitions", "inbox", "notices", "training_runs",
            "held_photos", "admissions", "blocks", "grants"} <= rows.keys()  # fmt: skip


def test_a_refused_photo_that_is_kept_is_in_it_and_not_said_to_be_missing(anna: Marked) -> None:
    refused = AvatarPhoto.select().where(AvatarPhoto.minio_key.is_null(False)).first()
    change(refused, validation_status=PhotoValidationStatus.INVALID, reason="no_face")
    [archive] = make(anna)
    kept = f"photos/{' '.join(MARKS)}/refused/{refused.number:03}.jpg"
    assert kept in archive.namelist()
    told = archive.read("README.txt").decode()
    assert "photos/…/refused: refused photos that we still keep" in told
    assert "refused or removed, and is no longer kept" in told


def test_a_removed_photo_that_can_be_put_back_is_in_it_and_said_to_be(anna: Marked) -> None:
    removed = AvatarPhoto.select().where(AvatarPhoto.minio_key.is_null(False)).first()
    change(removed, removed_at=1.0)
    [archive] = make(anna)
    assert f"photos/{' '.join(MARKS)}/removed/{removed.number:03}.jpg" in archive.namelist()
    assert "photos/…/removed" in archive.read("README.txt").decode()


def test_two_avatars_of_one_name_have_a_folder_each(anna: Marked) -> None:
    mine: Any = Avatar.get()
    change(mine, name="A/B: «C»?")
    other = Avatar.create(user=mine.user, name="a/b: «c»?")
    AvatarPhoto.update(avatar=other).where(AvatarPhoto.number == 1).execute()
    [archive] = make(anna)
    folders = {name.split("/")[1] for name in archive.namelist() if name.startswith("photos/")}
    assert folders == {"A_B_ «C»_", "a_b_ «c»_ 2"}


def test_a_stranger_is_not_in_it(anna: Marked) -> None:
    Marked(anna.app, "telegram").live()
    [archive] = make(anna)
    rows = json.loads(archive.read("data.json"))
    assert [len(rows[table]) for table in ("users", "conversations", "avatars")] == [1, 1, 1]
    assert len(rows["avatar_photos"]) == 4


def test_what_one_message_cannot_carry_comes_in_several(
    anna: Marked, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = max(len(anna.app.store.get(key)) for key in anna.app.store.keys(""))
    monkeypatch.setattr(exporting, "PART_BYTES", int(size * 2.5))
    archives = make(anna)
    assert len(archives) == 2
    names = [name for archive in archives for name in archive.namelist()]
    assert len(names) == len(set(names)) == 6
    assert archives[1].namelist()[0].startswith("photos/")


def test_it_is_gone_after_a_day_and_nothing_is_left_half_made(anna: Marked) -> None:
    make(anna)
    made = Export.get()
    assert made.made_at is not None
    at = exports(anna.app)
    assert at.sweep(made.made_at + KEPT_SECONDS - 1) == 0
    assert at.sweep(made.made_at + KEPT_SECONDS + 1) == 1
    assert Export.select().count() == 0
    delete_doomed(anna.app.store, made.made_at + KEPT_SECONDS + GRACE_SECONDS + 2)
    place = f"{made.user_id.hex}/{made.id.hex}/"
    assert list(anna.app.store.keys(place)) == []
    assert zips_below(anna.app.data) == []


def test_the_store_being_away_delays_it(anna: Marked, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id, now = order(anna), 5e9
    put = anna.app.store.put_file

    def fails(*_: Any) -> None:
        raise StorageUnavailable("away")

    monkeypatch.setattr(anna.app.store, "put_file", fails)
    with pytest.raises(StorageUnavailable):
        exports(anna.app, clock=lambda: now).make(order_id)
    assert zips_below(anna.app.data) == []
    monkeypatch.setattr(anna.app.store, "put_file", put)
    later = now + exporting.CLAIM_SECONDS + 1
    assert exports(anna.app).due(now) == []
    assert exports(anna.app).due(later) == [order_id]
    assert exports(anna.app, clock=lambda: later).make(order_id) == anna.id


def test_an_export_under_way_is_not_kept_for_somebody_who_is_forgotten(
    anna: Marked, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = order(anna)
    place = f"{Export.get().user_id.hex}/{Export.get().id.hex}/"
    put = anna.app.store.put_file

    def put_while_they_are_erased(key: str, file: BinaryIO) -> None:
        anna.order_erasure()
        put(key, file)

    monkeypatch.setattr(anna.app.store, "put_file", put_while_they_are_erased)
    assert exports(anna.app).make(order_id) is None
    assert place in {doomed.prefix for doomed in DoomedObject.select()}
    assert PendingNotice.select().count() == 0


def test_another_order_replaces_the_first(anna: Marked) -> None:
    order(anna)
    anna.press("export")
    assert Export.select().count() == 1


def test_the_privacy_page_tells_what_is_kept(anna: Marked) -> None:
    anna.say("/privacy")
    assert "📷 4 photos (" in anna.app.engine.look(anna.id).screen.text
    assert found_in(b"") == []
