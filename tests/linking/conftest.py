"""The whole product on one thread, in which no event may fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.conversation.models import InboxEvent
from tests.scenarios.on_steps import SteppedHouse
from tests.scenarios.stage import QUICK


@pytest.fixture
def house(db: object, database_url: str, tmp_path: Path) -> Iterator[SteppedHouse]:
    opened = SteppedHouse(tmp_path, database_url, **QUICK)
    yield opened
    failed = list(InboxEvent.select().where(InboxEvent.attempts > 0))
    opened.stop()
    assert failed == []
