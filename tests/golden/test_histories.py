"""What earlier versions have lived through, this one lives through too, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from core.conversation.messages import Button
from core.conversation.tokens import sign
from tests.golden.history import FOLDER, Act, Names, kept, pressed, read, token_key
from tests.pictures_for_tests import photo
from tests.scenarios.on_steps import SteppedHouse, SteppedPerson
from tests.scenarios.stage import FAILURE, QUICK

HISTORIES = sorted(FOLDER.glob("*.json"))
LATER = 60
"""So many more steps may pass until what was waited for is there."""


@contextmanager
def living(folder: Path, url: str, history: Any) -> Iterator[SteppedPerson]:
    """Somebody who has just come."""
    house = SteppedHouse(folder, url, **{**QUICK, **(FAILURE if history["fails"] else {})})
    try:
        yield SteppedPerson(house, history["language"])
    finally:
        house.stop()


def _on_databases() -> Iterator[ParameterSet]:
    """All on SQLite, and on PostgreSQL every fourth; in `make soak` the others of PostgreSQL."""
    for number, path in enumerate(HISTORIES):
        yield pytest.param(path, "sqlite", id=f"sqlite-{path.stem}")
        later = [pytest.mark.soak] if number % 4 else []
        yield pytest.param(path, "postgresql", id=f"postgresql-{path.stem}", marks=later)


@pytest.mark.parametrize(("path", "database_url"), list(_on_databases()), indirect=["database_url"])
def test_a_history_is_lived_again(
    db: object, database_url: str, tmp_path: Path, path: Path
) -> None:
    history = read(path)
    wanted: dict[str, Any] = {}
    with living(tmp_path, database_url, history) as person:
        for line, act in enumerate(history["acts"], 2):
            if line > 2:  # whoever comes has begun already
                do(person, act)
            wanted |= act["kept"]
            wait_for(person, wanted)
            assert kept(person) == wanted, f"line {line} of {path.name}"


def do(person: SteppedPerson, act: Act) -> None:
    """What was done then."""
    match act:
        case {"say": text}:
            person.say(text)
        case {"photos": photos}:
            person.send_photos([photo(n, (side, side)) for n, side in photos])
        case {"file": [name, text]}:
            person.send_file(name, text.encode())
        case {"press": [trigger, argument]}:
            press(person, trigger, argument)
        case {"wait": steps}:
            for _ in range(steps):
                person.pause()


def press(person: SteppedPerson, trigger: str, argument: str) -> None:
    """The button that does this: the one in sight, else one that was kept from an earlier time."""
    for offer in person.offers_in_sight:
        if pressed(person, offer) == [trigger, argument]:
            person.press_offer(offer)
            return
    visit = person.steps.rows("SELECT visit FROM conversations WHERE id = ?", person.chat.id)
    button = Button("", trigger, Names(person).identified(argument))
    person.press_token(sign(token_key(person), visit[0]["visit"], button))


def wait_for(person: SteppedPerson, wanted: Any) -> None:
    """Time passes until all is as it was then: how long something takes is no part of a history."""
    for _ in range(LATER):
        if kept(person) == wanted:
            return
        person.pause()
