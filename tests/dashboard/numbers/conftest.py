"""A database full of people and odd rows, and the moment at which it is looked at."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.base.settings import Settings
from core.operation.demo import Story, fill
from tests.dashboard import conftest
from tests.dashboard.conftest import Look
from tests.dashboard.numbers.counting import BUDGET, CASES, Case
from tests.filling import filled
from tests.metrics.odd_rows import Odd
from tests.metrics.recount import Recount

BOTH_DATABASES = "chosen days in which they go back"


@pytest.fixture(params=[*((name, "sqlite") for name in CASES), (BOTH_DATABASES, "postgresql")],
                ids=", ".join)  # fmt: skip
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    """A full database; what the kinds differ in, they do in any period."""
    name, kind = request.param
    request.getfixturevalue(f"{kind}_db")
    found = CASES[name]
    for place in ("dashboard.view.rounded", "dashboard.filters.rounded"):
        monkeypatch.setattr(place, lambda _: found.now)
    configured = Settings.model_validate(
        {"dashboard": {"time_zone": "Europe/Berlin"}, "training": {"daily_budget_usd": BUDGET}},
        strict=False,
    )
    monkeypatch.setattr(conftest, "Settings", lambda: configured)
    filled(name, lambda: _fill(found))
    return found


def _fill(case: Case) -> None:
    fill(60, Story(case.now, days=15, seed=23, error_share=0.05))
    Odd((case.start, case.end), case.now, seed=5).fill()


@pytest.fixture
def see(case: Case, look: Look) -> Callable[..., AppTest]:
    def see(page: str, **more: str) -> AppTest:
        tab = look(page, **case.address, **more)
        assert not tab.exception, page
        return tab

    return see


@pytest.fixture
def rows(case: Case) -> Recount:
    return Recount()
