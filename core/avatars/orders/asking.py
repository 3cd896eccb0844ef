"""Asking about an order that somebody has claimed: what to do, by its status, and the news of it.

The I/O is done here, outside of any transaction. Nothing here repeats a submission that may have
arrived: the intent is committed first, it is sent once, and what nobody knows is `LOST`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog

from core.avatars import switches
from core.avatars.orders import order as orders
from core.avatars.orders import submissions
from core.avatars.orders.decisions.news import News, What
from core.avatars.orders.gate import Gate, Offer
from core.avatars.orders.kind import AnyKind, Impossible, Request
from core.avatars.orders.order import UNDER_WAY, Order, Status, handle_of, moved
from core.avatars.platform_port import KEY_REFUSED
from core.avatars.ports import Failure, NotSubmitted, Standing, Uncertain, Unreachable
from core.base.db import blameless, transaction
from core.base.errors import ObjectMissing, StorageUnavailable

log = structlog.get_logger()

CANCEL_SECONDS = 900.0
"""How long a cancellation may take to be confirmed before it is taken for granted."""
LOOK_SECONDS, UNKNOWN_SECONDS = 30.0, 3600.0
"""How long until a lost order is looked for again, at first and at most."""
MANY_SEEN = 100
"""So many results are kept in mind at most, each for a second."""

LOST = Failure("lost", "operator", "the sender of the order died before it was answered")
_OVERDUE = Failure("deadline", "operator", "it did not end in time")
_SIMULATED = Failure("mode_changed", "operator", "it was simulated, and orders are real now")
_REAL = Failure("mode_changed", "operator", "it is real, and orders are simulated now")
_STORAGE = Failure("storage_unavailable", "retry", "our object store can't be used")
_UNKEPT = Failure("not_kept", "operator", "what was made could not be looked at or kept")


class Asker:
    """Asks the provider. `find` looks for a lost order, and is True where it has written that.

    `webhook_url` gives the address at which a submission's webhook is expected; `clock` gives
    seconds since 1970.
    """

    def __init__(
        self,
        kind: AnyKind,
        gate: Gate,
        find: Callable[[Order], bool],
        webhook_url: Callable[[str], str],
        clock: Callable[[], float],
    ) -> None:
        self._kind = kind
        self._provider = kind.provider
        self._gate = gate
        self._find = find
        self._webhook_url = webhook_url
        self._clock = clock
        self._seen: dict[str, Standing] = {}
        self._questions: Mapping[Status, Callable[[Order], News | None]] = {
            Status.READY: self._prepare,
            Status.PREPARING: self._upload,
            Status.SUBMITTING: lambda _order: News(What.LOST, LOST),
            Status.UNCERTAIN: self._look_for,
            Status.QUEUED: self._check,
            Status.RUNNING: self._check,
            Status.SAVING: self._save,
            Status.CANCELLING: self._stop,
        }

    def ask(self, order: Order) -> News | None:
        """Take a step, and get what it has told; None where all that it did is written."""
        if order.test_mode == self._provider.test_mode:
            return self._questions[order.status](order)
        if order.test_mode:
            return News(What.IMPOSSIBLE, _SIMULATED)
        log.error("a real order waits for its key", order=str(order.id))
        return News(What.DELAYED, _REAL)

    def standing(self, sent: submissions.Submission) -> News:
        """Where a submission stands that was given up."""
        try:
            return _news(self._provider.check(handle_of(sent)))
        except Unreachable as away:
            return News(What.AWAY, away.failure)

    # sending

    def _prepare(self, order: Order) -> News | None:
        """Have the material sent, where an order could follow; one that has it is ordered."""
        if not self._kind.present(order):
            return News(What.STOPPED)
        now = self._clock()
        with transaction():
            offer = self._gate.offer(order, now)
            if isinstance(offer, Offer) and offer.profile != order.profile:
                if not moved(order, profile=offer.profile):
                    return None
                order.profile = offer.profile
        if isinstance(offer, Failure):
            return News(What.HELD, offer)
        if self._kind.prepared(order, order.profile):
            return self._submit(order)
        with transaction():
            if moved(order, status=Status.PREPARING, next_check_at=0):
                order.status = Status.PREPARING
        return None

    def _upload(self, order: Order) -> News | None:
        """Send the material, unless that has been done, and order."""
        if not self._kind.present(order):
            return News(What.STOPPED)
        if not self._kind.prepared(order, order.profile):
            try:
                columns = self._kind.upload(order, lambda: orders.keep(order, self._clock()))
            except Unreachable as away:
                return News(What.HELD, away.failure)
            except StorageUnavailable:
                return News(What.HELD, _STORAGE)
            except Impossible as never:
                return News(What.IMPOSSIBLE, never.failure)
            with transaction():
                if not moved(order, **columns):
                    return None
            for name, value in columns.items():
                setattr(order, name, value)
        return self._submit(order)

    def _submit(self, order: Order) -> News | None:
        """Commit the intent, and send it once."""
        try:
            intended = self._intend(order)
        except Impossible as never:
            return News(What.IMPOSSIBLE, never.failure)
        if not isinstance(intended, tuple):
            return None if intended is None else News(What.HELD, intended)
        request, submission = intended
        try:
            handle = request.send(self._webhook_url(str(submission.id)))
        except NotSubmitted as refused:
            self._obey(order, refused.failure)
            return News(What.REFUSED, refused.failure)
        except Uncertain as unknown:
            return News(What.LOST, unknown.failure)
        switches.switch_off(switches.STOPPED)
        switches.switch_off(f"{switches.GONE}{order.profile}")
        return News(What.TAKEN, handle=handle)

    def _intend(self, order: Order) -> tuple[Request, submissions.Submission] | Failure | None:
        """Commit what is about to be ordered; why it has to wait, or None where it is not now."""
        now = self._clock()
        with transaction():
            offer = self._gate.offer(order, now, sending=True)
            if isinstance(offer, Failure):
                return offer
            request = self._kind.request(order, offer.profile)
            if request is None:
                return None
            if not self._kind.fits(order, offer.profile):  # it is sent once more
                again = {"status": Status.READY, "profile": offer.profile, "data_url": ""}
                moved(order, **again, next_check_at=0)
                return None
            intent: dict[str, object] = {
                "status": Status.SUBMITTING,
                "profile": offer.profile,
                "endpoint": self._provider.endpoint(offer.profile),
                "arguments": dict(request.arguments),
                "submission": order.submission + 1,
                "intent_at": now,
                "next_check_at": now + 2 * orders.CLAIM_SECONDS,
            }
            if not moved(order, **intent):
                return None
            for name, value in intent.items():
                setattr(order, name, value)
            self._kind.intended(order)
            return request, submissions.begin(self._kind.name, order, offer.price_usd, now)

    def _obey(self, order: Order, failure: Failure) -> None:
        """Stop what would be refused as well."""
        now = self._clock()
        for flagged, name in (
            (failure.endpoint_gone, f"{switches.GONE}{order.profile}"),
            (failure.stop_submitting, switches.STOPPED),
        ):
            if flagged:
                switches.switch_on(name, failure.error_type, now, "submission")

    def fall_back(self, order: Order) -> None:
        """Have one whose profile takes no more orders sent to another at once."""
        now = self._clock()
        with transaction():
            if isinstance(self._gate.offer(order, now), Offer):
                moved(order, Status.READY, next_check_at=0)

    # asking after it

    def _check(self, order: Order) -> News:
        try:
            standing = self._provider.check(handle_of(order))
            if standing.status in UNDER_WAY and self._overdue(order):
                if self._provider.cancel(handle_of(order)) == "completed":
                    standing = self._provider.check(handle_of(order))
                if standing.status in UNDER_WAY:
                    return News(What.GIVEN_UP, _OVERDUE)
        except Unreachable as away:
            return News(What.AWAY, away.failure)
        self._expect(order, standing)
        return _news(standing, "poll")

    def _stop(self, order: Order) -> News | None:
        """Have it ended by its provider, and end it once that says so.

        Without a submission it is over at once; one that may have arrived is waited for.
        """
        if order.saving_at is not None:
            return self._save(order)
        if order.request_id is None:
            return News(What.STOPPED) if order.intent_at is None else self._look_for(order)
        try:
            standing = self._provider.check(handle_of(order))
            if standing.status not in UNDER_WAY:
                return _news(standing, "us")
            unknown = self._provider.cancel(handle_of(order)) == "unknown"
        except Unreachable as away:
            return News(What.AWAY, away.failure)
        overdue = self._overdue(order)
        ended = unknown or overdue
        return News(What.STOPPED, charged=overdue and not unknown) if ended else News(What.STOPPING)

    def _look_for(self, order: Order) -> News | None:
        """Look for a lost order at the provider: soon at first, and as long as it takes."""
        wait = min(UNKNOWN_SECONDS, LOOK_SECONDS * 2.0 ** min(order.failures, 10))
        try:
            if self._find(order):
                return None
        except Unreachable as away:
            if away.failure.error_class == "operator":
                wait = UNKNOWN_SECONDS
        return News(What.NOT_FOUND, seconds=wait)

    # fetching it

    def _expect(self, order: Order, standing: Standing) -> None:
        """Keep a result that was just seen for the next step, which asks for it no more."""
        if self._kind.leaves(standing):
            if len(self._seen) >= MANY_SEEN:  # somebody else has saved them
                self._seen.clear()
            self._seen[str(order.id)] = standing

    def _save(self, order: Order) -> News:
        """Copy a result into our store; one that nobody wants is only booked."""
        standing = self._seen.pop(str(order.id), None)
        if not self._kind.wanted(order):
            return News(What.KEPT)
        try:
            standing = standing or self._fresh(order)
            kept = self._kind.keep(order, standing, lambda: orders.keep(order, self._clock()))
        except Unreachable as away:
            return News(What.AWAY, away.failure)
        except (StorageUnavailable, ObjectMissing, OSError):
            return News(What.HELD, _STORAGE)
        except Exception as error:
            if blameless(error):
                raise
            log.exception("a result could not be kept", order=str(order.id))
            return News(What.HELD, _UNKEPT)
        if isinstance(kept, Failure):
            return News(What.DELAYED, kept)
        return News(What.KEPT, standing=standing, kept=kept)

    def _fresh(self, order: Order) -> Standing:
        """A fresh result of what was made; a key that is refused says nothing of that."""
        try:
            return self._provider.check(handle_of(order))
        except Unreachable as away:
            if away.failure.stop_submitting:
                raise Unreachable(replace(away.failure, error_type=KEY_REFUSED)) from away
            raise

    def _overdue(self, order: Order) -> bool:
        return order.deadline_at is not None and self._clock() >= order.deadline_at


def _news(standing: Standing, by: str = "") -> News:
    if standing.status == "failed":
        return News(What.FAILED, standing.failure or Failure("unknown", "retry", ""), by=by)
    what = What.MADE if standing.status == "completed" else What.GOES_ON
    return News(what, standing=standing, by=by)
