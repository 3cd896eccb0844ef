"""Who may train avatars, for trainings cost the operator money."""

from __future__ import annotations

import uuid

from core.avatars.models import Admission
from core.conversation.models import Conversation
from core.settings import Settings


def allowed(settings: Settings, user_id: uuid.UUID) -> bool:
    """Whether `settings.access` lets this person in."""
    if settings.access == "open":
        return True
    if settings.access == "invite":
        return Admission.select().where(Admission.user == user_id).exists()
    addresses = Conversation.select(Conversation.channel, Conversation.chat)
    theirs = addresses.where(Conversation.user == user_id).tuples()
    return any(f"{channel}:{chat}" in settings.people for channel, chat in theirs)


def admit(settings: Settings, user_id: uuid.UUID, invite: str, now: float) -> bool:
    """Let somebody in who brings an invitation; False where it isn't valid.

    An invitation that is withdrawn later shuts nobody out who came with it.
    """
    if invite not in settings.invites:
        return False
    if not Admission.select().where(Admission.user == user_id).exists():
        Admission.create(user=user_id, invite=invite, at=now)
    return True
