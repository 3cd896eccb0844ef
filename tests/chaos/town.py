"""Two hosts with a data folder each, on one PgBouncer, S3 server, Telegram and fal.

What a host asks of the first three goes through lines of its own, which can be cut.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg

from benchmarks.web import answers
from core.base.db import connect
from core.base.migrations import runner
from tests.chaos import loss
from tests.chaos.lines import Lines
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
SERVING = ("http", "web", "dashboard")
"""Those that answer by HTTP."""
DISK_MEGABYTES = 64
"""A host's data folder, where this machine gives it a disk of its own."""
SECONDS_AHEAD = 3
"""The second host's clock: `likeness doctor` doubts it beyond two seconds. What is due by it is due
so much later for the other host, so that screens are late; with 20 nothing else happened.
"""


class Host(House):
    """A host's processes; rows are read from PostgreSQL."""

    def __init__(self, folder: Path, url: str, lines: Lines, **settings: object) -> None:
        super().__init__(folder, **settings)
        self.lines = lines
        self._url = url

    @property
    def environment(self) -> dict[str, str]:
        """With a clock of its own, if it is the second host."""
        right = super().environment
        if self.folder.name != HOSTS[1]:
            return right
        path = f"{Path(__file__).parent / 'ahead'}:{right['PYTHONPATH']}"
        return right | {"PYTHONPATH": path, "SECONDS_AHEAD": str(SECONDS_AHEAD)}

    def site(self, command: str) -> str:
        """Where a process that answers by HTTP is found."""
        return f"http://127.0.0.1:{self._settings[f'{command}__port']}"

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
    def pages(self) -> Sequence[str]:
        """Where the chat page is served."""
        return [host.site("web") for host in self.hosts.values()]

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

    def silent(self) -> list[str]:
        """What doesn't answer, though it has had the time to."""
        named = {f"{command} on the {name} host": host.site(command)
                 for name, host in self.hosts.items() for command in SERVING}  # fmt: skip
        end = time.monotonic() + READY_SECONDS
        while named and time.monotonic() < end:
            named = {name: site for name, site in named.items() if not answers(f"{site}/live")}
            time.sleep(0.2)
        return [f"{name} doesn't answer" for name in named]


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
            ExitStack() as opened,
        ):
            fal.page = 100  # a list of very many pages is not read to its end
            servers = _Servers(database, pooler, store, telegram, fal)
            site = f"http://127.0.0.1:{free_port()}"  # nobody is there: Telegram is the balancer
            hosts = {name: opened.enter_context(_host(folder / name, servers, site))
                     for name in HOSTS}  # fmt: skip
            found = Town(folder, database, store, telegram, fal, hosts)
            if not (folder / HOSTS[0]).is_mount():
                print("mounting a tmpfs is not allowed here: no host's disk is filled", flush=True)
            if not loss.possible():
                print("no packets are lost: that needs root and nft", flush=True)
            telegram.world.receivers = [host.site("http") for host in hosts.values()]
            for host, command in found.parts:
                hosts[host].start(command)
            if silent := found.silent():
                raise SystemExit(str(silent))
            hosts[HOSTS[0]].ask("webhook", "set")
            yield found
            for stopped in hosts.values():
                stopped.stop()
    finally:
        if loss.possible():
            loss.end()
        database.close()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Servers:
    """What the hosts share."""

    database: Server
    pooler: pgbouncer.PgBouncer
    store: S3Server
    telegram: FakeTelegram
    fal: ForeignFal

    @property
    def targets(self) -> Mapping[str, str]:
        """By the names of a host's lines."""
        door = parse_qs(urlsplit(self.database.url).query)["host"][0]
        return {
            "database": urlsplit(self.pooler.url).netloc.partition("@")[2],
            "direct": f"{door}/.s.PGSQL.5432",
            "store": self.store.endpoint,
            "telegram": f"127.0.0.1:{self.telegram.port}",
        }


@contextmanager
def _host(folder: Path, servers: _Servers, site: str) -> Iterator[Host]:
    folder.mkdir()
    name = urlsplit(servers.pooler.url).path
    fal, telegram = servers.fal, servers.telegram
    with _disk(folder), Lines(servers.targets) as lines:
        direct = f"postgresql://postgres@{lines.endpoint('direct')}{name}"
        bot_api = (f":{telegram.port}/", f"{lines.endpoint('telegram').removeprefix('127.0.0.1')}/")
        yield Host(
            folder,
            servers.database.url,
            lines,
            database__url=f"postgresql://postgres@{lines.endpoint('database')}{name}",
            database__direct_url=direct,
            jobs__queue=direct,
            storage__backend="minio",
            storage__endpoint=lines.endpoint("store"),
            storage__secure="false",
            storage__access_key=ACCESS_KEY,
            storage__secret_key=SECRET_KEY,
            telegram__token=TOKEN,
            telegram__base_url=telegram.base_url.replace(*bot_api),
            telegram__base_file_url=telegram.base_file_url.replace(*bot_api),
            telegram__webhook_url=site,
            fal__key=KEY,
            fal__queue_url=fal.queue,
            fal__rest_url=fal.rest,
            fal__cdn_url=fal.cdn,
            fal__jwks_url=f"{fal.rest}/.well-known/jwks.json",
            training__poll_portrait_seconds=1,
            pictures__previews=0,
            conversation__tick_seconds=2,
            **{f"{command}__port": free_port() for command in SERVING},
        )


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """A small disk of the host's own, where the system lets us have one."""
    size = f"size={DISK_MEGABYTES}m"
    mount = ("mount", "-t", "tmpfs", "-o", size, "likeness-chaos", str(folder))
    has_one = not subprocess.run(mount, capture_output=True).returncode
    try:
        yield
    finally:
        if has_one:
            subprocess.run(("umount", "--lazy", str(folder)), check=True)


def _plain(value: object) -> object:
    return value.hex if isinstance(value, uuid.UUID) else value
