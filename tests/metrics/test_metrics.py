"""Each number against one counted by hand from the same rows, on both databases."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.avatars.models import RunStatus
from core.avatars.orders.gate import Gate
from core.avatars.ports import Failure
from core.avatars.training.kind import TrainingKind
from core.base import db
from core.operation.metrics import cost, errors, funnel, overview, photos, training
from core.operation.metrics.scope import DAY, Mode, Scope, first_day, side_by_side
from tests import makers
from tests.alert_causes import Causes
from tests.metrics.history import BERLIN, NOW, History, day, make, quantile

PERIODS = {
    "a week": (NOW - 7 * DAY, NOW),
    "a day": (NOW - DAY - 1234.5, NOW - 1234.5),
    "all": (NOW - 40 * DAY, NOW + 1),
    "nothing": (NOW - 400 * DAY, NOW - 395 * DAY),
}
MODES: tuple[Mode, ...] = ("both", "production", "test")


@pytest.fixture
def history(db: Any) -> History:
    return make()


@pytest.fixture(params=PERIODS)
def period(request: pytest.FixtureRequest) -> tuple[float, float]:
    return PERIODS[request.param]


@pytest.fixture
def scopes(period: tuple[float, float]) -> list[Scope]:
    return [Scope(*period, mode, "Europe/Berlin") for mode in MODES]


def within(scope: Scope, at: float | None) -> bool:
    return at is not None and scope.start <= at < scope.end


def of_mode(scope: Scope, row: Any) -> bool:
    return scope.mode == "both" or bool(row.test_mode) == (scope.mode == "test")


def took(run: Any) -> float | None:
    if run.training_seconds is not None:
        return float(run.training_seconds)
    return None if run.started_at is None else float(run.finished_at - run.started_at)


def completed(scope: Scope, history: History) -> list[Any]:
    return [
        run
        for run in history.runs
        if run.status == "completed" and within(scope, run.finished_at) and of_mode(scope, run)
    ]


def failures(scope: Scope, history: History) -> list[Any]:
    tests = {run.id for run in history.runs if run.test_mode}
    return [
        event
        for event in history.events
        if within(scope, event.at)
        and (scope.mode == "both" or (event.run_id in tests) == (scope.mode == "test"))
    ]


def by_day(scope: Scope, moments: list[float]) -> list[int]:
    """How many in each calendar day of Berlin, or in each hour of a short period."""
    place: Callable[[float], Any] = (
        (lambda at: int(at // 3600)) if scope.hourly else (lambda at: day(at, BERLIN))
    )
    counted = Counter(map(place, moments))
    return [counted.get(place(bucket.start), 0) for bucket in scope.buckets]


def test_avatars_count_as_created_once_they_have_a_name(
    history: History, scopes: list[Scope]
) -> None:
    for scope in scopes:
        begun = [a.created_at for a in history.avatars if a.name and within(scope, a.created_at)]
        assert overview.avatars_created(scope) == len(begun)
        drawn = [count.n for count in overview.avatars_created_by_time(scope)]
        assert drawn == by_day(scope, begun)


def test_new_people_are_counted(history: History, scopes: list[Scope]) -> None:
    for scope in scopes:
        came = [person for person in history.people if within(scope, person.created_at)]
        assert overview.people_new(scope) == len(came)


def test_outcomes_are_those_of_the_runs_that_ended(history: History, scopes: list[Scope]) -> None:
    for scope in scopes:
        ended = [r for r in history.runs if within(scope, r.finished_at) and of_mode(scope, r)]
        counted = Counter(run.status for run in ended)
        found = overview.outcomes(scope)
        assert found == (counted["completed"], counted["failed"], counted["cancelled"])
        judged = counted["completed"] + counted["failed"]
        assert found.success == (counted["completed"] / judged if judged else None)
        by_time = overview.outcomes_by_time(scope)
        for status in ("completed", "failed", "cancelled"):
            moments = [run.finished_at for run in ended if run.status == status]
            assert [getattr(at, status) for at in by_time] == by_day(scope, moments)


def test_training_times_are_exact_quantiles(history: History, scopes: list[Scope]) -> None:
    for scope in scopes:
        seconds: dict[str, list[float]] = defaultdict(list)
        for run in completed(scope, history):
            value = took(run)
            assert value is not None
            seconds[run.training_type].append(value)
        found = {times.training_type: times for times in training.times(scope)}
        assert found.keys() == seconds.keys()
        for kind, values in seconds.items():
            assert found[kind].n == len(values)
            assert found[kind][2:] == pytest.approx([quantile(values, q) for q in (0.5, 0.9, 0.99)])


def test_waiting_is_counted_apart_from_training(history: History, scopes: list[Scope]) -> None:
    for scope in scopes:
        for times in training.waits(scope):
            values = [
                run.queue_seconds
                for run in completed(scope, history)
                if run.training_type == times.training_type
            ]
            assert times.n == len(values)
            assert times.p90 == pytest.approx(quantile(values, 0.9))


def test_the_trend_is_the_median_of_each_day(history: History, scopes: list[Scope]) -> None:
    for scope in scopes:
        found = {(at.start, at.training_type): at for at in training.times_by_time(scope)}
        expected: dict[tuple[float, str], list[float]] = defaultdict(list)
        for run in completed(scope, history):
            start = max(b.start for b in scope.buckets if b.start <= run.finished_at)
            expected[start, run.training_type].append(took(run) or 0)
        assert found.keys() == expected.keys()
        for key, values in expected.items():
            assert found[key].n == len(values)
            assert found[key].p50 == pytest.approx(quantile(values, 0.5))


def test_the_histogram_counts_every_run_once(history: History, scopes: list[Scope]) -> None:
    for scope in scopes:
        counted = Counter(
            ((took(run) or 0) // 60 * 60, run.training_type) for run in completed(scope, history)
        )
        found = {(bar.seconds, bar.training_type): bar.n for bar in training.histogram(scope, 60.0)}
        assert found == counted


def test_a_training_during_which_the_clock_was_set_back_is_in_the_first_bar(db: Any) -> None:
    Causes(NOW).run(RunStatus.COMPLETED, started_at=NOW - 20, finished_at=NOW - 30)
    scope = Scope(NOW - DAY, NOW)
    (times,) = training.times(scope)
    assert (times.n, times.p50) == (1, -10.0)
    assert training.histogram(scope, 60.0) == [(0.0, "portrait", 1)]


def test_calls_of_fal_and_their_failures_are_counted(history: History, scopes: list[Scope]) -> None:
    for scope in scopes:
        events = failures(scope, history)
        failed = [event.at for event in events if not event.ok]
        assert errors.calls(scope) == (len(events), len(failed))
        by_time = errors.calls_by_time(scope)
        assert [at.calls for at in by_time] == by_day(scope, [event.at for event in events])
        assert [at.errors for at in by_time] == by_day(scope, failed)


def test_failures_are_grouped_by_endpoint_type_and_message(
    history: History, scopes: list[Scope]
) -> None:
    owners = {run.id: run.user_id for run in history.runs}
    ever: dict[Any, float] = {}
    for event in history.events:
        if not event.ok:
            key = (event.endpoint, event.error_type, event.message)
            ever[key] = min(event.at, ever.get(key, event.at))
    for scope in scopes:
        expected: dict[Any, list[Any]] = defaultdict(list)
        for event in failures(scope, history):
            if not event.ok:
                expected[event.endpoint, event.error_type, event.message].append(event)
        groups = errors.groups(scope)
        assert {group[:3] for group in groups} == expected.keys()
        assert len({group.key for group in groups}) == len(expected)
        for group in groups:
            events = expected[group[:3]]
            assert group.n == len(events)
            assert group.users == len({owners[event.run_id] for event in events})
            assert (group.first, group.last) == (
                min(event.at for event in events),
                max(event.at for event in events),
            )
            assert group.ever == ever[group[:3]]
            assert errors.group_by_time(scope, group[:3]) == by_day(scope, [e.at for e in events])
            newest = sorted((event.at for event in events), reverse=True)[:5]
            assert [event.at for event in errors.group_events(scope, group[:3], 5)] == newest


def test_a_new_problem_is_one_that_never_happened_before(history: History) -> None:
    first: dict[Any, float] = {}
    for event in sorted(history.events, key=lambda event: event.at):
        if not event.ok:
            first.setdefault((event.endpoint, event.error_type, event.message), event.at)
    half = sorted(first.values())[len(first) // 2]
    found = {group[:3] for group in errors.new_groups(Scope(half, NOW + DAY))}
    assert found == {key for key, at in first.items() if at >= half}


def test_every_call_of_a_run_is_found_in_order(history: History) -> None:
    run = history.runs[0]
    expected = [event.phase for event in history.events if event.run_id == run.id]
    assert [event.phase for event in errors.of_run(run.id)] == expected


def test_money_is_booked_when_a_run_begins(history: History, scopes: list[Scope]) -> None:
    for scope in scopes:
        begun = [r for r in history.runs if within(scope, r.created_at) and of_mode(scope, r)]

        def dollars(runs: list[Any], *statuses: str) -> float:
            return math.fsum(
                run.price_usd if run.cost_usd is None else run.cost_usd
                for run in runs
                if not statuses or run.status in statuses
            )

        found = cost.spent(scope)
        successes = sum(run.status == "completed" for run in begun)
        wasted = dollars(begun, "failed", "cancelled")
        assert found[:3] == pytest.approx((dollars(begun), dollars(begun, "completed"), wasted))
        assert (found.runs, found.successes, found.unknown) == (len(begun), successes, 0)
        if successes:
            assert found.each == pytest.approx(
                dollars(begun, "completed", "failed", "cancelled") / successes
            )
        assert sum(at.usd for at in cost.spent_by_time(scope)) == pytest.approx(dollars(begun))
        for on in cost.spent_on(scope):
            same = [r for r in begun if (r.training_type, r.profile) == on[:2]]
            assert on.usd == pytest.approx(dollars(same))
            assert on.wasted == pytest.approx(dollars(same, "failed", "cancelled"))
            assert on.runs == len(same)


@pytest.mark.parametrize(
    ("channel", "language"), [("", ""), ("web", ""), ("", "ru"), ("web", "en")]
)
def test_the_funnel_counts_conversations_not_moves(
    channel: str, language: str, history: History, scopes: list[Scope]
) -> None:
    spoken = {person.id: person.language for person in history.people}
    among = {
        c.id
        for c in history.conversations
        if (not channel or c.channel == channel) and (not language or spoken[c.user_id] == language)
    }
    for scope in scopes[:1]:
        came = defaultdict(set)
        moves = defaultdict(list)
        for move in history.transitions:
            if move.source != move.dest and move.conversation_id in among:
                moves[move.conversation_id].append((move.at, move.dest))
                if within(scope, move.at):
                    came[move.dest].add(move.conversation_id)
        found, dwells = funnel.moved(scope, channel, language)
        assert dict(found) == {state: len(them) for state, them in came.items()}
        stays = defaultdict(list)
        for path in moves.values():
            for (at, state), (gone, _) in pairwise(path):
                if within(scope, gone):
                    stays[state].append(gone - at)
        assert {dwell.state: dwell.n for dwell in dwells} == {s: len(v) for s, v in stays.items()}
        for dwell in dwells:
            assert dwell.p90 == pytest.approx(quantile(stays[dwell.state], 0.9))
        idle = NOW - 3600
        stopped = Counter(
            c.state
            for c in history.conversations
            if c.id in among and scope.start <= c.active_at < min(scope.end, idle)
        )
        assert dict(funnel.stopped(scope, idle, channel, language)) == stopped


def test_refused_photos_are_counted_by_reason(history: History, scopes: list[Scope]) -> None:
    for scope in scopes[:1]:
        refused = [
            photo
            for photo in history.photos
            if photo.validation_status in ("invalid", "duplicate")
            and within(scope, photo.created_at)
        ]
        counted = Counter(photo.reason for photo in refused)
        assert {found.reason: found.photos for found in photos.refusals(scope)} == counted
        for found in photos.refusals(scope):
            owners = {photo.user_id for photo in refused if photo.reason == found.reason}
            assert found.people == len(owners)


def test_the_runs_of_a_table_are_the_newest(history: History, scopes: list[Scope]) -> None:
    for scope in scopes:
        ended = [r for r in history.runs if within(scope, r.finished_at) and of_mode(scope, r)]
        newest = sorted(ended, key=lambda run: -run.finished_at)[:20]
        found = training.ended(scope, 20)
        assert [run.id.replace("-", "") for run in found] == [run.id for run in newest]
        assert [run.took for run in found] == pytest.approx([took(run) for run in newest])
        under_way = {r.id for r in history.runs if r.finished_at is None and of_mode(scope, r)}
        assert {run.id.replace("-", "") for run in training.active(scope)} == under_way


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
def test_days_are_whole_days_of_the_zone_even_when_the_clocks_change(zone: str) -> None:
    scope = Scope(1_774_000_000.0, 1_774_000_000.0 + 20 * DAY, zone=zone)  # the end of March
    lengths = [bucket.end - bucket.start for bucket in scope.buckets]
    assert sum(lengths) == pytest.approx(20 * DAY)
    inner = {round(length / 3600) for length in lengths[1:-1]}
    assert inner == ({23, 24} if zone == "Europe/Berlin" else {24})


def test_the_period_before_is_as_long_and_ends_where_this_one_begins() -> None:
    scope = Scope(100.0, 160.0, "test", "Asia/Tokyo")
    assert scope.before == Scope(40.0, 100.0, "test", "Asia/Tokyo")


def test_what_is_left_of_forgotten_people_still_counts(history: History) -> None:
    whole = Scope(NOW - 30 * DAY, NOW, "both", "Europe/Berlin")
    before = (
        overview.avatars_created(whole), overview.people_new(whole), overview.outcomes(whole),
        cost.spent(whole),
    )  # fmt: skip
    yesterday = first_day(NOW - 2 * DAY)
    for metric, number in (("avatars_created", 3), ("people", 2), ("photos_valid", 9)):
        for date in (yesterday, first_day(NOW + DAY)):
            db.run(
                "INSERT INTO daily_totals (day, metric, count) VALUES (?, ?, ?)",
                date,
                metric,
                number,
            )
    for status, usd, test_mode in (("completed", 2.0, False), ("failed", 1.0, False),
                                   ("completed", 0.0, True)):  # fmt: skip
        for date in (yesterday, first_day(NOW + DAY)):
            db.run(
                "INSERT INTO cost_entries (day, training_type, test_mode, status, usd) "
                "VALUES (?, 'portrait', ?, ?, ?)",
                *(date, test_mode, status, usd),
            )
    assert overview.avatars_created(whole) == before[0] + 3
    assert sum(at.n for at in overview.avatars_created_by_time(whole)) == before[0] + 3
    assert overview.people_new(whole) == before[1] + 2
    completed_, failed, cancelled = before[2]
    assert overview.outcomes(whole) == (completed_ + 2, failed + 1, cancelled)
    assert sum(at.completed for at in overview.outcomes_by_time(whole)) == completed_ + 2
    spent = cost.spent(whole)
    assert spent.total == pytest.approx(before[3].total + 3)
    assert spent.wasted == pytest.approx(before[3].wasted + 1)
    assert spent.runs == before[3].runs + 3
    assert sum(at.usd for at in cost.spent_by_time(whole)) == pytest.approx(spent.total)
    assert sum(on.usd for on in cost.spent_on(whole)) == pytest.approx(spent.total)


def test_an_error_of_either_of_two_questions_is_told() -> None:
    for questions in ((list, lambda: 1 / 0), (lambda: 1 / 0, list)):
        with pytest.raises(ZeroDivisionError):
            side_by_side(*questions)


def test_the_budgets_day_is_the_one_on_which_an_order_was_sent(db: Any) -> None:
    midnight = NOW - NOW % DAY

    def order(usd: float, sent_at: float | None = None, **columns: float) -> None:
        run = causes.run(RunStatus.COMPLETED, price_usd=usd, **columns)
        if sent_at is not None:
            makers.submission(run, price_usd=usd, sent_at=sent_at)

    causes = Causes(NOW)
    order(1.0, created_at=midnight - 60, sent_at=midnight)
    order(2.0, created_at=midnight - 60, sent_at=midnight + 5)
    order(4.0, created_at=midnight - 60, sent_at=midnight - 1)
    order(8.0, created_at=midnight + 1)
    assert cost.sent_today("UTC", NOW, "production") == 3.0
    assert cost.sent_today("UTC", NOW, "test") == 0.0
    trainer: Any = SimpleNamespace(
        profiles=lambda kind: (kind,), test_mode=False, endpoint=str, price_usd=lambda _: 0.5
    )
    waiting = causes.run(RunStatus.READY, price_usd=0.5)
    nothing: Any = None
    for budget, closed in ((3.4, True), (3.6, False)):
        settings = makers.settings(training={"daily_budget_usd": budget})
        kind = TrainingKind(settings, trainer, nothing, Path(), lambda: NOW)
        gate = Gate(kind)
        assert isinstance(gate.offer(waiting, NOW), Failure) is closed, "as it is enforced"
