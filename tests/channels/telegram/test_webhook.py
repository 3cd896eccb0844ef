"""Updates that Telegram delivers by webhook, over real sockets, on both databases."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from channels.telegram import Settings
from channels.telegram.place import Place
from channels.telegram.receiving import LONGEST_BODY
from channels.telegram.words import words
from core.base.db import database, run
from core.base.errors import ConfigurationError
from core.conversation.models import Conversation, InboxEvent, TransitionLog
from tests.channels.telegram.delivering import (
    PATH,
    SITE,
    Receiver,
    ReceivingProcess,
    balance,
    hooked,
)
from tests.channels.telegram.feedback import TOKEN, House, Running, channel
from tests.channels.telegram.test_receiving import locked
from tests.channels.telegram.test_showing import all_shown, begun, buttons
from tests.fakes.telegram import FakeTelegram, Person
from tests.patience import until

SECRET = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
def house(tmp_path: Path, database_url: str) -> Iterator[House]:
    yield House(tmp_path, database_url)
    database.close()


@pytest.fixture
def on_file(tmp_path: Path) -> Iterator[House]:
    """A database that gives up at once where it is locked."""
    house = House(tmp_path)
    house.database.pragma("busy_timeout", 100, permanent=True)
    yield house
    database.close()


@pytest.fixture
def sending(tg: FakeTelegram, house: House) -> Iterator[Running]:
    with Running(hooked(tg), house) as sending:
        yield sending


def post(receiver: Receiver, content: bytes, secret: str | None = None) -> int:
    headers = {} if secret is None else {SECRET: secret}
    url = receiver.origin + PATH
    return httpx.post(url, content=content, headers=headers, trust_env=False).status_code


def told() -> list[str]:
    return [log.trigger for log in TransitionLog.select().order_by(TransitionLog.id)]


# Deliveries


def test_a_dialogue_goes_through_two_receivers_at_once(
    tg: FakeTelegram, anna: Person, house: House, sending: Running
) -> None:
    with Receiver(tg, house) as one, Receiver(tg, house) as other:
        balance(tg, one, other)
        said = one.telegram.set_webhook()
        assert f"{SITE}{PATH}" in said
        begun(anna)
        boris = begun(tg.person(id=2, first_name="Boris"))
        for person in (anna, boris):
            person.press("Begin")
        for person in (anna, boris):
            person.wait_for("How was it?")
            person.press("2")
            person.wait_for("2 stars")
            person.say("because")
            person.wait_for("Thanks: because")
        photo = b"\xff\xd8photo"
        anna.send_album([photo, photo, photo])
        anna.wait_for("3 photos")
        tg.wait_until(lambda: not tg.pending_updates and not tg.unanswered)
        to = {delivery.to for delivery in tg.world.deliveries}
        assert to == {one.origin + PATH, other.origin + PATH}
    assert InboxEvent.select().where(InboxEvent.channel == "telegram").count() == 11
    assert [refused.description for refused in tg.refusals if refused.method != "getUpdates"] == []


def test_a_press_is_answered_with_its_delivery(
    tg: FakeTelegram, anna: Person, house: House, sending: Running
) -> None:
    with Receiver(tg, house) as receiver:
        balance(tg, receiver)
        receiver.telegram.set_webhook()
        begun(anna)
        anna.press("Begin")
        anna.wait_for("How was it?")
        tg.wait_until(lambda: not tg.unanswered)
        assert len(tg.called("answerCallbackQuery")) == 1
        assert run("SELECT count(*) FROM owed_answers").fetchone()[0] == 0


def test_what_is_delivered_twice_counts_once(
    tg: FakeTelegram, anna: Person, house: House, sending: Running
) -> None:
    with Receiver(tg, house) as receiver:
        secret = Place(SITE, TOKEN).secret
        anna.say("/start")
        (update,) = tg.pending_updates
        assert [post(receiver, json.dumps(update).encode(), secret) for _ in range(3)] == [200] * 3
        anna.wait_for("Hello")
    assert InboxEvent.select().count() == 1
    assert told() == ["start"]


def test_a_blocked_chat_and_a_group_are_seen_to_as_with_polling(
    tg: FakeTelegram, anna: Person, house: House, sending: Running
) -> None:
    with Receiver(tg, house) as receiver:
        balance(tg, receiver)
        receiver.telegram.set_webhook()
        begun(anna)
        anna.block()
        until(lambda: Conversation.get().unreachable)
        anna.unblock()
        until(lambda: not Conversation.get().unreachable)
        anna.in_group("hello?")
        private = words("en").private_only
        tg.wait_until(lambda: private in [m.text for m in tg.messages(-1001)])


def test_buttons_of_a_replaced_message_are_cleared_by_whoever_receives_the_press(
    tg: FakeTelegram, anna: Person, house: House, sending: Running
) -> None:
    with Receiver(tg, house) as receiver:
        balance(tg, receiver)
        receiver.telegram.set_webhook()
        begun(anna)
        old = anna.last
        no = "Bad Request: not today"
        tg.fault("editMessageReplyMarkup", code=400, description=no, times=None)
        anna.say("x")
        anna.wait_for("texts: 1")
        until(all_shown)
        tg.heal()
        anna.press("Begin", old.id)
        tg.wait_until(lambda: buttons(anna)[0] == [])


# What isn't Telegram's


@pytest.mark.parametrize("secret", [None, "", "0" * 64, "é", "x" * 5000])
def test_a_missing_or_forged_secret_is_refused(
    tg: FakeTelegram, house: House, secret: str | None
) -> None:
    anna = tg.person(id=1)
    anna.say("/start")
    body = json.dumps(tg.pending_updates[0]).encode()
    with Receiver(tg, house) as receiver:
        given = [] if secret is None else [(SECRET.encode(), secret.encode("latin-1"))]
        url = receiver.origin + PATH
        found = httpx.post(url, content=body, headers=given, trust_env=False)
        assert found.status_code == 401
    assert InboxEvent.select().count() == 0


BROKEN = (
    b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"update_id": null}',
    b'{"update_id": true}', b'{"update_id": "7"}', b'{"update_id": 1.5}', b'{"update_id": -1}',
    b'{"update_id": 1' + b"0" * 5000 + b"}", b'{"message": {"text": "hello"}}',
)  # fmt: skip
ODD: tuple[dict[str, Any], ...] = (
    {"message": "nonsense"}, {"message": {"chat": 7}}, {"message": {"chat": {"type": "private"}}},
    {"callback_query": {"id": {}}}, {"callback_query": []}, {"my_chat_member": {"chat": None}},
    {"message": {"message_id": 1, "chat": {"id": [1], "type": "private"}, "text": "x",
                 "from": {"first_name": "A"}}},
    {"message": {"message_id": 1, "chat": {"id": 1, "type": "private"}, "text": {"a": 1},
                 "from": {"first_name": "A"}}},
    {"message": {"message_id": 1, "chat": {"id": 1, "type": "private"}, "text": "x",
                 "from": {"first_name": 7}}},
)  # fmt: skip


def test_malformed_bodies_are_refused_without_a_row(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    with Receiver(tg, house) as receiver, capture_logs() as logs:
        secret = Place(SITE, TOKEN).secret
        bodies = [BROKEN[number % len(BROKEN)] for number in range(200)]
        assert {post(receiver, body, secret) for body in bodies} == {400}
        assert post(receiver, b" " * (LONGEST_BODY + 1), secret) == 413
        odd = [json.dumps({"update_id": n, **one}).encode() for n, one in enumerate(ODD)]
        assert {post(receiver, body, secret) for body in odd} == {200}
        assert httpx.get(receiver.origin + PATH, trust_env=False).status_code == 405
    for table in ("inbox", "conversations", "users", "fal_events"):
        assert run(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
    assert len([line for line in logs if "isn't Telegram's" in line["event"]]) == 1


# Kills and trouble


def test_a_receiver_killed_between_commit_and_answer_loses_and_doubles_nothing(
    tg: FakeTelegram, anna: Person, house: House, sending: Running, database_url: str,
    tmp_path: Path,
) -> None:  # fmt: skip
    stalled = ReceivingProcess(tg, tmp_path, database_url, stalled=True)
    try:
        with Receiver(tg, house) as receiver:
            balance(tg, stalled)
            receiver.telegram.set_webhook()
            anna.say("/start")
            until(lambda: InboxEvent.select().count() == 1)
            assert tg.pending_updates
            balance(tg, receiver)
            stalled.kill()
            tg.wait_until(lambda: not tg.pending_updates)
            anna.wait_for("Hello")
            anna.say("x")
            anna.wait_for("texts: 1")
    finally:
        stalled.kill()
    assert [delivery.status for delivery in tg.world.deliveries] == [0, 200, 200]
    assert told() == ["start", "text"]


def test_what_a_killed_receiver_has_committed_is_applied_by_the_sender(
    tg: FakeTelegram, anna: Person, house: House, database_url: str, tmp_path: Path
) -> None:
    stalled = ReceivingProcess(tg, tmp_path, database_url, stalled=True)
    try:
        balance(tg, stalled)
        hooked(tg).set_webhook()
        anna.say("/start")
        until(lambda: InboxEvent.select().count() == 1)
    finally:
        stalled.kill()
    with Running(hooked(tg), house):
        anna.wait_for("Hello")


def test_while_the_database_is_away_telegram_keeps_what_it_brings(
    tg: FakeTelegram, anna: Person, on_file: House, tmp_path: Path
) -> None:
    with Running(hooked(tg), on_file), Receiver(tg, on_file) as receiver:
        balance(tg, receiver)
        receiver.telegram.set_webhook()
        begun(anna)
        with locked(tmp_path):
            anna.press("Begin")
            anna.say("one")
            tg.wait_until(lambda: [d.status for d in tg.world.deliveries].count(503) > 2)
            anna.wait_for("broken on our side")
            tg.wait_until(lambda: not tg.unanswered)
            assert len(tg.pending_updates) == 2
        anna.wait_for("How was it?")
        tg.wait_until(lambda: not tg.pending_updates)
        until(all_shown)
    assert told() == ["start", "begin", "text"]
    assert [m.text for m in anna.chat].count(words("en").our_fault) == 1


# Polling and the webhook


def test_polling_stands_by_while_a_webhook_stands_and_takes_over_when_it_is_removed(
    tg: FakeTelegram, anna: Person, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.telegram.bot.STANDBY_SECONDS", 0.1)
    telegram = channel(tg.base_url, tg.base_file_url, poll_seconds=20)
    with capture_logs() as logs, Running(telegram, house), Receiver(tg, house) as receiver:
        begun(anna)
        balance(tg, receiver)
        receiver.telegram.set_webhook()
        until(lambda: "polling stands by" in str(logs))
        until(lambda: "likeness webhook remove" in telegram.trouble)
        anna.say("one")
        anna.wait_for("texts: 1")
        assert len(tg.world.deliveries) == 1
        receiver.telegram.remove_webhook()
        anna.say("two")
        anna.wait_for("texts: 2")
        until(lambda: not telegram.trouble)
        assert len(tg.world.deliveries) == 1
        assert not any(call.params.get("drop_pending_updates") for call in tg.calls)


def test_the_processes_say_so_where_a_webhook_is_configured_and_not_set(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    telegram = hooked(tg)
    with capture_logs() as logs, Running(telegram, house), Receiver(tg, house) as receiver:
        until(lambda: "likeness webhook set" in receiver.telegram.trouble)
        until(lambda: "likeness webhook set" in telegram.trouble)
        begun(anna)
    assert len([line for line in logs if "webhook set" in line["event"]]) == 2


# The command


def test_the_webhook_is_set_with_every_kind_and_shown_in_plain_words(tg: FakeTelegram) -> None:
    tg.person(id=1).say("/start")
    telegram = hooked(tg)
    assert telegram.show_webhook().splitlines() == [
        "There is no webhook: likeness telegram polls updates.",
        "Updates that wait: 1.",
        "To do: telegram.webhook_url is set, but Telegram has no webhook: "
        "run likeness webhook set, or empty it.",
    ]
    with tg.world.lock:
        tg.world.receivers = ["http://127.0.0.1:9"]
    telegram.set_webhook()
    (call,) = tg.called("setWebhook")
    assert call.params["max_connections"] == "100"
    assert json.loads(call.params["allowed_updates"]) == [
        "message", "edited_message", "callback_query", "my_chat_member"
    ]  # fmt: skip
    assert re.fullmatch("[0-9a-f]{64}", call.params["secret_token"])
    assert "drop_pending_updates" not in call.params
    tg.wait_until(lambda: bool(tg.world.deliveries))
    said = telegram.show_webhook()
    assert f"Telegram delivers to {SITE}{PATH}." in said
    assert "Updates that wait: 1." in said
    assert re.search(r"The last error, \d{4}-\d\d-\d\d [\d:]{8} UTC: Connection refused", said)
    assert "To do: Telegram can't deliver: Connection refused." in said
    assert "There is no webhook" in telegram.remove_webhook()
    assert len(tg.pending_updates) == 1


def test_the_secret_is_the_tokens_own_and_not_the_token() -> None:
    one, same, other = Place(SITE, TOKEN), Place("", TOKEN), Place(SITE, "123:abd")
    assert one.secret == same.secret != other.secret
    assert "abc" not in one.secret + one.address


def test_without_an_address_the_command_names_the_setting(tg: FakeTelegram) -> None:
    with pytest.raises(ConfigurationError, match=r"telegram\.webhook_url is empty"):
        channel(tg.base_url, tg.base_file_url).set_webhook()
    with pytest.raises(ConfigurationError, match="LIKENESS_TELEGRAM__TOKEN"):
        hooked(tg, token="999:wrong").set_webhook()


@pytest.mark.parametrize("url", ["http://bot.example.org", "https://bot.example.org:8600"])
def test_telegrams_own_server_delivers_by_https_to_four_ports(url: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f'telegram.webhook_url = "{url}"')):
        Settings.model_validate({"webhook_url": url})
    assert Settings.model_validate({"webhook_url": "https://bot.example.org:8443/"}).webhook_url


def test_a_channel_without_a_webhook_offers_no_route(tg: FakeTelegram, house: House) -> None:
    offered = channel(tg.base_url, tg.base_file_url).routes(house, None)  # type: ignore[arg-type]
    assert list(offered) == []


def test_nothing_waits_for_a_second_longer_than_a_day(tg: FakeTelegram) -> None:
    """The fake keeps what Telegram keeps."""
    tg.person(id=1).say("/start")
    tg.world.updates.kept_seconds = -1.0
    time.sleep(0.01)
    assert "Updates that wait: 0." in hooked(tg).show_webhook()
