"""Messages of people to the operator, and the answers.

An admin's chat is told of a message by its number: its text stands in one row alone, and is read
when the chat is written to.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

import peewee

from core.base.db import Model
from core.base.settings import Settings
from core.conversation import inbox
from core.conversation.models import Conversation, TranscriptEntry, User
from core.conversation.turn import post_notice

TOLD = "support_message"
"""The notice in an admin's chat."""
LISTED = 50


class SupportMessage(Model):
    """A message of one person. `told` are the admins' conversations that hear of it, as JSON."""

    id = peewee.BigAutoField()
    user = peewee.ForeignKeyField(User, backref="support_messages", on_delete="CASCADE")
    user_id: uuid.UUID
    conversation = peewee.ForeignKeyField(Conversation, null=True, on_delete="SET NULL")
    text = peewee.TextField()
    at = peewee.DoubleField()
    told = peewee.TextField(default="[]")
    answer = peewee.TextField(default="")
    answered_at = peewee.DoubleField(null=True)
    who = peewee.CharField(max_length=64, default="")

    class Meta:
        table_name = "support_messages"


def leave(
    user_id: uuid.UUID, conversation_id: int, text: str, settings: Settings, now: float
) -> None:
    """Keep a message, and have the admins' chats told of it; in the caller's transaction."""
    admins = [found for _, found in admins_of(settings) if found is not None]
    made = SupportMessage.create(
        user=user_id, conversation=conversation_id, text=text, at=now, told=json.dumps(admins)
    )
    for admin in admins:
        post_notice(admin, f"support:{made.id}:{admin}", TOLD, {"message": made.id}, now)


def admins_of(settings: Settings) -> Iterator[tuple[str, int | None]]:
    """Each admin's address, and the conversation there; None where they have never written."""
    for address in settings.alerts.admins:
        channel, _, chat = address.partition(":")
        yield address, inbox.in_chat(channel, chat)


def told(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the notice of a message says, by the message as it stands now."""
    found = SupportMessage.get_or_none(SupportMessage.id == parameters.get("message"))
    if found is None:
        return parameters
    return {**parameters, "name": found.user.name, "text": found.text}


def written_since(user_id: uuid.UUID, moment: float) -> int:
    """How many messages a person has written since a moment."""
    query = SupportMessage.select().where(
        SupportMessage.user == user_id, SupportMessage.at >= moment
    )
    return int(query.count())


def waiting_since() -> float | None:
    """When the message that waits longest for an answer was written."""
    query = SupportMessage.select(peewee.fn.min(SupportMessage.at))
    found: float | None = query.where(SupportMessage.answered_at.is_null()).scalar()
    return found


def listed(user_id: uuid.UUID | None = None, limit: int = LISTED) -> list[SupportMessage]:
    """The messages of a person or of everybody: unanswered ones first, then the newest."""
    query = SupportMessage.select(SupportMessage, User).join(User)
    if user_id is not None:
        query = query.where(SupportMessage.user == user_id)
    order = (SupportMessage.answered_at.is_null(False), SupportMessage.id.desc())
    return list(query.order_by(*order).limit(limit))


def answered(message_id: int, text: str, who: str, now: float) -> SupportMessage | None:
    """Note the answer to a message, in the caller's transaction; None where it has one already."""
    open_ = (SupportMessage.id == message_id) & SupportMessage.answered_at.is_null()
    row = {"answer": text, "answered_at": now, "who": who[:64]}
    if not SupportMessage.update(row).where(open_).execute():
        return None
    found: SupportMessage = SupportMessage.get_by_id(message_id)
    return found


def forget(which: peewee.Expression) -> int:
    """Delete messages, also from the pages of admins who read them in a browser; how many."""
    gone = list(SupportMessage.delete().where(which).returning(SupportMessage).execute())
    _forget_told([message for message in gone if message.told != "[]"])
    return len(gone)


def _forget_told(gone: Sequence[SupportMessage]) -> None:
    """The title of a message's notice ends with its number."""
    if not gone:
        return
    chats = {chat for message in gone for chat in json.loads(message.told)}
    numbers = (TranscriptEntry.content.contains(f'№{message.id}"') for message in gone)
    TranscriptEntry.delete().where(
        TranscriptEntry.conversation.in_(chats),
        TranscriptEntry.author == "bot",
        reduce(or_, numbers),
    ).execute()
