"""A file that is handed over: a document on Telegram, a link on the page, a path in a terminal."""

from __future__ import annotations

import asyncio
import io
import re
from functools import partial
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from channels.console import Console
from channels.telegram.api import Api
from channels.telegram.messages import TelegramMessages
from channels.web import Settings, transcript
from channels.web.message_html import MessageHtml
from channels.web.routes import Routes
from channels.web.site import COOKIE, Site
from channels.web.words import EN
from core.app.bootstrap import App
from core.avatars.screens import NOTICES
from core.base.errors import StorageUnavailable, Unreachable
from core.conversation.delivery.channel import Capabilities, Place
from core.conversation.delivery.rendering import Rendered, render
from core.conversation.delivery.screens import Screens
from core.conversation.models import TranscriptEntry
from tests.channels.web.tabs import Browser
from tests.fakes.telegram import FakeTelegram
from tests.privacy.people import MARK, Marked

TOKEN = "7:token-of-a-bot"
ZIP = b"PK\x03\x04 a file"
KEY = "ab/cd/1"


def notice(**changes: Any) -> Rendered:
    parameters = {"key": KEY, "part": 1, "parts": 1, **changes}
    screen = NOTICES["export_ready"](parameters, "en")
    return render(screen, Capabilities(buttons_per_row=2, payload_bytes=200), "key", None)


def told(tg: FakeTelegram, open_file: Any) -> None:
    async def tell() -> None:
        api = Api(TOKEN, tg.base_url, tg.base_file_url)
        try:
            await api.initialize()
            host: Any = SimpleNamespace(open_file=open_file)
            await Screens(TelegramMessages(api), host).notify(Place("1"), notice())
        finally:
            await api.shutdown()

    asyncio.run(tell())


def test_telegram_gets_it_as_a_document_with_a_caption() -> None:
    with FakeTelegram(TOKEN) as tg:
        anna = tg.person(id=1, first_name="Anna", language_code="en")
        anna.say("/start")
        told(tg, {KEY: ZIP}.get)
        assert anna.last.kind == "document"
        assert anna.last.media is not None
        assert anna.last.media.files[0].data == ZIP
        assert "likeness.zip" in anna.last.media.details
        assert anna.last.text.startswith("📦 Your data")


def test_a_file_that_is_gone_leaves_the_words() -> None:
    with FakeTelegram(TOKEN) as tg:
        anna = tg.person(id=1, first_name="Anna", language_code="en")
        anna.say("/start")
        told(tg, {}.get)
        assert anna.last.kind == "text"


def test_a_store_that_is_away_is_tried_again() -> None:
    def away(_: str) -> bytes:
        raise StorageUnavailable("away")

    with FakeTelegram(TOKEN) as tg:
        tg.person(id=1, first_name="Anna", language_code="en").say("/start")
        with pytest.raises(Unreachable):
            told(tg, away)


def test_the_page_links_it_for_its_visitor_alone(app: App) -> None:
    site = Site(app, Settings(secret="s" * 32))  # type: ignore[arg-type]  # pydantic makes it one
    routes = Routes(site)
    anna, ben = site.new_visitor(), site.new_visitor()
    app.store.put(KEY, ZIP)
    entry = transcript.Entry(1, "bot", transcript.notice(notice()), 0.0)
    paths = partial(site.picture_path, anna)
    drawn = MessageHtml(EN, paths).entry(entry)
    path = unescape(re.findall(r'href="([^"]+)"', drawn)[0])
    assert ">likeness.zip</a>" in drawn

    def get(visitor: str) -> Any:
        cookie = f"{COOKIE}={site.cookie_of(visitor)}".encode()
        scope = {"type": "http", "headers": [(b"cookie", cookie)], "query_string": b"",
                 "path_params": {"token": path.removeprefix("/picture/")}}  # fmt: skip
        return routes.picture(Request(scope))

    answer = get(anna)
    assert (answer.status_code, answer.body) == (200, ZIP)
    assert answer.headers["cache-control"] == "no-store"
    assert get(ben).status_code == 404
    app.store.delete(KEY)
    assert get(anna).status_code == 404


def test_a_terminal_saves_it_where_it_stands(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = io.StringIO()
    lines = io.StringIO("/privacy\n📦 Download everything\n/wait 3\n/wait 3\n")
    Console().run(app, "me", "en", lines, said)
    for _ in range(3):
        if not (tmp_path / "likeness.zip").exists():
            Console().run(app, "me", "en", io.StringIO("/wait 3\n"), said)
    assert (tmp_path / "likeness.zip").read_bytes().startswith(b"PK")
    assert str(tmp_path / "likeness.zip") in said.getvalue()


def test_an_old_tab_does_not_write_down_what_was_forgotten(app: App) -> None:
    anna = Marked(app)
    browser = Browser(app, anna.address.chat)
    anna.live()
    browser.look()
    anna.order_erasure()
    browser.say("hello")
    contents = " ".join(entry.content for entry in TranscriptEntry.select())
    assert "hello" in contents
    assert MARK not in contents
    browser.say("again")
    contents = " ".join(entry.content for entry in TranscriptEntry.select())
    assert "Main menu" in contents or "Hello" in contents, "what is seen now is written down"
