"""Prometheus' own tool, which judges our metrics, rules and their tests.

It comes with Debian's package `prometheus`; where it is missing its tests are skipped, outside of
CI.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def promtool(*words: str | Path, given: str = "") -> str:
    """What it says; a complaint is a failure."""
    found = shutil.which("promtool")
    if found is None:
        assert os.environ.get("CI") != "true", "CI wants promtool: install 'prometheus'"
        pytest.skip("no promtool: install 'prometheus' for this test")
    done = subprocess.run([found, *words], input=given, capture_output=True, text=True)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    return told
