"""People in two chats, and what links them."""

from __future__ import annotations

import re
import uuid
from typing import Any

from core.avatars.models import AvatarPhoto, TrainingRun
from core.avatars.models.pictures import PictureRun
from core.conversation.models import Conversation
from tests.scenarios.on_steps import SteppedPerson
from tests.scenarios.walks import complete, launch, pictures, portrait, upload

_CODE = re.compile(r"/link ([0-9A-Z-]+)")


def code_of(person: SteppedPerson) -> str:
    """A new code of this chat."""
    person.say("/link")
    found = _CODE.search(person.sight.text)
    assert found is not None, person.sight
    return found[1]


def ask(shows: SteppedPerson, types: SteppedPerson) -> None:
    """One chat shows a code, the other types it, and both are asked."""
    types.say(f"/link {code_of(shows)}")
    for person in (shows, types):
        person.see("👥 Is this you as well?")


def link(shows: SteppedPerson, types: SteppedPerson) -> None:
    """Both agree, and are told."""
    ask(shows, types)
    for person in (types, shows):
        person.press("✅ Yes, link it")
    for person in (types, shows):
        person.see("👥 Done: everything you have is now in both chats.")


def unlink(person: SteppedPerson) -> None:
    person.say("/unlink")
    person.press("👤 Yes, unlink this chat")
    person.see("👤 The chats are separate now. Each has what was made in it.")


def trained(person: SteppedPerson, name: str) -> None:
    """They make an avatar, from nothing to the end."""
    portrait(person, name)
    upload(person, pictures(10))
    launch(person)
    complete(person)
    person.say("/menu")


def user_of(person: SteppedPerson) -> uuid.UUID:
    found: uuid.UUID = Conversation.get_by_id(person.chat.id).user_id
    return found


def astray() -> list[Any]:
    """Rows whose person isn't that of the conversation or of the avatar that they name."""
    rows: list[Any] = []
    for model in (AvatarPhoto, TrainingRun, PictureRun):
        for row in model.select():
            owners = {row.user_id, *([row.avatar.user_id] if row.avatar else [])}
            if row.conversation_id is not None:
                owners.add(Conversation.get_by_id(row.conversation_id).user_id)
            if len(owners) > 1:
                rows.append(row)
    return rows
