"""Every row of every table has an address that opens exactly that row."""

from __future__ import annotations

import csv
import io
import time
import uuid
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.avatars.privacy.retained import Export
from core.base.db import run
from core.conversation.models import Conversation, InboxEvent, PendingNotice, User
from core.operation.metrics import records
from dashboard.tables import PLACE
from tests.dashboard import drawn
from tests.dashboard.conftest import Look, fill_lately

AGGREGATES = {"state", "reason", "profile"}
"""By these columns a table is known whose rows are sums and not rows of anything."""


@pytest.fixture
def everything(sqlite_db: Any) -> Conversation:
    """Something in every table; the person to whom most of it happened."""
    fill_lately(60)
    now = time.time()
    run(
        "UPDATE training_runs SET status = 'failed', error = 'it broke' WHERE id = "
        "(SELECT id FROM training_runs WHERE status = 'completed' ORDER BY id LIMIT 1)"
    )
    (conversation_id,) = run(
        "SELECT conversation_id FROM training_runs WHERE error = 'it broke'"
    ).fetchone()
    owner: Conversation = Conversation.get_by_id(conversation_id)
    run(
        "UPDATE training_runs SET status = 'uncertain', finished_at = NULL WHERE id = "
        "(SELECT id FROM training_runs WHERE status = 'completed' ORDER BY id LIMIT 1)"
    )
    run(
        "UPDATE training_runs SET status = 'training', finished_at = NULL WHERE id = "
        "(SELECT id FROM training_runs WHERE status = 'completed' ORDER BY id LIMIT 1)"
    )
    run(
        "INSERT INTO alerts (rule, subject, value, threshold, fired_at) VALUES "
        "('queue', 'x', 2, 1, ?)",
        now - 50,
    )
    run(
        "INSERT INTO audit (at, who, action, subject, detail) VALUES (?, 'a', 'pause', 'x', '')",
        now - 50,
    )
    run(
        'INSERT INTO controls (name, value, at, "by") VALUES (?, ?, ?, ?)',
        "trainings_paused",
        "",
        now - 50,
        "anna",
    )
    InboxEvent.create(
        conversation=owner,
        channel="web",
        bot="web",
        update_id="1",
        kind="text",
        received_at=now - 60,
        failed_at=now - 50,
        error="it broke",
    )
    PendingNotice.create(conversation=owner, key="k", name="alert", created_at=now - 50)
    Export.create(user=owner.user_id, conversation=owner, ordered_at=now - 60)
    User.update(erasing_at=now - 60).where(User.id == owner.user_id).execute()
    (avatar_id,) = run(
        "SELECT avatar_id FROM training_runs WHERE conversation_id = ?", owner.id
    ).fetchone()
    AvatarPhoto.create(
        avatar=avatar_id,
        user=owner.user_id,
        conversation=owner,
        number=999,
        validation_status=PhotoValidationStatus.INVALID,
        reason="no_face",
    )
    return owner  # fmt: skip


def places(tab: AppTest) -> list[tuple[dict[str, Any], str]]:
    """The first and the last row of each table, with their addresses."""
    found = []
    for frame in tab.dataframe:
        columns = set(frame.value)
        if columns & {"reached", "people", "wasted"} or columns == {"name", "value"}:
            continue  # sums, and a row that is open already
        rows = frame.value.to_dict("records")
        found += [(row, str(row[PLACE])) for row in (rows[0], rows[-1])]
    return found


def follow(look: Look, place: str) -> AppTest:
    parts = urlsplit(place)
    tab = look(parts.path.removeprefix("/"), **dict(parse_qsl(parts.query)))
    assert not tab.exception, place
    return tab


def opens(tab: AppTest, row: dict[str, Any], place: str) -> bool:
    """Whether a page shows this row, by itself or opened."""
    named = dict(parse_qsl(urlsplit(place).query))
    if "of" in named:
        shown = {cell["name"]: cell["value"] for cell in drawn.table(tab, "name", "value")}
        key = records.KINDS[named["of"]].key
        same = [name for name in ("subject", "error", "phase", "action") if name in row]
        agrees = all(shown[name] == str(row[name]) for name in same if name in shown)
        return bool(shown) and shown[key] == named["id"] and agrees
    if "run" in named:
        return any(named["run"] in told.value for told in tab.caption)
    if "group" in named:
        return any(str(row["error_type"]) in text.value for text in tab.text)
    listed = drawn.table(tab, "unreachable", "chat")
    theirs = {uuid.UUID(person["user_id"]) for person in listed} == {uuid.UUID(named["user"])}
    opened = any(named.get("avatar", "") in text.value for text in tab.text)
    return theirs and opened


@pytest.mark.parametrize(
    ("page", "address"),
    [("overview", {}), ("training", {}), ("running", {}), ("errors", {}), ("people", {}),
     ("operations", {}), ("audit", {}), ("errors", {"group": "?"}), ("training", {"run": "?"}),
     ("people", {"user": "?"}), ("people", {"user": "?", "avatar": "?"})],
    ids=str,
)  # fmt: skip
def test_the_address_of_a_row_opens_that_row(
    everything: Conversation, look: Look, page: str, address: dict[str, str]
) -> None:
    mine = run(
        "SELECT id, avatar_id FROM training_runs WHERE conversation_id = ? AND error = 'it broke'",
        everything.id,
    ).fetchone()
    names = {"run": mine[0], "avatar": mine[1], "user": everything.user_id}
    wanted = {name: str(names.get(name)) for name in address}
    if "group" in wanted:
        wanted["group"] = parse_group(look)
    tab = look(page, mode="both", period="30d", **wanted)
    assert not tab.exception
    found = places(tab)
    assert found
    for place, row in {place: row for row, place in found}.items():
        assert opens(follow(look, place), row, place), place
        kept = dict(parse_qsl(urlsplit(place).query))
        assert (kept["mode"], kept["period"]) == ("both", "30d"), "with the same choices"


def parse_group(look: Look) -> str:
    """Some problem's name."""
    tab = look("errors", mode="both", period="30d")
    place = str(drawn.table(tab, "news", "trend")[0][PLACE])
    return dict(parse_qsl(urlsplit(place).query))["group"]


def test_what_happened_to_a_person_is_linked_row_by_row(
    everything: Conversation, look: Look
) -> None:
    tab = look("people", user=str(everything.user_id), mode="both")
    moments = {row["kind"]: row for row in drawn.table(tab, "kind", "about")}
    assert moments.keys() >= {"turn", "run", "call", "notice", "avatar", "photo"}
    for row in moments.values():
        assert opens(follow(look, row[PLACE]), row, row[PLACE]), row


@pytest.mark.parametrize("address", [{}, {"of": "users", "id": "1"}, {"of": "alert", "id": "'"},
                                     {"of": "alert", "id": "9" * 30}, {"of": "photo", "id": "x"},
                                     {"of": "audit", "id": "77"}])  # fmt: skip
def test_an_address_that_names_nothing_says_so(
    sqlite_db: Any, look: Look, address: dict[str, str]
) -> None:
    tab = look("row", **address)
    assert not tab.exception
    assert "There is no such row any more." in [caption.value for caption in tab.caption]


def test_a_row_alone_shows_nothing_that_was_said(everything: Conversation, look: Look) -> None:
    hidden = {"payload", "parameters", "token_key", "memory", "reference", "minio_key"}
    for kind in records.KINDS.values():
        assert not hidden & set(kind.columns)


def test_taken_away_a_row_still_has_its_address(everything: Conversation, look: Look) -> None:
    from dashboard import site
    from dashboard.tables import Column, as_csv
    from dashboard.view import View
    from dashboard.words import translator

    look("overview")
    view = View(site.current(), None, translator("en"), None, 0)  # type: ignore[arg-type]
    text = as_csv(view, [Column("name", "Name")], [everything.user], ["/people?user=1"])
    header, row = csv.reader(io.StringIO(text.decode("utf-8-sig")))
    assert header[-1] == "Link"
    assert row[-1] == "http://127.0.0.1:8502/people?user=1"
