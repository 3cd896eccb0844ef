"""PgBouncer as operators run it: in transaction mode, before a PostgreSQL of a test."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg

from tests.patience import LONG, until

CONNECTIONS = 4
"""So many the pooler keeps to the server, for however many clients."""
FOLDERS = f"{os.environ.get('PATH', '')}:/usr/sbin"
"""Where Debian's package puts it: an ordinary account doesn't look there."""

_SETTINGS = """
[databases]
* = host={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
admin_users = postgres
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
"""


def found() -> str | None:
    """The program, or None where it isn't installed."""
    return shutil.which("pgbouncer", path=FOLDERS)


class PgBouncer:
    """A running one; `url` leads through it to the database that it was started for."""

    def __init__(self, port: int, database: str) -> None:
        self._port = port
        self.url = f"postgresql://postgres@127.0.0.1:{port}/{database}"

    def shown(self, what: str) -> list[dict[str, Any]]:
        """The rows of `SHOW …`, which only the simple protocol may ask for."""
        with psycopg.Connection.connect(
            f"postgresql://postgres@127.0.0.1:{self._port}/pgbouncer", autocommit=True
        ) as console:
            rows = psycopg.ClientCursor(console).execute(f"SHOW {what}".encode())
            names = [column.name for column in rows.description or ()]
            return [dict(zip(names, row, strict=True)) for row in rows]

    @property
    def answers(self) -> bool:
        try:
            return bool(self.shown("VERSION"))
        except psycopg.OperationalError:
            return False


@contextmanager
def running(url: str, connections: int = CONNECTIONS) -> Iterator[PgBouncer]:
    """One before the database at `url`, which is reached by a Unix socket.

    It keeps so many `connections` to the server.
    """
    folder = Path(tempfile.mkdtemp(prefix="likeness-"))  # not pytest's: it runs as another user
    folder.chmod(0o755)
    parts = urlsplit(url)
    socket_folder = parse_qs(parts.query)["host"][0]
    started = PgBouncer(_free_port(), parts.path.lstrip("/"))
    (folder / "users").write_text('"postgres" ""\n')
    (folder / "settings").write_text(
        _SETTINGS.format(
            server=socket_folder,
            port=started._port,
            folder=folder,
            connections=connections,
        )
    )
    # it refuses to run as root, and only the server's own account may reach the socket
    other_user = ["-u", Path(socket_folder).owner()] if os.geteuid() == 0 else []
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(found()), "-q", *other_user, str(folder / "settings")], stdout=log, stderr=log
        )
    try:
        until(lambda: started.answers, (folder / "log").read_text)
        yield started
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(LONG)
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
