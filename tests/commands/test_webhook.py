"""`likeness webhook`: what the operator types, against a Telegram that is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from core.app.cli import app
from core.base.errors import ConfigurationError, LikenessError
from tests.commands.test_runs import likeness as likeness
from tests.fakes.telegram import FakeTelegram

SITE = "http://127.0.0.1:9"


@pytest.fixture
def tg(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTelegram]:
    with FakeTelegram("123:abc") as tg:
        for name, value in (
            ("TOKEN", "123:abc"), ("BASE_URL", tg.base_url), ("BASE_FILE_URL", tg.base_file_url),
            ("WEBHOOK_URL", SITE),
        ):  # fmt: skip
            monkeypatch.setenv(f"LIKENESS_TELEGRAM__{name}", value)
        yield tg


def test_a_webhook_is_set_shown_and_removed(likeness: Any, tg: FakeTelegram) -> None:
    tg.person(id=1).say("/start")
    code, said = likeness("webhook", "show")
    assert (code, said.splitlines()[0]) == (
        0, "There is no webhook: likeness telegram polls updates."
    )  # fmt: skip
    code, said = likeness("webhook", "set")
    assert (code, said.splitlines()[0]) == (
        0, f"Telegram delivers to {SITE}/telegram/webhook/123."
    )  # fmt: skip
    assert tg.world.webhook["url"] == f"{SITE}/telegram/webhook/123"
    tg.wait_until(lambda: bool(tg.world.deliveries))
    code, said = likeness("webhook", "show")
    assert code == 0
    assert "To do: Telegram can't deliver: Connection refused." in said
    assert likeness("webhook", "remove")[0] == 0
    assert not tg.world.webhook["url"]
    assert len(tg.pending_updates) == 1


def test_trouble_with_telegram_or_the_settings_is_a_sentence(
    tg: FakeTelegram, likeness: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tg.fault("setWebhook", code=400, description="Bad Request: bad webhook: no such host")
    assert "refuses: Bad webhook no such host" in raised(LikenessError, "set")
    monkeypatch.setenv("LIKENESS_TELEGRAM__WEBHOOK_URL", "")
    assert "telegram.webhook_url is empty" in raised(ConfigurationError, "set")
    monkeypatch.setenv("LIKENESS_TELEGRAM__TOKEN", "")
    assert "LIKENESS_TELEGRAM__TOKEN" in raised(ConfigurationError, "show")


def raised(kind: type[LikenessError], word: str) -> str:
    """What the command line would print of an error, and exit with 1 or 2."""
    error = CliRunner().invoke(app, ["webhook", word]).exception
    assert isinstance(error, kind)
    return str(error)
