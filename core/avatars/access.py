"""Who may train avatars, for trainings cost the operator money."""

from __future__ import annotations

import uuid

from core.avatars.models import Admission
from core.base.settings import Settings
from core.conversation.models import Conversation

WELCOMES = ("invited", "invited_already", "invite_unknown")
"""The codes of what `welcome` says."""


def allowed(settings: Settings, user_id: uuid.UUID, admitted: bool | None = None) -> bool:
    """Whether `settings.access` lets this person in; `admitted` where that is known already."""
    if settings.access == "open":
        return True
    if settings.access == "invite":
        return _admitted(user_id) if admitted is None else admitted
    theirs = Conversation.select().where(Conversation.user == user_id)
    return any(f"{found.channel}:{found.chat}" in settings.people for found in theirs)


def admit(
    settings: Settings,
    user_id: uuid.UUID,
    invite: str,
    now: float,
    home: uuid.UUID | None = None,
) -> bool:
    """Let somebody in who brings an invitation; False where it isn't valid.

    `home` is the one of several linked people who brings it.
    An invitation that is withdrawn later shuts nobody out who came with it.
    """
    if invite not in settings.invites:
        return False
    if not _admitted(user_id):
        Admission.create(user=user_id, invite=invite[:128], at=now, home_id=home)
    return True


def welcome(
    settings: Settings,
    user_id: uuid.UUID,
    invite: str,
    now: float,
    home: uuid.UUID | None = None,
) -> str:
    """Take an invitation, and the code of what is said about it; "" where none is asked for."""
    before = _admitted(user_id)
    valid = admit(settings, user_id, invite, now, home)
    if settings.access != "invite":
        return ""
    admitted, known, unknown = WELCOMES
    if before:
        return known
    return admitted if valid else unknown


def _admitted(user_id: uuid.UUID) -> bool:
    query = Admission.select().where(Admission.user == user_id)
    return bool(query.exists())
