"""Migrations, applied in the order of their numbers; each is frozen once it is released."""

from __future__ import annotations

from typing import Protocol


class Connected(Protocol):
    """A database, as a migration knows it."""

    def execute_sql(self, sql: str) -> object: ...
