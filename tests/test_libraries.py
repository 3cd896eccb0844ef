"""A release of a library without what we override is said in a sentence, before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from huey.consumer import Consumer

from core.base import libraries
from core.base.errors import ConfigurationError
from core.services.jobs import Jobs


def test_what_is_there_is_taken() -> None:
    libraries.check("huey", Consumer, "_set_signal_handlers")


def test_a_release_that_has_moved_on_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Consumer, "_set_signal_handlers")
    with pytest.raises(ConfigurationError) as caught:
        Jobs(tmp_path / "jobs.db")
    told = str(caught.value)
    assert "its Consumer has no _set_signal_handlers" in told
    assert "pip install -c constraints.txt huey" in told
