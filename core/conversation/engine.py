"""A turn: one event in, one committed change, one event at a time for each conversation.

An update's way: `receive` commits it, `drain` applies it, `look` draws what has come of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from core.base.db import snapshot, transaction
from core.base.logs import traces
from core.base.logs.log_ids import Ids
from core.base.processes import meters
from core.conversation import inbox, statements
from core.conversation.flow import Flow, Position
from core.conversation.groups import EVENTS, Outcome, Working
from core.conversation.inbox import Inbox, Received
from core.conversation.messages import Kind, Screen, Update
from core.conversation.reading import UNHEARD, Reader
from core.conversation.statements import Head, Locked
from core.conversation.timing.pacing import Pace
from core.conversation.turn import Turn

log = structlog.get_logger()

NO_IDS: Mapping[int, Ids] = {}


@dataclass(frozen=True, slots=True)
class Look:
    """A conversation's screen and the revision it was drawn at, from one snapshot."""

    position: Position
    screen: Screen
    token_key: str
    row: Locked


class Engine:
    """Applies events to conversations by a flow; safe in any number of threads and processes."""

    def __init__(
        self,
        flow: Flow,
        inbox: Inbox,
        pace: Pace | None = None,
        attempts: int = 5,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.flow = flow
        self.inbox = inbox
        self._pace = pace or Pace()
        self._attempts = attempts
        self.clock, self.timer = clock, timer
        self._reader = Reader(flow)

    def receive(self, *updates: Update) -> list[Received]:
        """Commit updates to the inbox, all or none; see `Inbox.receive`."""
        return self.inbox.receive(*updates)

    def drain(self, conversation_id: int, most: int | None = None) -> int:
        """Apply what may be applied now, in order; returns how many events.

        An error in an event rolls everything of it back, is counted, and after `attempts` tries
        quarantines it. Raises INFRASTRUCTURE errors: then nothing more is changed or counted.
        What is logged meanwhile has the conversation, and the event as `turn`.
        """
        applied, waiting = 0, True
        while waiting and (most is None or applied < most):
            outcome = self.work_off([conversation_id], EVENTS if most is None else most - applied)
            for error in outcome.trouble.values():
                raise error
            applied += outcome.events
            waiting = bool(outcome.more)
        return applied

    def work_off(
        self, conversations: Sequence[int], most: int = EVENTS, about: Mapping[int, Ids] = NO_IDS
    ) -> Outcome:
        """Apply up to so many events of conversations in groups, each made durable at once.

        `about` has further ids that the log lines of a conversation are to name.
        """
        working = Working(self, about)
        working.apply(conversations, most)
        return working.outcome

    def look(self, conversation_id: int, language: str | None = None) -> Look:
        """The screen as it stands, drawn from one moment of the database."""
        with snapshot():
            found = statements.read(conversation_id)
            assert found is not None, f"no conversation {conversation_id}"
            state, visit, memory = self._standing(found)
            position = Position(
                conversation_id, found.user_uuid, found.channel, state, visit, found.revision,
                memory, found.language, found.name, found.shown_revision,
            )  # fmt: skip
            return Look(position, self.flow.draw(position, language), found.token_key, found)

    def say(self, conversation_id: int, code: str) -> None:
        """Let the conversation's screen say something that no event of its own brought."""
        with transaction():
            found = statements.lock(conversation_id)
            if found is not None:
                turn = self._load(conversation_id, found)
                turn.say(code)
                turn.memory["said_at"] = turn.revision + 1
                statements.said(conversation_id, turn.memory, turn.now)

    def apply(self, conversation_id: int, found: Locked, head: Head) -> None:
        """Apply one event, in the transaction that holds its conversation."""
        turn = self._load(conversation_id, found)
        turn.event_id = head.id
        turn.event, turn.client = inbox.decode(head.payload)
        with traces.span("turn", ("event", head.id), kind=turn.event.kind) as note:
            self._enter(turn)
            self._apply(turn, found.token_key)
            self._save(turn, found)
            note(state=turn.state, trigger=turn.trigger)

    def _load(self, conversation_id: int, found: Locked) -> Turn:
        turn = Turn(self.clock(), conversation_id, found.user_uuid, found.channel)
        turn.source, turn.revision = found.state, found.revision
        turn.state, turn.visit, turn.memory = self._standing(found)
        turn.seen, turn.shown_buttons = found.shown_revision, found.shown_buttons
        turn.lies_above = found.post_revision > found.shown_revision
        turn.language, turn.language_chosen = found.language, bool(found.language_chosen)
        turn.name, turn.username = found.name, found.username
        return turn

    def _standing(self, found: Locked) -> tuple[str, int, dict[str, Any]]:
        """State, visit and memory of a conversation, at the start if its state is no more."""
        memory = json.loads(found.memory)
        if found.state in self.flow.screens:
            return found.state, found.visit, memory
        memory.pop("asked", None)  # an upgrade has removed the state
        return self.flow.table.initial, found.visit + 1, memory

    def _enter(self, turn: Turn) -> None:
        """What every event brings: the person's own language and names."""
        if turn.state != turn.source:
            log.warning("unknown state", conversation=turn.conversation_id, state=turn.source)
        if not turn.person:
            return
        client = turn.client
        if not turn.language_chosen and client.language:
            turn.language = self.flow.language(client.language)
        turn.name, turn.username = client.name or turn.name, client.username

    def _apply(self, turn: Turn, key: str) -> None:
        if turn.event.kind is Kind.OTHER:  # it answers nothing, and closes nothing either
            turn.memory["said"] = []
            turn.say("unusable")
            turn.changed = True
            turn.revision += 1
            return
        turn.captioned = self._reader.captioned(turn)
        trigger = self._reader.trigger(turn, key)
        turn.changed = turn.state != turn.source
        over = [] if trigger is None else turn.take_said()
        if trigger is not None:
            self._fire(turn, trigger)
        if turn.captioned:
            self._fire_caption(turn, key)
        if over and not turn.changed and not turn.person:  # nothing new is drawn
            turn.memory["said"] = over
        turn.revision += turn.changed
        if turn.spoken:
            turn.memory["said_at"] = turn.revision

    def _fire_caption(self, turn: Turn, key: str) -> None:
        """What stands beside a file acts after it, as if it had been typed."""
        whole = turn.event
        turn.event = replace(whole, kind=Kind.TEXT, value=whole.caption, argument="", file=None)
        trigger = self._reader.trigger(turn, key)
        if trigger is not None:
            self._fire(turn, trigger)
        turn.event = whole

    def _fire(self, turn: Turn, trigger: str) -> None:
        """Take the table's step, and note what the person will see of it."""
        state = turn.state
        if turn.person and turn.pressed is None and trigger not in UNHEARD:
            turn.memory.pop("pressed", None)
        seen = self._step(turn, trigger)
        moved = turn.state != state
        turn.visit += moved or (seen and turn.pressed is not None)
        turn.changed = turn.changed or seen or (turn.person and "said" in turn.memory)
        if turn.asking:
            turn.memory["asked"] = turn.asking
        elif turn.person or moved:
            turn.memory.pop("asked", None)

    def _step(self, turn: Turn, trigger: str) -> bool:
        """Whether a step was taken that isn't quiet; a person is told why none was."""
        if trigger in UNHEARD:
            turn.say(UNHEARD[trigger])
            turn.alert()
            return False
        turn.trigger = trigger
        step = self.flow.fire(turn, trigger)
        if step is None and turn.person:
            turn.say("not_now")
        return step is not None and not step.quiet

    def _save(self, turn: Turn, found: Locked) -> None:
        kind, schedule = turn.event.kind, found.schedule
        if turn.changed:
            tick = turn.trigger in self.flow.table.ticks
            schedule = schedule.after(
                kind,
                turn.now,
                found.revision,
                self._pace,
                alert=turn.alerted,
                tick=tick,
                wait=turn.alert_wait,
            )
        else:
            schedule = schedule.unchanged(kind, turn.now)
        wake = (found.wake_at, found.wake_trigger, found.wake_visit)
        if turn.wake:
            wake = (turn.now + turn.wake[0], turn.wake[1], turn.visit)
        statements.save(turn, found, schedule, wake)

    def failed(self, conversation_id: int, event_id: int, error: Exception) -> None:
        """Count a try of a poison event; after the last one let later events pass, and say so."""
        now = self.clock()
        meters.count("turns", outcome="failed")
        with transaction():
            attempts = statements.tried(event_id, f"{type(error).__name__}: {error}"[:500], now)
            if attempts is None:  # another process has applied it meanwhile
                return
            if attempts < self._attempts:
                statements.postpone(event_id, now + 0.25 * 2**attempts)
                return
            statements.quarantine(event_id, now)
            log.error("event quarantined", conversation=conversation_id, id=event_id)
            self.say(conversation_id, "our_fault")
        meters.count("turns", outcome="quarantined")
