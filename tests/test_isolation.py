"""A channel that fails takes nothing else with it."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from core.app.bootstrap import bootstrap
from core.app.commands import running
from core.base.errors import ConfigurationError, Unreachable
from core.base.processes.isolation import Isolation
from core.base.settings import Settings, installed


class Pigeon:
    """A channel from elsewhere, whose author has not thought of everything."""

    def __init__(self, _settings: Any) -> None:
        raise RuntimeError("no pigeons")


class Mute:
    """Another one, which fails whenever it is asked for anything."""

    configured = True

    def __init__(self, _settings: Any) -> None: ...

    def how_to_send(self, _language: str) -> str:
        raise KeyError("words")

    def routes(self, *_: Any) -> list[Any]:
        raise RuntimeError("no routes")


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    before = installed.installed_channels()
    foreign = {**before, "pigeon": Pigeon, "mute": Mute}
    monkeypatch.setattr(installed, "installed_channels", lambda: foreign)
    for module in ("core.base.settings.installed", "core.app.commands.running"):
        monkeypatch.setattr(f"{module}.channel_names", lambda: list(foreign))
    environ = {"LIKENESS_DATA_DIR": str(tmp_path), "LIKENESS_DATABASE__URL": sqlite_url}
    loaded = Settings.load(environ=environ)
    known = loaded.channel
    section = staticmethod(lambda name: known(name) if name in before else None)
    monkeypatch.setattr(Settings, "channel", section)
    return loaded


def test_a_channel_that_can_not_be_made_leaves_all_others_as_they_are(settings: Settings) -> None:
    app = bootstrap(settings, StringIO())
    assert "pigeon" not in app.channels
    assert {"web", "telegram", "console"} <= app.channels.keys()
    with pytest.raises(ConfigurationError, match="pigeon"):
        app.channel("pigeon")
    app.close()


def test_what_a_channel_fails_to_say_is_left_out(settings: Settings) -> None:
    app = bootstrap(settings, StringIO())
    assert app.how_to_send("mute", "en") == ""
    assert app.how_to_send("console", "en")
    assert app.routes(None), "webhooks are answered all the same"  # type: ignore[arg-type]
    app.close()


def test_a_channel_that_can_not_be_asked_is_not_started_and_named(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    found = running._configured_channels(settings)
    assert "mute" in found
    assert "pigeon" not in found
    assert "'pigeon' is left out" in capsys.readouterr().err


def serving(*outcomes: Exception | None, lasting: float = 0.0) -> tuple[Isolation, Any, list[Any]]:
    """An isolation on a clock of its own, a run with these outcomes, and what happened."""
    happened: list[Any] = []
    now, left = [0.0], list(outcomes)

    def run() -> None:
        now[0] += lasting
        outcome = left.pop(0)
        happened.append("ran")
        if outcome is not None:
            raise outcome

    isolation = Isolation("pigeon", happened.append, lambda: now[0])
    return isolation, run, happened


def serve(isolation: Isolation, run: Callable[[], None], happened: list[Any]) -> None:
    isolation.serve(run, lambda: happened.append("made anew"))


def test_a_channel_that_raises_is_made_anew_and_started_again_later_each_time() -> None:
    isolation, run, happened = serving(ValueError("x"), Unreachable("y"), KeyError("z"), None)
    with capture_logs() as logs:
        serve(isolation, run, happened)
    again = [step for wait in (1.0, 2.0, 4.0) for step in ("ran", wait, "made anew")]
    assert happened == [*again, "ran"]
    assert [entry["event"] for entry in logs] == ["a channel failed"] * 3


def test_its_trouble_is_told_while_it_waits() -> None:
    isolation, run, _ = serving(ValueError("x"), None)
    told: list[str] = []
    isolation._sleep = lambda _: told.append(isolation.trouble())
    isolation.serve(run, lambda: None)
    assert told == ["failed and is started again: ValueError"]
    assert isolation.trouble() == ""


def test_one_that_had_served_for_long_is_started_again_at_once() -> None:
    failures = [ValueError("x")] * 8
    isolation, run, happened = serving(*failures, None, lasting=61.0)
    serve(isolation, run, happened)
    assert [step for step in happened if isinstance(step, float)] == [1.0] * 8


def test_it_never_waits_for_longer_than_a_minute() -> None:
    isolation, run, happened = serving(*[ValueError("x")] * 12, None)
    serve(isolation, run, happened)
    assert max(step for step in happened if isinstance(step, float)) == 60.0


def test_a_wrong_setting_is_a_sentence_and_not_waited_out() -> None:
    isolation, run, happened = serving(ConfigurationError("pigeon.loft = '' …"))
    with pytest.raises(ConfigurationError):
        serve(isolation, run, happened)
    assert happened == ["ran"]
