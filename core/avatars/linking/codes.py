"""The code that one chat shows and another types, and what both say to it.

A code is drawn from the chat's own key whenever it is shown: what is stored is its hash.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from enum import StrEnum

import peewee
from playhouse.fields import EnumField

from core.avatars.facts import LinkFacts
from core.avatars.models import Avatar
from core.base.db import Model, is_sqlite
from core.conversation.flow import Position
from core.conversation.models import Conversation, User

SECONDS = 600.0
"""So long a code can be typed, and then be agreed to on both sides."""
LENGTH = 10
"""Signs of a code: 50 bits."""
_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""None of them looks like another one."""


class LinkKind(StrEnum):
    """Whether two chats become one person's, or a chat leaves the others."""

    JOIN = "join"
    PART = "part"


class Link(Model):
    """A code that `conversation` shows and `other` has typed; or that a chat wants to leave.

    It can be typed and agreed to `until` a moment. From `next_check_at` on the worker acts on it;
    `outcome` says how it ended, "" until then.
    """

    id = peewee.UUIDField(primary_key=True, default=uuid.uuid4)
    conversation = peewee.ForeignKeyField(Conversation, on_delete="CASCADE")
    other = peewee.ForeignKeyField(Conversation, null=True, on_delete="CASCADE")
    conversation_id: int
    other_id: int | None
    kind = EnumField(LinkKind, max_length=8, default=LinkKind.JOIN)
    code_hash = peewee.CharField(max_length=64, default="")
    made_at = peewee.DoubleField()
    until = peewee.DoubleField()
    agreed_at = peewee.DoubleField(null=True)
    other_agreed_at = peewee.DoubleField(null=True)
    next_check_at = peewee.DoubleField(null=True)
    outcome = peewee.CharField(max_length=16, default="")

    class Meta:
        table_name = "links"

    def beside(self, conversation_id: int) -> int | None:
        """The conversation on its other side."""
        return self.other_id if self.conversation_id == conversation_id else self.conversation_id


_OPEN = (Link.kind == LinkKind.JOIN) & (Link.outcome == "")


def offer(conversation_id: int, now: float) -> None:
    """Make a code for a chat; an earlier unused one is void."""
    untyped = _OPEN & Link.other.is_null() & (Link.until > now)
    Link.update(until=now).where(Link.conversation == conversation_id, untyped).execute()
    link_id = uuid.uuid4()
    code = _code(Conversation.get_by_id(conversation_id).token_key, link_id)
    Link.create(
        id=link_id, conversation=conversation_id, code_hash=_hash(code), made_at=now,
        until=now + SECONDS,
    )  # fmt: skip


def typed(code: str) -> Link | None:
    """The link of a code that was typed, held until the transaction ends."""
    wanted = _hash(tidy(code))
    query = Link.select().where(Link.code_hash == wanted)
    found: Link | None = (query if is_sqlite() else query.for_update()).get_or_none()
    return found if found and hmac.compare_digest(found.code_hash, wanted) else None


def take(link: Link, conversation_id: int, now: float) -> None:
    """Note which chat has typed a code; it is used up from now on."""
    taken = Link.update(other=conversation_id, until=now + SECONDS)
    taken.where(Link.id == link.id).execute()


def agree(link_id: uuid.UUID, conversation_id: int, now: float) -> bool:
    """Note that a side agrees; True once both do, and the worker may act."""
    query = Link.select().where(Link.id == link_id, _OPEN)
    link: Link | None = (query if is_sqlite() else query.for_update()).get_or_none()
    if link is None:  # the other side has just said no
        return False
    if link.conversation_id == conversation_id:
        link.agreed_at = now
    else:
        link.other_agreed_at = now
    both = link.agreed_at is not None and link.other_agreed_at is not None
    if both:
        link.next_check_at = now
    link.save(only=["agreed_at", "other_agreed_at", "next_check_at"])
    return both


def decline(link_id: uuid.UUID) -> bool:
    """End a link that isn't acted on yet; whether it could be."""
    waiting = _OPEN & Link.next_check_at.is_null()
    query = Link.update(outcome="declined").where(Link.id == link_id, waiting)
    return bool(query.execute())


def waiting(conversation_id: int, now: float) -> Link | None:
    """The link that a chat is asked about, from either side; it lasts while it is acted on."""
    mine = (Link.conversation == conversation_id) | (Link.other == conversation_id)
    still = (Link.until > now) | Link.next_check_at.is_null(False)
    query = Link.select().where(mine, _OPEN, still, Link.other.is_null(False))
    found: Link | None = query.order_by(Link.made_at.desc()).first()
    return found


def leave(conversation_id: int, now: float) -> uuid.UUID:
    """Note that a chat wants to be a person of its own again, for the worker."""
    Link.delete().where(
        Link.conversation == conversation_id, Link.kind == LinkKind.PART, Link.outcome == ""
    ).execute()
    made = Link.create(
        conversation=conversation_id, kind=LinkKind.PART, made_at=now, until=now, next_check_at=now
    )
    found: uuid.UUID = made.id
    return found


def sweep(before: float) -> int:
    """Delete what was begun before a moment; how many."""
    return int(Link.delete().where(Link.made_at < before).execute())


def look(position: Position, now: float) -> LinkFacts:
    """What the screens about linking show."""
    mine = position.conversation_id
    chats = Conversation.select().where(Conversation.user == position.user_id)
    others = tuple(name_of(chat) for chat in chats.order_by(Conversation.id) if chat.id != mine)
    found = waiting(mine, now) if position.state == "confirming_link" else None
    if found is not None:
        return _asked(found, mine, others)
    return LinkFacts(others, code=_offered(mine, now) if position.state == "linking" else "")


def name_of(chat: Conversation) -> str:
    """How a person recognises another chat of theirs."""
    name = chat.user.name if chat.name is None else chat.name
    channel = chat.channel.capitalize()
    return f"{channel}, {name}" if name else channel


def tidy(text: str) -> str:
    """A code as it is compared: no spaces, no dashes, capital letters."""
    return "".join(sign for sign in text.upper() if sign.isalnum())


def _asked(found: Link, mine: int, others: tuple[str, ...]) -> LinkFacts:
    chat = Conversation.get_by_id(found.beside(mine))
    agreed, theirs = found.agreed_at, found.other_agreed_at
    if found.conversation_id != mine:
        agreed, theirs = theirs, agreed
    avatars = Avatar.select().where(Avatar.user == chat.user_id, Avatar.name != "").count()
    return LinkFacts(
        others, id=found.id.hex, chat=name_of(chat), avatars=avatars, agreed=agreed is not None,
        both=agreed is not None and theirs is not None,
    )  # fmt: skip


def _offered(conversation_id: int, now: float) -> str:
    """The code of a chat, in two halves; "" where there is none that can still be typed."""
    mine = (Link.conversation == conversation_id) & (Link.until > now) & Link.other.is_null()
    link = Link.select().where(_OPEN, mine).order_by(Link.made_at.desc()).first()
    if link is None:
        return ""
    code = _code(link.conversation.token_key, link.id)
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def _code(key: str, link_id: uuid.UUID) -> str:
    drawn = hmac.new(key.encode(), b"link" + link_id.bytes, hashlib.sha256).digest()
    return "".join(_SIGNS[byte % len(_SIGNS)] for byte in drawn[:LENGTH])


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def links_of(user_id: uuid.UUID) -> peewee.Expression:
    """The links in which a person has a side."""
    theirs = Conversation.select(Conversation.id).where(Conversation.user == user_id)
    which: peewee.Expression = Link.conversation.in_(theirs) | Link.other.in_(theirs)
    return which


def user_of(conversation_id: int) -> User:
    """Who a conversation is of."""
    found: User = Conversation.get_by_id(conversation_id).user
    return found
