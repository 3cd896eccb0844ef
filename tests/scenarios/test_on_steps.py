"""Every conversation on the reference channel: seconds of it are moments.

Each is held once on either database, in another language: one in seven of these in `make test`,
and the others and the other languages in `make soak`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.scenarios.conversations import CONVERSATIONS
from tests.scenarios.on_steps import SteppedHouse, SteppedPerson
from tests.scenarios.stage import BOTH, FAILURE, QUICK, Conversation


def _held() -> Iterator[ParameterSet]:
    places = list(itertools.product(("sqlite", "postgresql"), BOTH))
    for number, conversation in enumerate(CONVERSATIONS):
        for place, (kind, language) in enumerate(places):
            always = place in ((0, 3) if number % 2 else (1, 2))
            yield pytest.param(
                conversation, language, kind, id=f"{kind}-{conversation}-{language}",
                marks=[] if always else pytest.mark.soak,
            )  # fmt: skip


@pytest.mark.parametrize(("conversation", "language", "database_url"), list(_held()),
                         indirect=["database_url"])  # fmt: skip
def test_a_conversation(
    db: object, database_url: str, tmp_path: Path, conversation: Conversation, language: str
) -> None:
    settings = {**QUICK, **(FAILURE if conversation.fails else {})}
    house = SteppedHouse(tmp_path, database_url, **settings)
    try:
        person = SteppedPerson(house, language)
        conversation.talk(person)
        assert not person.kept.failed, person.kept.failed
    finally:
        house.stop()
