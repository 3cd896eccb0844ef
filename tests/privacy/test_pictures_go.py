"""Pictures are a person's as photos are: exported, and gone with avatar, consent and person."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from uuid import uuid4

import pytest

from core.app.bootstrap import App
from core.avatars.disposal import DoomedObject, prefix_of
from core.avatars.models import Avatar, AvatarStatus, Consent
from core.avatars.models.pictures import Picture, PictureRun
from core.avatars.privacy import exporting
from core.avatars.privacy.retained import Export
from core.avatars.queries import CONSENT_VERSION
from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.sending.outbox import take_notices
from core.conversation.models import Conversation, User
from tests import makers
from tests.privacy.people import MARK, Marked, found_in, rows_of
from tests.privacy.test_few_statements import delete_avatar, withdraw
from tests.privacy.test_sentinel import erase

WAYS = pytest.mark.parametrize("act", [delete_avatar, withdraw, Marked.order_erasure])


def painted(app: App) -> tuple[Marked, PictureRun]:
    """Somebody with two pictures of a wish, one of them taken out, and an order on its way."""
    anna = Marked(app)
    mine = Conversation.get_by_id(anna.id)
    Consent.create(user=mine.user, version=CONSENT_VERSION, given_at=0)
    avatar = makers.avatar(mine, photos=0, status=AvatarStatus.COMPLETED)
    made = order(mine, avatar, status="completed", finished_at=1.0)
    for place, removed in enumerate((None, 2.0)):
        key = f"{prefix_of(mine.user_id, avatar.id)}picture-{place:064x}"
        app.store.put(key, b"\xff\xd8picture")
        Picture.create(
            run=made, avatar=avatar, user=mine.user, place=place, number=place + 1, key=key,
            sha256=f"{place:064x}", size=9, width=8, height=8, made_at=1.0, removed_at=removed,
        )  # fmt: skip
    return anna, order(mine, avatar, status="ready", next_check_at=4e9)


def order(owner: Conversation, avatar: Avatar, **columns: Any) -> PictureRun:
    """One of a wish that says the mark."""
    usual = {"purpose": "asked", "wish": f"on a {MARK}", "shape": "square", "count": 2, "seed": 1}
    return PictureRun.create(
        id=uuid4(), avatar=avatar, user=owner.user, conversation=owner, test_mode=True,
        created_at=0, **usual, **columns,
    )  # fmt: skip


@WAYS
def test_wishes_pictures_and_what_is_stored_go_and_orders_end(app: App, act: Any) -> None:
    anna, coming = painted(app)
    keys = [picture.key for picture in Picture.select()]
    act(anna)
    assert Picture.select().count() == 0
    doomed = [place.prefix for place in DoomedObject.select()]
    assert all(any(key.startswith(place) for place in doomed) for key in keys)
    assert [run.wish for run in PictureRun.select()] == ["", ""]
    assert makers.fresh(coming).status in ("cancelling", "cancelled")


def test_withdrawing_the_consent_leaves_the_avatar_and_no_picture(app: App) -> None:
    anna, _ = painted(app)
    withdraw(anna)
    assert Avatar.get().status is AvatarStatus.COMPLETED
    assert Picture.select().count() == 0


def test_a_wish_is_found_nowhere_after_an_erasure(app: App) -> None:
    anna, _ = painted(app)
    anna.order_erasure()
    erase(app, anna)
    assert [table for table, row in rows_of(app.database) if found_in(row)] == []
    assert list(app.store.keys("")) == []


def test_the_export_has_every_picture_by_its_number_and_the_wish(app: App) -> None:
    anna, _ = painted(app)
    User.update(name="Anna", language="en").execute()
    anna.say("/privacy")
    anna.press("export")
    exporting.Exports(app.store, app.data, app.inbox).make(str(Export.get().id))
    app.engine.drain(anna.id)
    can = Capabilities(buttons_per_row=2, payload_bytes=200)
    [file] = [n.file for n in take_notices(app.engine, anna.id, can) if n.file]
    archive = zipfile.ZipFile(io.BytesIO(app.open_file(file.key) or b""))
    pictures = [name for name in archive.namelist() if name.startswith("pictures/")]
    assert pictures == ["pictures/Anna/001.jpg", "pictures/Anna/removed/002.jpg"]
    rows = json.loads(archive.read("data.json"))
    assert {run["wish"] for run in rows["picture_runs"]} == {f"on a {MARK}"}
    assert len(rows["pictures"]) == 2
    assert "pictures: the pictures that were made of you" in archive.read("README.txt").decode()


def test_stored_pictures_are_no_orphans(app: App) -> None:
    painted(app)
    keys = set(app.store.keys(""))
    app.worker().chore("sweep")
    assert set(app.store.keys("")) == keys
