"""Fetching what a person sent, over a real socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from channels.telegram import Telegram, to_event
from core.errors import Gone, RetryAfter, Unreachable
from tests.channels.telegram.feedback import TOKEN, channel
from tests.fakes.telegram import FakeTelegram, Person

DATA = bytes(range(256)) * 40


@pytest.fixture
def telegram(tg: FakeTelegram) -> Telegram:
    return channel(tg.base_url, tg.base_file_url)


def newest(tg: FakeTelegram) -> Mapping[str, Any]:
    """The reference to what was sent last."""
    update = to_event(tg.pending_updates[-1], "123")
    assert update
    assert update.event.file
    return update.event.file


def test_a_photo_and_a_file_come_as_they_were_sent(
    tg: FakeTelegram, anna: Person, telegram: Telegram
) -> None:
    anna.send_file(DATA, "a b.jpg", "image/jpeg")
    assert telegram.fetch(newest(tg), len(DATA)) == DATA
    anna.send_photo(DATA)
    assert telegram.fetch(newest(tg), len(DATA)) == DATA


def test_of_a_file_that_is_too_big_no_more_is_read_than_shows_it(
    tg: FakeTelegram, anna: Person, telegram: Telegram
) -> None:
    anna.send_file(DATA)
    known = newest(tg)
    assert len(telegram.fetch(known, 100)) == 101
    assert not tg.called("getFile")
    assert telegram.fetch({**known, "size": 0}, 100) == DATA[:101]


def test_a_file_that_telegram_finds_too_big_counts_as_such(
    tg: FakeTelegram, anna: Person, telegram: Telegram
) -> None:
    anna.send_file(DATA, size=21 * 2**20)
    assert len(telegram.fetch(newest(tg), 30 * 2**20)) == 30 * 2**20 + 1


def test_what_telegram_no_longer_has_is_gone(
    tg: FakeTelegram, anna: Person, telegram: Telegram
) -> None:
    with pytest.raises(Gone):
        telegram.fetch({"file_id": "unheard-of", "size": 5}, 100)
    anna.send_file(DATA)
    tg.fault("download", code=404)
    with pytest.raises(Gone):
        telegram.fetch(newest(tg), len(DATA))


@pytest.mark.parametrize("method", ["getFile", "download"])
@pytest.mark.parametrize("code", [401, 500, 502])
def test_trouble_at_telegram_is_worth_another_try(
    tg: FakeTelegram, anna: Person, telegram: Telegram, method: str, code: int
) -> None:
    anna.send_file(DATA)
    tg.fault(method, code=code)
    with pytest.raises(Unreachable):
        telegram.fetch(newest(tg), len(DATA))
    assert telegram.fetch(newest(tg), len(DATA)) == DATA


@pytest.mark.parametrize("method", ["getFile", "download"])
def test_a_limit_says_how_long_to_wait(
    tg: FakeTelegram, anna: Person, telegram: Telegram, method: str
) -> None:
    anna.send_file(DATA)
    tg.fault(method, code=429, retry_after=7)
    with pytest.raises(RetryAfter) as caught:
        telegram.fetch(newest(tg), len(DATA))
    assert caught.value.seconds == 7


@pytest.mark.parametrize("method", ["getFile", "download"])
def test_a_broken_connection_is_worth_another_try(
    tg: FakeTelegram, anna: Person, telegram: Telegram, method: str
) -> None:
    anna.send_file(DATA)
    tg.fault(method, drop="before")
    with pytest.raises(Unreachable):
        telegram.fetch(newest(tg), len(DATA))


def test_no_error_names_the_token() -> None:
    telegram = channel("http://127.0.0.1:9/bot", "http://127.0.0.1:9/file/bot")
    with pytest.raises(Unreachable) as caught:
        telegram.fetch({"file_id": "x", "size": 1}, 100)
    assert TOKEN not in str(caught.value)
    assert caught.value.__suppress_context__


def test_addresses_may_have_the_token_in_their_middle(tg: FakeTelegram, anna: Person) -> None:
    telegram = channel(f"{tg.base_url}{{token}}", f"{tg.base_file_url}{{token}}")
    anna.send_file(DATA)
    assert telegram.fetch(newest(tg), len(DATA)) == DATA
