"""The benchmark runs: a smoke test, whose figures mean nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.patience import LONG


@pytest.mark.soak
@pytest.mark.sized
def test_the_benchmark_compares_six_contenders_and_two_sizes() -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG, check=False)
    assert done.returncode == 0, done.stderr
    contenders = (
        "Likeness, a backlog",
        "Likeness, one by one",
        "floor: the same",
        "floor, in groups",
    )
    for line in (*contenders, "aiogram", "python-telegram-bot"):
        assert done.stdout.count(line) == 2, done.stdout
    assert "Likeness slows" in done.stdout
