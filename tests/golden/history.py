"""A history as data: what a person does, and what is kept after it, free of every identifier."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core.base.db import run
from core.conversation.delivery.rendering import Rendered
from core.conversation.tokens import RenderedButton, verify
from tests.scenarios.on_steps import SteppedPerson

FOLDER = Path(__file__).parent / "histories"

Act = dict[str, Any]
"""One of {"say": text}, {"press": [trigger, argument]}, {"photos": [[n, side], …]}, {"file":
[name, text]}, {"wait": steps}."""
Kept = dict[str, Any]

_IDENTIFIER = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
_NAMED = re.compile(r"(avatar|photo|run) \d+(?: of \d+)?")


def kept(person: SteppedPerson) -> Kept:
    """What is kept of a person, with places in the stead of identifiers.

    The one function that follows where tables and columns are renamed.
    """
    known, names = person.kept, Names(person)
    rows = person.steps.rows
    mine = person.chat.id
    return {
        "state": known.state,
        "avatars": [
            [a["name"], a["training_type"], a["avatar_type"], a["gender"], a["status"]]
            for a in known.avatars
        ],
        "photos": [
            [names.of(p["id"]), p["validation_status"], p["reason"], p["removed_at"] is not None]
            for p in known.photos
        ],
        "runs": [[names.of(r["avatar_id"]), r["status"]] for r in known.runs],
        "submissions": [
            [names.of(s["run_id"]), s["number"], s["fate"]]
            for s in rows(
                "SELECT s.run_id, s.number, s.fate FROM submissions s JOIN training_runs r "
                "ON r.id = s.run_id WHERE r.conversation_id = ? ORDER BY r.created_at, s.number",
                mine,
            )
        ],
        "held": known.held,
        "consents": [
            row["withdrawn_at"] is None
            for row in rows(
                "SELECT withdrawn_at FROM consents WHERE user_id = "
                "(SELECT user_id FROM conversations WHERE id = ?) ORDER BY given_at",
                mine,
            )
        ],
        "notices": sorted(
            [row["name"], row["outcome"]]
            for row in rows("SELECT name, outcome FROM notices WHERE conversation_id = ?", mine)
        ),
        "unapplied": known.unapplied,
        "failed": list(known.failed),
    }


class Names:
    """A person's avatars, photos and runs as "avatar 1", "photo 3 of 1", "run 1", and back."""

    def __init__(self, person: SteppedPerson) -> None:
        known = person.kept
        avatars = {_plain(row["id"]): n for n, row in enumerate(known.avatars, 1)}
        self._names = {plain: f"avatar {n}" for plain, n in avatars.items()}
        for photo in known.photos:
            of = avatars.get(_plain(photo["avatar_id"]), 0)
            self._names[_plain(photo["id"])] = f"photo {photo['number']} of {of}"
        for n, row in enumerate(known.runs, 1):
            self._names[_plain(row["id"])] = f"run {n}"
        self._identifiers = {name: plain for plain, name in self._names.items()}

    def of(self, identifier: object) -> str:
        """The name behind an identifier; "?" where its row is gone."""
        return self._names.get(_plain(identifier), "?")

    def named(self, argument: str) -> str:
        """An argument without identifiers."""
        return _IDENTIFIER.sub(lambda found: self.of(found[0]), argument)

    def identified(self, argument: str) -> str:
        """The argument with the identifiers of now."""
        return _NAMED.sub(lambda found: self._identifiers.get(found[0], "0" * 32), argument)


def pressed(person: SteppedPerson, offer: RenderedButton) -> list[str]:
    """What a button does, as a history says it."""
    press = verify(token_key(person), offer.token)
    assert press is not None, offer
    return [press.trigger, Names(person).named(press.argument)]


def token_key(person: SteppedPerson) -> str:
    """What the conversation's buttons are signed with."""
    row = run("SELECT token_key FROM conversations WHERE id = ?", person.chat.id).fetchone()
    return str(row[0])


def seen(screens: Iterable[Rendered | None]) -> list[str]:
    """What was in sight, for whoever reads a history."""
    return [
        f"{screen.title} {' '.join(f'[{offer.label}]' for offer in screen.offers)}"
        for screen in screens
        if screen
    ]


def read(path: Path) -> Mapping[str, Any]:
    """A history."""
    return dict(json.loads(path.read_text()))


def write(path: Path, history: Mapping[str, Any]) -> None:
    """Keep a history, an act a line."""
    lines = ",\n".join(json.dumps(act, ensure_ascii=False) for act in history["acts"])
    head = json.dumps({k: v for k, v in history.items() if k != "acts"}, ensure_ascii=False)
    path.write_text(f'{head[:-1]}, "acts": [\n{lines}\n]}}\n')


def _plain(identifier: object) -> str:
    return str(identifier).replace("-", "")
