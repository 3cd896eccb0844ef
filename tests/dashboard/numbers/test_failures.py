"""What fails, and the course of one run: what a stranger counts from the definitions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.codes import side
from tests.dashboard import drawn
from tests.dashboard.numbers.counting import Case, moment, success
from tests.metrics.recount import Period, Recount, midnight, paid


def failed(rows: Recount, period: Period) -> list[tuple[float, str, str, str | None, float]]:
    """When each training failed, why, its type, whose it was, what it cost."""
    there = [
        (r.finished_at, r.error_type, r.training_type, r.user_id, paid(r))
        for r in rows.ended_runs(period)
        if r.status == "failed"
    ]
    return there + [
        (midnight(e.day), "forgotten", e.training_type, None, e.usd)
        for e in rows._entries(period)
        if e.status == "failed"
    ]


def test_what_fails_by_reason_and_type(
    case: Case, see: Callable[..., AppTest], rows: Recount
) -> None:
    tab, period = see("failures"), case.period
    them = failed(rows, period)
    shown = drawn.metrics(tab)
    share = success(rows.ended(period))
    assert share is not None
    assert shown["Failed trainings"].value == f"{len(them)} · {100 * (1 - share):.1f}%"
    assert shown["People"].value == str(len({user for *_, user, _ in them if user}))
    assert shown["Dollars"].value == f"${sum(usd for *_, usd in them):,.2f}"
    assert shown["Ours"].value == str(sum(side(error) == "ours" for _, error, *_ in them))
    groups: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for at, error, kind, user, usd in them:
        groups[error, kind].append((at, user, usd))
    listed = drawn.table(tab, "error_type", "people")
    assert {(row["error_type"], row["training_type"]) for row in listed} == groups.keys()
    assert [row["n"] for row in listed] == sorted(map(len, groups.values()), reverse=True)
    for row in listed:
        own = groups[row["error_type"], row["training_type"]]
        assert row["n"] == len(own)
        assert row["people"] == len({user for _, user, _ in own if user})
        assert row["usd"] == pytest.approx(sum(usd for *_, usd in own))
        assert row["side"] == side(row["error_type"])
        last = None if row["error_type"] == "forgotten" else max(at for at, *_ in own)
        assert moment(row["last"]) == (last if last is None else pytest.approx(last))
    bars = Counter[tuple[Any, str]]()
    for row in drawn.chart(tab, "failed trainings"):
        bars[row["start"].date(), row["kind"]] += row["value"]
    assert bars.total() == len(them)
    named = {"ours": "ours", "fal": "fal", "nobody": "not known"}
    by_side = Counter(named[side(error)] for _, error, *_ in them)
    sides = Counter[str]()
    for (_, kind), n in bars.items():
        sides[kind] += n
    assert sides == by_side


def test_a_group_opens_to_its_runs(case: Case, see: Callable[..., AppTest], rows: Recount) -> None:
    period = case.period
    mine = [run for run in rows.ended_runs(period) if run.status == "failed"]
    groups = Counter((run.error_type, run.training_type) for run in mine)
    for (error, kind), n in groups.most_common(2):
        tab = see("failures", reason=error or "none", type=kind)
        listed = drawn.table(tab, "took", "waited")
        assert len(listed) == n
        assert {row["id"].replace("-", "") for row in listed} == {
            run.id for run in mine if (run.error_type, run.training_type) == (error, kind)
        }
