"""Photos in numbers: which were refused, why, and how often a person knew better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from peewee import Case, fn

from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.avatars.photos.inspection.verdict import MISTAKABLE
from core.base.db import is_sqlite
from core.operation.metrics.scope import (
    Bucket,
    Scope,
    collected,
    moment,
    numbers,
    one,
    rows,
    seconds_of,
    side_by_side,
)

if TYPE_CHECKING:
    import numpy as np

_REFUSED = (AvatarPhoto.validation_status == PhotoValidationStatus.INVALID) & (
    AvatarPhoto.reason.in_(sorted(MISTAKABLE))
)


@dataclass(frozen=True, slots=True)
class Overruled:
    """How often a person knew better: photos that were refused for what may be our mistake."""

    refused: int
    """All of them, the overruled ones included."""
    overruled: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where nothing was refused."""
        return self.overruled / self.refused if self.refused else None


def overruled(scope: Scope) -> Overruled:
    """Of the photos that came in the period and are still kept."""
    came = (AvatarPhoto.created_at >= moment(scope.start)) & (
        AvatarPhoto.created_at < moment(scope.end)
    )
    known_better = AvatarPhoto.photo_metadata["overruled"].as_text().in_(sorted(MISTAKABLE))
    query = AvatarPhoto.select(
        fn.COUNT(AvatarPhoto.id), fn.COALESCE(fn.SUM(Case(None, ((known_better, 1),), 0)), 0)
    ).where(_REFUSED | known_better, came)
    refused, kept = query.scalar(as_tuple=True)
    return Overruled(int(refused), int(kept))


class Refused(NamedTuple):
    """How many photos were refused for a reason, of how many people."""

    reason: str
    photos: int
    people: int


def refusals(scope: Scope, channel: str = "", language: str = "") -> list[Refused]:
    """The photos that came in the period and were refused; a duplicate's reason is `duplicate`."""
    spoken = " AND p.user_id IN (SELECT id FROM users WHERE language = ?)" if language else ""
    through = " AND p.conversation_id IN (SELECT id FROM conversations WHERE channel = ?)"
    query = f"""
    SELECT CASE WHEN p.reason = '' THEN p.validation_status ELSE p.reason END, count(*),
           count(DISTINCT p.user_id)
    FROM avatar_photos p
    WHERE p.validation_status IN ('invalid', 'duplicate') AND p.created_at >= ?
      AND p.created_at < ?{through if channel else ""}{spoken}
    GROUP BY 1 ORDER BY 2 DESC, 1
    """
    chosen = [choice for choice in (channel, language) if choice]
    found = rows(query, moment(scope.start), moment(scope.end), *chosen)
    return [Refused(reason, int(photos), int(people)) for reason, photos, people in found]


class Judged(NamedTuple):
    """Photos of a channel that have a verdict; one that is there already is refused."""

    channel: str
    accepted: int
    refused: int

    @property
    def share(self) -> float | None:
        """The accepted ones, from 0 to 1; None where there is none of either."""
        judged = self.accepted + self.refused
        return self.accepted / judged if judged else None

    @property
    def percent(self) -> float | None:
        """The same from 0 to 100."""
        return None if self.share is None else 100 * self.share


class JudgedAt(NamedTuple):
    """The same of an hour or a day."""

    start: float
    channel: str
    accepted: int
    refused: int


def judged(scope: Scope) -> list[JudgedAt]:
    """The photos that came in each hour or day, by channel; "" is one that is known no more.

    A period has millions of photos. Every other hour or day is counted beside the rest, and numpy
    looks up whose channel it is, which takes a third of a join's time.
    """
    import numpy as np  # which the dashboard has, not every process that asks what is pending

    buckets = scope.buckets
    even, odd = side_by_side(partial(_came, buckets[::2]), partial(_came, buckets[1::2]))
    came = sorted([*even, *odd], key=itemgetter(0))
    names, channel = _channels(max((int(ids.max(initial=0)) for _, *both in came for ids in both),
                                   default=0))  # fmt: skip
    return [
        JudgedAt(start, name, int(accepted), int(refused))
        for start, *ids in came
        for name, accepted, refused in zip(
            names, *(np.bincount(channel[one], minlength=len(names)) for one in ids), strict=True
        )
        if accepted or refused
    ]


def totals(scope: Scope) -> list[JudgedAt]:
    """The same of all channels together, "": counted in a third of the time."""
    halves = scope.buckets[::2], scope.buckets[1::2]
    even, odd = side_by_side(*(partial(_judged, half, "count(*)") for half in halves))
    return [JudgedAt(start, "", int(yes), int(no)) for start, yes, no in sorted([*even, *odd])]


def _came(buckets: Sequence[Bucket]) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """Of each hour or day its start, and the conversations of accepted and of refused photos."""
    found = _judged(buckets, collected("coalesce(p.conversation_id, 0)"))
    return [(start, numbers(accepted), numbers(refused)) for start, accepted, refused in found]


def _judged(buckets: Sequence[Bucket], value: str) -> list[tuple[float, Any, Any]]:
    """Of each hour or day its start, and an aggregate of the accepted and of the refused photos."""
    if not buckets:
        return []
    cast = f"CAST(? AS {'TEXT' if is_sqlite() else 'TIMESTAMP'})"
    values = ", ".join(f"({n}, {cast}, {cast})" for n in range(len(buckets)))
    accepted, refused = (
        f"""(
        SELECT {value} FROM avatar_photos p
        WHERE p.created_at >= b.a AND p.created_at < b.b AND p.validation_status IN ({verdicts})
        )"""
        for verdicts in ("'valid'", "'invalid', 'duplicate'")
    )
    query = f"""
    WITH buckets(n, a, b) AS (VALUES {values}) SELECT b.n, {accepted}, {refused} FROM buckets b
    """
    moments = [moment(edge) for bucket in buckets for edge in bucket]
    return [(buckets[n].start, *both) for n, *both in rows(query, *moments)]


def _channels(last: int) -> tuple[list[str], np.ndarray]:
    """The names of the channels, "" first, and the place of each conversation up to the `last`."""
    import numpy as np

    query = f"SELECT channel, {collected('id')} FROM conversations GROUP BY channel ORDER BY 1"
    found = [(name, numbers(ids)) for name, ids in rows(query)]
    channel = np.zeros(last + 1, np.int8)
    for place, (_, ids) in enumerate(found, 1):
        channel[ids[ids <= last]] = place
    return ["", *(name for name, _ in found)], channel


def by_channel(found: Sequence[JudgedAt]) -> list[Judged]:
    """The whole period's, of each channel."""
    counted: dict[str, Judged] = {}
    for at in found:
        one = counted.get(at.channel, Judged(at.channel, 0, 0))
        counted[at.channel] = Judged(
            at.channel, one.accepted + at.accepted, one.refused + at.refused
        )
    return [counted[channel] for channel in sorted(counted)]


def together(found: Sequence[Judged | JudgedAt]) -> Judged:
    """All channels as one."""
    return Judged("", sum(one.accepted for one in found), sum(one.refused for one in found))


def pending() -> tuple[int, float | None]:
    """How many photos wait for their verdict, and since when the oldest does.

    Each has a `next_check_at`: that it is named leads SQLite to the index of those that wait.
    """
    query = """
    SELECT count(*), min(created_at) FROM avatar_photos
    WHERE validation_status = 'pending' AND next_check_at >= 0
    """
    n, oldest = one(query)
    return int(n), None if oldest is None else seconds_of(oldest)
