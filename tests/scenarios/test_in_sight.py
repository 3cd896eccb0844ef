"""On a telephone the reasons of an album's refusals are in sight, and then those of what is new."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.photographs import COFFEE, jpeg, photograph, selfie
from tests.scenarios.conversations.photos import refused
from tests.scenarios.on_web import WebChat, WebStage
from tests.scenarios.stage import BOTH, QUICK
from tests.scenarios.test_mixed_album import cat
from tests.scenarios.walks import portrait
from tests.sizes import few

IN_SIGHT = """() => {
  const screen = document.querySelector("#screen");
  const top = document.querySelector(".top").getBoundingClientRect().bottom;
  const bottom = document.querySelector("#line").getBoundingClientRect().top;
  const text = screen.querySelector(".text");
  const seen = [], walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    let at = 0;
    for (const line of node.data.split("\\n")) {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + line.length);
      at += line.length + 1;
      const box = range.getBoundingClientRect();
      if (line && box.top >= top && box.bottom <= bottom) seen.push(line);
    }
  }
  return seen;
}"""
"""The lines of the screen that stand whole between the page's head and its line to type in."""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[WebStage]:
    stage = WebStage(tmp_path, **{**QUICK, "photos__find_faces": "true"})
    stage.open()
    yield stage
    stage.close()


def good(number: int) -> bytes:
    return jpeg(selfie(0.35 + 0.04 * number, aside=0.08 * (number % 3 - 1)))


def lines_in_sight(chat: WebChat) -> list[str]:
    found: list[str] = chat._browsers.do(chat._page.evaluate(IN_SIGHT))
    return found


def all_told(chat: WebChat, *reasons: str) -> bool:
    lines = lines_in_sight(chat)
    return all(any(reason in line for line in lines) for reason in reasons)


def tiles(chat: WebChat) -> list[str]:
    labels = chat._page.locator("#screen figcaption").all_inner_texts()
    return list(chat._browsers.do(labels))


@pytest.mark.timeout(200)
@pytest.mark.parametrize("language", few(BOTH))
def test_every_reason_is_in_sight_and_then_what_is_new(stage: WebStage, language: str) -> None:
    chat, no_face = stage.chat(language), "no face visible"
    try:
        portrait(chat)
        album = [good(number) for number in range(6)]
        small = jpeg(selfie(0.5).resize((300, 400)))
        chat.send_photos([*album[:3], cat(), small, *album[3:], b"no picture", album[0]])
        reasons = {4: chat.t(no_face), 5: chat.t("smaller than {side}×{side} pixels", side=512),
                   9: chat.t("not a picture"), 10: chat.t("already here")}  # fmt: skip
        for number, reason in reasons.items():
            refused(chat, number, reason)
        chat.settle()
        chat.wait_for(lambda _: all_told(chat, *reasons.values()), "every reason in sight")
        counted = chat.t("Uploaded: {count}/{wanted} photos", count=6, wanted=10)
        assert counted in lines_in_sight(chat)
        assert [label.split()[:2] for label in tiles(chat)] == [
            ["4", "❌"], ["5", "❌"], ["9", "❌"], ["10", "♻️"]
        ]  # fmt: skip
        chat.send_photos([good(7), jpeg(photograph(COFFEE).resize((900, 600))), good(8)])
        refused(chat, 12, chat.t(no_face))
        before = chat.t("Still to fix:")
        chat.wait_for(lambda _: before in lines_in_sight(chat), "what is old, below what is new")
        seen = lines_in_sight(chat)
        new = seen[: seen.index(before)]
        assert chat.t("✅ Accepted: {count} of {total} (no. {which})",
                      count=2, total=3, which="11, 13") in new  # fmt: skip
        assert sum("❌" in line for line in new) == 1
        assert not [line for line in seen if chat.t("already here") in line]
    finally:
        chat.close()
