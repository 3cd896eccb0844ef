"""What a person sees: every screen, in both languages, of any facts at all."""

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.avatars.facts import Facts, Kept, Limits
from core.avatars.flow import STATES, TABLE
from core.avatars.screens import SCREENS
from core.base.graphemes import length
from core.base.settings.product.operator import Operator
from core.base.texts import LANGUAGES
from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.rendering import render
from core.conversation.messages import Button, Screen, Style
from core.conversation.replies import read_reply
from tests.avatar_facts import (
    BORIS,
    ID,
    LIMITS,
    LINE,
    OTHER_ID,
    PACKS,
    RUN,
    STUDIO,
    any_facts,
    facts,
    labels,
    triggers,
)

LONG = 1_000_000
TELEGRAM = Capabilities(buttons_per_row=3, pictures=10, text_length=LONG, caption_length=LONG)
CONSOLE = Capabilities(text_length=LONG)
ALLOWED = {"JPEG", "PNG", "FLUX", "fal", "English", "Language", "Choose", "language", "menu"}
ALLOWED |= {"cancel", "privacy", "help", "support", "link", "unlink"}
CYRILLIC = "Аняёж 🎭„“{}"

states = pytest.mark.parametrize("state", STATES)
languages = pytest.mark.parametrize("language", LANGUAGES)


def taken(state: str) -> set[str]:
    """The triggers that the table has a row for in a state."""
    rows = (row for row in TABLE.rows if state in TABLE.sources(row))
    return {trigger for row in rows for trigger in row.triggers}


def everything(screen: Screen) -> Iterable[str]:
    """All that it says."""
    return (screen.title, screen.text, screen.hint, *labels(screen))


def test_every_state_has_a_screen_and_no_other() -> None:
    assert set(SCREENS) == set(STATES)


@languages
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_facts_make_screens_that_fit_and_whose_buttons_can_be_pressed(
    language: str, data: st.DataObject
) -> None:
    known = data.draw(any_facts(language))
    for state in STATES:
        screen = SCREENS[state](known)
        assert screen.title.strip(), state
        assert screen.buttons, state
        assert all(screen.buttons), state
        assert all(label.strip() for label in labels(screen)), state
        assert set(triggers(screen)) <= taken(state), state
        assert all(re.fullmatch(r"[\w.-]{0,32}", b.argument) for b in screen.each_button()), state
        shown = render(screen, TELEGRAM, "k" * 32, 2**24)  # refuses tokens of over 64 bytes
        assert length(shown.text) <= (1024 if screen.pictures else 4096), state
        assert length(render(screen, CONSOLE, "k" * 32, 1).text) <= 4096, state
        assert SCREENS[state](known) == screen, state
        primary = [button for button in screen.each_button() if button.style is Style.PRIMARY]
        assert primary in ([], [*screen.buttons[0]]), f"{state}: one at most, on top"
        agreed = [b for b in screen.each_button() if b.trigger == "yes" and b.confirms]
        assert {button.style for button in agreed} <= {Style.DANGER}, state


@settings(max_examples=150, deadline=None)
@given(known=any_facts("ru", CYRILLIC))
def test_nothing_stays_english_on_a_russian_screen(known: Facts) -> None:
    for state in STATES:
        for text in everything(SCREENS[state](known)):
            assert set(re.findall(r"[A-Za-z]{3,}", text)) <= ALLOWED, (state, text)


@states
@languages
def test_there_is_always_a_way_on(state: str, language: str) -> None:
    for held in (facts(language), facts(language, avatar=None)):
        found = triggers(SCREENS[state](held))
        assert {"back", "start", "avatars", "language"} & set(found)


# the screens that the specification draws


def test_the_menu_of_avatars_is_as_the_specification_draws_it() -> None:
    screen = SCREENS["avatar_menu"](facts(avatars_count=3, avatar=None))
    assert (screen.title, screen.text) == ("🎭 Меню аватаров", "Ваши аватары: 3")
    assert labels(screen) == [
        "🆕 Создать аватар", "📁 Мои аватары (3)", "ℹ️ Помощь", "◀️ Главное меню",
    ]  # fmt: skip


def test_the_choice_of_the_training_type_is_as_the_specification_draws_it() -> None:
    screen = SCREENS["selecting_training_type"](facts())
    assert screen.title == "🎓 Выберите тип обучения"
    assert labels(screen) == [
        "🎭 Портретный (рекомендуемый)", "🎨 Художественный (универсальный)",
        "📊 Сравнить типы", "◀️ Назад",
    ]  # fmt: skip


def test_the_upload_is_as_the_specification_draws_it() -> None:
    screen = SCREENS["uploading_photos"](facts())
    assert screen.title == "📸 Загрузка фотографий"
    assert screen.text.startswith("Загружено: 7/10 фото\nМин. требуется: 10")
    assert labels(screen) == [
        "📷 Добавить фото", "🖼️ Просмотр (7)", "💡 Советы качества", "◀️ Назад",
    ]  # fmt: skip


def test_the_training_is_as_the_specification_draws_it() -> None:
    run = replace(RUN, left=None)
    screen = SCREENS["training_in_progress"](facts(avatar={"status": "training", "run": run}))
    assert (screen.title, screen.progress) == ("🤖 Обучение аватара", 65)
    assert screen.text.startswith(
        "📊 Прогресс: 65%\n⚡ Статус: В процессе...\n\n⏱️ Продолжаем обучение..."
    )
    assert labels(screen) == ["⏸️ Отменить", "🎭 Аватары", "👤 Об аватаре"]


@pytest.mark.parametrize(
    ("state", "title", "start"),
    [
        ("avatar_menu", "🎭 Avatar menu", "Your avatars: 1"),
        ("uploading_photos", "📸 Uploading photos", "Uploaded: 7/10 photos\nMinimum: 10"),
        ("selecting_training_type", "🎓 Choose the training type", "🎭 Portrait: "),
    ],
)
def test_english_says_the_same(state: str, title: str, start: str) -> None:
    screen = SCREENS[state](facts("en"))
    assert screen.title == title
    assert screen.text.startswith(start)


def test_the_comparison_names_purpose_duration_and_features_of_both_types() -> None:
    text = SCREENS["viewing_training_comparison"](facts()).text
    for wanted in ("лицах людей", "3-15 минут", "обрезка портретов", "5-30 минут", "6,00\xa0$"):
        assert wanted in text


# a newcomer and a returning person


def test_a_newcomer_reads_what_it_is_how_long_it_takes_and_how_many_photos_it_wants() -> None:
    new = facts("en", avatars_count=0, avatar=None, person_name="Ann")
    screen = SCREENS["main_menu"](new)
    assert screen.title == "👋 Hello, Ann!"
    for wanted in ("AI avatar", "10 to 50 photos", "3–15 minutes", "5–30 minutes"):
        assert wanted in screen.text


@languages
def test_a_newcomer_sees_what_it_makes_and_reads_that_it_is_drawn(language: str) -> None:
    new = facts(language, avatars_count=0, avatar=None, greeting="ё" * 200, person_name="Ё" * 129)
    screen = SCREENS["main_menu"](new)
    assert len(screen.pictures) == 3
    assert all(picture.alt for picture in screen.pictures)
    assert "🎨" in screen.text
    draft = replace(LINE, name="", status="draft", valid=0)
    for changes in ({"obstacle": "blocked"}, {"obstacle": "not_invited"}, {"resumable": draft},
                    {"avatars_count": 1}):  # fmt: skip
        known = SCREENS["main_menu"](replace(new, **changes))
        assert (known.pictures, "🎨" in known.text) == ((), False), changes


def test_a_style_is_shown_before_it_is_ordered_where_it_is_drawn() -> None:
    for state in ("choosing_style", "confirming_pictures"):
        (picture,) = SCREENS[state](facts()).pictures
        assert (picture.key, picture.alt) == ("examples/looks/portrait", PACKS[0].title)
        assert "🎨" in SCREENS[state](facts()).text
        other = SCREENS[state](facts(studio=replace(STUDIO, chosen=PACKS[1], packs=PACKS[1:])))
        assert (other.pictures, "🎨" in other.text) == ((), False)


def test_whoever_left_an_avatar_unfinished_finds_it_first() -> None:
    for state in ("main_menu", "avatar_menu"):
        first = next(SCREENS[state](facts(resumable=LINE)).each_button())
        assert first == Button("▶️ Продолжить «Анна» (7/10)", "resume", ID)


def test_whoever_waits_for_a_training_finds_it_first() -> None:
    for state in ("main_menu", "avatar_menu"):
        first, second, *_ = SCREENS[state](facts(training=BORIS, resumable=LINE)).each_button()
        assert first == Button("⏳ Обучение «Борис» · 40 %", "resume", OTHER_ID)
        assert second.argument == ID


def test_sizes_read_as_people_write_them() -> None:
    def said(language: str, megabytes: float) -> str:
        limits = replace(LIMITS, max_megabytes=megabytes)
        return SCREENS["photo_tips"](facts(language, limits=limits)).text

    assert "до 1,9 МБ" in said("ru", 1.90735)
    assert "up to 1.9 MB" in said("en", 1.90735)
    assert "up to 10 MB" in said("en", 10.0)
    assert "1 photo (0.1 MB)" in SCREENS["privacy"](facts("en", kept=Kept(1, 0.01))).text


def test_no_photo_is_asked_for_where_none_will_fit() -> None:
    full = facts("en", avatar={"status": "ready", "valid": 50})
    for state in ("uploading_photos", "photo_validation_error", "confirming_photos"):
        screen = SCREENS[state](full)
        assert "add_photos" not in triggers(screen)
        assert "add more" not in screen.text


def test_a_nameless_draft_is_offered_without_a_name() -> None:
    draft = replace(LINE, name="", status="draft", valid=0)
    assert labels(SCREENS["main_menu"](facts(resumable=draft)))[0] == "▶️ Продолжить создание"


@pytest.mark.parametrize("typed", ["портретный", "Портретный (рекомендуемый)"])
def test_a_training_type_can_be_typed(typed: str) -> None:
    shown = render(SCREENS["selecting_training_type"](facts()), CONSOLE, "k" * 32, 1)
    found = read_reply(typed, shown.offers)
    assert found == shown.offers[0]


def test_an_avatar_that_is_gone_leaves_a_way_back() -> None:
    screen = SCREENS["uploading_photos"](facts(avatar=None))
    assert "больше нет" in screen.text
    assert triggers(screen) == ["start"]


def test_a_full_gallery_says_why_there_is_no_room() -> None:
    screen = SCREENS["avatar_gallery"](facts(avatars_count=LIMITS.avatars, avatars=(LINE,)))
    assert "create" not in triggers(screen)
    assert "У вас 10 аватаров" in screen.text


def test_photos_that_are_deleted_are_not_said_to_be_kept() -> None:
    assert "their photos" in SCREENS["privacy"](facts("en", kept=Kept(1, 0.01))).text
    assert "their photos" not in SCREENS["privacy"](facts("en", kept=Kept())).text


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (replace(LIMITS, drafts_days=22), "Незаконченный"),
        (replace(LIMITS, trained_photos_days=22), "Фото готового"),
    ],
)
def test_what_is_deleted_by_itself_is_said_with_the_days(limits: Limits, told: str) -> None:
    screen = SCREENS["privacy"](facts(limits=limits))
    assert told in screen.text
    assert "22 дня" in screen.text
    assert told not in SCREENS["privacy"](facts()).text


def test_photos_that_are_put_aside_are_among_what_is_kept() -> None:
    assert "📎 На 24 часа отложено 3 фото" in SCREENS["privacy"](facts(held=3)).text
    assert "📎" not in SCREENS["privacy"](facts()).text


@languages
def test_who_answers_stands_in_consent_help_and_my_data(language: str) -> None:
    anna = Operator(name="Anna Berg", contact="@annaberg", privacy="privacy@example.org")
    for state, wanted in (("consent", "privacy@"), ("help", "@annaberg"), ("privacy", "privacy@")):
        text = SCREENS[state](facts(language, operator=anna)).text
        assert "Anna Berg" in text, state
        assert wanted in text, state
        assert "{" not in SCREENS[state](facts(language)).text, "nobody is named"


def test_requests_about_data_go_to_the_contact_where_no_other_address_is_named() -> None:
    anna = Operator(name="Anna Berg", contact="@annaberg")
    said = SCREENS["privacy"](facts("en", operator=anna)).text
    assert "Responsible for your data: Anna Berg, @annaberg" in said
