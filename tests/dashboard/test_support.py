"""Messages to support on the dashboard: who waits, and how they are answered."""

from __future__ import annotations

from typing import Any

from core.avatars.support import SupportMessage
from core.base.db import run
from tests import makers
from tests.dashboard.conftest import Look
from tests.dashboard.test_pages import press

NASTY = "<img src=x onerror=alert(1)> $x$ **b**"


def written() -> SupportMessage:
    owner = makers.conversation()
    made: SupportMessage = SupportMessage.create(
        user=owner.user, conversation=owner, text=NASTY, at=1
    )
    return made


def test_whoever_waits_is_listed_and_answered_on_their_page(sqlite_db: Any, look: Look) -> None:
    message = written()
    tab = look("people")
    assert "They wait for an answer" in [heading.value for heading in tab.subheader]
    tab = look("people", user=message.user_id.hex)
    assert NASTY in [text.value for text in tab.text], "as text, whatever is in it"
    (area,) = [
        area for area in tab.text_area if str(area.key).startswith(f"answer-text-{message.id}-")
    ]
    area.input("Soon.")
    press(tab, f"answer-send-{message.id}")
    assert [tuple(row) for row in run("SELECT answer, who FROM support_messages")] == [
        ("Soon.", "anna")
    ]
    assert [row[0] for row in run("SELECT name FROM notices")] == ["support_answer"]
    assert [row[0] for row in run("SELECT action FROM audit")] == ["answer"]
    assert "Soon." in [text.value for text in tab.text]
    assert "They wait for an answer" not in [h.value for h in look("people").subheader]


def test_a_viewer_reads_and_does_not_answer(sqlite_db: Any, look: Look) -> None:
    message = written()
    tab = look("people", "viewer", user=message.user_id.hex)
    assert NASTY in [text.value for text in tab.text]
    assert not [
        area for area in tab.text_area if str(area.key).startswith(f"answer-text-{message.id}-")
    ]
