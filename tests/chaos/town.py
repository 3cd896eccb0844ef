"""Two hosts with a data folder each, on one PgBouncer, S3 server, Telegram and fal."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.web import answers
from core.base.db import connect
from core.base.migrations import runner
from tests.fakes.foreign_fal import ForeignFal, Liberties, foreign_fal
from tests.fakes.postgresql import Server
from tests.fakes.s3 import ACCESS_KEY, SECRET_KEY, S3Server
from tests.fakes.telegram import FakeTelegram
from tests.hosts import pgbouncer
from tests.http_house import free_port
from tests.scenarios.house import House
from tests.scenarios.on_telegram import TOKEN

KEY = "chaos:5ecret"
NO_DATABASE = "The database can't be used"
READY_SECONDS = 120.0
POOLED = 20
"""Connections of PgBouncer to the server, for all processes together."""
HOSTS = ("first", "second")
COMMANDS = ("telegram", "worker", "http", "web", "dashboard")
"""Of each of them one runs on either host."""


class Host(House):
    """A host's processes; rows are read from PostgreSQL."""

    def __init__(self, folder: Path, url: str, **settings: object) -> None:
        super().__init__(folder, **settings)
        self._url = url

    def rows(self, query: str, *parameters: object) -> tuple[Mapping[str, Any], ...]:
        with psycopg.connect(self._url, autocommit=True) as database:
            found = database.execute(query.replace("?", "%s").encode(), parameters)
            names = [column.name for column in found.description or ()]
            return tuple(dict(zip(names, map(_plain, row), strict=True)) for row in found)

    @property
    def trouble(self) -> str:
        """Nothing that ends is a surprise here: who killed it starts it again."""
        return ""

    def ended(self) -> list[str]:
        """The commands whose process has ended by itself."""
        return [name for name, process in self._running.items() if process.poll() is not None]

    def forget(self, command: str) -> subprocess.Popen[bytes]:
        """Give up a process that has ended."""
        return self._running.pop(command)


@dataclass
class Town:
    """What runs, and what is known of it from outside."""

    folder: Path
    database: Server
    store: S3Server
    telegram: FakeTelegram
    fal: ForeignFal
    hosts: Mapping[str, Host]

    @property
    def parts(self) -> Sequence[tuple[str, str]]:
        """Every process, by its host and its command."""
        return [(host, command) for host in HOSTS for command in COMMANDS]

    def kill(self, dice: random.Random, command: str) -> str:
        """Kill a process of this kind and start it again at once; which it was."""
        host = dice.choice(HOSTS)
        self.hosts[host].kill(command)
        self.hosts[host].start(command)
        return f"{command} on the {host} host"

    def ended(self) -> list[str]:
        """Processes that have ended though nobody killed them; they are started again.

        One that finds no database at its start says so and ends: its supervisor tries again.
        """
        found = []
        for name, host in self.hosts.items():
            for command in host.ended():
                process = host.forget(command)
                said = host.said(command)
                if NO_DATABASE not in said[-300:]:
                    found.append(f"{command} on the {name} host: {process.returncode}:\n{said}")
                host.start(command)
        return found


@contextmanager
def town() -> Iterator[Town]:
    """Everything started; everything stopped at the end, and its folder gone."""
    folder = Path(tempfile.mkdtemp(prefix="likeness-chaos-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    database = Server(str(folder))
    connected = connect(database.url)
    runner.migrate(connected)
    connected.close()
    try:
        with (
            pgbouncer.running(database.url, POOLED) as pooler,
            S3Server(folder / "s3") as store,
            FakeTelegram(TOKEN) as telegram,
            foreign_fal(Liberties(), key=KEY) as fal,
        ):
            receivers = {name: f"http://127.0.0.1:{free_port()}" for name in HOSTS}
            site = receivers[HOSTS[0]]  # Telegram is the balancer of both
            hosts = {name: _host(folder / name, database, pooler, store, telegram, fal, own, site)
                     for name, own in receivers.items()}  # fmt: skip
            found = Town(folder, database, store, telegram, fal, hosts)
            telegram.world.receivers = list(receivers.values())
            for host, command in found.parts:
                hosts[host].start(command)
            _wait_until_well(receivers.values())
            hosts[HOSTS[0]].ask("webhook", "set")
            yield found
            for stopped in hosts.values():
                stopped.stop()
    finally:
        database.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_well(sites: Iterable[str]) -> None:
    end = time.monotonic() + READY_SECONDS
    while not all(answers(f"{site}/health") for site in sites):
        if time.monotonic() > end:
            raise SystemExit("the receivers don't start")
        time.sleep(0.2)


def _host(
    folder: Path,
    database: Server,
    pooler: pgbouncer.PgBouncer,
    store: S3Server,
    telegram: FakeTelegram,
    fal: ForeignFal,
    receiver: str,
    site: str,
) -> Host:
    folder.mkdir()
    ports = {f"{command}__port": free_port() for command in ("web", "dashboard")}
    return Host(
        folder,
        database.url,
        database__url=pooler.url,
        database__direct_url=database.url,
        jobs__queue=database.url,
        storage__backend="minio",
        storage__endpoint=store.endpoint,
        storage__secure="false",
        storage__access_key=ACCESS_KEY,
        storage__secret_key=SECRET_KEY,
        telegram__token=TOKEN,
        telegram__base_url=telegram.base_url,
        telegram__base_file_url=telegram.base_file_url,
        telegram__webhook_url=site,
        http__port=receiver.rpartition(":")[2],
        fal__key=KEY,
        fal__queue_url=fal.queue,
        fal__rest_url=fal.rest,
        fal__cdn_url=fal.cdn,
        fal__jwks_url=f"{fal.rest}/.well-known/jwks.json",
        training__poll_portrait_seconds=1,
        pictures__previews=0,
        conversation__tick_seconds=2,
        **ports,
    )


def _plain(value: object) -> object:
    return value.hex if isinstance(value, uuid.UUID) else value
