"""PostgreSQL is stopped at the worst moments and started again: everybody gets their answer."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from core.app.bootstrap import App, bootstrap
from core.avatars.models import AvatarPhoto, TrainingRun
from core.avatars.orders import order
from core.avatars.photos import verdicts
from core.base.db import connect
from core.base.migrations import runner
from core.base.settings import Settings
from core.conversation.models import InboxEvent
from core.operation.metrics.health import beats
from tests.channels.web.conftest import _free_port
from tests.channels.web.tabs import Browser
from tests.fakes.postgresql import Server
from tests.fakes.telegram import FakeTelegram
from tests.patience import LONG
from tests.pictures_for_tests import photo
from tests.scenarios.house import House
from tests.scenarios.on_telegram import TOKEN, telegram_house
from tests.scenarios.stage import QUICK

PARTS = ("web", "worker", "http", "dashboard", "telegram")
PATIENCE = LONG


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    folder = tempfile.mkdtemp(prefix="likeness-")  # not pytest's: the server is another user
    if "XDG_RUNTIME_DIR" not in os.environ:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
    own = Server(folder)
    yield own
    own.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def house(
    server: Server, tmp_path: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> Iterator[App]:
    for claimed in (verdicts, order):  # what was at hand when the server stopped is free again soon
        monkeypatch.setattr(claimed, "CLAIM_SECONDS", 5.0)
    empty = connect(server.url)
    runner.migrate(empty)
    empty.close()
    app = bootstrap(
        Settings.load(
            environ={
                "LIKENESS_DATABASE__URL": server.url,
                "LIKENESS_DATA_DIR": str(tmp_path / "data"),
                "LIKENESS_PHOTOS__FIND_FACES": "false",
                "LIKENESS_TRAINING__MIN_PHOTOS": "4",
                "LIKENESS_TRAINING__SIMULATED_SECONDS": "3",
                "LIKENESS_TRAINING__SIMULATED_QUEUE_SECONDS": "0",
                "LIKENESS_TRAINING__CHECK_SECONDS": "0.2",
            }
        ),
        log,
    )
    worker = app.worker()
    worker.start()
    yield app
    worker.stop()
    app.close()
    structlog.reset_defaults()


@pytest.mark.soak
@pytest.mark.sized
def test_processes_that_are_asked_to_stop_do_not_wait_for_a_server_that_says_nothing(
    server: Server, tmp_path: Path
) -> None:
    empty = connect(server.url)
    runner.migrate(empty)
    house = House(
        tmp_path,
        database__url=server.url,
        telegram__token="1:x",  # nobody's
        telegram__base_url="http://127.0.0.1:9/bot",
        telegram__base_file_url="http://127.0.0.1:9/file/bot",
        **{f"{part}__port": _free_port() for part in ("web", "dashboard", "http")},
    )
    for part in PARTS:
        house.start(part)
    house.wait_until(lambda: {beat.part for beat in beats()} == set(PARTS))
    empty.close()
    with server.silent():
        time.sleep(2)
        house.stop()


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_while_a_database_only_reads_whoever_writes_waits_and_no_process_ends(
    server: Server, tmp_path: Path
) -> None:
    empty = connect(server.url)
    runner.migrate(empty)
    empty.close()
    with FakeTelegram(TOKEN) as telegram:
        house = telegram_house(tmp_path, telegram, database__url=server.url, **QUICK)
        house.start("telegram")
        house.start("worker")
        anna = telegram.person(id=1, first_name="Anna", language_code="en")
        boris = telegram.person(id=2, first_name="Boris", language_code="en")
        try:
            anna.say("/start")
            anna.wait_for("Hello")
            with server.read_only():
                anna.press("🎭 Avatars")
                boris.say("/start")
                time.sleep(5)
                assert not house.trouble
            anna.wait_for("Avatar menu")
            boris.wait_for("Hello")
            assert not house.trouble
        finally:
            house.stop()
    assert "Traceback" not in house.said("telegram")


class Tab(Browser):
    """Somebody's browser, which looks again and again as the page does."""

    def send(self, *numbers: int) -> None:
        self.say("", [(f"{n}.jpg", photo(n, (640, 640))) for n in numbers])

    def see(self, text: str) -> None:
        """Wait until the screen says it."""

        def seen() -> bool:
            view = self.look()
            return view is not None and text in view.rendered.text

        wait_for(seen)


def wait_for(holds: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.1)


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_database_that_is_stopped_four_times_on_the_way_to_an_avatar_loses_nothing(
    server: Server, house: App, log: io.StringIO
) -> None:
    tab = Tab(house)
    for label in ("🆕 Create avatar", "🎭 Portrait (recommended)", "Female"):
        tab.press(label)
        tab.look()
    server.stop()
    tab.say("Anna")
    assert tab.trouble
    assert [message.text for message, *_ in tab.outbox] == ["Anna"], "it stands there and waits"
    server.start()
    tab.see("Your consent")
    tab.press("✅ I agree, and I am 18 or older")
    tab.send(1, 2, 3)
    server.stop()
    tab.send(4, 5)
    server.start()
    tab.see("Uploaded: 5 photos")
    server.stop()
    tab.press("🚀 Start training")
    assert tab.press_lost, "nobody wants it to act in ten minutes, and they are told"
    server.start()
    tab.see("Uploaded: 5 photos")
    assert not tab.trouble
    tab.press("🚀 Start training")
    tab.see("Training the avatar")
    server.stop()
    tab.look()
    server.start()
    tab.see("“Anna” is trained.")
    assert AvatarPhoto.select().count() == 5
    assert [run.status.value for run in TrainingRun.select()] == ["completed"]
    assert not InboxEvent.select().where(InboxEvent.handled_at.is_null()).exists()
    assert "the worker can't use the database" in log.getvalue()
    assert "a step of the worker failed" not in log.getvalue()
