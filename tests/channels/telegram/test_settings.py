"""What this channel brings with it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from channels.telegram import Settings, Telegram
from channels.telegram.messages import fitting, keyboard
from core.app.brand import introduction
from core.base.texts import LANGUAGES
from core.conversation.messages import Style
from core.conversation.tokens import RenderedButton
from tests import makers


def test_it_is_configured_where_there_is_a_token() -> None:
    assert not Telegram(Settings()).configured
    assert Telegram(Settings.model_validate({"token": "123:abc"})).configured


def test_what_is_no_token_is_refused() -> None:
    with pytest.raises(ValidationError, match="looks like"):
        Settings.model_validate({"token": "my bot"})


def test_settings_never_show_the_token() -> None:
    assert "123:abc" not in repr(Settings.model_validate({"token": "123:abc"}))


def test_how_to_send_is_said_in_the_persons_language() -> None:
    telegram = Telegram(Settings())
    assert "paperclip" in telegram.how_to_send("en-GB")
    assert "скрепку" in telegram.how_to_send("ru")
    assert telegram.how_to_send("fr") == telegram.how_to_send("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_of_the_bot_fits_telegrams_limits(language: str) -> None:
    said = introduction(makers.settings(training={"min_photos": 100, "max_photos": 500}), language)
    assert len(said.description) <= 512
    assert len(said.about) <= 120


def test_labels_too_long_for_their_row_stand_below_each_other() -> None:
    short = [
        RenderedButton("Male", "a"),
        RenderedButton("Female", "b"),
        RenderedButton("Other", "c"),
    ]
    assert fitting(short) == [short]
    long = [RenderedButton("Delete this avatar for ever", "a"), RenderedButton("Keep it", "b")]
    assert fitting(long) == [[long[0]], [long[1]]]


@pytest.mark.parametrize("name", ["base_url", "base_file_url"])
def test_updates_and_files_come_from_one_server(name: str) -> None:
    with pytest.raises(ValidationError, match=r"base_url and telegram\.base_file_url"):
        Settings.model_validate({name: "http://127.0.0.1:8081/bot"})


def test_a_folder_of_files_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValidationError, match="no folder that can be read"):
        Settings.model_validate({"files_folder": "/no/such/folder"})


def test_what_a_button_asks_for_has_a_colour_where_telegram_has_one() -> None:
    offers = [RenderedButton(style, "t", style=style) for style in Style]
    made = keyboard([offers[:2], offers[2:]])
    assert made is not None
    styles = [button.style for row in made.inline_keyboard for button in row]
    assert styles == [None, "primary", None, "danger"]
