"""Rows that are read and then written one by one, while another process writes in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from types import ModuleType
from typing import Any

import pytest

from core.avatars import disposal
from core.avatars.models import AvatarPhoto
from core.avatars.photos import lateness
from core.avatars.privacy import erasure_worker
from core.base.db import database, transaction
from core.conversation.models import Conversation, User
from tests import makers

NOW = 1_000_000.0


def removed() -> list[str]:
    return disposal.delete_removed(NOW, NOW)


def late() -> None:
    lateness.tell_late(makers.inbox(lambda: NOW), 1e10, 100)


def shells() -> int:
    Conversation.update(forgotten_revision=1).execute()
    AvatarPhoto.delete().execute()
    return erasure_worker.forget_shells(NOW)


@pytest.mark.parametrize(
    ("module", "work"), [(disposal, removed), (lateness, late), (erasure_worker, shells)]
)
def test_another_process_may_write_before_each_of_them(
    sqlite_db: Any,
    module: ModuleType,
    work: Callable[[], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(3):
        owner = makers.conversation(consented=False)
        makers.photo(
            makers.avatar(owner, photos=0), owner, removed_at=None if work is late else 1.0
        )
    with closing(sqlite3.connect(database.obj.database)) as other:

        def interrupted() -> AbstractContextManager[Any]:
            other.execute("UPDATE users SET username = username || 'x'")
            other.commit()
            return transaction()

        monkeypatch.setattr(module, "transaction", interrupted)
        work()
    assert all(len(user.username) >= 3 for user in User.select())
