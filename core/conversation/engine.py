"""A turn: one event in, one committed change, one event at a time for each conversation.

An update's way: `receive` commits it, `drain` applies it, `look` draws what has come of it.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass

import peewee
import structlog

from core.conversation import inbox, statements
from core.conversation.flow import Flow, Position
from core.conversation.inbox import Inbox, Received
from core.conversation.messages import Kind, Screen, Update
from core.conversation.pacing import Pace
from core.conversation.rendering import Offer, Press, digest, read_reply, seal, unseal
from core.conversation.statements import Locked
from core.conversation.turn import Turn
from core.db import snapshot, transaction

log = structlog.get_logger()

INFRASTRUCTURE = (peewee.OperationalError, peewee.InterfaceError)
"""What is nobody's poison: a locked or unreachable database, a full disk."""

STALE = ""
"""Stands for the trigger of a button whose moment has passed."""


@dataclass(frozen=True, slots=True)
class Look:
    """A conversation's screen and the revision it was drawn at, from one snapshot."""

    position: Position
    screen: Screen
    token_key: str


class Engine:
    """Applies events to conversations by a flow; safe in any number of threads and processes."""

    def __init__(
        self,
        flow: Flow,
        inbox: Inbox,
        pace: Pace | None = None,
        attempts: int = 5,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.flow = flow
        self.inbox = inbox
        self._pace = pace or Pace()
        self._attempts = attempts
        self._clock = clock

    def receive(self, update: Update) -> Received:
        """Commit an update to the inbox; see `Inbox.receive`."""
        return self.inbox.receive(update)

    def drain(self, conversation_id: int) -> int:
        """Apply all that may be applied now, in order; returns how many events."""
        applied = 0
        while self.turn(conversation_id):
            applied += 1
        return applied

    def turn(self, conversation_id: int) -> bool:
        """Apply the conversation's next event; False where there is none to apply now.

        An error in it rolls everything back, is counted, and after `attempts` tries quarantines
        the event. Raises INFRASTRUCTURE errors: then nothing has changed and nothing is counted.
        """
        started: list[int] = []
        try:
            with transaction():
                return self._turn(conversation_id, started)
        except Exception as error:
            if not started or blameless(error):
                raise
            log.exception("event failed", conversation=conversation_id, id=started[0])
            self._failed(conversation_id, started[0], error)
            return True

    def look(self, conversation_id: int, language: str | None = None) -> Look:
        """The screen as it stands, drawn from one moment of the database."""
        with snapshot():
            found = statements.read(conversation_id)
            assert found is not None, f"no conversation {conversation_id}"
            position = self._load(conversation_id, found).position
            return Look(position, self.flow.draw(position, language), found.token_key)

    def say(self, conversation_id: int, code: str) -> None:
        """Let the conversation's screen say something that no event of its own brought."""
        with transaction():
            found = statements.lock(conversation_id)
            if found is not None:
                turn = self._load(conversation_id, found)
                turn.say(code)
                statements.said(conversation_id, turn.memory, turn.now)

    def _turn(self, conversation_id: int, started: list[int]) -> bool:
        found = statements.lock(conversation_id)
        head = statements.head(conversation_id)
        if found is None or head is None or head.retry_at > self._clock():
            return False
        started.append(head.id)
        turn = self._load(conversation_id, found)
        turn.event_id = head.id
        turn.event, turn.client = inbox.decode(head.payload)
        self._enter(turn)
        self._apply(turn, found.token_key)
        self._save(turn, found)
        return True

    def _load(self, conversation_id: int, found: Locked) -> Turn:
        turn = Turn(self._clock(), conversation_id, found.user_uuid, found.channel)
        turn.state = turn.source = found.state
        turn.visit, turn.revision = found.visit, found.revision
        turn.memory = json.loads(found.memory)
        turn.language, turn.language_chosen = found.language, bool(found.language_chosen)
        turn.name, turn.username = found.name, found.username
        if turn.state not in self.flow.screens:  # an upgrade has removed it
            turn.state, turn.visit = self.flow.table.initial, turn.visit + 1
            turn.memory.pop("asked", None)
        return turn

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

    def _trigger(self, turn: Turn, key: str) -> str | None:
        """The trigger that an event means; None where it shall pass without a word."""
        event = turn.event
        turn.argument = event.argument
        if event.kind is Kind.PRESS:
            return self._press(turn, key, event.value)
        if event.kind in (Kind.PHOTO, Kind.FILE):
            return self.flow.table.files
        if event.kind is Kind.SIGNAL:
            return event.value if event.visit in (None, turn.visit) else None
        command = self._command(turn)
        if command is not None:
            return command
        turn.argument = event.value
        if event.kind is Kind.COMMAND:
            return self.flow.table.typed[-1]
        reply = self._reply(turn, key)
        return self.flow.typed(turn.state) if reply is None else self._press(turn, key, reply)

    def _command(self, turn: Turn) -> str | None:
        event = turn.event
        if event.kind is Kind.TEXT and event.value.startswith("/"):
            name, _, turn.argument = event.value[1:].partition(" ")
            return self.flow.table.commands.get(name.lower())
        command = event.value.lower() if event.kind is Kind.COMMAND else ""
        return self.flow.table.commands.get(command)

    def _reply(self, turn: Turn, key: str) -> str | None:
        """The token of the button that a text means: as last shown, as it reads elsewhere, or one
        that is nowhere to be seen.
        """
        text, numbers = turn.event.value, not self.flow.takes_text(turn.state)
        shown = json.loads(statements.shown_buttons(turn.conversation_id))
        offer = read_reply(text, [Offer(*offer) for offer in shown], numbers)
        if offer is not None:
            return offer.token
        for language in self.flow.languages:
            buttons = list(self.flow.draw(turn.position, language).each_button())
            button = read_reply(text, buttons, numbers=False)
            if button is not None:
                return seal(key, turn.visit, button)
        unseen = read_reply(text, self.flow.unseen, numbers=False)
        return None if unseen is None else seal(key, turn.visit, unseen)

    def _press(self, turn: Turn, key: str, token: str) -> str | None:
        """The trigger of a button; of an old one STALE, but a double press passes in silence."""
        press = unseal(key, token)
        stale = press is None or press.visit not in (None, turn.visit)
        if press is None or stale or not self._still_offered(turn, press):
            return None if turn.memory.get("pressed") == token else STALE
        turn.argument = press.argument
        turn.pressed = turn.memory["pressed"] = token
        return press.trigger

    def _still_offered(self, turn: Turn, press: Press) -> bool:
        """Whether what a paying or destroying button confirms is still so."""
        if not press.confirms:
            return True
        buttons = self.flow.draw(turn.position).each_button()
        offered = {(b.trigger, digest(b.confirms)) for b in buttons if b.confirms}
        return (press.trigger, press.confirms) in offered

    def _apply(self, turn: Turn, key: str) -> None:
        trigger = self._trigger(turn, key)
        turn.changed = turn.state != turn.source
        if trigger is not None:
            self._fire(turn, trigger)
        turn.revision += turn.changed

    def _fire(self, turn: Turn, trigger: str) -> None:
        """Take the table's step, and note what the person will see of it."""
        state = turn.state
        if turn.person:
            turn.memory.pop("said", None)
        if turn.person and turn.pressed is None and trigger != STALE:
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
        if trigger == STALE:
            turn.say("stale")
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
                kind, turn.now, found.revision, self._pace, alert=turn.alerted, tick=tick
            )
        else:
            schedule = schedule.unchanged(kind, turn.now)
        wake = (found.wake_at, found.wake_trigger, found.wake_visit)
        if turn.wake:
            wake = (turn.now + turn.wake[0], turn.wake[1], turn.visit)
        statements.save(turn, found, schedule, wake)

    def _failed(self, conversation_id: int, event_id: int, error: Exception) -> None:
        """Count a try of a poison event; after the last one let later events pass, and say so."""
        now = self._clock()
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


def blameless(error: Exception) -> bool:
    """Whether trying again later may help; a statement that SQLite can't run is our own mistake."""
    if not isinstance(error, INFRASTRUCTURE):
        return False
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    return code not in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH)
