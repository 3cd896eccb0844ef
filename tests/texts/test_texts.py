"""Sentences in every language: plurals, names with braces, and the check of the translations."""

from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from core.base.texts import LANGUAGES, NAMES, mark, translator
from core.base.texts.check import extract, load, main, problems, update

RUSSIAN_AVATARS = {
    1: "аватар", 2: "аватара", 5: "аватаров", 11: "аватаров", 21: "аватар", 22: "аватара",
    25: "аватаров",
}  # fmt: skip
RUSSIAN_MINUTES = {
    1: "минута", 2: "минуты", 5: "минут", 11: "минут", 21: "минута", 22: "минуты", 25: "минут",
}  # fmt: skip


@pytest.mark.parametrize(("n", "word"), RUSSIAN_AVATARS.items())
def test_russian_counts_avatars_right(n: int, word: str) -> None:
    said = translator("ru").n("You have {n} avatar.", "You have {n} avatars.", n)
    assert said == f"У вас {n} {word}."


@pytest.mark.parametrize(("n", "word"), RUSSIAN_MINUTES.items())
def test_russian_counts_minutes_right(n: int, word: str) -> None:
    assert translator("ru").n("{n} minute", "{n} minutes", n) == f"{n} {word}"


@pytest.mark.parametrize("n", [1, 2, 5, 11, 21, 22, 25])
def test_english_counts_right(n: int) -> None:
    said = translator("en").n("{n} minute", "{n} minutes", n)
    assert said == ("1 minute" if n == 1 else f"{n} minutes")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["{", "}", "{0}", "{name}", "{name.__class__}", "%s", "", "\\"])
def test_a_value_may_hold_anything(language: str, name: str) -> None:
    said = translator(language)("👋 Hello, {name}!", name=name)
    assert said.endswith(f", {name}!")


def test_an_unknown_language_is_spoken_to_in_the_first() -> None:
    assert translator("xx")("◀️ Back") == "◀️ Back"
    assert LANGUAGES[0] == "en"
    assert set(NAMES) == set(LANGUAGES)


def test_an_unknown_sentence_is_said_in_english() -> None:
    assert translator("ru")(mark("Nobody has translated this.")) == "Nobody has translated this."


def test_nothing_is_missing_and_nothing_is_left_over() -> None:
    assert main([]) == 0


@pytest.fixture
def said() -> Catalog:
    """What the sources say, in small."""
    catalog = Catalog()
    catalog.add("Hello, {name}!")
    catalog.add(("{n} minute", "{n} minutes"))
    return catalog


def russian(hello: str = "Привет, {name}!", minutes: str = "{n} минут", **flags: bool) -> Catalog:
    """What it is in Russian."""
    catalog = Catalog(locale="ru")
    catalog.add("Hello, {name}!", hello, flags=["fuzzy"] if flags.get("fuzzy") else [])
    catalog.add(("{n} minute", "{n} minutes"), ("{n} минута", "{n} минуты", minutes))
    return catalog


def left_over() -> Catalog:
    catalog = russian()
    catalog.add("Goodbye!", "Пока!")
    return catalog


@pytest.mark.parametrize(
    ("translated", "wanted"),
    [
        (russian, []),
        (lambda: Catalog(locale="ru"), ["missing: 'Hello, {name}!'", "missing: '{n} minute'"]),
        (lambda: russian(hello=""), ["empty: 'Hello, {name}!'"]),
        (lambda: russian(minutes=""), ["empty: '{n} minute'"]),
        (lambda: russian(fuzzy=True), ["fuzzy: 'Hello, {name}!'"]),
        (
            lambda: russian(hello="Привет, {nom}!"),
            ["fields differ in 'Привет, {nom}!': 'Hello, {name}!'"],
        ),
        (lambda: russian(hello="Привет, {"), ["fields differ in 'Привет, {': 'Hello, {name}!'"]),
        (
            lambda: russian(minutes="пять минут"),
            ["fields differ in 'пять минут': '{n} minute'"],
        ),
        (
            lambda: russian(hello="Привет, {name}! Рад встрече.привет, {name}!"),
            ["two sentences that run together: 'Hello, {name}!'"],
        ),
        (left_over, ["obsolete: 'Goodbye!'"]),
    ],
)
def test_the_check_names_what_is_wrong(
    said: Catalog, translated: Callable[[], Catalog], wanted: list[str]
) -> None:
    assert list(problems("ru", said, translated())) == [f"ru: {line}" for line in wanted]


def test_sentences_are_found_wherever_they_are_said(tmp_path: Path) -> None:
    source = 't("One")\nt.n("{n} a", "{n} b", 3)\nNAMES = {"x": mark("Two" " three")}\nf("Four")\n'
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "module.py").write_text(source)
    found = {message.id for message in extract(tmp_path, ["core"]) if message.id}
    assert found == {"One", ("{n} a", "{n} b"), "Two three"}


def test_every_translation_is_loaded_from_a_file_that_declares_three_plurals() -> None:
    assert load("ru").num_plurals == 3


def test_a_language_without_a_file_gets_one_with_every_sentence_and_its_plurals(
    tmp_path: Path,
) -> None:
    po = tmp_path / "de" / "LC_MESSAGES" / "likeness.po"
    update("de", extract(), po)
    written = load("de", po)
    assert written.num_plurals == 2
    assert {m.id for m in written if m.id} == {m.id for m in extract() if m.id}
    assert all(told.startswith("de: empty: ") for told in problems("de", extract(), written))
