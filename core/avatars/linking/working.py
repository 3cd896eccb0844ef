"""Acting on links: what two chats have agreed to, or one has asked for, in one transaction.

A turn holds one conversation and its person. Two of each are held here, outside of any turn.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import structlog

from core.avatars.linking import moving
from core.avatars.linking.codes import Link, LinkKind
from core.avatars.models import HOLDING, TrainingRun
from core.avatars.models.pictures import PictureRun, Purpose
from core.base.db import transaction
from core.base.work import Piece, Pool, Work
from core.conversation.inbox import Inbox
from core.conversation.models import Conversation, User
from core.conversation.statements import hold_people

log = structlog.get_logger()

AGAIN_SECONDS = 5.0
"""After a try that came to nothing."""


class Linking:
    """Acts on links; `clock` gives seconds since 1970. Safe in any number of processes."""

    def __init__(self, inbox: Inbox, clock: Callable[[], float] = time.time) -> None:
        self._inbox = inbox
        self._clock = clock

    def due(self, now: float) -> list[str]:
        """Links that are to be acted on."""
        query = Link.select(Link.id).where(Link.next_check_at <= now, Link.outcome == "")
        return [str(link.id) for link in query.limit(100)]

    def act(self, link_id: str) -> list[int]:
        """Join or part what a link says; the conversations that are told."""
        if not self._claimed(link_id):
            return []
        with transaction():
            people = _people(link_id)
            hold_people(*people)
            link = Link.get_or_none(Link.id == link_id, Link.outcome == "")
            if link is None or _people(link_id) != people:  # linked otherwise meanwhile
                return []
            told = self._join(link) if link.kind is LinkKind.JOIN else self._part(link)
            log.info("link acted on", outcome=link.outcome)
            return told

    def _claimed(self, link_id: str) -> bool:
        now = self._clock()
        with transaction():
            claim = Link.update(next_check_at=now + AGAIN_SECONDS)
            due = (Link.id == link_id) & (Link.next_check_at <= now) & (Link.outcome == "")
            return bool(claim.where(due).execute())

    def _join(self, link: Link) -> list[int]:
        assert link.other is not None, "a side that agreed has a chat"
        kept, brought = link.conversation.user, link.other.user
        obstacle = in_the_way(kept, brought)
        if obstacle:
            return self._ended(link, obstacle)
        moving.join(kept, brought, self._clock())
        _end(link, "linked")
        self._void(link)
        return self._tell(link, "linked", link.conversation_id)

    def _part(self, link: Link) -> list[int]:
        leaver, key = link.conversation, str(link.id)
        keeper: User = leaver.user
        obstacle = ""
        if keeper.erasing_at is not None:
            obstacle = "erasing"
        elif len(moving.homes_of(keeper.id)) < 2:
            obstacle = "alone"
        elif moving.checking(keeper.id):
            obstacle = "checking"
        if obstacle:
            _end(link, obstacle)
            self._inbox.signal(leaver.id, "not_parted", obstacle, f"{key}:not_parted")
            return [leaver.id]
        sides = moving.part(leaver, self._clock())
        _end(link, "parted")
        self._void(link)
        return [chat for side in sides for chat in self._tell(link, "parted", side)]

    def _ended(self, link: Link, outcome: str) -> list[int]:
        _end(link, outcome)
        sides = [side for side in (link.conversation_id, link.other_id) if side]
        for side in sides:
            self._inbox.signal(side, "link_over", outcome, f"{link.id}:over:{side}")
        return sides

    def _tell(self, link: Link, trigger: str, conversation_id: int) -> list[int]:
        """Tell everybody on a side, in the order of their conversations."""
        self._inbox.tell(conversation_id, trigger, "", f"{link.id}:{trigger}:{conversation_id}")
        user_id = Conversation.get_by_id(conversation_id).user_id
        theirs = Conversation.select(Conversation.id).where(Conversation.user == user_id)
        return list(theirs.order_by(Conversation.id).scalars())

    def _void(self, link: Link) -> None:
        """What else these two were asked is out of date; what was agreed to comes about."""
        sides = [side for side in (link.conversation_id, link.other_id) if side]
        theirs = Link.conversation.in_(sides) | Link.other.in_(sides)
        unanswered = (Link.outcome == "") & Link.next_check_at.is_null()
        Link.update(outcome="void").where(theirs, unanswered).execute()


def in_the_way(one: User, other: User) -> str:
    """Why two people can't be one now: "same", "erasing", "training", "pictures"; "" for nothing.

    Limits of a person hold for both of them together.
    """
    if one.id == other.id:
        return "same"
    if one.erasing_at is not None or other.erasing_at is not None:
        return "erasing"
    both = (one.id, other.id)
    trains = TrainingRun.status.in_(HOLDING)
    if TrainingRun.select().where(TrainingRun.user.in_(both), trains).count() > 1:
        return "training"
    paints = PictureRun.status.in_(HOLDING) & (PictureRun.purpose == Purpose.ASKED)
    if PictureRun.select().where(PictureRun.user.in_(both), paints).count() > 1:
        return "pictures"
    return ""


def _people(link_id: str) -> set[uuid.UUID]:
    """Whose conversations a link is about."""
    link = Link.get_or_none(Link.id == link_id)
    chats = [side for side in (link.conversation_id, link.other_id) if side] if link else []
    users = Conversation.select(Conversation.user).where(Conversation.id.in_(chats))
    return set(users.scalars())


def _end(link: Link, outcome: str) -> None:
    link.outcome, link.next_check_at = outcome, None
    link.save(only=["outcome", "next_check_at"])


def work(linking: Linking, pool: Pool) -> Work:
    """Acting on links."""

    def act(link_id: str) -> list[Piece]:
        return [("turn", str(chat)) for chat in linking.act(link_id)]

    return Work("link", pool, act, linking.due, woken=True)
