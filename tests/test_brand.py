"""An own brand without a fork: name, picture, languages, greeting, and texts laid over ours."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from core.app import brand
from core.app.bootstrap import App, bootstrap
from core.base.errors import ConfigurationError
from core.base.settings import Settings
from core.base.texts import lay_over, overlay, translator
from tests import makers
from tests.conversation.chat import Chat

OWN = """
msgid "🆕 Create avatar"
msgstr "{label}"

msgid "You have {{n}} avatar."
msgid_plural "You have {{n}} avatars."
msgstr[0] "{{n}} double"
msgstr[1] "{{n}} doubles"
"""

Open = Callable[..., App]


@pytest.fixture(autouse=True)
def _ours_again() -> Iterator[None]:
    yield
    lay_over(None)


@pytest.fixture
def opened(sqlite_url: str, tmp_path: Path) -> Iterator[Open]:
    made: list[App] = []

    def open_(**given: str) -> App:
        all_ = {"DATA_DIR": str(tmp_path), "DATABASE__URL": sqlite_url, **given}
        environ = {f"LIKENESS_{key}": value for key, value in all_.items()}
        made.append(bootstrap(Settings.load(environ=environ), io.StringIO()))
        return made[-1]

    yield open_
    for app in made:
        app.close()
    structlog.reset_defaults()


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A folder with one label and one sentence of its own, in English."""
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "en.po").write_text(OWN.format(label="🆕 Make a double"), "utf-8")
    return folder


def test_the_bot_speaks_by_the_folder_where_it_has_a_text(opened: Open, texts: Path) -> None:
    anna = Chat(opened(BRAND__TEXTS=str(texts)).engine)
    anna.command("start")
    labels = [button.label for button in anna.screen.each_button()]
    assert "🆕 Make a double" in labels
    assert "🆕 Create avatar" not in labels
    assert "🎭 Avatars" in labels, "what the folder doesn't have is ours"
    anna.press("🆕 Make a double")
    assert anna.state == "selecting_training_type"
    t = translator("en")
    one, many = "You have {n} avatar.", "You have {n} avatars."
    assert [t.n(one, many, n) for n in (1, 2)] == ["1 double", "2 doubles"]


def test_an_own_label_may_be_typed_in_another_language(opened: Open, texts: Path) -> None:
    anna = Chat(opened(BRAND__TEXTS=str(texts)).engine, language="ru")
    anna.command("start")
    anna.say("Make a double")
    assert anna.state == "selecting_training_type"


def test_another_app_of_this_process_speaks_as_it_is_told(opened: Open, texts: Path) -> None:
    opened(BRAND__TEXTS=str(texts))
    opened()
    assert translator("en")("🆕 Create avatar") == "🆕 Create avatar"


def test_a_greeting_is_the_first_sentence_here_and_at_telegram(opened: Open) -> None:
    app = opened(BRAND__GREETING__RU="Рисую вас в стиле комиксов.")
    anna, ben = Chat(app.engine, "anna", "ru"), Chat(app.engine, "ben", "en")
    for chat in (anna, ben):
        chat.command("start")
    assert anna.screen.text.startswith("Рисую вас в стиле комиксов.\n🎨")
    assert ben.screen.text.startswith("I make a personal AI avatar")
    assert app.introduction("ru").description.startswith("Рисую вас в стиле комиксов.\n\n📸")
    assert app.introduction("en").description.startswith("I make a personal AI avatar")


def test_one_language_is_spoken_to_all_and_not_offered(opened: Open) -> None:
    app = opened(BRAND__LANGUAGES="ru")
    anna = Chat(app.engine, language="en")
    anna.command("start")
    labels = [button.label for button in anna.screen.each_button()]
    assert "🆕 Создать аватар" in labels
    assert "🌐 Язык" not in labels
    anna.command("help")
    assert "/language" not in anna.screen.text
    assert "language" not in app.introduction("ru").commands
    anna.command("language")
    assert [button.label for button in anna.screen.each_button()] == ["Русский", "◀️ Назад"]


def test_the_first_language_is_for_those_who_speak_none_of_ours(opened: Open) -> None:
    app = opened(BRAND__LANGUAGES="ru,en")
    assert app.flow.language("fr") == "ru"
    assert app.flow.language("en-GB") == "en"


def test_its_name_and_picture_introduce_it(opened: Open, tmp_path: Path) -> None:
    picture = tmp_path / "face.png"
    picture.write_bytes(b"\x89PNG")
    said = opened(BRAND__NAME="Doubles", BRAND__PICTURE=str(picture)).introduction("en")
    assert (said.name, said.picture) == ("Doubles", str(picture))


# What doesn't fit is named at the start


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("en.po", 'msgid "🆕 Create avatars"\nmsgstr "New"',
         "en.po, line 1: '🆕 Create avatars' is no sentence of ours. Write '🆕 Create avatar', or "
         "remove it."),
        ("ru.po", 'msgid "Nobody says anything of this kind"\nmsgstr "Да"',
         "is no sentence of ours. Correct its msgid, or remove it."),
        ("ru.po", 'msgid "👋 Hello, {name}!"\nmsgstr "Привет, {nam}!"',
         "must have {name}, and 'Привет, {nam}!' has not just that. Correct it."),
        ("ru.po", 'msgid "👋 Hello!"\nmsgstr "Привет {"',
         "must have no braces, and 'Привет {' has not just that. Correct it."),
        ("ru.po", 'msgid "You have {n} avatar."\nmsgstr "Их {n}"',
         "has msgid_plural 'You have {n} avatars.' in our texts. Write it so."),
        ("ru.po", 'msgid "You have {n} avatar."\nmsgid_plural "You have {n} avatars."\n'
                  'msgstr[0] "{n}"\nmsgstr[1] ""\nmsgstr[2] "{n}"',
         "lacks a form. Write all of them, or none."),
        ("ru.po", '#, fuzzy\nmsgid "👋 Hello!"\nmsgstr "Привет!"',
         "is marked as fuzzy. Look at it and remove the mark."),
        ("de.po", 'msgid "👋 Hello!"\nmsgstr "Hallo!"',
         "de.po: Likeness speaks en and ru. Rename or remove it."),
        ("ru.po", "Привет", "ru.po can't be read: "),
        ("notes.txt", "", "It has no texts. Add en.po or ru.po, or remove the line."),
    ],
)  # fmt: skip
def test_a_text_that_does_not_fit_is_named_with_its_remedy(
    tmp_path: Path, file: str, text: str, said: str
) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / file).write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        overlay.lay(folder)
    first, *problems = str(refused.value).splitlines()
    assert first == f"brand.texts = {str(folder)!r}: 1 text doesn't fit."
    assert len(problems) == 1
    assert said in problems[0]


def test_a_text_that_is_left_empty_is_ours(tmp_path: Path) -> None:
    (tmp_path / "ru.po").write_text('msgid "👋 Hello!"\nmsgstr ""', "utf-8")
    overlay.lay(tmp_path)
    assert translator("ru")("👋 Hello!") == "👋 Здравствуйте!"


def test_a_folder_that_is_not_there_is_refused(opened: Open, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no folder that can be read"):
        opened(BRAND__TEXTS=str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("face.gif", 1, "is none of"),
        ("face.png", brand.HEAVIEST + 1, "is larger than 200 kB"),
        ("nowhere.png", 0, "no file"),
    ],
)
def test_a_picture_that_does_not_fit_is_refused(
    tmp_path: Path, name: str, size: int, said: str
) -> None:
    if size:
        (tmp_path / name).write_bytes(b"x" * size)
    with pytest.raises(ConfigurationError, match=said):
        brand.put_on(makers.settings().brand.model_copy(update={"picture": str(tmp_path / name)}))


@pytest.mark.parametrize("languages", ["", "ru,ru", "de"])
def test_languages_are_ours_and_each_is_named_once(languages: str) -> None:
    with pytest.raises(ConfigurationError, match=r"brand\.languages"):
        Settings.load(environ={"LIKENESS_BRAND__LANGUAGES": languages}, channels={})
