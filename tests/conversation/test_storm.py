"""Any event at any time: a conversation is stormed, and what must always hold is checked."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from core.base import db as core_db
from core.conversation.messages import Event, Kind, Person
from core.conversation.models import InboxEvent
from core.conversation.timing import timers
from core.conversation.tokens import verify
from tests.conversation.chat import Chat, Clock
from tests.feedback import TABLE, feedback_engine
from tests.sizes import sized

typed = st.one_of(
    st.sampled_from(["1", "5", "9", "send", "назад", "Yes", "нет", "/start", "/nothing", "", "  "]),
    st.text(max_size=20),
)


class Storm(RuleBasedStateMachine):
    """Two people in one form; the second one is there to lend tokens that aren't the first's."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="storm-")
        shutil.copyfile(self.template, f"{self.folder.name}/storm.db")
        self.database = core_db.connect(f"sqlite:///{self.folder.name}/storm.db", "normal")
        self.clock = Clock()
        self.engine = feedback_engine(clock=self.clock)
        self.anna, self.boris = Chat(self.engine, "anna"), Chat(self.engine, "boris")
        self.seen: list[str] = []
        self.before = (0, 0)

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    @initialize()
    def both_begin(self) -> None:
        self.anna.command("start")
        self.boris.command("start")

    @rule(text=typed)
    def say(self, text: str) -> None:
        self.anna.say(text)

    @rule(name=st.sampled_from(["start", "cancel", "START", "nonsense", ""]))
    def command(self, name: str) -> None:
        self.anna.command(name, "argument")

    @rule(which=st.integers(0, 9))
    def press(self, which: int) -> None:
        offers = self.anna.rendered.offers
        self._press(offers[which % len(offers)].token)

    @rule(which=st.integers(0, 9), times=st.integers(2, 3))
    def press_twice(self, which: int, times: int) -> None:
        offers = self.anna.rendered.offers
        for _ in range(times):
            self._press(offers[which % len(offers)].token)

    @rule(which=st.integers(0, 99))
    def press_something_old(self, which: int) -> None:
        if self.seen:
            self.anna.press_token(self.seen[which % len(self.seen)])

    @rule()
    def press_somebody_elses(self) -> None:
        before = self.anna.state
        self.anna.press_token(self.boris.rendered.offers[0].token)
        assert self.anna.state == before

    @rule(token=st.text(max_size=30))
    def press_nonsense(self, token: str) -> None:
        before = self.anna.state
        self.anna.press_token(token)
        assert self.anna.state == before

    @rule(count=st.integers(1, 4))
    def send_photos(self, count: int) -> None:
        for number in range(count):
            self.anna.receive(Event(Kind.PHOTO, file={"key": f"photo {number}"}))
        self.engine.drain(self.anna.id)

    @rule(trigger=st.sampled_from(["reminded", "read", "answered", "unheard of"]))
    def signal(self, trigger: str) -> None:
        before = self.anna.row
        self.anna.signal(trigger, "42")
        assert (self.anna.row.visit, self.anna.state) == (before.visit, before.state)

    @rule(seconds=st.sampled_from([0.5, 5, 61]))
    def wait(self, seconds: float) -> None:
        self.clock.forward(seconds)
        for conversation_id in timers.fire(self.engine.inbox, self.clock.now):
            self.engine.drain(conversation_id)

    @rule()
    def show(self) -> None:
        ready = self.anna.show()
        self.seen.extend(offer.token for offer in ready.rendered.offers)
        assert self.anna.row.shown_revision == ready.revision

    @rule()
    def restart(self) -> None:
        self.database.close()
        self.engine = feedback_engine(clock=self.clock)
        self.anna.engine = self.boris.engine = self.engine

    @rule(language=st.sampled_from(["en", "ru", "ru-RU", "de", ""]))
    def change_language(self, language: str) -> None:
        self.anna.person = Person("anna", language)

    def _press(self, token: str) -> None:
        self.seen.append(token)
        self.anna.press_token(token)

    @invariant()
    def the_state_is_one_of_the_table(self) -> None:
        assert self.anna.state in TABLE.states

    @invariant()
    def nothing_is_left_unhandled_and_nothing_has_failed(self) -> None:
        assert InboxEvent.select().where(InboxEvent.handled_at.is_null()).count() == 0
        assert InboxEvent.select().where(InboxEvent.attempts > 0).count() == 0

    @invariant()
    def visit_and_revision_only_rise_and_nothing_is_shown_before_it_is(self) -> None:
        row = self.anna.row
        assert (row.visit, row.revision) >= self.before
        assert self.before[1] <= row.revision
        assert row.shown_revision <= row.revision
        assert row.post_revision <= row.revision
        assert row.due_at <= max(row.differs_since + 3, row.shown_at + 3)
        self.before = (row.visit, row.revision)

    @invariant()
    def every_button_of_the_screen_can_fire(self) -> None:
        row, look = self.anna.row, self.engine.look(self.anna.id)
        for offer in self.anna.rendered.offers:
            press = verify(look.token_key, offer.token)
            assert press is not None
            assert press.visit == row.visit
            assert any(
                (step.trigger, step.source) == (press.trigger, row.state)
                for step in self.engine.flow.steps
            )

    @invariant()
    def the_log_tells_the_whole_way(self) -> None:
        log = self.anna.log
        handled = InboxEvent.select().where(InboxEvent.conversation == self.anna.id)
        assert len(log) == handled.count()
        state, visit, revision = TABLE.initial, 0, 0
        for entry in log:
            assert entry.source == state
            assert entry.visit >= visit
            assert entry.revision in (revision, revision + 1)
            state, visit, revision = entry.dest, entry.visit, entry.revision
        assert (state, revision) == (self.anna.state, self.anna.row.revision)

    @invariant()
    def the_other_person_notices_nothing(self) -> None:
        assert (self.boris.state, len(self.boris.log)) == ("asking_rating", 1)


@pytest.mark.timeout(300)
@pytest.mark.sized
def test_a_conversation_survives_any_event_at_any_time(
    sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Storm, "template", sqlite_template, raising=False)
    checks: Any = list(HealthCheck)
    run_state_machine_as_test(
        Storm,
        settings=settings(
            max_examples=sized(15, 40, 400),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=checks,
        ),
    )
