"""The chat page in a real browser."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.channels.web.conftest import PATIENCE, Served, Visit, Visitor, photo

NASTY = "**x** <img src=x onerror=alert(1)> [a](javascript:1)"
PHOTOS = [photo(color) for color in ("red", "green", "blue")]

WATCH = """label => {
  window.seen = [];
  const look = () => {
    const button = [...document.querySelectorAll("button")].find(b => b.innerText === label);
    if (button) seen.push(getComputedStyle(button).pointerEvents);
    requestAnimationFrame(look);
  };
  look();
}"""
"""Writes down, frame by frame, whether a button can be pressed."""

DRAG = """() => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(["x"], "photo.jpg", {type: "image/jpeg"}));
  for (const name of ["dragenter", "dragover"])
    document.querySelector("textarea").dispatchEvent(
      new DragEvent(name, {bubbles: true, cancelable: true, dataTransfer}));
}"""
"""Holds a file over the line to type in."""


@pytest.fixture(autouse=True, scope="module")
def _patient() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE * 1000)
    yield
    expect.set_options(timeout=5000)


def test_the_health_page_says_ok(served: Served) -> None:
    with urllib.request.urlopen(f"{served.url}/health", timeout=10) as answer:
        assert answer.read() == b"ok"


@pytest.mark.parametrize(
    "path", ["/looks/1/page.html", "/looks/1/..%2fsite.py", "/metrics", "/act"]
)
def test_nothing_else_is_served(served: Served, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match=r"40[45]") as refused:
        urllib.request.urlopen(served.url + path, timeout=10)
    refused.value.close()


def test_a_first_visit_greets_in_the_language_of_the_browser(visit: Visit) -> None:
    boris = visit("ru-RU")
    expect(boris.screen).to_contain_text("Привет! 👋")
    expect(boris.page.locator("html")).to_have_attribute("lang", "ru")
    expect(boris.page.get_by_placeholder("Сообщение")).to_be_visible()


def test_the_cookie_is_signed_and_no_script_and_no_other_site_can_use_it(served: Served) -> None:
    asked = urllib.request.Request(f"{served.url}/view?as={'a' * 32}", method="POST")
    with urllib.request.urlopen(asked, timeout=10) as answer:
        cookie, *others = answer.headers.get_all("Set-Cookie")
    value, *attributes = cookie.split("; ")
    assert re.fullmatch(r"likeness_visitor=[0-9a-f]{32}\.[\w-]{43}", value)
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} < set(attributes)
    assert others == []


def test_a_press_acts_and_stays_in_the_conversation(anna: Visitor) -> None:
    expect(anna.screen).to_contain_text("Hello! 👋")
    cookie = anna.cookie
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Lax")
    anna.press("🚀 Begin")
    expect(anna.screen).to_contain_text("What is your name?")
    expect(anna.said).to_contain_text(["🚀 Begin"])
    expect(anna.page.locator(".bubble.bot")).to_contain_text(["Hello! 👋"])
    expect(anna.page.get_by_role("button", name="🚀 Begin")).to_have_count(0)


def test_a_button_that_takes_the_place_of_another_is_not_pressed_by_a_double_click(
    anna: Visitor,
) -> None:
    expect(anna.screen).to_contain_text("Hello! 👋")
    anna.page.evaluate(WATCH, "◀️ Back")
    anna.press("🚀 Begin")
    anna.page.wait_for_function("() => seen.at(-1) === 'auto'", timeout=PATIENCE * 1000)
    assert anna.page.evaluate("() => seen[0]") == "none"
    anna.press("◀️ Back")
    expect(anna.screen).to_contain_text("Hello! 👋")


@pytest.mark.parametrize("time", range(5))
def test_a_press_and_a_message_in_one_moment_act_in_their_order(
    time: int, anna: Visitor, served: Served
) -> None:
    expect(anna.screen).to_contain_text("Hello! 👋")
    with served.busy():
        anna.press("🚀 Begin")
        anna.say("Anna")
    expect(anna.screen).to_contain_text("Photos of “Anna”")
    expect(anna.said).to_have_text([re.compile("🚀 Begin"), re.compile("Anna")])


def test_what_a_person_types_is_shown_as_it_was_typed(anna: Visitor) -> None:
    anna.press("🚀 Begin")
    expect(anna.screen).to_contain_text("What is your name?")
    anna.say(NASTY)
    expect(anna.screen).to_contain_text(f"Photos of “{NASTY}”")
    expect(anna.said.last).to_contain_text(NASTY)
    expect(anna.page.locator("img[src=x], .bubble img")).to_have_count(0)
    expect(anna.page.locator('a[href^="javascript"], .bubble a')).to_have_count(0)
    assert anna.dialogs == []


def test_photos_sent_at_once_become_thumbnails_that_nobody_else_can_open(
    anna: Visitor, served: Served
) -> None:
    _collect(anna, "Anna")
    anna.send(PHOTOS)
    expect(anna.screen).to_contain_text("Photos: 3")
    for pictures in (anna.said.locator("img"), anna.screen.locator("img")):
        expect(pictures).to_have_count(3)
        _loaded(anna.page, pictures)
    path = anna.screen.locator("a").first.get_attribute("href") or ""
    assert anna.page.request.get(path).ok
    boris = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    boris.open(served.url, timeout=10).close()
    with pytest.raises(urllib.error.HTTPError, match="404") as refused:
        boris.open(served.url + path, timeout=10)
    refused.value.close()


def test_a_picture_that_is_alone_is_shown_whole(anna: Visitor) -> None:
    _collect(anna, "Anna")
    anna.send(PHOTOS[:1])
    alone = anna.screen.locator("img")
    expect(alone).to_have_count(1)
    _loaded(anna.page, alone)
    seen, drawn = "image.naturalWidth / image.naturalHeight", "image.width / image.height"
    assert alone.evaluate(f"image => Math.abs({seen} - {drawn})") < 0.05


@pytest.mark.parametrize(
    ("locale", "names", "trouble", "drop"),
    [
        ("en-GB", ["Add photos or files", "Send"], "Can’t be sent: larger than 1 MB",
         "Drop them here"),
        ("ru-RU", ["Добавить фото или файлы", "Отправить"], "Не отправится: больше 1 МБ",
         "Отпустите здесь"),
    ],
)  # fmt: skip
def test_the_line_to_type_in_speaks_as_the_page_does(
    visit: Visit, locale: str, names: list[str], trouble: str, drop: str
) -> None:
    visitor = visit(locale)
    line = visitor.page.locator("#line")
    expect(line.get_by_label(names[0], exact=True).last).to_be_attached()
    expect(line.get_by_role("button", name=names[1], exact=True)).to_be_visible()
    large = FilePayload(name="film.mp4", mimeType="video/mp4", buffer=bytes(1_100_000))
    visitor.page.locator("#files").set_input_files(large)
    expect(line.get_by_role("alert")).to_have_text(trouble)
    expect(line.get_by_text(drop)).to_be_hidden()
    visitor.page.evaluate(DRAG)
    expect(line.get_by_text(drop)).to_be_visible()


def test_a_reload_finds_the_conversation(anna: Visitor) -> None:
    _collect(anna, "Anna")
    before = anna.name
    anna.page.reload()
    expect(anna.screen).to_contain_text("Photos of “Anna”")
    expect(anna.said).to_contain_text(["🚀 Begin", "Anna"])
    assert anna.name == before


def test_another_browser_and_a_forged_cookie_are_other_people(anna: Visitor, visit: Visit) -> None:
    _collect(anna, "Anna")
    boris, thief = visit(), visit(cookie=f"{anna.name}.{'A' * 43}")
    for other in (boris, thief):
        expect(other.screen).to_contain_text("Hello! 👋")
        expect(other.said).to_have_count(0)
    assert len({anna.name, boris.name, thief.name}) == 3


def test_nothing_is_wider_than_a_telephone(anna: Visitor) -> None:
    expect(anna.screen).to_contain_text("Hello! 👋")
    assert anna.overhang == 0
    _collect(anna, "W" * 300)
    anna.send(PHOTOS)
    expect(anna.screen.locator("img")).to_have_count(3)
    assert anna.overhang == 0


def test_buttons_of_a_row_are_of_one_height_though_one_has_two_lines(anna: Visitor) -> None:
    anna.page.set_viewport_size({"width": 200, "height": 844})
    heights = []
    for label in ("🌐 По-русски", "?"):
        button = anna.page.get_by_role("button", name=label, exact=True)
        button.wait_for()
        box = button.bounding_box()
        assert box is not None
        heights.append(box["height"])
    assert heights[0] == heights[1] > 50, "the longer label takes two lines"


def test_a_bar_moves_and_news_come_in_without_a_click(anna: Visitor, served: Served) -> None:
    _collect(anna, "Anna")
    anna.press("✨ Make it")
    bar = anna.screen.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "0")
    served.signal(anna.name, "progress", "40")
    expect(bar).to_have_attribute("aria-valuenow", "40")
    served.signal(anna.name, "told", "rain")
    expect(anna.page.locator(".bubble.bot")).to_contain_text(["News about rain"])
    served.signal(anna.name, "finished", "")
    expect(anna.screen).to_contain_text("Ready! 🎉")
    anna.press("Open rain")
    expect(anna.screen).to_contain_text("Opened.")


def test_a_screen_that_comes_with_news_stands_below_them_and_stays_there(
    anna: Visitor, served: Served
) -> None:
    _collect(anna, "Anna")
    anna.press("✨ Make it")
    expect(anna.screen).to_contain_text("Working…")
    served.signal(anna.name, "told", "hail")
    news = anna.page.locator(".bubble.bot", has_text="News about hail")
    expect(news).to_be_visible()
    assert _top(anna.screen) < _top(news)
    served.signal(anna.name, "done", "snow")
    expect(anna.screen).to_contain_text("Ready! 🎉")
    news = anna.page.locator(".bubble.bot", has_text="News about snow")
    for _ in range(2):
        assert _top(news) < _top(anna.screen)
        anna.page.reload()
        expect(anna.screen).to_contain_text("Ready! 🎉")


def test_pictures_of_a_notice_stand_in_a_row_large_and_can_be_downloaded(
    anna: Visitor, served: Served
) -> None:
    _collect(anna, "Anna")
    anna.send(PHOTOS[:2])
    expect(anna.screen).to_contain_text("Photos: 2")
    kept = sorted((served.folder / "spool").iterdir(), key=lambda path: path.stat().st_mtime)[-2:]
    served.signal(anna.name, "told", " ".join(f"spool/{path.name}" for path in kept))
    album = anna.page.locator(".bubble.bot .album")
    expect(album.locator("img")).to_have_count(2)
    places = [box for image in album.locator("img").all() if (box := image.bounding_box())]
    assert places[0]["y"] == places[1]["y"]
    _loaded(anna.page, album.locator("img"))
    assert album.locator("img").first.evaluate("image => image.naturalWidth") == 64
    with anna.context.expect_page() as opened:
        album.locator("img").first.click()
    expect(opened.value.locator("img")).to_be_visible()
    with anna.page.expect_download() as saved:
        album.get_by_label("Download").first.click()
    assert saved.value.suggested_filename == "picture-1.jpg"
    assert saved.value.path().read_bytes() == kept[0].read_bytes()


def _top(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return box["y"]


def _collect(visitor: Visitor, name: str) -> None:
    visitor.press("🚀 Begin")
    expect(visitor.screen).to_contain_text("What is your name?")
    visitor.say(name)
    expect(visitor.screen).to_contain_text(f"Photos of “{name}”")


def _loaded(page: Page, pictures: Locator) -> None:
    for picture in pictures.all():
        page.wait_for_function(
            "image => image.complete && image.naturalWidth > 0", arg=picture.element_handle()
        )
