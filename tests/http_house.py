"""A wired house with its web server and worker in threads, and a simulated fal that calls back."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from core.app.bootstrap import App
from core.avatars.models import Avatar, AvatarPhoto, TrainingRun
from core.avatars.orders.events import FalEvent
from core.base.db import transaction
from core.base.settings import Settings
from core.base.settings.running.processes import Http
from core.conversation.models import Conversation, InboxEvent
from core.conversation.statements import lock_person
from core.operation import http
from core.services.fal.simulation import SimulatedTrainer
from tests import makers
from tests.patience import LONG

FEW = 4
"""Photos that every trainer at fal takes."""
NEVER = 3000.0
"""Seconds between polls, where webhooks alone are to be seen at work."""


class HttpHouse:
    """The house; `fal` is its simulated trainer's server, `site` an HTTP client of its address."""

    def __init__(self, app: App) -> None:
        assert isinstance(app.trainer, SimulatedTrainer)
        self.app = app
        self.trainer = app.trainer
        self.fal = app.trainer.server
        self.site = httpx.Client(base_url=app.settings.public_url, trust_env=False, timeout=LONG)

    def begin(self) -> tuple[Conversation, Avatar, TrainingRun]:
        """A new person's training, started."""
        run = begin_in(self.app)
        assert run.avatar is not None
        assert run.conversation is not None
        return run.conversation, run.avatar, run


def begin_in(app: App) -> TrainingRun:
    """A new person's training, started; its photos are stored, all as one."""
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=FEW)
    key = f"{owner.user.id.hex}/{avatar.id.hex}/1"
    app.store.put(key, b"\xff\xd8photo")
    AvatarPhoto.update(minio_key=key).where(AvatarPhoto.avatar == avatar.id).execute()
    with transaction():
        lock_person(owner.id, owner.user.id)
        app.training.start(avatar.id, owner.user.id, owner.id)
    return makers.runs(avatar)[0]


@contextmanager
def opened(url: str, folder: Path, working: bool = True, **training: Any) -> Iterator[HttpHouse]:
    """A house at a database; without `working` nothing but the web server is at work."""
    port = free_port()
    settings = Settings.load(environ={}, path=_empty(folder)).model_copy(
        update={
            "data_dir": folder / "data",
            "public_url": f"http://127.0.0.1:{port}",
            "http": Http(port=port),
            "database": Settings().database.model_copy(update={"url": url}),
            "training": Settings().training.model_copy(update={"min_photos": 1, **training}),
        }
    )
    app = App(settings)
    worker = app.worker()
    with serving(app):
        if working:
            worker.start()
        house = HttpHouse(app)
        try:
            yield house
        finally:
            worker.stop()
            house.site.close()
            app.close()


@contextmanager
def serving(app: App) -> Iterator[None]:
    """The real web server, in a thread."""
    server = http.server(app)
    listening = http.listen(app.settings.http)
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]), daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def events(**wanted: Any) -> list[FalEvent]:
    """The events of a kind, oldest first."""
    query: Any = FalEvent.select().order_by(FalEvent.id)
    for name, value in wanted.items():
        query = query.where(getattr(FalEvent, name) == value)
    return list(query)


def ends(run: TrainingRun) -> list[str]:
    """What a run's person was told of its end."""
    query: Any = InboxEvent.select().where(InboxEvent.channel == "signal")
    told = [event.update_id.removeprefix(f"{run.id}:").partition(":")[0] for event in query]
    return [about for about in told if about in ("completed", "failed", "cancelled")]


def wait_for(
    holds: Callable[[], object],
    seconds: float = LONG,
    what: Callable[[], object] = lambda: "it never happened",
) -> None:
    """Wait until it holds, else fail with `what` is the matter."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, what()
        time.sleep(0.01)


def _empty(folder: Path) -> Path:
    path = folder / "config.toml"
    path.touch()
    return path


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
