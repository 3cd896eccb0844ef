"""Making two people one, and one two again: whose a row is, and whose it was.

`home_id` says who brought something, and never changes: it goes back there, and what is stored
stays below the prefix of that person. What hangs on an avatar goes with it. The caller holds
everybody.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

import peewee

from core.avatars import queries
from core.avatars.models import (
    Admission,
    Avatar,
    AvatarPhoto,
    Consent,
    TrainedModel,
    TrainingRun,
)
from core.avatars.models.pictures import Picture, PictureRun
from core.avatars.photos.held import HeldPhoto
from core.avatars.privacy.erasure import drop_exports
from core.avatars.privacy.retained import Export
from core.avatars.restrictions import Block, Grant
from core.avatars.support import SupportMessage
from core.base.folding import folded
from core.conversation.models import Conversation, User

_BROUGHT: tuple[Any, ...] = (Conversation, Avatar, Consent, Grant)
"""Their rows know who brought them."""
_OF_AVATAR: tuple[Any, ...] = (AvatarPhoto, TrainedModel, TrainingRun, PictureRun, Picture)
"""Their rows go with an avatar."""
_ORDERS: tuple[Any, ...] = (TrainingRun, PictureRun)
_OF_CONVERSATION: tuple[Any, ...] = (HeldPhoto, SupportMessage)
"""Their rows go with the conversation that they came through."""

Homes = Collection[uuid.UUID]


def join(kept: User, brought: User, now: float) -> None:
    """Make what belongs to `brought` belong to `kept`, and draw all their conversations anew.

    The strictest consent holds: where either side has none, today's is asked for again.
    """
    agreed = queries.consented(kept.id) and queries.consented(brought.id)
    _settle_names(kept, brought)
    _order_exports_anew(kept, brought, now)
    _keep_one_nameless(kept, brought)
    for model in _BROUGHT:
        for user in (kept, brought):
            homeless = model.update(home_id=user.id)
            homeless.where(model.user == user.id, model.home_id.is_null()).execute()
    for model in (*_BROUGHT, *_OF_AVATAR, *_OF_CONVERSATION):
        model.update(user=kept.id).where(model.user == brought.id).execute()
    if not agreed:
        _set_aside(kept.id, now)
    _block_as(brought.id, kept.id)
    Block.delete().where(Block.user == brought.id).execute()
    parts = (User.id == brought.id) | (User.joined_id == brought.id)
    User.update(joined_id=kept.id, name="", username="", sought="").where(parts).execute()
    _settle_admissions(kept.id, {kept.id, *_parts(kept.id)})
    _settle_language(kept, brought)
    _outdate(kept.id)


def part(leaver: Conversation, now: float) -> tuple[int, int]:
    """Give a conversation, and whatever came with it, to the person that it had before.

    Returns a conversation on either side.
    """
    keeper: uuid.UUID = leaver.user_id
    homes = homes_of(keeper)
    home = leaver.home_id or keeper
    moving = {home} if home != keeper else homes - {keeper}
    theirs = Conversation.select().where(Conversation.user == keeper).order_by(Conversation.id)
    chats = [chat for chat in theirs if (chat.home_id or keeper) in moving]
    staying = [chat for chat in theirs if chat not in chats]
    target = uuid.UUID(str(chats[0].home_id))
    _return_admissions({keeper, *_parts(keeper)})
    drop_exports(Export.user == keeper).doom(now)
    _move(keeper, target, moving, [chat.id for chat in chats])
    _point_back(target, [chat.id for chat in chats])
    _point_back(keeper, [chat.id for chat in staying])
    User.update(joined_id=target).where(User.id.in_(moving)).execute()
    User.update(joined_id=None).where(User.id == target).execute()
    _block_as(keeper, target)
    for user_id, of in ((target, chats), (keeper, staying)):
        _settle_admissions(user_id, homes_of(user_id))
        _settle_alone(user_id, of)
        _outdate(user_id)
    spoken = User.get_by_id(keeper)
    language = {"language": spoken.language, "language_chosen": spoken.language_chosen}
    User.update(language).where(User.id == target).execute()
    return chats[0].id, staying[0].id


def homes_of(user_id: uuid.UUID) -> set[uuid.UUID]:
    """Who a person's conversations came from."""
    query = Conversation.select(Conversation.home_id).where(Conversation.user == user_id)
    return {home or user_id for home in query.scalars()}


def home_of(conversation_id: int) -> uuid.UUID | None:
    """The home of what is made in a conversation; None where it was never linked."""
    found: uuid.UUID | None = brought_by(conversation_id).scalar()
    return found


def brought_by(conversation_id: int) -> Any:
    """The same, as a part of another statement."""
    return Conversation.select(Conversation.home_id).where(Conversation.id == conversation_id)


def checking(user_id: uuid.UUID) -> bool:
    """Whether a photo is looked at that came through another side than its avatar's."""
    through, of = Conversation.home_id, Avatar.home_id
    mine = AvatarPhoto.select().join(Avatar).switch(AvatarPhoto)
    mine = mine.join(Conversation, on=(AvatarPhoto.conversation == Conversation.id))
    return bool(
        mine.where(
            AvatarPhoto.user == user_id,
            AvatarPhoto.validation_status == "pending",
            AvatarPhoto.removed_at.is_null(),
            peewee.fn.COALESCE(of, Avatar.user) != peewee.fn.COALESCE(through, Conversation.user),
        ).exists()
    )


def _parts(user_id: uuid.UUID) -> set[uuid.UUID]:
    return set(User.select(User.id).where(User.joined_id == user_id).scalars())


def _move(keeper: uuid.UUID, target: uuid.UUID, moving: Homes, chats: list[int]) -> None:
    avatars = list(
        Avatar.select(Avatar.id).where(Avatar.user == keeper, Avatar.home_id.in_(moving)).scalars()
    )
    for model in _OF_AVATAR:
        model.update(user=target).where(model.user == keeper, model.avatar.in_(avatars)).execute()
    for model in _ORDERS:
        model.update(user=target).where(
            model.user == keeper, model.avatar.is_null(), model.conversation.in_(chats)
        ).execute()
    for model in _OF_CONVERSATION:
        model.update(user=target).where(
            model.user == keeper, model.conversation.in_(chats)
        ).execute()
    for model in _BROUGHT:
        model.update(user=target).where(model.user == keeper, model.home_id.in_(moving)).execute()


def _point_back(user_id: uuid.UUID, chats: list[int]) -> None:
    """Have nothing of a person name a conversation of another person."""
    for model in (AvatarPhoto, *_ORDERS):
        strange = model.conversation.not_in(chats)
        model.update(conversation=chats[0]).where(model.user == user_id, strange).execute()


def _settle_names(*people: User) -> None:
    """From now on a name belongs to a conversation."""
    for user in people:
        for column in ("name", "username"):
            field = getattr(Conversation, column)
            Conversation.update({field: getattr(user, column)}).where(
                Conversation.user == user.id, field.is_null()
            ).execute()


def _settle_alone(user_id: uuid.UUID, chats: list[Conversation]) -> None:
    """A person without a link has their own name, and the consent that they gave."""
    name, username = chats[0].name or "", chats[0].username or ""
    User.update(name=name, username=username, sought=folded(name)).where(
        User.id == user_id
    ).execute()
    if len(homes_of(user_id)) > 1:
        return
    Conversation.update(home_id=None).where(Conversation.user == user_id).execute()
    Consent.update(set_aside_at=None).where(
        Consent.user == user_id, Consent.home_id == user_id
    ).execute()


def _settle_language(kept: User, brought: User) -> None:
    """What was chosen holds; where nothing was, no client changes it for the other chat."""
    spoken = brought if brought.language_chosen and not kept.language_chosen else kept
    chosen = kept.language_chosen or brought.language_chosen or kept.language != brought.language
    row = {"language": spoken.language, "language_chosen": chosen}
    User.update(row).where(User.id == kept.id).execute()


def _order_exports_anew(kept: User, brought: User, now: float) -> None:
    """A copy of everything holds too little by now; one that was waited for is made anew."""
    mine = Export.user.in_((kept.id, brought.id))
    waiting = list(Export.select().where(mine, Export.made_at.is_null()))
    drop_exports(mine).doom(now)
    for export in waiting:
        Export.create(user=kept.id, conversation=export.conversation_id, ordered_at=now)


def _keep_one_nameless(kept: User, brought: User) -> None:
    """An avatar without a name is nothing yet, and there is one at most."""
    nameless = (Avatar.user == kept.id) & (Avatar.name == "")
    if Avatar.select().where(nameless).exists():
        Avatar.delete().where(Avatar.user == brought.id, Avatar.name == "").execute()


def _set_aside(user_id: uuid.UUID, now: float) -> None:
    Consent.update(set_aside_at=now).where(
        Consent.user == user_id, Consent.set_aside_at.is_null(), Consent.withdrawn_at.is_null()
    ).execute()


def _block_as(one: uuid.UUID, other: uuid.UUID) -> None:
    """A ruling on one side is one on the other, and stays there."""
    found = Block.get_or_none(Block.user == one)
    if found is not None:
        row = {"user": other, "at": found.at, "who": found.who}
        Block.insert(row).on_conflict_ignore().execute()


def _settle_admissions(user_id: uuid.UUID, homes: Homes) -> None:
    """A person is admitted where any side of theirs is; what others brought stays theirs."""
    if Admission.select().where(Admission.user == user_id).exists():
        return
    found = Admission.get_or_none(Admission.user.in_(homes))
    if found is not None:
        home = found.home_id or found.user_id
        Admission.update(user=user_id, home_id=home).where(
            Admission.user == found.user_id
        ).execute()


def _return_admissions(people: Homes) -> None:
    for found in list(Admission.select().where(Admission.user.in_(people))):
        if found.home_id not in (None, found.user_id):
            Admission.update(user=found.home_id).where(Admission.user == found.user_id).execute()


def _outdate(user_id: uuid.UUID) -> None:
    """What was offered before is out of date."""
    Conversation.update(visit=Conversation.visit + 1).where(Conversation.user == user_id).execute()
