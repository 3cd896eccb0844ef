"""`python -m tests.golden.record NAME…`: record histories of this version.

What is recorded once stays: a history that is there already is left alone. Without a name, all the
conversations of `tests.scenarios` are recorded, and WALKS people who press and type whatever.
"""

from __future__ import annotations

import hashlib
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.base import db
from core.base.migrations import runner
from core.conversation.tokens import RenderedButton
from tests.golden import history
from tests.golden.history import FOLDER, Act, Kept, kept, pressed, seen, write
from tests.pictures_for_tests import photo
from tests.scenarios.conversations import CONVERSATIONS
from tests.scenarios.on_steps import SteppedHouse, SteppedPerson
from tests.scenarios.stage import FAILURE, QUICK
from tests.scenarios.walks import SIZE

WALKS = 40
ACTS = 60
"""How much a wandering person does."""
_SIDES = (SIZE[0], 400)
_TYPED = ("Anna", "2", "yes", "да", "/menu", "/cancel", "/help", "/privacy", "/language", "Ольга")


class Recorded(SteppedPerson):
    """A person whose acts are written down, each with what was kept after it."""

    def __init__(self, house: SteppedHouse, language: str) -> None:
        self.acts: list[Act] = []
        self._waited = 0
        self._kept: Kept = {}
        super().__init__(house, language)

    def say(self, text: str) -> None:
        self._note({"say": text}, lambda: super(Recorded, self).say(text))

    def send_photos(self, photos: Sequence[bytes]) -> None:
        known = [_number(data) for data in photos]
        self._note({"photos": known}, lambda: super(Recorded, self).send_photos(photos))

    def send_file(self, name: str, data: bytes) -> None:
        act = {"file": [name, data.decode()]}
        self._note(act, lambda: super(Recorded, self).send_file(name, data))

    def press_offer(self, offer: RenderedButton) -> None:
        act = {"press": pressed(self, offer)}
        self._note(act, lambda: super(Recorded, self).press_offer(offer))

    def pause(self) -> None:
        super().pause()
        self._waited += 1

    def finish(self) -> list[Act]:
        """The acts, with the last wait."""
        self._wait()
        return self.acts

    def _note(self, act: Act, do: Callable[[], None]) -> None:
        self._wait()
        do()
        self.acts.append({**act, **self._now()})

    def _wait(self) -> None:
        if self._waited:
            self.acts.append({"wait": self._waited, **self._now()})
        self._waited = 0

    def _now(self) -> Act:
        before, self._kept = self._kept, kept(self)
        changed = {name: rows for name, rows in self._kept.items() if before.get(name) != rows}
        return {"kept": changed, "seen": seen((self.chat.screen, *self.chat.notices))}


def record(name: str, talk: Callable[[Recorded], None], language: str, fails: bool) -> None:
    """Record one history, on SQLite."""
    path = FOLDER / f"{name}.json"
    if path.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/likeness.db"
        opened = db.connect(url, "normal")
        runner.migrate(opened)
        house = SteppedHouse(Path(folder), url, **{**QUICK, **(FAILURE if fails else {})})
        person = Recorded(house, language)
        talk(person)
        write(path, {"language": language, "fails": fails, "acts": person.finish()})
        house.stop()


def wander(seed: int) -> Callable[[Recorded], None]:
    """Somebody who presses, types, sends and waits without a plan."""

    def talk(person: Recorded) -> None:
        chance = random.Random(seed)
        sent = 0
        for _ in range(ACTS):
            offers = person.offers_in_sight
            what = chance.random()
            if what < 0.68 and offers:
                person.press_offer(chance.choice(offers))
            elif what < 0.80:
                person.say(chance.choice(_TYPED))
            elif what < 0.93:
                count = chance.choice((1, 2, 5, 10))
                person.send_photos([photo(sent + n, SIZE) for n in range(count)])
                sent += count
            else:
                for _ in range(chance.choice((2, 10, 40))):
                    person.pause()

    return talk


def _number(data: bytes) -> list[int]:
    """Which of the tests' photos it is: its number and its side."""
    wanted = hashlib.sha256(data).digest()
    for side in _SIDES:
        for n in range(1000):
            if hashlib.sha256(photo(n, (side, side))).digest() == wanted:
                return [n, side]
    raise ValueError("no photo of the tests")


def main(names: Sequence[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    wanted: dict[str, tuple[Any, str, bool]] = {}
    for number, conversation in enumerate(CONVERSATIONS):
        name = str(conversation).replace(" ", "_")
        wanted[name] = (conversation.talk, ("en", "ru")[number % 2], conversation.fails)
    for seed in range(1, WALKS + 1):
        wanted[f"walk_{seed:02}"] = (wander(seed), ("en", "ru")[seed % 2], False)
    for name in names or wanted:
        record(name, *wanted[name])
        print(name, len(history.read(FOLDER / f"{name}.json")["acts"]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
