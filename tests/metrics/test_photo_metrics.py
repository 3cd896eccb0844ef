"""What is counted of photos."""

import datetime
from typing import Any

import pytest

from core.avatars.models import Avatar, PhotoValidationStatus, utc_now
from core.conversation.models import Conversation
from core.metrics import photos as metrics
from tests import makers

VALID, INVALID = PhotoValidationStatus.VALID, PhotoValidationStatus.INVALID


@pytest.fixture
def owner(db: Any) -> Conversation:
    return makers.conversation()


@pytest.fixture
def anna(owner: Conversation) -> Avatar:
    return makers.avatar(owner, photos=2)


def test_where_nothing_was_refused_there_is_no_share(anna: Avatar) -> None:
    found = metrics.overruled()
    assert (found.refused, found.overruled, found.share) == (0, 0, None)


def test_the_share_is_of_refusals_that_may_be_our_mistake(
    anna: Avatar, owner: Conversation
) -> None:
    for reason in ("no_face", "too_blurred", "too_dark", "broken", "too_small"):
        makers.photo(anna, owner, INVALID, reason=reason)
    makers.photo(anna, owner, VALID, photo_metadata={"overruled": "no_face", "advice": []})
    found = metrics.overruled()
    assert (found.refused, found.overruled, found.share) == (4, 1, 0.25)


def test_only_what_came_since_a_moment_is_counted(anna: Avatar, owner: Conversation) -> None:
    old = utc_now() - datetime.timedelta(days=3)
    makers.photo(anna, owner, INVALID, reason="no_face", created_at=old)
    makers.photo(anna, owner, INVALID, reason="no_face")
    assert metrics.overruled().refused == 2
    assert metrics.overruled(utc_now() - datetime.timedelta(days=1)).refused == 1
