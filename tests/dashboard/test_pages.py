"""Every page with nothing, with one person, with many, and without a database; who may act."""

from __future__ import annotations

import time
import uuid
from html import escape
from typing import Any

import peewee
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.avatars.privacy.retained import Export, RemoteCopy
from core.base.db import database, run, transaction
from core.base.settings.running.dashboard import Role
from core.conversation.models import User
from core.operation.metrics import overview
from core.operation.metrics.pictures import orders, totals
from core.operation.metrics.scope import DAY, Scope
from dashboard import site
from tests import makers
from tests.dashboard.conftest import PAGES, House, Look, fill_lately

NASTY = "=1+1 **x** <img src=x onerror=alert(1)> [a](javascript:1) $x^2$ :red[x] {x}"


def labels(tab: AppTest) -> set[str]:
    """The buttons that are there."""
    return {button.label for button in tab.button}


def metric(tab: AppTest, label: str) -> str:
    return str(next(metric.value for metric in tab.metric if metric.label == label))


def any_run(status: str) -> str:
    row = run("SELECT id FROM training_runs WHERE status = ? LIMIT 1", status).fetchone()
    return str(uuid.UUID(str(row[0])))


def running() -> str:
    """A run that is under way."""
    ended = any_run("completed")
    with transaction():
        run(
            "UPDATE training_runs SET status = 'training', finished_at = NULL WHERE id = ?",
            uuid.UUID(ended).hex,
        )
    return ended


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("people", [0, 1, 300])
def test_a_page_is_drawn_however_much_there_is(
    sqlite_db: Any, look: Look, page: str, people: int
) -> None:
    if people:
        fill_lately(people)
    tab = look(page, mode="both")
    assert not tab.exception
    assert not tab.error
    assert tab.header
    assert "Data as of" in " ".join(caption.value for caption in tab.caption)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_drawn_from_postgresql(postgresql_db: Any, look: Look, page: str) -> None:
    fill_lately(40)
    tab = look(page, mode="both", lang="ru", period="30d")
    assert not tab.exception
    assert tab.header


@pytest.mark.parametrize("page", PAGES)
def test_without_its_table_a_page_fails_as_a_whole_and_not_in_half(
    sqlite_db: Any, look: Look, page: str
) -> None:
    for table in ("fal_events", "heartbeats", "training_runs", "transitions", "audit", "inbox"):
        database.execute_sql(f"DROP TABLE {table}")
    tab = look(page)
    assert tab.exception


def test_the_first_page_shows_the_specifications_four_metrics(sqlite_db: Any, look: Look) -> None:
    fill_lately(200)
    tab = look("overview", mode="both")
    now = time.time() // 15 * 15
    scope = Scope(now - 7 * DAY, now)
    assert metric(tab, "Avatars created") == f"{overview.avatars_created(scope):,}"
    success = overview.outcomes(scope).success
    assert success is not None
    assert metric(tab, "Training success") == f"{100 * success:.1f}%"
    assert {"Training time: portrait", "Training time: style", "fal errors"} <= {
        found.label for found in tab.metric
    }


def test_alerts_are_above_everything_and_silenced_from_beside_them(
    sqlite_db: Any, look: Look
) -> None:
    beat = "INSERT INTO heartbeats (part, process, at, started_at, version, trouble, mode) "
    run(f"{beat} VALUES ('worker', 'host:1', ?, 0, '1', '', 'test')", time.time())
    assert ":green[:material/check_circle: **All well**]" in [
        text.value for text in look("overview").markdown
    ]
    run(
        "INSERT INTO alerts (id, rule, subject, value, threshold, fired_at) "
        "VALUES (7, 'queue', '', 12.5, 10, ?)",
        time.time() - 3 * DAY,
    )
    st.cache_data.clear()
    tab = look("overview")
    drawn = [text for element in tab.main if (text := str(getattr(element, "value", "")))]
    sentence = (
        "A training waits too long to begin: 12 min 30 s, the limit is 10 min. Began 3 d ago."
    )
    assert drawn.index(":red[:material/error: **1 alert**]") + 1 == drawn.index(sentence)
    assert drawn.index(sentence) < drawn.index(metric(tab, "Avatars created"))
    press(tab, "silence-7")
    assert run("SELECT rule, who FROM silences").fetchall() == [("queue", "anna")]
    assert "Silenced" in [text.value for text in tab.caption]


def test_a_first_look_shows_the_mode_that_trainings_are_made_in(
    sqlite_db: Any, look: Look, house: House
) -> None:
    first = look("overview")
    assert first.session_state["kept-mode"] == "test"
    told = "Last 7 days · Test mode · compared with the 7 d before · new trainings are simulated"
    assert told in [text.value for text in first.caption]
    house.trainer.test_mode = False
    assert look("overview").session_state["kept-mode"] == "production"


def test_without_the_key_a_first_look_shows_productions_running_trainings(
    sqlite_db: Any, look: Look, house: House
) -> None:
    """The dashboard's own process has no key: it pays for nothing."""
    fill_lately(20)
    run_id = running()
    run("UPDATE training_runs SET test_mode = ?", False)
    run(
        "INSERT INTO heartbeats (part, process, at, started_at, version, trouble, mode) "
        "VALUES ('worker', 'host:1', ?, 0, '1', '', 'production')",
        time.time(),
    )
    assert house.trainer.test_mode
    first = look("overview")
    assert first.session_state["kept-mode"] == "production"
    assert not [text.value for text in first.caption if "simulated" in text.value]
    assert run_id in str(
        [list(frame.value.to_dict().values()) for frame in look("running").dataframe]
    )


def test_what_is_chosen_stands_in_the_address_and_holds_on_the_next_page(
    sqlite_db: Any, look: Look
) -> None:
    tab = look("overview", period="30d", mode="both")
    period = next(box for box in tab.selectbox if box.label == "Period")
    assert period.value == "30d"
    period.set_value("24h").run()
    assert tab.query_params["period"] == "24h"
    tab.query_params.clear()
    tab.run()
    assert next(box for box in tab.selectbox if box.label == "Period").value == "24h"


@pytest.mark.parametrize("address", [{"period": "never"}, {"mode": "<b>"}, {"lang": "xx"},
                                     {"period": "days", "from": "x"}, {"run": "x"},
                                     {"period": "days", "from": "9999-12-31"},
                                     {"period": "days", "from": "0001-01-01", "to": "9999-12-31"},
                                     {"group": "'"}, {"user": NASTY}, {"q": NASTY}])  # fmt: skip
@pytest.mark.parametrize("page", ["overview", "errors", "people"])
def test_nonsense_in_the_address_does_nothing(
    sqlite_db: Any, look: Look, page: str, address: dict[str, str]
) -> None:
    fill_lately(5)
    assert not look(page, **address).exception


def test_a_period_that_is_cut_short_says_so(sqlite_db: Any, look: Look) -> None:
    tab = look("cost", period="days", **{"from": "2020-01-01", "to": "2026-01-01"})
    assert "Shown until the end of 2021-02-04." in [caption.value for caption in tab.caption]


def test_a_second_viewer_costs_no_second_query(
    sqlite_db: Any, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_lately(50)
    monkeypatch.setattr("dashboard.view.rounded", lambda _: 1_800_000_000.0)
    monkeypatch.setattr("dashboard.filters.rounded", lambda _: 1_800_000_000.0)
    asked: list[str] = []

    def asking(query: str, *parameters: Any) -> Any:
        asked.append(query)
        return run(query, *parameters)

    monkeypatch.setattr("core.operation.metrics.scope.run", asking)
    for page in PAGES:
        look(page, mode="both")
        first = len(asked)
        look(page, mode="both")
        assert len(asked) == first, page
    assert asked


def test_who_has_not_logged_in_sees_nothing(sqlite_db: Any, look: Look) -> None:
    fill_lately(5)
    tab = look("overview")
    inside: Any = site.current()
    inside.who = None
    tab.run()
    assert [info.value for info in tab.info] == ["Your session has ended."]
    for drawn in (tab.metric, tab.header, tab.dataframe, tab.selectbox, tab.get("link_button")):
        assert not drawn


ACTIONS = {
    "running": {"Cancel the training"},
    "training": {"Train again"},
    "people": {"Send", "Erase everything"},
    "operations": {"Pause new trainings", "Silence"},
}


@pytest.mark.parametrize("role", ["viewer", "admin"])
@pytest.mark.parametrize("page", PAGES)
def test_a_viewer_finds_no_way_to_act(sqlite_db: Any, look: Look, page: str, role: Role) -> None:
    fill_lately(300)
    user = run("SELECT id FROM users LIMIT 1").fetchone()[0]
    address = {"running": {"run": running()}, "training": {"run": any_run("failed")},
               "errors": {"run": any_run("failed")}, "people": {"user": user}}  # fmt: skip
    tab = look(page, role, mode="both", **address.get(page, {}))
    assert not tab.exception
    acting = {"Yes", "Send", "Silence", "Show the photos"} & labels(tab)
    assert bool(acting) == (role == "admin" and page in (*ACTIONS, "errors"))


def said(block: Any) -> str:
    return " ".join(str(getattr(element, "value", "")) for element in block)


def press(tab: AppTest, key: str, reason: str = "") -> None:
    """Press what asks under a key, however often anything was done before."""
    if reason:
        why = next(box for box in tab.text_input if str(box.key).startswith(f"why-{key}-"))
        why.set_value(reason)
    next(button for button in tab.button if str(button.key).startswith(f"{key}-")).click().run()


def test_an_admin_cancels_a_run_and_it_is_audited(sqlite_db: Any, look: Look, house: House) -> None:
    fill_lately(300)
    run_id = running()
    tab = look("running", run=run_id, mode="both")
    press(tab, f"cancel-{run_id}")
    assert house.training.stopped == []
    assert "Nothing is written there yet." in [caption.value for caption in tab.caption]
    press(tab, f"cancel-{run_id}", "they asked for it")
    assert house.training.stopped == [uuid.UUID(run_id)]
    actions = run("SELECT who, action, subject, detail FROM audit").fetchall()
    assert actions == [("anna", "cancel", run_id, "they asked for it")]
    assert "The training is being stopped\\." in [told.value for told in tab.success]


def test_what_was_so_already_is_said_and_done_no_second_time(
    sqlite_db: Any, look: Look, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_lately(300)
    run_id = running()
    monkeypatch.setattr(house.training, "cancel", lambda run_id: False)
    tab = look("running", run=run_id, mode="both")
    press(tab, f"cancel-{run_id}", "they asked for it")
    assert "It was so already\\: nothing changed\\." in [told.value for told in tab.success]
    assert run("SELECT count(*) FROM audit").fetchone()[0] == 0


def test_what_can_not_be_done_is_said_below_the_question(sqlite_db: Any, look: Look) -> None:
    fill_lately(300)
    run_id = running()
    tab = look("running", run=run_id, mode="both")
    run("DELETE FROM training_runs WHERE id = ?", uuid.UUID(run_id).hex)
    press(tab, f"cancel-{run_id}", "x")
    (asking,) = tab.get("popover")
    assert "Stop this training?" in said(asking)
    assert "There is no such run any more." in said(asking), "elsewhere the question hides it"


def test_an_empty_message_is_told_of(sqlite_db: Any, look: Look) -> None:
    fill_lately(3)
    user = run("SELECT id FROM users LIMIT 1").fetchone()[0]
    tab = look("people", user=user)
    press(tab, f"send-{uuid.UUID(user).hex}")
    assert "Nothing is written there yet." in [caption.value for caption in tab.caption]
    assert run("SELECT count(*) FROM notices").fetchone()[0] == 0


def test_an_admin_pauses_and_resumes_trainings(sqlite_db: Any, look: Look) -> None:
    tab = look("operations")
    press(tab, "pause")
    assert run("SELECT name FROM controls").fetchall() == [("trainings_paused",)]
    assert any("Paused" in warning.value for warning in tab.warning)
    press(tab, "resume-trainings_paused")
    assert run("SELECT name FROM controls").fetchall() == []
    assert [row[0] for row in run("SELECT action FROM audit ORDER BY id")] == ["pause", "resume"]


def test_an_admin_blocks_grants_and_unblocks(sqlite_db: Any, look: Look) -> None:
    fill_lately(3)
    user = run("SELECT id FROM users LIMIT 1").fetchone()[0]
    tab = look("people", user=user)
    shown = uuid.UUID(user).hex
    press(tab, f"block-{shown}", "rude")
    assert run("SELECT user_id, who FROM blocks").fetchall() == [(user, "anna")]
    assert any(text.value.startswith("Blocked since") for text in tab.text)
    press(tab, f"grant-{shown}", "our fault")
    assert "Granted within a day: 1" in [caption.value for caption in tab.caption]
    press(tab, f"unblock-{shown}", "sorry")
    assert run("SELECT user_id FROM blocks").fetchall() == []
    actions = [row[0] for row in run("SELECT action FROM audit ORDER BY id")]
    assert actions == ["block", "grant", "unblock"]


def test_erasures_and_exports_under_way_are_listed(sqlite_db: Any, look: Look) -> None:
    owner = makers.conversation()
    Export.create(user=owner.user_id, conversation=owner, ordered_at=time.time() - 60)
    User.update(erasing_at=time.time() - 60).execute()
    tab = look("operations")
    listed = [list(frame.value["user_id"]) for frame in tab.dataframe if "user_id" in frame.value]
    assert listed == [[str(owner.user_id)], [str(owner.user_id)]]


def test_what_is_to_be_deleted_at_fal_is_listed(sqlite_db: Any, look: Look) -> None:
    for kind, name in (("request", "r-1"), ("model", "ft-1")):
        RemoteCopy.create(
            kind=kind, name=name, endpoint="fal-ai/x", test_mode=True, at=time.time() - 60,
            next_check_at=time.time() + 60, attempts=3, error_type="key_refused",
        )  # fmt: skip
    tab = look("operations", mode="test")
    (frame,) = [frame.value for frame in tab.dataframe if "next_check_at" in frame.value]
    assert list(frame["name"]) == ["r-1", "ft-1"]
    assert list(frame["kind"]) == ["A request’s data and files", "A model that stays at fal"]


def test_an_order_that_was_stopped_can_still_be_settled(
    sqlite_db: Any, look: Look, house: House
) -> None:
    fill_lately(300)
    run_id = running()
    query = "UPDATE training_runs SET status = 'cancelling', intent_at = 1, request_id = NULL"
    run(f"{query} WHERE id = ?", uuid.UUID(run_id).hex)
    tab = look("running", run=run_id, mode="both")
    press(tab, f"not-sent-{run_id}", "not listed")
    assert house.training.settled == [(run_id,)]


def test_what_people_wrote_is_shown_as_they_wrote_it(sqlite_db: Any, look: Look) -> None:
    fill_lately(3)
    with transaction():
        run("UPDATE users SET name = ?", NASTY)
        run("UPDATE avatars SET name = ?", NASTY[:64])
        run("UPDATE fal_events SET message = ?, ok = ?, error_type = ?", NASTY, False, "<b>")
    user = run("SELECT id FROM users LIMIT 1").fetchone()[0]
    tab = look("people", user=user)
    shown = "".join(html.proto.body for html in tab.get("html"))
    assert escape(NASTY) in shown
    assert "<img" not in shown
    for said in (*tab.markdown, *tab.caption, *tab.header, *tab.subheader):
        assert "onerror" not in said.value
    group = look("errors", mode="both")
    for said in (*group.markdown, *group.caption, *group.subheader):
        assert "onerror" not in said.value


def test_a_problem_opens_to_its_events_and_an_event_to_its_run(sqlite_db: Any, look: Look) -> None:
    fill_lately(200)
    from core.operation.metrics import errors

    now = time.time()
    group = errors.groups(Scope(now - 7 * DAY, now))[0]
    tab = look("errors", group=group.key, mode="both")
    assert any(group.message in text.value for text in tab.text)
    failed = any_run("failed")
    opened = look("errors", run=failed, mode="both")
    assert f"Run {failed}" in [caption.value for caption in opened.caption]
    assert any("failed after" in str(html.proto) for html in opened.get("html"))


def test_an_error_of_the_database_is_told_without_its_words(
    sqlite_db: Any, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard import serving

    told: list[str] = []
    monkeypatch.setattr(st, "error", told.append)
    assert serving._admit(peewee.OperationalError("secret")) is True
    assert len(told) == 1
    assert "secret" not in told[0]


def test_the_page_of_pictures_says_what_the_metrics_say(sqlite_db: Any, look: Look) -> None:
    fill_lately(60)
    tab = look("pictures", mode="both", period="90d")
    scope = Scope(time.time() - 90 * DAY, time.time() + 1)
    found = totals.ordered(scope)
    assert metric(tab, "Made") == f"{found.made:,}" != "0"
    assert metric(tab, "A picture") == f"${found.each:,.3f}"
    assert found.orders == sum(profile.orders for profile in totals.by_profile(scope))


def test_an_order_of_pictures_opens_without_its_wish_and_can_be_settled(
    sqlite_db: Any, look: Look
) -> None:
    fill_lately(60)
    with transaction():
        run(
            "UPDATE picture_runs SET wish = 'a secret', pack = '', status = 'uncertain', "
            "request_id = NULL WHERE id = (SELECT min(id) FROM picture_runs)"
        )
    [order] = orders.uncertain()
    tab = look("training", run=order.id)
    assert not tab.exception
    assert f"Run {order.id}" in [found.value for found in tab.caption]
    assert "a secret" not in str(tab)
    assert f"not-sent-{order.id}-0" in [button.key for button in tab.button]
