from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base.db import database
from tests.channels.telegram.feedback import TOKEN, House, Running, channel
from tests.fakes.telegram import FakeTelegram, Person


@pytest.fixture
def tg() -> Iterator[FakeTelegram]:
    with FakeTelegram(TOKEN) as tg:
        yield tg


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    yield House(tmp_path)
    database.close()


@pytest.fixture
def bot(tg: FakeTelegram, house: House) -> Iterator[Running]:
    with Running(channel(tg.base_url, tg.base_file_url), house) as bot:
        yield bot


@pytest.fixture
def anna(tg: FakeTelegram) -> Person:
    return tg.person(id=1, first_name="Anna", language_code="en")
