"""What passes between a page and its server, without a browser: what is taken, and from whom."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from channels.web import Settings
from channels.web.serving import application
from channels.web.site import COOKIE, Site
from channels.web.talk import LETTER_BYTES
from core.base.db import connect
from core.base.errors import StorageUnavailable
from core.base.migrations import runner
from tests.channels.web.form import FormHouse


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    opened = connect(f"sqlite:///{tmp_path}/likeness.db", "normal")
    runner.migrate(opened)
    settings = Settings.model_validate_json(json.dumps({"upload_megabytes": 1}))
    yield Site(FormHouse(tmp_path), settings)
    opened.close()


@pytest.fixture
def client(site: Site) -> Iterator[TestClient]:
    with TestClient(application(site), "http://localhost") as client:
        yield client


def visitor(client: TestClient, site: Site) -> dict[str, str]:
    """Somebody new: what their browser sends along."""
    client.cookies.clear()
    return {"Cookie": f"{COOKIE}={site.cookie_of(site.new_visitor())}"}


@pytest.fixture
def anna(client: TestClient, site: Site) -> dict[str, str]:
    return visitor(client, site)


def view(client: TestClient, who: dict[str, str], **asked: str) -> Any:
    return client.get("/view", params=asked, headers=who).json()


def act(client: TestClient, who: dict[str, str], **said: object) -> Any:
    return client.post("/act", json=said, headers=who)


@pytest.mark.parametrize("path", ["/view", "/act", "/upload"])
def test_whoever_has_no_cookie_of_ours_is_nobody(client: TestClient, path: str) -> None:
    client.cookies.clear()
    for cookie in ({}, {"Cookie": f"{COOKIE}={'a' * 32}.{'b' * 43}"}):
        method = "GET" if path == "/view" else "POST"
        assert client.request(method, path, headers=cookie).status_code == 401


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/", "/health", "/view", "/words?language=en", "/favicon.ico"])
def test_whoever_only_looks_gets_no_cookie(client: TestClient, method: str, path: str) -> None:
    client.cookies.clear()
    assert "set-cookie" not in client.request(method, path).headers


def test_a_newcomers_script_gets_the_first_screen_and_a_cookie_by_which_they_are_known(
    client: TestClient, site: Site
) -> None:
    client.cookies.clear()
    begun = client.post("/view", params={"as": "a" * 32})
    assert "Hello" in begun.text
    kept, *attributes = begun.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} < set(attributes)
    name, _, value = kept.partition("=")
    assert site.visitor_of({name: value})
    assert client.get("/view").json()["stamp"] == begun.json()["stamp"]
    assert client.get("/").headers["set-cookie"].startswith(kept), "each visit begins it anew"


def test_an_answer_that_was_lost_makes_nobody_a_second_person(client: TestClient) -> None:
    visits = []
    for known_as in ("a" * 32, "a" * 32, "b" * 32):
        client.cookies.clear()
        visits.append(client.post("/view", params={"as": known_as}).headers["set-cookie"])
    assert visits[0] == visits[1] != visits[2]


def test_whoever_is_known_stays_who_they_are(client: TestClient, anna: dict[str, str]) -> None:
    before = view(client, anna)["stamp"]
    again = client.post("/view", params={"as": "a" * 32}, headers=anna)
    assert again.json()["stamp"] == before
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize("known_as", ["", "x", "A" * 32, "a" * 33])
def test_a_newcomer_without_a_name_of_their_own_is_refused(
    client: TestClient, known_as: str
) -> None:
    client.cookies.clear()
    refused = client.post("/view", params={"as": known_as})
    assert (refused.status_code, "set-cookie" in refused.headers) == (400, False)


def test_another_site_makes_nobody_a_visitor(client: TestClient) -> None:
    client.cookies.clear()
    elsewhere = {"Origin": "https://evil.example"}
    refused = client.post("/view", params={"as": "a" * 32}, headers=elsewhere)
    assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b'"x"', b"\xff", b"{", b"{}",
        b'{"key": "k"}', b'{"key": "k", "text": "  "}', b'{"text": "no key"}',
        b'{"key": "k", "text": 5}', b'{"key": "k", "text": ["x"]}',
        b'{"key": "k", "files": ["forged"]}', b'{"key": "k", "files": "x"}',
        b'{"key": "k", "press": "x"}', b'{"key": "k", "press": {"label": "x"}}',
    ],
)  # fmt: skip
def test_what_no_page_of_ours_says_is_refused_and_changes_nothing(
    client: TestClient, anna: dict[str, str], body: bytes
) -> None:
    before = view(client, anna)
    assert client.post("/act", content=body, headers=anna).status_code == 400
    assert view(client, anna)["stamp"] == before["stamp"]


def test_more_than_anybody_writes_is_refused(client: TestClient, anna: dict[str, str]) -> None:
    assert act(client, anna, key="k", text="x" * LETTER_BYTES).status_code == 413
    large = client.post("/upload?name=x.jpg", content=bytes(1024 * 1024 + 1), headers=anna)
    assert large.status_code == 413


def test_the_same_letter_twice_is_one(client: TestClient, anna: dict[str, str]) -> None:
    view(client, anna)
    seen = [act(client, anna, key="k", text="hello").json() for _ in range(2)]
    assert seen[0]["above"] == seen[1]["above"]
    assert seen[0]["revision"] == seen[1]["revision"]


def test_a_file_that_is_sent_again_as_its_answer_was_lost_is_kept_once(
    client: TestClient, site: Site, anna: dict[str, str], tmp_path: Path
) -> None:
    def upload(who: dict[str, str], key: str) -> str:
        named = {"name": "me.jpg", "key": key}
        answer = client.post("/upload", params=named, content=b"x", headers=who)
        return str(answer.json()["file"])

    def kept() -> int:
        return len(list((tmp_path / "spool").iterdir()))

    assert upload(anna, "k") == upload(anna, "k")
    assert kept() == 1
    upload(anna, "another")
    upload(visitor(client, site), "k")
    assert kept() == 3


def test_a_screen_is_written_down_as_it_was_answered(
    client: TestClient, anna: dict[str, str]
) -> None:
    seen = view(client, anna)["seen"]
    entries = act(client, anna, key="k", text="hello", seen=seen).json()["entries"]
    assert ["Hello! 👋" in html for html in entries.values()] == [True, False]


@pytest.mark.parametrize("change", [lambda seen: "A" + seen, lambda _: "x", lambda _: 5])
def test_a_screen_that_was_made_up_is_not_written_down(
    client: TestClient, anna: dict[str, str], change: Any
) -> None:
    seen = change(view(client, anna)["seen"])
    entries = act(client, anna, key="k", text="hello", seen=seen).json()["entries"]
    assert len(entries) == 1


def test_nobody_sends_what_another_has_uploaded_or_seen(
    client: TestClient, site: Site, anna: dict[str, str]
) -> None:
    uploaded = client.post("/upload?name=me.jpg", content=b"x", headers=anna).json()["file"]
    seen = view(client, anna)["seen"]
    ben = visitor(client, site)
    view(client, ben)
    assert act(client, ben, key="k", files=[uploaded]).status_code == 400
    assert len(act(client, ben, key="k", text="hello", seen=seen).json()["entries"]) == 1


def test_a_question_for_what_is_new_is_answered_for_ones_own_conversation_alone(
    client: TestClient, site: Site, anna: dict[str, str]
) -> None:
    hers = view(client, anna)["stamp"]
    assert client.get("/view", params={"after": hers}, headers=anna).status_code == 204
    ben = visitor(client, site)
    his = client.get("/view", params={"after": hers}, headers=ben)
    assert his.status_code == 200
    assert his.json()["stamp"] != hers


def test_only_what_is_new_is_sent_again(client: TestClient, anna: dict[str, str]) -> None:
    view(client, anna)
    first = act(client, anna, key="1", text="one").json()
    known = max(int(key.partition("-")[0]) for key in first["above"])
    second = act(client, anna, key="2", text="two", known=known).json()
    assert set(second["above"]) > set(first["above"])
    assert {*second["entries"]} == {*second["above"]} - {*first["above"]}


@pytest.mark.parametrize("language", ["ru", "de", "", "<script>"])
def test_the_page_speaks_what_it_can(client: TestClient, language: str) -> None:
    said = client.get("/words", params={"language": language}).json()
    assert said["language"] == ("ru" if language == "ru" else "en")
    assert said["commands"]


@pytest.mark.parametrize("host", ["elsewhere.example", "localhost.elsewhere.example"])
def test_under_another_name_it_is_not_there(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 400


def test_the_first_page_asks_no_database(client: TestClient, site: Site) -> None:
    site.app.engine = None  # type: ignore[assignment]
    answer = client.get("/", headers={"Accept-Language": "ru-RU,ru;q=0.9"})
    assert answer.status_code == 200
    assert 'lang="ru"' in answer.text


def test_the_page_bears_the_bots_name_and_picture(site: Site, tmp_path: Path) -> None:
    picture = tmp_path / "face.png"
    picture.write_bytes(b"\x89PNG a face")
    house: Any = site.app
    house.name, house.picture = "Doubles & <co>", str(picture)
    with TestClient(application(site), "http://localhost") as client:
        page = client.get("/").text
        assert "<title>Doubles &amp; &lt;co&gt;</title>" in page
        (icon,) = re.findall(r'rel="icon" href="([^"]+)"', page)
        assert f"url({icon})" in page, "in the header too"
        for path in (icon, "/favicon.ico"):
            answer = client.get(path)
            assert answer.content == picture.read_bytes()
            assert answer.headers["Content-Type"] == "image/png"


def test_without_a_picture_the_page_has_ours(client: TestClient) -> None:
    page = client.get("/").text
    (icon,) = re.findall(r'rel="icon" href="([^"]+)"', page)
    assert client.get(icon).headers["Content-Type"] == "image/svg+xml"
    assert "<title>Form</title>" in page


def test_a_picture_is_to_be_asked_for_again_while_the_store_is_away(
    client: TestClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = site.new_visitor()
    who = {"Cookie": f"{COOKIE}={site.cookie_of(name)}"}
    path = site.picture_path(name, "stored", "a/b/c")

    def away(*_: object) -> bytes:
        raise StorageUnavailable("away")

    monkeypatch.setattr(site.app, "thumbnail", away)
    assert client.get(path, headers=who).status_code == 503
    monkeypatch.setattr(site.app, "thumbnail", lambda *_: None)
    assert client.get(path, headers=who).status_code == 404
