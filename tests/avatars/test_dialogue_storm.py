"""Any event at any time: a person, a worker and a late signal, in any order hypothesis thinks of.

The real flow runs on the real engine and a real SQLite file; the clock is ours, and what a worker
does is done step by step. How long it lasts: see `tests.sizes`.
"""

from __future__ import annotations

import itertools
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, Phase, note
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from channels.console import Console
from channels.telegram import Telegram
from core.avatars import disposal, queries, rules, screens
from core.avatars.dialogue.facts_loader import Loader
from core.avatars.dialogue.known import Tools
from core.avatars.dialogue.names import bind
from core.avatars.flow import ENDED, SET, TABLE
from core.avatars.models import (
    ACTIVE,
    HOLDING,
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    Consent,
    PhotoValidationStatus,
    TrainingRun,
)
from core.avatars.photos import held
from core.avatars.photos.held import HeldPhoto
from core.avatars.photos.verdicts import Verdicts
from core.avatars.ports import Handle, Standing, TrainingOrder
from core.avatars.screens import _WITH_AVATAR
from core.avatars.training.training import Training
from core.base import db
from core.base.db import transaction
from core.base.errors import Gone, Unreachable
from core.base.settings import Settings
from core.base.settings.product.avatars import Avatars, Photos
from core.base.settings.product.training import Training as Terms
from core.base.texts import LANGUAGES
from core.conversation.delivery.rendering import render
from core.conversation.delivery.sending.outbox import parcel, shown, take_notices
from core.conversation.engine import Engine
from core.conversation.flow import Flow
from core.conversation.inbox import Inbox, decode
from core.conversation.messages import Address, Button, Event, Kind, Person, Update
from core.conversation.models import Conversation, InboxEvent, TransitionLog
from core.conversation.tokens import sign
from core.services.storage import FolderStore
from tests import makers
from tests.avatars.training_house import (
    COMPLETED,
    QUEUED,
    STOPPED,
    ScriptedTrainer,
    failed,
    training,
)
from tests.conversation.chat import Clock
from tests.pictures_for_tests import photo
from tests.sizes import sized

LIMITS = Settings(
    avatars=Avatars(maximum=3, page_size=2, photo_page_size=4),
    photos=Photos(min_side=64, max_pending=9),
    training=Terms(
        min_photos=3, max_photos=6, runs_per_day=8, simulated_seconds=10, simulated_queue_seconds=2
    ),
)
"""Small limits are reached sooner."""

PICTURES: Mapping[str, Callable[[], bytes]] = {
    **{f"good {n}": lambda n=n: photo(n, (64, 64)) for n in range(8)},  # type: ignore[misc]
    "small": lambda: photo(90, (40, 40)),
    "text": lambda: b"no picture",
    "nothing": lambda: b"",
}
REFERENCES = (*PICTURES, "gone", "away", "broken")
FORWARD = (
    "train", "done", "agree", "name", "choose_gender", "choose_kind", "confirm",
    "choose_type", "create", "retry", "add_photos", "resume",
)  # fmt: skip
"""What leads to a finished avatar, the furthest first."""
TEXTS = (
    "hello", "Anna", "Анна", "0", "1", "2", "7", "99999", "/nonsense", "/", "", "   ", "x" * 41,
    "x" * 5000, "🙂", "\u202eannA", "a\x00b", "%s {name}", "Back", "назад", "start training", "no",
)  # fmt: skip
PHASES = [phase for phase in Phase if phase not in (Phase.explain, Phase.shrink)]
UNFINISHED = queries.UNFINISHED
COUNTING = queries.COUNTING


class MoodyTrainer(ScriptedTrainer):
    """Succeeds or fails as the storm wants it; a training has begun when it is asked after."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._ordered: dict[str, float] = {}

    def order(self, outcome: str) -> None:
        self.standing = COMPLETED if outcome == "success" else failed("simulated", "operator")

    def upload(
        self,
        run_id: str,
        photos: Iterable[tuple[str, Callable[[], bytes]]],
        alive: Callable[[], object],
    ) -> str:
        sent = list(photos)
        assert LIMITS.training.min_photos <= len(sent) <= LIMITS.training.max_photos
        assert len({read() for _, read in sent}) == len(sent)
        return "http://zip"

    def submit(self, order: TrainingOrder, data_url: str, webhook_url: str) -> Handle:
        handle = super().submit(order, data_url, webhook_url)
        self._ordered[handle.request_id] = self._clock()
        return handle

    def check(self, handle: Handle) -> Standing:
        if handle.request_id in self.cancelled:
            return STOPPED
        passed = self._clock() - self._ordered[handle.request_id]
        if passed < 10:
            return QUEUED
        return training(int(passed)) if passed < 30 else self.standing


class NoWaker:
    """The storm itself says when anything is looked at."""

    def wake(self, kind: str, id: str) -> None:
        pass


class House:
    """The product, wired as `bootstrap` does it but with a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self.clock = clock = Clock()
        self.store = FolderStore(folder / "objects")
        self.trainer = MoodyTrainer(clock)
        self.inbox = Inbox(TABLE.initial, self._language, clock=clock)
        waker: Any = NoWaker()
        self.training = Training(
            LIMITS, self.trainer, self.inbox, waker, self.store, folder, clock=clock
        )
        self.verdicts = Verdicts(LIMITS, self.store, self.inbox, self._fetch, makers.inspect, clock)
        pictures = makers.pictures(LIMITS)
        loader = Loader(LIMITS, self.training, pictures, lambda *_: "Send them.", clock)
        dialogue = bind(
            Tools(
                LIMITS, self.training, pictures, waker, loader, {TrainingRun: self.training.cancel}
            )
        )
        self.flow = Flow(TABLE, dialogue, loader, screens.SCREENS, screens.NOTICES, LANGUAGES)
        self.engine = Engine(self.flow, self.inbox, clock=clock)
        self.away = True

    def _language(self, wanted: str) -> str:
        return self.flow.language(wanted)

    def _fetch(self, channel: str, reference: Mapping[str, Any], limit: int) -> bytes:
        name = str(reference["name"])
        if name == "gone":
            raise Gone("it is gone")
        if name == "away" and self.away:
            raise Unreachable("not now")
        if name == "broken":
            raise RuntimeError("the adapter has a bug")
        return PICTURES.get(name, PICTURES["good 0"])()


class Storm(RuleBasedStateMachine):
    """One person's conversation, and everything that can happen to it."""

    def __init__(self, template: Path) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="storm"))
        shutil.copyfile(template, self._folder / "likeness.db")
        self._database = db.connect(f"sqlite:///{self._folder / 'likeness.db'}", "normal")
        self.house = House(self._folder)
        self.engine = self.house.engine
        self._keys = itertools.count(1)
        self._tokens: list[str] = []
        self._signals: dict[int, Event] = {}
        self._waiting: set[Any] = set()
        self._revision = 0
        self.id = 0

    @initialize(steps=st.integers(0, 16), language=st.sampled_from(["en", "ru", "de", ""]))
    def begin(self, steps: int, language: str) -> None:
        self.language = language
        self._do(Event(Kind.COMMAND, "start"))
        for _ in range(steps):
            self.go_on()

    def teardown(self) -> None:
        try:
            if self.id:
                self._put_away()
        finally:
            self._database.close()
            shutil.rmtree(self._folder)

    # the person

    @rule()
    def go_on(self) -> None:
        """A step on the way to a finished avatar."""
        self.drain()
        buttons = self._buttons()
        if self._wants_photos():
            self.send(f"good {next(self._keys) % 8}", file=False)
            self.judge(all_of_them=True)
            return
        forward = [b for name in FORWARD for b in buttons if b.trigger == name]
        self._press_one(forward[0] if forward else buttons[0])

    @rule(choice=st.integers(0, 30))
    def press(self, choice: int) -> None:
        """A button of the screen as it is: it must do what it says."""
        self.drain()
        buttons = self._buttons()
        self._press_one(buttons[choice % len(buttons)])

    @rule(choice=st.integers(0, 30), twice=st.booleans())
    def press_before_the_screen_has_caught_up(self, choice: int, twice: bool) -> None:
        """What a worker has reported meanwhile has not been applied yet."""
        buttons = self._buttons()
        token = self._token(buttons[choice % len(buttons)])
        for _ in range(1 + twice):
            self._do(Event(Kind.PRESS, token))

    @precondition(lambda self: self._tokens)
    @rule(choice=st.integers(0, 10_000))
    def press_an_old_button(self, choice: int) -> None:
        self._do(Event(Kind.PRESS, self._tokens[choice % len(self._tokens)]))

    @rule(token=st.sampled_from(["", ":::", "1:yes::", "f:train::00:AAAA", "x" * 64]))
    def press_a_forged_button(self, token: str) -> None:
        before = self._row().state
        self.drain()
        self._do(Event(Kind.PRESS, token))
        assert self._row().state in (before, self._log().source)

    @rule(text=st.sampled_from(TEXTS))
    def type_something(self, text: str) -> None:
        self._do(Event(Kind.TEXT, text))

    @rule(choice=st.integers(0, 30), language=st.sampled_from(LANGUAGES))
    def type_a_label(self, choice: int, language: str) -> None:
        labels = [b.label for b in self.engine.look(self.id, language).screen.each_button()]
        self._do(Event(Kind.TEXT, labels[choice % len(labels)]))

    @rule(name=st.sampled_from([*TABLE.commands, "unheard"]), argument=st.sampled_from(["", "x"]))
    def command(self, name: str, argument: str) -> None:
        self._do(Event(Kind.COMMAND, name, argument))

    @rule(name=st.sampled_from(REFERENCES), file=st.booleans())
    def send(self, name: str, file: bool) -> None:
        kind = Kind.FILE if file else Kind.PHOTO
        before = self._kept_photos()
        self.drain()
        self._do(Event(kind, file={"name": name}))
        full = HeldPhoto.select().count() >= LIMITS.photos.max_pending
        assert self._kept_photos() == before + 1 or full

    @rule(names=st.lists(st.sampled_from(REFERENCES), min_size=2, max_size=8))
    def send_an_album(self, names: list[str]) -> None:
        for name in names:
            self._receive(Event(Kind.PHOTO, file={"name": name}))
        self.drain()

    # the channel

    @rule()
    def show(self) -> None:
        ready = parcel(self.engine, self.id, Telegram.capabilities)
        notices = take_notices(self.engine, self.id, Telegram.capabilities)
        offers = (*ready.rendered.offers, *(o for notice in notices for o in notice.offers))
        self._tokens += [offer.token for offer in offers]
        shown(self.id, ready.revision, ready.rendered.offers, {"id": 1}, self.house.clock())

    @rule()
    def drain(self) -> None:
        self._note_signals()
        self.engine.drain(self.id)

    @precondition(lambda self: self._signals)
    @rule(choice=st.integers(0, 10_000))
    def repeat_a_signal(self, choice: int) -> None:
        """A worker that took over from a dead one may report what is reported."""
        event = list(self._signals.values())[choice % len(self._signals)]
        with transaction():
            self.house.inbox.signal(self.id, event.value, event.argument, f"again {self._key()}")

    # the worker

    @rule(all_of_them=st.booleans())
    def judge(self, all_of_them: bool) -> None:
        due = self.house.verdicts.due(self.house.clock(), 100)
        for photo_id in due if all_of_them else due[:1]:
            self.house.verdicts.judge(photo_id)

    @rule(outcome=st.sampled_from(["success", "success", "failure"]))
    def advance(self, outcome: str) -> None:
        self.house.trainer.order(outcome)
        for run_id in self.house.training.orders.due(self.house.clock(), 100):
            self.house.training.orders.step(run_id)
        for run_id in self.house.training.orders.due(self.house.clock(), 100, transfer=True):
            self.house.training.orders.step(run_id, transfer=True)

    @rule(seconds=st.sampled_from([0.3, 1.5, 5.0, 13.0, 40.0]))
    def wait(self, seconds: float) -> None:
        self.house.clock.forward(seconds)

    @rule(seconds=st.sampled_from([700.0, 90_000.0]))
    def sweep(self, seconds: float) -> None:
        self.house.clock.forward(seconds)
        now = self.house.clock()
        disposal.delete_doomed(self.house.store, now)
        disposal.delete_removed(now - 600, now)
        held.forget(now - 24 * 3600)

    @rule(away=st.booleans())
    def lose_or_find_the_channel(self, away: bool) -> None:
        self.house.away = away

    @rule()
    def try_every_button(self) -> None:
        """Each of them fires; then it is as if none had been pressed."""
        self.drain()
        for button in self._buttons():
            try:
                with transaction():
                    self._press_one(button)
                    raise _Undone
            except _Undone:
                pass

    # what must always hold

    @invariant()
    def it_holds(self) -> None:
        if self.id:
            self.no_event_is_poison()
            self.the_screen_can_be_drawn_in_every_language()
            self.the_limits_hold()
            self.an_avatar_says_what_it_is()
            self.the_person_is_where_their_avatar_is()
            self.no_photo_is_lost()
            self.nothing_is_kept_without_consent()
            self.what_is_valid_is_stored()
            self.revisions_never_go_back()

    def no_event_is_poison(self) -> None:
        tried = InboxEvent.select().where(InboxEvent.attempts > 0)
        assert [event.error for event in tried] == []

    def the_screen_can_be_drawn_in_every_language(self) -> None:
        look, flow = self.engine.look(self.id), self.house.flow
        facts = flow.facts(look.position, LANGUAGES[0])
        channels = (Telegram.capabilities, Console.capabilities)
        for language, can in zip(LANGUAGES, channels, strict=True):
            screen = flow.screens[look.position.state](replace(facts, language=language))
            drawn = render(screen, can, look.token_key, look.position.visit)
            assert drawn.title
            assert drawn.offers

    def the_limits_hold(self) -> None:
        assert Avatar.select().where(Avatar.name != "").count() <= LIMITS.avatars.maximum
        assert Avatar.select().where(Avatar.name == "").count() <= 1
        assert TrainingRun.select().where(TrainingRun.status.in_(HOLDING)).count() <= 1
        for avatar in Avatar.select():
            valid = queries.photos_with(avatar.id, PhotoValidationStatus.VALID).count()
            pending = queries.photos_with(avatar.id, PhotoValidationStatus.PENDING).count()
            assert valid <= LIMITS.training.max_photos
            assert pending <= LIMITS.photos.max_pending

    def an_avatar_says_what_it_is(self) -> None:
        for avatar in Avatar.select():
            valid = queries.photos_with(avatar.id, PhotoValidationStatus.VALID).count()
            if avatar.status is not AvatarStatus.COMPLETED:
                assert avatar.photos_count == valid
            enough = valid >= LIMITS.training.min_photos
            assert enough or avatar.status is not AvatarStatus.READY
            assert not enough or avatar.status not in (AvatarStatus.DRAFT, AvatarStatus.UPLOADING)
            held = TrainingRun.select().where(
                TrainingRun.avatar == avatar.id, TrainingRun.status.in_(HOLDING)
            )
            assert held.exists() == (avatar.status is AvatarStatus.TRAINING)

    def the_person_is_where_their_avatar_is(self) -> None:
        if self._unapplied():
            return
        row, found = self._row(), self._focus()
        assert row.state in TABLE.states
        if row.state in _WITH_AVATAR:
            assert found is not None
        if found is not None and row.state in (*ENDED, "training_in_progress"):
            position = self.engine.look(row.id).position
            assert rules.place_of(self.house.flow.facts(position, "en")) == row.state
        if found is not None and row.state in set(SET) - {"viewing_photo_gallery"}:
            assert found.name
            assert found.status in UNFINISHED

    def no_photo_is_lost(self) -> None:
        """What was pending is judged or still there, unless its avatar or consent is gone."""
        consented = Consent.select().where(Consent.withdrawn_at.is_null()).exists()
        avatars = {avatar.id for avatar in Avatar.select(Avatar.id)}
        there = {photo.id for photo in AvatarPhoto.select(AvatarPhoto.id)}
        if consented:
            lost = {photo_id for photo_id, owner in self._waiting if owner in avatars} - there
            assert not lost
        pending = AvatarPhoto.validation_status == PhotoValidationStatus.PENDING
        self._waiting = {
            (photo.id, photo.avatar_id)
            for photo in AvatarPhoto.select().where(pending, AvatarPhoto.removed_at.is_null())
        }

    def nothing_is_kept_without_consent(self) -> None:
        if not Consent.select().where(Consent.withdrawn_at.is_null()).exists():
            assert not AvatarPhoto.select().exists()

    def what_is_valid_is_stored(self) -> None:
        valid = AvatarPhoto.validation_status == PhotoValidationStatus.VALID
        for found in AvatarPhoto.select().where(valid):
            assert self.house.store.exists(str(found.minio_key))

    def revisions_never_go_back(self) -> None:
        row = self._row()
        assert row.revision >= self._revision
        self._revision = row.revision

    # how

    def _do(self, event: Event) -> None:
        self._receive(event)
        self.drain()

    def _receive(self, event: Event) -> None:
        address = Address("test", "bot", "anna")
        person = Person("Anna", self.language)
        [received] = self.engine.receive(Update(f"key {self._key()}", address, event, person))
        self.id = received.conversation_id

    def _press_one(self, button: Button) -> None:
        state = self._row().state
        note(f"{state}: {button}")
        token = self._token(button)
        self._tokens.append(token)
        self._do(Event(Kind.PRESS, token))
        said = [code for code, _ in self._memory().get("said", ())]
        assert not {"not_now", "stale", "our_fault"} & set(said), (state, button, said)
        assert (self._log().trigger, self._log().source) == (button.trigger, state)

    def _buttons(self) -> list[Button]:
        return list(self.engine.look(self.id).screen.each_button())

    def _token(self, button: Button) -> str:
        look = self.engine.look(self.id)
        return sign(look.token_key, look.position.visit, button)

    def _wants_photos(self) -> bool:
        found = self._focus()
        takes = self._row().state in ("uploading_photos", "insufficient_photos")
        counted = queries.photos_with(found.id, *COUNTING).count() if found else 0
        return (
            takes
            and queries.consented(self._row().user_id)
            and counted < LIMITS.training.min_photos
        )

    def _focus(self) -> Avatar | None:
        return queries.avatar(self._row().user_id, self._memory().get("avatar"))

    def _memory(self) -> Mapping[str, Any]:
        return dict(json.loads(self._row().memory))

    def _row(self) -> Any:
        return Conversation.get_by_id(self.id)

    def _log(self) -> Any:
        return TransitionLog.select().order_by(TransitionLog.id.desc()).get()

    def _unapplied(self) -> bool:
        self._note_signals()
        return bool(InboxEvent.select().where(InboxEvent.handled_at.is_null()).exists())

    def _note_signals(self) -> None:
        fresh = InboxEvent.select().where(
            InboxEvent.kind == "signal", InboxEvent.handled_at.is_null()
        )
        self._signals |= {event.id: decode(event.payload)[0] for event in fresh}

    def _kept_photos(self) -> int:
        return int(AvatarPhoto.select().count() + HeldPhoto.select().count())

    def _key(self) -> int:
        return next(self._keys)

    def _put_away(self) -> None:
        """Once everything has settled and been swept, nothing is stored that no row names."""
        self.house.away = False
        pending = AvatarPhoto.validation_status == PhotoValidationStatus.PENDING
        waiting = AvatarPhoto.select().where(pending, AvatarPhoto.removed_at.is_null())
        for number in range(100):  # photos that there is hardly room for are judged one by one
            if number >= 20 and not waiting.exists():
                break
            self.drain()
            self.judge(all_of_them=True)
            self.advance("success")
            self.house.clock.forward(61)
            disposal.delete_doomed(self.house.store, self.house.clock())
        self.drain()
        self.no_event_is_poison()
        self.the_person_is_where_their_avatar_is()
        assert not TrainingRun.select().where(TrainingRun.status.in_(ACTIVE)).exists()
        assert not waiting.exists()
        disposal.delete_doomed(self.house.store, self.house.clock() + 60)
        named = {found.minio_key for found in AvatarPhoto.select() if found.minio_key}
        assert set(makers.objects(self.house.store)) <= named


class _Undone(Exception):
    """Rolls back what was only tried."""


@pytest.fixture
def silence() -> Iterator[None]:
    """What goes wrong on purpose fills no log."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.mark.sized
@pytest.mark.timeout(sized(600, 1200, 7200))
@pytest.mark.usefixtures("silence")
def test_a_conversation_weathers_any_event_at_any_time(sqlite_template: Path) -> None:
    storm: Any = lambda: Storm(sqlite_template)  # noqa: E731 - any factory does, a class it wants
    run_state_machine_as_test(
        storm,
        settings=profile(
            max_examples=sized(3, 200, 2000),
            stateful_step_count=40,
            deadline=None,
            phases=PHASES,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
