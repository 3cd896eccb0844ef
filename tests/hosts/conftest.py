"""What several hosts share: a PostgreSQL, and a PgBouncer before it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from core.base import db as core_db
from tests.hosts import pgbouncer
from tests.hosts.pgbouncer import PgBouncer


@pytest.fixture(scope="session")
def pgbouncer_of_all(postgresql_template: str) -> Iterator[PgBouncer]:
    if pgbouncer.found() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no PgBouncer is installed, and CI does not do without")
        pytest.skip("no PgBouncer is installed: `apt-get install pgbouncer` brings it")
    with pgbouncer.running(postgresql_template) as started:
        yield started


@pytest.fixture
def pooler(pgbouncer_of_all: PgBouncer, postgresql_url: str) -> PgBouncer:
    """PgBouncer before a migrated, empty database."""
    return pgbouncer_of_all


@pytest.fixture
def pooled(pooler: PgBouncer) -> Iterator[Any]:
    """The database through PgBouncer, with the models bound to it."""
    opened = core_db.connect(pooler.url)
    yield opened
    opened.close()
