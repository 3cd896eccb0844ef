"""Every conversation on the reference channel, on both databases: seconds of it are moments."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.conversations import CONVERSATIONS
from tests.scenarios.on_steps import SteppedHouse, SteppedPerson
from tests.scenarios.stage import BOTH, FAILURE, QUICK, Conversation


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=str)
def test_a_conversation(
    db: object, database_url: str, tmp_path: Path, conversation: Conversation, language: str
) -> None:
    settings = {**QUICK, **(FAILURE if conversation.fails else {})}
    house = SteppedHouse(tmp_path, database_url, **settings)
    try:
        person = SteppedPerson(house, language)
        person.patience = 10
        conversation.talk(person)
        assert not person.kept.failed, person.kept.failed
    finally:
        house.stop()
