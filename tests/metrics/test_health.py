"""What waits: erasures and exports, each with its age."""

from __future__ import annotations

from typing import Any

from core.avatars.privacy.retained import Export
from core.conversation.models import User
from core.operation.metrics import health
from tests import makers

NOW = 1_000_000.0


def test_an_erasure_is_listed_until_it_is_done(db: Any) -> None:
    first, second = makers.conversation(), makers.conversation()
    makers.conversation()
    for owner, at in ((first, NOW - 60), (second, NOW - 90)):
        User.update(erasing_at=at).where(User.id == owner.user_id).execute()
    assert health.erasures(NOW) == [
        (str(second.user_id), NOW - 90, 90.0),
        (str(first.user_id), NOW - 60, 60.0),
    ]
    User.update(erasing_at=None).where(User.id == second.user_id).execute()
    assert [waiting.user_id for waiting in health.erasures(NOW)] == [str(first.user_id)]


def test_an_export_is_listed_until_it_is_made(db: Any) -> None:
    owner = makers.conversation()
    order = Export.create(
        user=owner.user_id, conversation=owner, ordered_at=NOW - 5, attempts=2, next_check_at=NOW
    )
    Export.create(user=owner.user_id, conversation=owner, ordered_at=NOW - 9, made_at=NOW - 1)
    assert health.exports(NOW) == [
        (str(order.id), str(owner.user_id), NOW - 5, 5.0, 2, NOW),
    ]
