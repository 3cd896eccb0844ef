"""Fetching what a person sent, over a real socket."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from channels.telegram import Telegram, to_event
from channels.telegram.files import below
from core.base.errors import Missing, RetryAfter, Unreachable
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


def test_what_telegram_does_not_find_now_may_be_found_later(
    tg: FakeTelegram, anna: Person, telegram: Telegram
) -> None:
    with pytest.raises(Missing):
        telegram.fetch({"file_id": "unheard-of", "size": 5}, 100)
    anna.send_file(DATA)
    why = "Bad Request: wrong file_id or the file is temporarily unavailable"
    tg.fault("getFile", code=400, description=why)
    for code in (404, 410):
        tg.fault("download", code=code)
    for _ in range(3):
        with pytest.raises(Missing):
            telegram.fetch(newest(tg), len(DATA))
    assert telegram.fetch(newest(tg), len(DATA)) == DATA


NAMES = ["a#b.jpg", "100%.jpg", "50%25.jpg", "what?.jpg", "a b+c.jpg", "отчёт №1.jpg", "x&y=z.jpg"]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_can_be_called_anything(
    tg: FakeTelegram, anna: Person, telegram: Telegram, name: str
) -> None:
    tg.world.keeps_names = True
    anna.send_file(DATA, name)
    assert telegram.fetch(newest(tg), len(DATA)) == DATA


# A server of one's own, with --local


def local(tg: FakeTelegram, theirs: Path, ours: Path) -> Telegram:
    """A bot that reads in one folder what its server keeps in another, or the same."""
    tg.world.keeps_names = True
    tg.world.local_folder = theirs / TOKEN
    return channel(tg.base_url, tg.base_file_url, files_folder=str(ours))


@pytest.mark.parametrize("name", NAMES)
def test_a_local_servers_files_are_read_from_its_disk(
    tg: FakeTelegram, anna: Person, tmp_path: Path, name: str
) -> None:
    telegram = local(tg, tmp_path, tmp_path)
    anna.send_file(DATA, name)
    assert telegram.fetch(newest(tg), len(DATA)) == DATA
    assert len(telegram.fetch({**newest(tg), "size": 0}, 100)) == 101
    assert not tg.called("download")


def test_the_folder_may_have_another_name_here(
    tg: FakeTelegram, anna: Person, tmp_path: Path
) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "ours").symlink_to(tmp_path / "theirs")
    telegram = local(tg, tmp_path / "theirs", tmp_path / "ours")
    anna.send_file(DATA, "a.jpg")
    assert telegram.fetch(newest(tg), len(DATA)) == DATA
    moved = Path("/var/lib/telegram-bot-api") / TOKEN / "documents/a.jpg"
    assert below(tmp_path / "ours", str(moved)).read_bytes() == DATA
    windows = rf"C:\bot api\{TOKEN}\documents\a.jpg"
    assert below(tmp_path / "ours", windows).read_bytes() == DATA


def test_nothing_beside_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(DATA)
    (tmp_path / "ours").mkdir()
    with pytest.raises(FileNotFoundError):
        below(tmp_path / "ours", "/x/../secret")
    with pytest.raises(FileNotFoundError):
        below(tmp_path / "ours", str(tmp_path / "secret"))


def test_a_local_file_that_is_not_there_may_be_there_later(
    tg: FakeTelegram, anna: Person, tmp_path: Path
) -> None:
    (tmp_path / "ours").mkdir()
    telegram = local(tg, tmp_path / "theirs", tmp_path / "ours")
    anna.send_file(DATA, "a.jpg")
    with pytest.raises(Missing) as caught:
        telegram.fetch(newest(tg), len(DATA))
    assert TOKEN not in str(caught.value)


def test_without_its_folder_a_local_servers_photos_wait_and_the_setting_is_named(
    tg: FakeTelegram, anna: Person, tmp_path: Path
) -> None:
    local(tg, tmp_path, tmp_path)
    telegram = channel(tg.base_url, tg.base_file_url)
    anna.send_file(DATA, "a.jpg")
    with pytest.raises(Unreachable), capture_logs() as logs:
        telegram.fetch(newest(tg), len(DATA))
    assert "telegram.files_folder" in logs[0]["event"]
    assert TOKEN not in str(logs)


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
