"""Receivers of a webhook: the web server with Telegram's route, in a thread or as a process."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import httpx
from starlette.routing import BaseRoute

from channels.telegram import Telegram
from core.base.db import database
from core.conversation.delivery.bridge import Bridge
from core.operation.http import application
from core.operation.serving.server import run, server_of
from tests import makers
from tests.channels.telegram.feedback import House, channel
from tests.fakes.telegram import FakeTelegram
from tests.patience import LONG, until

SITE = "http://bot.example"
PATH = "/telegram/webhook/123"


class Site:
    """What the web server needs of an app."""

    def __init__(self, telegram: Telegram, house: House) -> None:
        self.settings = makers.settings()
        self._telegram, self._house = telegram, house

    def routes(self, bridge: Bridge) -> Iterable[BaseRoute]:
        return self._telegram.routes(self._house, bridge)


class Receiver:
    """One in a thread."""

    def __init__(self, tg: FakeTelegram, house: House) -> None:
        self.telegram = hooked(tg)
        self._server = server_of(application(Site(self.telegram, house)), 5)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(
            target=lambda: self._server.run(sockets=[self._listening]), daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        until(lambda: self._server.started)
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._listening.close()
        assert not self._thread.is_alive(), "the receiver does not stop"


class ReceivingProcess:
    """One that can be killed; a `stalled` one commits and then says nothing."""

    def __init__(self, tg: FakeTelegram, folder: Path, url: str, stalled: bool = False) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.origin = f"http://127.0.0.1:{port}"
        words = [str(folder), url, tg.base_url, tg.base_file_url, str(port), str(int(stalled))]
        self._process = subprocess.Popen([sys.executable, "-m", __name__, *words])
        until(self._answers)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.origin}/health", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


def hooked(tg: FakeTelegram, **more: Any) -> Telegram:
    """The channel with a webhook configured, which a balancer is to answer."""
    return channel(tg.base_url, tg.base_file_url, **{"webhook_url": SITE, **more})


def balance(tg: FakeTelegram, *receivers: Receiver | ReceivingProcess) -> None:
    """Let these answer at the webhook's address, one after another, from now on."""
    with tg.world.lock:
        tg.world.receivers = [receiver.origin for receiver in receivers]


def _main() -> None:
    _, folder, url, base, files, port, stalled = sys.argv
    house = House(Path(folder), url)
    if int(stalled):
        receive = house.engine.receive

        def committed(*updates: Any) -> Any:
            receive(*updates)
            time.sleep(LONG)

        house.engine.receive = committed  # type: ignore[method-assign]
    telegram = channel(base, files, webhook_url=SITE)
    listening = socket.create_server(("127.0.0.1", int(port)))
    run(server_of(application(Site(telegram, house)), 5), listening)
    database.close()


if __name__ == "__main__":
    _main()
