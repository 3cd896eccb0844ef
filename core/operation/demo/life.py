"""One made-up life: a person on a channel, their avatars and their trainings."""

from __future__ import annotations

import datetime
import math
import random
from collections.abc import Iterator
from typing import Protocol

from core.base.folding import folded
from core.base.settings.installed import channel_names, pulled, pushing
from core.operation.demo.known import ENDINGS, FAULTS, REASONS, Fault, trainers
from core.operation.demo.pictures import Sitter, paint
from core.operation.demo.rows import Batch

_LAST = {"completed": ("result", "download"), "failed": ("result",), "cancelled": ("cancel",)}
"""What is asked of fal last, by how a training ends."""
NEVER = 10 * 365 * 86_400.0
"""So long after now the worker would look at a run that is under way."""

NAMES = (
    "Anna", "Boris", "Clara", "Дмитрий", "Елена", "Farid", "Grace", "Ирина", "Jonas", "Кирилл",
    "Lena", "Мария", "Noah", "Ольга", "Paul", "Roman", "Светлана", "Tom", "Vera", "Юлия",
)  # fmt: skip
WAYS = {
    "portrait": (
        ("choose_type", "selecting_gender", 0.96), ("choose_gender", "entering_name", 0.97),
    ),
    "style": (
        ("choose_type", "selecting_avatar_type", 0.96),
        ("choose_kind", "selecting_gender", 0.98), ("choose_gender", "entering_name", 0.97),
    ),
}  # fmt: skip
"""The way to a name: trigger, state, and the share of people who go on from there."""


class Story(Protocol):
    """What a life must know of the whole history."""

    now: float
    test_share: float
    refused_share: float
    error_share: float
    dice: random.Random

    def new_id(self) -> str: ...

    def some_moment(self) -> float: ...


def channels() -> tuple[str, str]:
    """One that writes to people and one that they look at, of those that are installed."""
    all_of_them = channel_names()
    return (*pushing(), *all_of_them)[0], (*pulled(), *all_of_them)[0]


class Person:
    """One made-up person on one channel, from their first visit to where they stopped."""

    def __init__(self, story: Story, number: int) -> None:
        self.story = story
        self.dice = story.dice
        self.number = number
        self.user_id = story.new_id()
        self.language = self.dice.choice(("ru", "ru", "en"))
        self.channel = self.dice.choices(channels(), (7, 3))[0]
        self.born = self.at = story.some_moment()
        self.state = "main_menu"
        self.moves = 0
        self.entered_at = 0.0
        self.drafts = 0
        self.consented = False
        self.waiting = False

    def live(self, batch: Batch) -> None:
        """All that they ever did."""
        name = self.dice.choice(NAMES)
        username = f"person{self.number}" if self.channel in pushing() else ""
        known = (name, username, folded(name))
        batch.add("users", self.user_id, *known, self.language, False, self.born)
        place = len(batch.rows["conversations"])
        batch.add("conversations")  # its last state is known at the end
        self.move(batch, "command", "start", "main_menu")
        for _ in range(self.dice.choices((0, 1, 2, 3), (6, 72, 18, 4))[0]):
            if self.at < self.story.now and not self.waiting and not self.drafts:
                self.create(batch)
        batch.rows["conversations"][place] = self.conversation()

    def conversation(self) -> tuple[object, ...]:
        """The row of where they are now."""
        chat = str(100_000_000 + self.number)
        blocked = self.dice.random() < 0.01
        return (
            self.number, self.user_id, self.channel, self.channel, chat, "0" * 32, self.state,
            self.moves, self.moves, "{}", self.moves, 0, "[]", self.at, 0.0, 0.0, 0, 0.0, 0,
            blocked, "", 0, 0.0, self.born, self.at, self.entered_at,
        )  # fmt: skip

    def move(self, batch: Batch, kind: str, trigger: str, dest: str, seconds: float = 20) -> None:
        """Fire a trigger, some time after the one before."""
        self.at = min(self.at + self.dice.lognormvariate(math.log(seconds), 0.8), self.story.now)
        self.moves += 1
        batch.add(
            "transitions", self.number, self.number * 1000 + self.moves, kind, trigger, self.state,
            dest, self.moves, self.moves, self.at, self.stayed(dest),
        )  # fmt: skip
        if dest != self.state:
            self.entered_at = self.at
        self.state = dest

    def stayed(self, dest: str) -> float | None:
        """How long they were where they leave now."""
        return self.at - self.entered_at if dest != self.state and self.entered_at else None

    def create(self, batch: Batch) -> None:
        """Begin an avatar, and come as far as they come."""
        avatar_id, begun = self.story.new_id(), self.at
        kind = self.dice.choices(("portrait", "style"), (3, 1))[0]
        reached = list(self.walk(batch, kind))
        if "selecting_training_type" not in reached:
            return
        named = {"consent", "uploading_photos"} & set(reached)
        name = f"{self.dice.choice(NAMES)} {self.dice.randrange(100)}" if named else ""
        self.drafts += not named
        status, photos = "draft", 0
        if self.state == "uploading_photos":
            photos = self.photos(batch, avatar_id)
            status = "ready" if photos >= 10 else "uploading"
            if photos >= 10 and self.dice.random() < 0.85:
                status = self.train(batch, avatar_id, kind, photos)
        gender = self.dice.choice(("male", "female"))
        batch.add(
            "avatars", avatar_id, self.user_id, name, folded(name), gender, "character", status,
            100 if status == "completed" else 0, "{}", "{}", photos,
            _datetime(begun), _datetime(self.at), kind,
        )  # fmt: skip
        if status == "completed":
            self.paint(batch, avatar_id, gender)

    def paint(self, batch: Batch, avatar_id: str, gender: str) -> None:
        """Have pictures made of a trained avatar."""
        test = bool(batch.rows["training_runs"][-1][6])
        sitter = Sitter(avatar_id, self.user_id, self.number, gender, test, self.at)
        paint(batch, sitter, self.story.now)

    def walk(self, batch: Batch, kind: str) -> Iterator[str]:
        """Answer the questions, or stop at one; from elsewhere, begin at the main menu."""
        if self.state != "main_menu":
            self.move(batch, "command", "start", "main_menu")
        for trigger, state, share in self.way(kind):
            self.move(batch, "text" if trigger == "name" else "press", trigger, state)
            self.consented = self.consented or trigger == "agree"
            yield state
            if self.dice.random() > share:
                return

    def way(self, kind: str) -> tuple[tuple[str, str, float], ...]:
        """From the main menu to the photos; consent is asked for once."""
        begun = (("avatars", "avatar_menu", 0.98), ("create", "selecting_training_type", 0.97))
        asked = (("name", "consent", 0.96), ("agree", "uploading_photos", 0.96))
        known = (("name", "uploading_photos", 0.96),)
        return (*begun, *WAYS[kind], *(known if self.consented else asked))

    def photos(self, batch: Batch, avatar_id: str) -> int:
        """Send photos; how many of them were good."""
        good = 0
        for number in range(1, self.dice.randrange(5, 21)):
            self.move(batch, "photo", "photo", "uploading_photos", 4)
            verdict, reason = self.verdict()
            good += verdict == "valid"
            at = _datetime(self.at)
            batch.add(
                "avatar_photos", f"{avatar_id[:28]}{number:04x}", avatar_id, self.user_id,
                self.number, "{}", verdict, reason, "{}", number, 1, 0, 0.0, at, at,
            )  # fmt: skip
        return good

    def verdict(self) -> tuple[str, str]:
        """What becomes of a photo, and why."""
        if self.dice.random() >= self.story.refused_share:
            return "valid", ""
        reason = self.dice.choice(REASONS)
        return ("duplicate", "duplicate") if self.dice.random() < 0.2 else ("invalid", reason)

    def train(self, batch: Batch, avatar_id: str, kind: str, photos: int) -> str:
        """Order a training; what becomes of the avatar."""
        if self.dice.random() < 0.4:
            self.move(batch, "press", "done", "confirming_photos", 30)
        self.move(batch, "press", "train", "training_in_progress")
        return _Run(self, avatar_id, kind, photos).go(batch)


class _Run:
    """One made-up training."""

    def __init__(self, person: Person, avatar_id: str, kind: str, photos: int) -> None:
        self.person, self.avatar_id, self.kind, self.photos = person, avatar_id, kind, photos
        self.story, self.dice = person.story, person.dice
        self.id = self.story.new_id()
        self.request_id = self.story.new_id()
        self.created = person.at
        self.profile, self.endpoint, self.price, self.seconds = trainers()[kind]
        self.test = self.dice.random() < self.story.test_share

    def go(self, batch: Batch) -> str:
        """Submit it and see it end, unless now comes first."""
        submitted = min(self.created + self.dice.uniform(3, 20), self.story.now)
        started = submitted + self.dice.expovariate(1 / 60)
        finished = started + self.seconds * self.dice.lognormvariate(0, 0.35)
        ending = self.dice.choices(("completed", "failed", "cancelled"), (90, 7, 3))[0]
        if finished > self.story.now:
            status = "training" if started <= self.story.now else "queued"
        else:
            status = ending
        fault = self.dice.choice(ENDINGS) if status == "failed" else None
        self.calls(batch, status, submitted, min(finished, self.story.now), fault)
        self.write(batch, status, submitted, started, finished, fault)
        if status not in ("completed", "failed", "cancelled"):
            self.person.waiting = True
            return "training"
        self.person.at = finished
        trigger, state, avatar = {
            "completed": ("finished", "training_completed", "completed"),
            "failed": ("failed", "training_error", "error"),
            "cancelled": ("cancelled", "training_cancelled", "cancelled"),
        }[status]
        self.person.move(batch, "signal", trigger, state, 1)
        self.person.move(batch, "press", "back", "avatar_menu", 200)
        return avatar

    def write(
        self, batch: Batch, status: str, submitted: float, started: float, finished: float,
        fault: Fault | None,
    ) -> None:  # fmt: skip
        """The run's row."""
        ended = status in ("completed", "failed", "cancelled")
        begun = started if ended or status == "training" else None
        error = fault if status == "failed" else None
        price = 0.0 if self.test else self.price
        free = status == "failed" and self.dice.random() < 0.7
        cost = (0.0 if free else price) if ended else None
        batch.add(
            "training_runs", self.id, self.avatar_id, self.person.user_id, self.person.number,
            self.kind, status, self.test, price, self.photos, self.request_id,
            100 if status == "completed" else 40, error[2] if error else "",
            error[3] if error else "", 1, self.created, submitted, begun,
            finished if ended else None, 0.0, self.story.now + NEVER, self.profile, self.endpoint,
            started - submitted if begun else None,
            (finished - started) * 0.97 if status == "completed" else None, cost,
            error[1] if error else "",
            self.dice.choices(("webhook", "poll"), (9, 1))[0] if ended else "", 1,
        )  # fmt: skip
        batch.add(
            "submissions", self.story.new_id(), "training", self.id, self.test, 1, self.profile,
            self.endpoint, "{}",
            status if ended else "taken", price, cost, self.request_id, "", "", "",
            error[1] if error else "", error[2] if error else "", submitted, submitted,
            finished if ended else None, 0.0,
        )  # fmt: skip

    def calls(
        self, batch: Batch, status: str, since: float, until: float, fault: Fault | None
    ) -> None:
        """What was asked of fal, and what it said."""
        asked = self.dice.randrange(4, 10)
        phases = ["upload", "submit", *["status"] * asked, *_LAST.get(status, ())]
        step = (until - since) / len(phases)
        for n, phase in enumerate(phases):
            happened = fault if fault and phase == fault[0] else None
            if happened is None and self.dice.random() < self.story.error_share:
                happened = next((f for f in FAULTS if f[0] == phase), None)
            self.call(batch, since + n * step, phase, happened)

    def call(self, batch: Batch, at: float, phase: str, fault: Fault | None) -> None:
        """One call."""
        _, error_type, error_class, message, status = fault or ("", "", "", "", 200)
        batch.add(
            "fal_events", at, self.id, self.endpoint, phase, fault is None, status, error_type,
            error_class, message, self.dice.lognormvariate(-1, 0.6), self.request_id, self.test,
        )  # fmt: skip


def _datetime(seconds: float) -> str:
    known = datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None)
    return known.isoformat(" ")
