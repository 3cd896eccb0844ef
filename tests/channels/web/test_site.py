"""Who a cookie belongs to, whose pictures are whose, and which settings are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from channels.web import Settings, Web
from channels.web.message_html import MessageHtml
from channels.web.site import BEFORE, COOKIE, Site
from channels.web.transcript import Entry, screen
from channels.web.words import EN
from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.rendering import render
from core.conversation.messages import Picture, Screen
from tests.channels.web.form import FormHouse

SECRET = "s" * 32


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return _site(tmp_path, SECRET)


def test_a_signed_cookie_names_its_visitor_again(site: Site) -> None:
    visitor = site.new_visitor()
    assert site.visitor_of({COOKIE: site.cookie_of(visitor)}) == visitor


def test_no_two_visitors_are_the_same(site: Site) -> None:
    assert site.new_visitor() != site.new_visitor()


def test_a_forged_cookie_is_nobodys(site: Site, tmp_path: Path) -> None:
    visitor, other = site.new_visitor(), site.new_visitor()
    good = site.cookie_of(visitor)
    elsewhere = _site(tmp_path, "t" * 32).cookie_of(visitor)
    forged = (
        "", ".", visitor, f"{visitor}.", good.replace(visitor, other), good[:-1], good + "A",
        elsewhere, "é.é", good + "\0",
    )  # fmt: skip
    assert [value for value in forged if site.visitor_of({COOKIE: value})] == []
    assert site.visitor_of({}) is None


def test_a_signature_alone_makes_no_visitor(site: Site) -> None:
    assert site.visitor_of({COOKIE: site.cookie_of("../../etc/passwd")}) is None


def test_a_cookie_outlives_the_process_by_the_secret_that_is_kept(
    sqlite_db: Any, tmp_path: Path
) -> None:
    before, after = _site(tmp_path), _site(tmp_path)
    visitor = before.new_visitor()
    assert after.visitor_of({COOKIE: before.cookie_of(visitor)}) == visitor


def test_a_secret_of_an_earlier_version_goes_on_signing(sqlite_db: Any, tmp_path: Path) -> None:
    (tmp_path / BEFORE).write_text(SECRET)
    visitor = "a" * 32
    known = {COOKIE: _site(tmp_path, SECRET).cookie_of(visitor)}
    assert _site(tmp_path).visitor_of(known) == visitor
    (tmp_path / BEFORE).write_text("another" * 8)
    assert _site(tmp_path).visitor_of(known) == visitor, "what was agreed on once stays"


def test_a_picture_is_found_by_the_visitor_it_was_shown_to_and_by_no_other(site: Site) -> None:
    anna, boris = site.new_visitor(), site.new_visitor()
    token = site.picture_path(anna, "stored", "avatars/1/2.jpg").removeprefix("/picture/")
    assert site.picture_of(anna, token) == ("stored", "avatars/1/2.jpg", "")
    assert site.picture_of(boris, token) is None
    assert "/" not in token


def test_a_picture_path_that_was_changed_leads_nowhere(site: Site) -> None:
    anna = site.new_visitor()
    token = site.picture_path(anna, "sent", "one").removeprefix("/picture/")
    payload, _, signature = token.rpartition(".")
    other = site.picture_path(anna, "sent", "two").removeprefix("/picture/").rpartition(".")[0]
    forged = ("", ".", payload, f"{other}.{signature}", token + "A", "é", f"{payload}.é")
    assert [path for path in forged if site.picture_of(anna, path)] == []


def test_a_cookie_is_no_picture_and_a_picture_no_cookie(site: Site) -> None:
    anna = site.new_visitor()
    token = site.picture_path(anna, "sent", "one").removeprefix("/picture/")
    assert site.picture_of(anna, site.cookie_of(anna)) is None
    assert site.visitor_of({COOKIE: token}) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"public_url": "chat.example.org"},
        {"public_url": "ftp://chat.example.org"},
        {"public_url": "https://"},
        {"secret": "short"},
        {"port": 0},
        {"port": 65536},
        {"title": ""},
        {"title": "x" * 61},
        {"upload_megabytes": 0},
        {"prot": 8501},
    ],
    ids=str,
)
def test_settings_that_can_not_be_meant_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate_json(json.dumps(wrong))


def test_settings_never_show_the_secret() -> None:
    assert SECRET not in repr(Settings.model_validate_json(json.dumps({"secret": SECRET})))


def test_cookies_are_kept_to_https_where_people_come_by_it() -> None:
    assert Settings(public_url="https://chat.example.org/").secure
    assert not Settings(public_url="http://chat.example.org").secure
    assert not Settings().secure


def test_the_page_says_where_it_is_found() -> None:
    settings = Settings(host="::", port=80, public_url="https://chat.example.org/")
    assert settings.addresses == ["https://chat.example.org", "http://localhost:80"]
    assert Web(Settings(host="::1")).address == "http://[::1]:8501"


def test_the_page_answers_to_its_own_names_alone() -> None:
    assert "*" not in Settings().names
    assert "chat.example.org" in Settings(public_url="https://chat.example.org").names
    assert Settings(host="0.0.0.0").names == ["*"]
    assert "*" not in Settings(host="0.0.0.0", allowed_hosts=("chat.lan",)).names


def test_what_anybody_wrote_is_escaped() -> None:
    messages = MessageHtml(EN, lambda kind, name, called="": f'/{kind}"{name}')
    file = {"name": "<b>.pdf", "photo": False, "spool": ""}
    drawn = messages.said({"text": "<img src=x>", "files": [file]})
    assert "<img" not in drawn
    assert "&lt;img src=x&gt;" in drawn
    assert "&lt;b&gt;.pdf" in drawn
    evil = '"><script>'
    for picture in (Picture(evil, evil, evil, note=evil), Picture(evil, alt=evil)):
        assert "<script>" not in "".join(messages.pictures([picture]))


def test_illustrations_stand_above_the_words_and_say_what_they_show() -> None:
    messages = MessageHtml(EN, lambda kind, name, called="": f"/{kind}/{name}")
    shown = (Picture("a", alt="At sea"), Picture("b", alt="At home"))
    lead, below = messages.pictures(shown)
    assert below == ""
    assert 'src="/stored/a" alt="At sea"' in lead
    assert "figcaption" not in lead
    said = screen(render(Screen("Hello", pictures=shown), Capabilities(pictures=2), "k" * 32, 1))
    bubble = messages.entry(Entry(1, "bot", json.loads(json.dumps(said)), 0.0))
    assert bubble.index('alt="At home"') < bubble.index("Hello")
    assert messages.pictures([Picture("c", "1")])[0] == "", "others stand below"


def _site(folder: Path, secret: str = "") -> Site:
    settings = Settings.model_validate_json(json.dumps({"secret": secret}))
    return Site(FormHouse(folder), settings)
