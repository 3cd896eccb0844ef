"""The benchmark runs: a smoke test, whose figures mean nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.patience import LONG


@pytest.mark.soak
@pytest.mark.sized
def test_the_benchmark_compares_four_contenders_and_two_sizes() -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG, check=False)
    assert done.returncode == 0, done.stderr
    for line in ("Likeness, durable", "floor: the same", "aiogram", "python-telegram-bot"):
        assert done.stdout.count(line) == 2, done.stdout
    assert "Likeness slows" in done.stdout
