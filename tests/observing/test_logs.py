"""Log lines name the turn and the request that they are about, and an outage doesn't flood them."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import peewee
import pytest
import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from core.base.db import INFRASTRUCTURE, database
from core.base.errors import StorageUnavailable
from core.base.logs import log as core_log
from core.base.logs import log_ids, repetition
from core.base.settings import Settings
from core.base.settings.running.processes import Http, Log
from core.conversation.delivery.bridge import Bridge
from core.conversation.messages import Event, Kind
from core.conversation.models import InboxEvent
from core.conversation.turn import Turn
from core.operation import http
from tests.conversation.chat import Chat
from tests.feedback import Feedback, feedback_engine
from tests.http_house import free_port, serving
from tests.patience import until

log = structlog.get_logger()

SECRET = "what only a message says"


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What is logged as text, as a process does it."""
    target = io.StringIO()
    core_log.configure(Log(), target)
    yield target
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_log, "_tracebacks", repetition.Repetition(), raising=False)


class Talkative(Feedback):
    """Says what it does, in a turn and once that is committed; fails at what it is told to."""

    def keep_comment(self, turn: Turn) -> None:
        super().keep_comment(turn)
        log.info("kept")
        database.after_commit(lambda: log.info("committed"))
        if "fail" in turn.argument:
            raise RuntimeError(SECRET)


def test_each_line_of_a_turn_names_its_conversation_and_its_event(
    db: Any, said: io.StringIO
) -> None:
    anna = Chat(feedback_engine(Talkative()))
    anna.command("start")
    anna.press("5")
    log.info("before")
    anna.say("fine")
    anna.press("◀️ Back")
    anna.receive(Event(Kind.TEXT, "fail"))
    anna.engine.drain(anna.id)
    log.info("after")
    _, _, first, _, failing = [row.id for row in InboxEvent.select().order_by(InboxEvent.id)]
    lines = said.getvalue().splitlines()
    for word, event in (("kept", first), ("committed", first), ("event failed", failing)):
        [line] = [line for line in lines if f" {word} " in line][:1]
        assert f"conversation={anna.id}" in line
        assert f"turn={event}" in line
    outside = [line for line in lines if " before" in line or " after" in line]
    assert [line for line in outside if "turn=" in line or "conversation=" in line] == []
    assert len(outside) == 2
    assert SECRET not in said.getvalue()


def _routes(bridge: Bridge) -> list[BaseRoute]:
    gate = threading.Barrier(2)

    async def together(request: Request) -> Response:
        await bridge.call(gate.wait)
        await bridge.call(log.info, request.query_params["word"])
        return PlainTextResponse("ok")

    def failing(_request: Request) -> Response:
        raise RuntimeError(SECRET)

    return [Route("/together", together), Route("/failing", failing)]


@pytest.fixture
def address() -> Iterator[str]:
    served = Http(port=free_port())
    settings = Settings().model_copy(update={"http": served})
    house: Any = SimpleNamespace(settings=settings, routes=_routes)
    with serving(house):
        yield http.address(served)


def test_each_line_of_a_request_names_it_and_so_does_the_answer(
    sqlite_db: Any, said: io.StringIO, address: str
) -> None:
    def ask(word: str, given: str, answers: dict[str, str]) -> None:
        asked = httpx.get(
            f"{address}/together?word={word}", headers={"X-Request-ID": given}, trust_env=False
        )
        answers[word] = asked.headers["X-Request-ID"]

    answers: dict[str, str] = {}
    given = {"first": "of-the.proxy_1", "second": "a b\tc" + "x" * 100}
    callers = [threading.Thread(target=ask, args=(*pair, answers)) for pair in given.items()]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert answers["first"] == given["first"]
    assert answers["second"] != given["second"]
    for word, name in answers.items():
        [line] = [line for line in said.getvalue().splitlines() if word in line]
        assert f"request={name}" in line
    assert log_ids.known() == {}


def test_a_server_names_the_request_that_failed(sqlite_db: Any, address: str) -> None:
    target = io.StringIO()
    handler = logging.StreamHandler(target)
    handler.setFormatter(core_log.WithIds("%(message)s"))
    logging.getLogger("uvicorn.error").addHandler(handler)
    try:
        answer = httpx.get(f"{address}/failing", trust_env=False)
        until(lambda: "RuntimeError" in target.getvalue())  # it is logged after the answer
    finally:
        logging.getLogger("uvicorn.error").removeHandler(handler)
    assert answer.status_code == 500
    assert f"request={answer.headers['X-Request-ID']}" in target.getvalue()


def _fail(times: int, error: Callable[[], Exception] = lambda: StorageUnavailable("x")) -> None:
    for _ in range(times):
        try:
            raise error()
        except Exception:
            log.exception("work failed")


def test_an_outage_is_one_traceback_and_a_count(
    said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail(50)
    assert said.getvalue().count("test_logs.py") == 1
    assert said.getvalue().count("work failed") == 50
    assert said.getvalue().count("StorageUnavailable (traceback as before)") == 49
    monkeypatch.setattr(repetition, "SECONDS", -1.0)
    _fail(1)
    assert said.getvalue().count("test_logs.py") == 2
    assert "(left out 49 times since)" in said.getvalue()


def test_another_traceback_is_told_at_once(said: io.StringIO) -> None:
    _fail(2)
    _fail(2, lambda: OSError(28, "no space"))
    assert said.getvalue().count("test_logs.py") == 2
    assert "OSError(28) (traceback as before)" in said.getvalue()


def test_a_librarys_traceback_is_limited_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    core_log.configure(Log())
    structlog.reset_defaults()
    target = io.StringIO()
    handler = logging.StreamHandler(target)
    logger = logging.getLogger("likeness.outage")
    logger.addHandler(handler)
    for _ in range(5):
        try:
            raise ValueError(SECRET)
        except ValueError:
            logger.exception("a library failed")
    logger.removeHandler(handler)
    assert target.getvalue().count("test_logs.py") == 1
    assert target.getvalue().count("ValueError (traceback as before)") == 4
    assert SECRET not in target.getvalue()


def test_an_error_of_postgresql_is_named_by_its_sqlstate(
    postgresql_db: Any, postgresql_url: str, said: io.StringIO
) -> None:
    anna = Chat(feedback_engine())
    anna.command("start")
    other: Any = peewee.PostgresqlDatabase(postgresql_url, prefer_psycopg3=True)
    with other.connection_context():
        other.execute_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    try:
        anna.engine.drain(anna.id)
    except INFRASTRUCTURE:
        log.exception("can't apply events")
    assert "AdminShutdown(57P01)" in said.getvalue()
