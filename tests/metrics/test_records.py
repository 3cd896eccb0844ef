"""Any row is found by the identifier that its table shows, on both databases."""

from __future__ import annotations

import time
from typing import Any

import pytest

from core.avatars.privacy.retained import Export
from core.base.db import run
from core.operation.metrics import records
from core.operation.metrics.journey.timeline import timeline
from tests import makers
from tests.metrics.odd_rows import Odd


def test_every_kind_of_row_is_found_with_its_owner(db: Any) -> None:
    now = time.time()
    Odd((now,), now, seed=1).fill()
    run('INSERT INTO controls (name, value, at, "by") VALUES (?, ?, ?, ?)', "x", "", now, "anna")
    for kind, known in records.KINDS.items():
        for (name,) in run(f'SELECT "{known.key}" FROM {known.table} LIMIT 3').fetchall():
            found = records.record(kind, str(name))
            assert found is not None, kind
            assert list(found) == list(known.columns)
            assert str(found[known.key]).replace("-", "") == str(name).replace("-", "")
            if kind in ("photo", "export", "event", "notice", "turn"):
                assert records.owner(found), kind


@pytest.mark.parametrize("kind", [*records.KINDS, "users"])
@pytest.mark.parametrize("name", ["", "0", "'", "9" * 30, "x" * 99, "٣", "\0"])
def test_what_is_not_there_is_not_found(db: Any, kind: str, name: str) -> None:
    assert records.record(kind, name) is None


def test_all_that_happened_to_a_person_can_be_found_again(db: Any) -> None:
    owner = makers.conversation()
    makers.avatar(owner, photos=0)
    Export.create(user=owner.user_id, conversation=owner, ordered_at=0)
    run(
        "INSERT INTO notices (conversation_id, key, name, parameters, created_at, outcome) "
        "VALUES (?, 'k', 'alert', '{}', 5, 'sent')",
        owner.id,
    )
    (notice,) = [m for m in timeline(owner.user_id.hex) if m.kind == "notice"]
    found = records.record("notice", notice.id)
    assert found is not None
    assert records.owner(found) == str(owner.user_id)
