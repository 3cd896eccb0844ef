"""A press is as few statements for somebody who has much as for somebody who has little."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from benchmarks.turns import LIMITS, Counter
from core.app.bootstrap import App
from core.avatars.disposal import DoomedFile, DoomedObject, prefix_of
from core.avatars.models import Avatar, AvatarPhoto, AvatarStatus, Consent, TrainingRun
from core.avatars.models.pictures import Picture, PictureRun
from core.avatars.photos.held import HeldPhoto
from core.avatars.privacy.retained import Export, RemoteCopy
from core.avatars.queries import CONSENT_VERSION
from core.conversation.messages import Event, Kind
from core.conversation.models import Conversation
from tests import makers
from tests.privacy.people import Marked

MOST = LIMITS["press that pays or deletes"].most


def somebody(app: App, avatars: int, photos: int) -> Marked:
    """A person with so many avatars, each with so many photos, a training and two orders."""
    anna = Marked(app)
    mine = Conversation.get_by_id(anna.id)
    Consent.create(user=mine.user, version=CONSENT_VERSION, given_at=0)
    for _ in range(avatars):
        avatar = makers.avatar(mine, photos=0, status=AvatarStatus.ERROR)
        for _ in range(photos):
            makers.photo(avatar, mine, reference={"spool": uuid4().hex}, minio_key=uuid4().hex)
        run = TrainingRun.create(
            avatar=avatar, user=mine.user, conversation=mine, training_type="portrait",
            status="failed", created_at=0,
        )  # fmt: skip
        for number in (1, 2):
            makers.submission(run, number, request_id=uuid4().hex, fate="failed")
    return anna


def painted(app: App, avatars: int, pictures: int) -> Marked:
    """The same, with so many pictures of each avatar."""
    anna = somebody(app, avatars, pictures)
    mine = Conversation.get_by_id(anna.id)
    for avatar in Avatar.select().where(Avatar.user == mine.user_id):
        _paint(avatar, mine, pictures)
    return anna


def _paint(avatar: Avatar, mine: Conversation, pictures: int) -> None:
    """An order of a wish, and so many pictures that came of it."""
    made = PictureRun.create(
        avatar=avatar, user=mine.user, conversation=mine, purpose="asked", wish="in a café",
        shape="square", count=4, seed=1, status="completed", created_at=0,
    )  # fmt: skip
    for place in range(pictures):
        Picture.create(
            run=made, avatar=avatar, user=mine.user, place=place, number=place + 1,
            key=f"{prefix_of(avatar.user_id, avatar.id)}{uuid4().hex}", sha256="0" * 64, size=9,
            width=8, height=8, made_at=1.0,
        )  # fmt: skip


def with_more(anna: Marked, each: int) -> None:
    """So many photos put aside, and exports."""
    mine = Conversation.get_by_id(anna.id)
    for _ in range(each):
        reference = {"spool": uuid4().hex}
        HeldPhoto.create(user=mine.user, conversation=mine, reference=reference, held_at=0)
        Export.create(user=mine.user, conversation=mine, ordered_at=0, made_at=0)


def delete_avatar(anna: Marked) -> None:
    for trigger in ("avatars", "list", "pick", "delete", "yes"):
        anna.press(trigger)


def agree(anna: Marked) -> None:
    anna.press("agree")


def withdraw(anna: Marked) -> None:
    anna.do(Event(Kind.COMMAND, "privacy"))
    anna.press("withdraw")
    anna.press("yes")


def dearest(anna: Marked, act: Callable[[Marked], None]) -> int:
    """The statements of the last turn that this takes."""
    counter, drain, counts = Counter(), anna.app.engine.drain, []

    def counted(conversation_id: int) -> None:
        before = counter.count
        while drain(conversation_id, 1):
            counts.append(counter.count - before)
            before = counter.count

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anna.app.engine, "drain", counted)
        act(anna)
    return int(counts[-1])


def before_consent(app: App, photos: int) -> Marked:
    """Somebody who is asked for their consent, and has sent so many photos already."""
    anna = Marked(app)
    anna.press("create")
    anna.press("choose_type", "style")
    anna.press("choose_kind", "style")
    anna.say("Anna")
    for _ in range(photos):
        anna.send_photo()
    return anna


def test_photos_that_were_put_aside_are_taken_in_at_once(app: App) -> None:
    little, much = before_consent(app, 1), before_consent(app, 7)
    most = LIMITS["press"].most
    assert dearest(much, agree) == dearest(little, agree) <= most
    photos = AvatarPhoto.select().where(AvatarPhoto.user == Conversation.get_by_id(much.id).user_id)
    assert [photo.number for photo in photos.order_by(AvatarPhoto.number)] == [*range(1, 8)]
    assert HeldPhoto.select().count() == 0


@pytest.mark.parametrize("act", [Marked.order_erasure, withdraw, delete_avatar])
def test_nothing_is_counted_one_by_one(app: App, act: Callable[[Marked], None]) -> None:
    little, much = somebody(app, 1, 1), somebody(app, 4, 9)
    assert dearest(much, act) == dearest(little, act) <= MOST


@pytest.mark.parametrize("act", [withdraw, delete_avatar])
def test_neither_are_pictures(app: App, act: Callable[[Marked], None]) -> None:
    little, much = painted(app, 1, 1), painted(app, 4, 9)
    assert dearest(much, act) == dearest(little, act) <= MOST


def test_an_erasure_reads_and_forgets_orders_of_pictures_in_one_statement_each(app: App) -> None:
    """As those of trainings; whoever has none pays for none."""
    little, much = painted(app, 1, 1), painted(app, 4, 9)
    without = dearest(somebody(app, 4, 9), Marked.order_erasure)
    assert dearest(much, Marked.order_erasure) == without + 2
    assert dearest(little, Marked.order_erasure) == without + 2
    assert Picture.select().count() == 0


def test_everything_of_somebody_who_has_much_is_doomed_and_recorded(app: App) -> None:
    little, anna = somebody(app, 1, 1), somebody(app, 10, 30)
    with_more(little, 1)
    with_more(anna, 5)
    user_id = Conversation.get_by_id(anna.id).user_id
    mine = AvatarPhoto.select().where(AvatarPhoto.user == user_id)
    names = {photo.reference["spool"] for photo in mine}
    names |= {
        held.reference["spool"] for held in HeldPhoto.select().where(HeldPhoto.user == user_id)
    }
    exports = [export.id.hex for export in Export.select().where(Export.user == user_id)]
    folders = [avatar.id.hex for avatar in Avatar.select().where(Avatar.user == user_id)]
    assert dearest(anna, Marked.order_erasure) == dearest(little, Marked.order_erasure)
    doomed = [place.prefix for place in DoomedObject.select()]
    assert {f"{user_id.hex}/{name}/" for name in (*folders, *exports)} <= {*doomed}
    assert len(doomed) == len({*doomed}) == 15 + 2
    assert names <= {file.name for file in DoomedFile.select()}
    assert RemoteCopy.select().where(RemoteCopy.kind == "request").count() == 20 + 2
    for model in (Avatar, AvatarPhoto, HeldPhoto, Export):
        assert model.select().count() == 0
