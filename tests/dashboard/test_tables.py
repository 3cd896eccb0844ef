"""What is taken away as CSV: the same rows, in which nothing is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.base.settings.running.dashboard import Role
from core.operation.auth import Visitor
from core.operation.metrics.scope import Scope
from dashboard.tables import Column, as_csv, neutral
from dashboard.view import View
from dashboard.words import translator
from tests.dashboard.conftest import Inside

COLUMNS = [
    Column("name", "Name"), Column("at", "At", "time"), Column("n", "=N", "number"),
    Column("usd", "Cost", "usd"),
]  # fmt: skip


@pytest.fixture
def view(sqlite_db: Any, inside: Callable[[Role], Inside], tmp_path: Path) -> View:
    scope = Scope(0, 1, "both", "Europe/Berlin")
    return View(inside("viewer"), Visitor("anna", "viewer"), translator("en"), scope, 0)


def read(view: View, *rows: Any) -> list[list[str]]:
    text = as_csv(view, COLUMNS, rows).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def row(name: str, at: float | None = 0.0, n: int | None = 1, usd: float = 2.5) -> Any:
    return SimpleNamespace(name=name, at=at, n=n, usd=usd)


def test_rows_are_written_as_they_are(view: View) -> None:
    assert read(view, row('Anna, "A"\nsecond')) == [
        ["Name", "At", "'=N", "Cost"],
        ['Anna, "A"\nsecond', "1970-01-01 01:00:00+01:00", "1", "2.5"],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        '=HYPERLINK("http://x")',
        "＝1",
    ],
)
def test_a_text_never_begins_as_a_formula(view: View, text: str) -> None:
    (_, written) = read(view, row(text))
    assert written[0] == f"'{text}"


@pytest.mark.parametrize("text", ["", "Anna", "a=1", "1-2", "Ольга", "'=1"])
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert neutral(text) == text


def test_numbers_stay_numbers_and_nothing_stays_nothing(view: View) -> None:
    (_, written) = read(view, row("x", None, None, -3.0))
    assert written == ["x", "", "", "-3.0"]
