"""Admin actions: named, restricted to admins, and audited.

Used by the dashboard and the command line. The audit's row is written in the action's transaction,
and only if the action changed something. What touches money or a person has a `reason`, which
stands in it.

Longer than 300 lines because whatever an admin may do stands in one place.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Protocol, Self

from core.avatars import restrictions, support, switches
from core.avatars.disposal import place_of
from core.avatars.models import Avatar, TrainingRun
from core.avatars.models.pictures import PictureRun
from core.avatars.pictures.pictures import Pictures
from core.avatars.ports import Unreachable
from core.avatars.privacy import erasure_worker, remote
from core.base.db import run, storable, transaction
from core.base.errors import LikenessError, StorageUnavailable, TrainingRefused
from core.base.settings import Settings
from core.conversation import inbox as inboxes
from core.conversation.models import User
from core.conversation.statements import lock_person
from core.conversation.turn import post_notice
from core.operation import auth
from core.operation.auth import Visitor
from core.operation.metrics.scope import own_id

LONGEST_MESSAGE = 2000


class Forbidden(LikenessError):
    """A viewer can't act."""


class Outcome(NamedTuple):
    """What came of an action: whether anything changed, its row of the audit, what it made."""

    changed: bool
    audit: int | None
    made: str = ""


class Resolver(Protocol):
    """What is needed of `core.avatars.orders.lost.resolver.Resolver`."""

    def sent(self, run_id: str, request_id: str, note: Callable[[], object]) -> bool: ...

    def not_sent(self, run_id: str, note: Callable[[], object]) -> bool: ...


class Orders(Protocol):
    """What is needed of `core.avatars.orders.machine.Machine`."""

    @property
    def resolver(self) -> Resolver: ...


class Training(Protocol):
    """What is needed of `core.avatars.training.training.Training`."""

    def start(
        self, avatar_id: uuid.UUID, user_id: uuid.UUID, conversation_id: int | None
    ) -> uuid.UUID: ...

    def cancel(self, run_id: uuid.UUID) -> bool: ...

    @property
    def orders(self) -> Orders: ...


class App(Protocol):
    """What is needed of `core.app.bootstrap.App`."""

    @property
    def settings(self) -> Settings: ...

    @property
    def training(self) -> Training: ...

    @property
    def pictures(self) -> Pictures: ...

    @property
    def inbox(self) -> inboxes.Inbox: ...

    def thumbnail(self, key: str, side: int = 320) -> bytes | None: ...


class AdminActions:
    """The actions of one visitor; every method raises Forbidden for a viewer."""

    def __init__(self, app: App, visitor: Visitor, clock: Callable[[], float] = time.time) -> None:
        self._app = app
        self._visitor = visitor
        self._clock = clock

    def cancel_run(self, run_id: str, reason: str = "") -> Outcome:
        """Cancel a run, of a training or of pictures, in any status."""
        with self._audited("cancel", run_id, reason) as entry:
            found = _painted(run_id) or _run(run_id)
            lock_person(found.conversation_id, found.user_id)
            entry.changed = self._kind_of(run_id).cancel(found.id)
        return entry.outcome()

    def retry_run(self, run_id: str, reason: str = "") -> Outcome:
        """Start another training for the avatar of a failed or cancelled run: that is `made`.

        Raises TrainingRefused if its person could not start it either.
        """
        with self._audited("retry", run_id, reason) as entry:
            found = _run(run_id)
            if found.avatar_id is None or found.user_id is None:
                raise TrainingRefused("gone")
            lock_person(found.conversation_id, found.user_id)
            started = self._app.training.start(
                found.avatar_id, found.user_id, found.conversation_id
            )
        return entry.outcome(str(started))

    def sent(self, run_id: str, request_id: str, reason: str = "") -> Outcome:
        """Resolve an uncertain order as sent under this request id, which fal must confirm."""
        request_id = storable(request_id).strip()
        entry = self._audited("sent", run_id, f"{request_id} {reason}".strip())
        resolver = self._kind_of(run_id).orders.resolver
        _settled(lambda: resolver.sent(run_id, request_id, entry.write))
        return entry.outcome()

    def not_sent(self, run_id: str, reason: str = "") -> Outcome:
        """Resolve an uncertain order as never sent: it is ordered again."""
        entry = self._audited("not sent", run_id, reason)
        resolver = self._kind_of(run_id).orders.resolver
        _settled(lambda: resolver.not_sent(run_id, entry.write))
        return entry.outcome()

    def pause(self) -> Outcome:
        """Submit no new training until `resume`."""
        with self._audited("pause", switches.PAUSED) as entry:
            name = self._visitor.name
            entry.changed = switches.switch_on(switches.PAUSED, "", self._clock(), name)
        return entry.outcome()

    def resume(self, name: str = switches.PAUSED) -> Outcome:
        """Take one run-time switch away; nothing changes where it was not on."""
        with self._audited("resume", name) as entry:
            entry.changed = switches.switch_off(name)
        return entry.outcome()

    def replay(self, event_id: int) -> Outcome:
        """Give an event that was set aside another try; nothing changes where it is gone."""
        with self._audited("replay", str(event_id)) as entry:
            entry.changed = inboxes.replay(event_id)
        return entry.outcome()

    def erase(self, user_id: str, reason: str = "") -> Outcome:
        """Erase all that belongs to a person, as they could themselves; the worker does it.

        The conversation that will do it is `made`.
        """
        with self._audited("erase", user_id, reason) as entry:
            found = erasure_worker.order(self._app.inbox, uuid.UUID(user_id), self._clock())
            if found is None:
                raise LikenessError("There is no such person any more.")
            entry.changed = found.new
        return entry.outcome(str(found.conversation_id))

    def block(self, user_id: str, reason: str = "") -> Outcome:
        """Serve a person no more: no new training, no new photos; those that run go on."""
        with self._audited("block", user_id, reason) as entry:
            entry.changed = restrictions.block(_held(user_id), self._clock(), self._visitor.name)
        return entry.outcome()

    def unblock(self, user_id: str, reason: str = "") -> Outcome:
        """Serve a person again."""
        with self._audited("unblock", user_id, reason) as entry:
            entry.changed = restrictions.unblock(_held(user_id))
        return entry.outcome()

    def grant(self, user_id: str, reason: str = "") -> Outcome:
        """Grant a person one more training within a day."""
        with self._audited("grant", user_id, reason) as entry:
            restrictions.grant(_held(user_id), self._clock(), self._visitor.name)
        return entry.outcome()

    def write(self, user_id: str, text: str) -> Outcome:
        """Send a person a message through the channel they used last."""
        text = storable(text.strip())[:LONGEST_MESSAGE]
        if not text:
            return Outcome(False, None)
        with self._audited("write", user_id, f"{len(text)} letters") as entry:
            notice(
                _conversation(user_id), "operator_message", {"text": text},
                f"operator:{uuid.uuid4().hex}", self._clock(),
            )  # fmt: skip
        return entry.outcome()

    def answer(self, message_id: int, text: str) -> Outcome:
        """Answer a message to support, once, through the channel that its person used last."""
        text = storable(text.strip())[:LONGEST_MESSAGE]
        if not text:
            return Outcome(False, None)
        with self._audited("answer", str(message_id), f"{len(text)} letters") as entry:
            found = support.answered(message_id, text, self._visitor.name, self._clock())
            if found is None:
                raise LikenessError("There is no such message, or it is answered already.")
            operator = self._app.settings.operator.name
            notice(
                _conversation(str(found.user_id)), "support_answer",
                {"text": text, "operator": operator}, f"answer:{message_id}", self._clock(),
            )  # fmt: skip
        return entry.outcome()

    def photo(self, avatar_id: str, key: str) -> bytes | None:
        """A thumbnail of an avatar's photo, None if it isn't available. Viewing it is audited."""
        with self._audited("look", avatar_id, "photo") as entry:
            owner = Avatar.get_or_none(Avatar.id == uuid.UUID(avatar_id))
            prefix = place_of(owner) if owner else ""
            entry.changed = bool(prefix) and key.startswith(prefix)
        with suppress(StorageUnavailable):
            return self._app.thumbnail(key) if entry.changed else None
        return None

    def deleted_there(self, copy_id: int) -> Outcome:
        """Record that a copy at fal was deleted by hand."""
        with self._audited("deleted at fal", str(copy_id)) as entry:
            if not remote.deleted_by_hand(copy_id):
                raise LikenessError("That is not waited for any more.")
        return entry.outcome()

    def end_session(self, session: str) -> Outcome:
        """End somebody's session of the dashboard, by the name that `auth.sessions` gives it."""
        with self._audited("end session", "") as entry:
            who = auth.end(session)
            entry.changed, entry.subject = who is not None, who or ""
        return entry.outcome()

    def silence(self, rule: str, hours: float) -> Outcome:
        """Silence a rule's alerts for this many hours; 0 ends the silence."""
        until = self._clock() + hours * 3600
        with self._audited("silence", rule, f"{hours:g} h") as entry:
            still = run("SELECT count(*) FROM silences WHERE rule = ? AND until > ?",
                        rule[:32], self._clock()).fetchone()  # fmt: skip
            entry.changed = hours > 0 or bool(still[0])
            run(
                "INSERT INTO silences (rule, until, who) VALUES (?, ?, ?) ON CONFLICT (rule) "
                "DO UPDATE SET until = excluded.until, who = excluded.who",
                *(rule[:32], until, self._visitor.name),
            )
        return entry.outcome()

    def _kind_of(self, run_id: str) -> Training | Pictures:
        """Who looks after an order."""
        return self._app.pictures if _painted(run_id) else self._app.training

    def _audited(self, action: str, subject: str, detail: str = "") -> _Audited:
        if not self._visitor.may_act:
            raise Forbidden(f"{self._visitor.name} may look, not act")
        return _Audited(self._visitor.name, action, subject, detail, self._clock())


class _Audited:
    """A transaction that writes its audit row, unless nothing `changed`."""

    changed = True

    def __init__(self, who: str, action: str, subject: str, detail: str, at: float) -> None:
        self.subject = subject
        self._at, self._who, self._action = at, who, action
        self._detail = storable(detail).strip()
        self._id: int | None = None
        self._inner = transaction()

    def write(self) -> None:
        """Write the row in the caller's transaction."""
        self._id = run(
            "INSERT INTO audit (at, who, action, subject, detail) VALUES (?, ?, ?, ?, ?) "
            "RETURNING id",
            *(self._at, self._who[:64], self._action[:32]),
            *(self.subject[:128], self._detail[:300]),
        ).fetchone()[0]

    def outcome(self, made: str = "") -> Outcome:
        """What came of it, once the transaction is over."""
        return Outcome(self._id is not None, self._id, made)

    def __enter__(self) -> Self:
        self._inner.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            if error[0] is None and self.changed:
                self.write()
        except BaseException as failed:
            self._inner.__exit__(type(failed), failed, failed.__traceback__)
            raise
        self._inner.__exit__(*error)


def note(who: str, action: str, subject: str = "", detail: str = "") -> None:
    """Write something into the audit that changes nothing else: a log-in, say."""
    with _Audited(who, action, subject, detail, time.time()):
        pass


def notice(
    conversation_id: int, name: str, parameters: dict[str, object], key: str, now: float
) -> None:
    """Have a notice posted to a conversation, once a `key`; in the caller's transaction."""
    post_notice(conversation_id, key[:128], name, parameters, now)


def _settled(settle: Callable[[], bool]) -> None:
    """Answer the question about a lost order; what is in the way of it is a LikenessError."""
    try:
        if settle():
            return
    except ValueError as error:
        raise LikenessError(str(error)) from error
    except Unreachable as away:
        raise LikenessError(
            f"fal.ai can't be asked now ({away.failure.error_type}), so that nothing has changed. "
            "Try again later."
        ) from away
    raise LikenessError("Nobody asks that of this run any more.")


def _run(run_id: str) -> TrainingRun:
    if found := TrainingRun.get_or_none(TrainingRun.id == uuid.UUID(run_id)):
        return found
    raise LikenessError("There is no such run any more.")


def _painted(run_id: str) -> PictureRun | None:
    """An order of pictures, where an identifier is that of one."""
    known = own_id(run_id)
    return PictureRun.get_or_none(PictureRun.id == known) if known else None


def _held(user_id: str) -> uuid.UUID:
    """A person, held until the transaction ends, so that no turn of theirs comes between."""
    found = uuid.UUID(user_id)
    lock_person(None, found)
    person = User.get_or_none(User.id == found)
    if person is None:
        raise LikenessError("There is no such person any more.")
    return uuid.UUID(str(person.joined_id or person.id))


def _conversation(user_id: str) -> int:
    """The conversation that a person was last active in."""
    row = run(
        "SELECT id FROM conversations WHERE user_id = ? ORDER BY active_at DESC LIMIT 1",
        uuid.UUID(user_id).hex,
    ).fetchone()
    if row is None:
        raise LikenessError("There is no such person any more.")
    return int(row[0])
