"""What is counted of photos."""

import datetime
import time
from typing import Any

import pytest

from core.avatars.models import Avatar, PhotoValidationStatus, utc_now
from core.conversation.models import Conversation
from core.operation.metrics import photos as metrics
from core.operation.metrics.scope import DAY, Scope
from tests import makers

EVER = Scope(0, 4e9)
VALID, INVALID = PhotoValidationStatus.VALID, PhotoValidationStatus.INVALID


@pytest.fixture
def owner(db: Any) -> Conversation:
    return makers.conversation()


@pytest.fixture
def anna(owner: Conversation) -> Avatar:
    return makers.avatar(owner, photos=2)


def test_where_nothing_was_refused_there_is_no_share(anna: Avatar) -> None:
    found = metrics.overruled(EVER)
    assert (found.refused, found.overruled, found.share) == (0, 0, None)


def test_the_share_is_of_refusals_that_may_be_our_mistake(
    anna: Avatar, owner: Conversation
) -> None:
    for reason in ("no_face", "too_blurred", "too_dark", "broken", "too_small"):
        makers.photo(anna, owner, INVALID, reason=reason)
    makers.photo(anna, owner, VALID, photo_metadata={"overruled": "no_face", "advice": []})
    found = metrics.overruled(EVER)
    assert (found.refused, found.overruled, found.share) == (4, 1, 0.25)


def test_only_what_came_in_the_period_is_counted(anna: Avatar, owner: Conversation) -> None:
    old = utc_now() - datetime.timedelta(days=3)
    makers.photo(anna, owner, INVALID, reason="no_face", created_at=old)
    makers.photo(anna, owner, INVALID, reason="no_face")
    assert metrics.overruled(EVER).refused == 2
    assert metrics.overruled(Scope(time.time() - DAY, EVER.end)).refused == 1
