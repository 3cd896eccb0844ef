"""Every rule of the alerts, as the admin has it: a message of the bot and a call of a webhook.

Real processes, Telegram's HTTP, and rows that make a rule hold until they are mended.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from core.avatars.screens import notices
from core.base.db import connect, run
from core.base.processes.heartbeat import DEAD_AFTER
from core.operation.alerts import RULES
from tests.alert_causes import Causes
from tests.fakes.telegram import FakeTelegram, Person
from tests.patience import LONG
from tests.scenarios.contract import Words
from tests.scenarios.house import House
from tests.scenarios.on_telegram import TOKEN, telegram_house
from tests.scenarios.stage import QUICK

ADMIN = 77
LOOK_SECONDS = 0.3
SILENT_SECONDS = 60
PATIENCE = LONG
SAY = Words("en")


class Hook(ThreadingHTTPServer):
    """A webhook somewhere; `heard` is what it was told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Ear)
        self.heard: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/alerts"

    def __enter__(self) -> Hook:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()

    def of(self, rule: str, subject: str = "") -> list[str]:
        """What it heard of a rule: firing, resolved."""
        return [
            told["status"]
            for told in self.heard
            if told["rule"] == rule and subject in told["subject"]
        ]


class _Ear(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Admin:
    """Somebody who runs Likeness, in their own chat with the bot."""

    def __init__(self, person: Person) -> None:
        self.person = person

    def told(self, rule: str, subject: str = "") -> list[str]:
        """The titles of the messages about a rule, oldest first."""
        words = SAY(notices._RULES[rule])
        texts = [message.text for message in self.person.chat if message.from_bot]
        return [text.splitlines()[0] for text in texts if words in text and subject in text]


FIRES, IS_OVER = "🚨 Something needs your attention", "✅ Resolved"


def wait_for(holds: Callable[[], object], house: House) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert not house.trouble, house.trouble
        assert time.monotonic() < until, [house.said("telegram"), house.said("worker")]
        time.sleep(0.05)


class Watched:
    """A house whose admin hears of everything."""

    def __init__(self, house: House, hook: Hook, admin: Admin) -> None:
        self.house, self.hook, self.admin = house, hook, admin

    def hears(self, rules: tuple[str, ...], states: list[str], subject: str = "") -> None:
        """Wait until chat and webhook have heard that much of each rule, and no more follows."""
        titles = [FIRES if state == "firing" else IS_OVER for state in states]

        def both(rule: str) -> bool:
            enough = len(self.admin.told(rule, subject)) >= len(titles)
            return enough and len(self.hook.of(rule, subject)) >= len(states)

        wait_for(lambda: all(map(both, rules)), self.house)
        time.sleep(4 * LOOK_SECONDS)
        for rule in rules:
            assert self.admin.told(rule, subject) == titles, rule
            assert self.hook.of(rule, subject) == states, rule


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("alerts")
    with FakeTelegram(TOKEN) as telegram, Hook() as hook:
        house = telegram_house(
            folder,
            telegram,
            **QUICK,
            alerts__admins=f"telegram:{ADMIN}",
            alerts__webhook_url=hook.url,
            alerts__check_seconds=LOOK_SECONDS,
            alerts__heartbeat_seconds=SILENT_SECONDS,
            training__daily_budget_usd=100,
            public_url="http://127.0.0.1:9",
        )
        house.start("telegram")
        house.start("worker")
        try:
            person = telegram.person(id=ADMIN, first_name="Boss", language_code="en")
            person.say("/start")
            wait_for(lambda: any(message.from_bot for message in person.chat), house)
            opened = connect(f"sqlite:///{folder}/likeness.db", "normal")
            beats = "SELECT 1 FROM heartbeats WHERE part = 'worker'"
            try:
                wait_for(lambda: run(beats).fetchone(), house)
                yield Watched(house, hook, Admin(person))
            finally:
                opened.close()
        finally:
            house.stop()


@pytest.mark.soak
@pytest.mark.timeout(240)
def test_each_rule_fires_arrives_once_and_resolves_by_itself(watched: Watched) -> None:
    causes = Causes(time.time(), test_mode=True).known
    assert tuple(causes) == RULES
    for cause, _ in causes.values():
        cause()
    watched.hears(RULES, ["firing"])
    assert len(watched.hook.heard) == len(RULES), "nothing else fires"
    for rule, (_, cure) in causes.items():
        run("UPDATE inbox SET retry_at = 0" if rule == "waiting" else cure)
    watched.hears(RULES, ["firing", "resolved"])
    assert len(watched.hook.heard) == 2 * len(RULES)
    assert run("SELECT count(*) FROM alerts WHERE resolved_at IS NULL").fetchone() == (0,)


@pytest.mark.soak
@pytest.mark.timeout(240)
def test_of_the_workers_own_death_the_bot_tells(watched: Watched) -> None:
    watched.house.kill("worker")
    run("UPDATE heartbeats SET at = at - ? WHERE part = 'worker'", 2 * DEAD_AFTER)
    watched.hears(("heartbeat",), ["firing"], "worker")
    watched.house.start("worker")
    watched.hears(("heartbeat",), ["firing", "resolved"], "worker")
