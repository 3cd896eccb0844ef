"""`likeness support`: what the operator reads, and types."""

from __future__ import annotations

from typing import Any

import pytest

from core.avatars.support import SupportMessage
from core.conversation.models import PendingNotice
from tests import makers
from tests.commands.test_runs import likeness as likeness


@pytest.fixture
def messages(sqlite_db: Any) -> list[SupportMessage]:
    owner = makers.conversation()
    of = {"user": owner.user, "conversation": owner}
    return [
        SupportMessage.create(**of, text="Old", at=1, answer="Yes", answered_at=2, who="anna"),
        SupportMessage.create(**of, text="Two\nli\x1b[2Jnes", at=60),
    ]


def test_messages_are_listed_those_that_wait_first(
    likeness: Any, messages: list[SupportMessage]
) -> None:
    old, new = messages
    code, said = likeness("support", "list")
    assert code == 0
    assert said.splitlines() == [
        f"{new.id}  waiting   1970-01-01 00:01 UTC  {new.user_id}  Anna",
        "    Two",
        "    li [2Jnes",
        f"{old.id}  answered  1970-01-01 00:00 UTC  {old.user_id}  Anna",
        "    Old",
        "    → Yes",
    ]


def test_an_answer_is_a_notice_for_its_person(
    likeness: Any, messages: list[SupportMessage]
) -> None:
    _, new = messages
    assert likeness("support", "answer", str(new.id), "Soon.") == (0, "")
    (notice,) = PendingNotice.select()
    assert (notice.name, notice.conversation) == ("support_answer", new.conversation)
    code, said = likeness("support", "answer", str(new.id), "Later.")
    assert (code, said) == (1, "There is no such message, or it is answered already.\n")
