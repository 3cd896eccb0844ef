"""What a person sees: every screen, in both languages, of any facts at all."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.avatars import screens
from core.avatars.facts import Facts
from core.avatars.flow import MENUS, STATES, TABLE
from core.avatars.screens import NOTICES, SCREENS, hints
from core.conversation.channel import Capabilities
from core.conversation.messages import Button, Motion, Screen
from core.conversation.rendering import length, read_reply, render
from core.texts import LANGUAGES, translator
from tests.avatar_facts import (
    BORIS,
    ID,
    LIMITS,
    LINE,
    OTHER_ID,
    RUN,
    SAID,
    any_facts,
    facts,
    photo,
)

LONG = 1_000_000
TELEGRAM = Capabilities(buttons_per_row=3, pictures=10, text_length=LONG, caption_length=LONG)
CONSOLE = Capabilities(text_length=LONG)
ALLOWED = {"JPEG", "PNG", "FLUX", "fal", "English", "Language", "Choose", "language", "menu"}
ALLOWED |= {"cancel", "privacy", "help"}
CYRILLIC = "Аняёж 🎭„“{}"
READY = {"status": "ready", "valid": 12}
CORE = Path(screens.__file__).parents[2]

states = pytest.mark.parametrize("state", STATES)
languages = pytest.mark.parametrize("language", LANGUAGES)


def labels(screen: Screen) -> list[str]:
    """What its buttons say, in reading order."""
    return [button.label for button in screen.each_button()]


def triggers(screen: Screen) -> list[str]:
    """What its buttons do, in reading order."""
    return [button.trigger for button in screen.each_button()]


def button(screen: Screen, trigger: str) -> Button:
    """Its only button that does this."""
    (found,) = (button for button in screen.each_button() if button.trigger == trigger)
    return found


def taken(state: str) -> set[str]:
    """The triggers that the table has a row for in a state."""
    rows = (row for row in TABLE.rows if state in TABLE.sources(row))
    return {trigger for row in rows for trigger in row.triggers}


def everything(screen: Screen) -> Iterable[str]:
    """All that it says."""
    return (screen.title, screen.text, screen.hint, *labels(screen))


def test_every_state_has_a_screen_and_no_other() -> None:
    assert set(SCREENS) == set(STATES)


@states
@languages
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_facts_make_a_screen_that_fits_and_whose_buttons_can_be_pressed(
    state: str, language: str, data: st.DataObject
) -> None:
    screen = SCREENS[state](data.draw(any_facts(language)))
    assert screen.title.strip()
    assert screen.buttons
    assert all(screen.buttons)
    assert all(label.strip() for label in labels(screen))
    assert set(triggers(screen)) <= taken(state)
    assert all(re.fullmatch(r"[\w.-]{0,32}", button.argument) for button in screen.each_button())
    shown = render(screen, TELEGRAM, "k" * 32, 2**32)  # refuses tokens of more than 64 bytes
    assert length(shown.text) <= (1024 if screen.pictures else 4096)
    assert length(render(screen, CONSOLE, "k" * 32, 1).text) <= 4096


@states
@settings(max_examples=60, deadline=None)
@given(facts=any_facts("ru", CYRILLIC))
def test_nothing_stays_english_on_a_russian_screen(state: str, facts: Facts) -> None:
    for text in everything(SCREENS[state](facts)):
        assert set(re.findall(r"[A-Za-z]{3,}", text)) <= ALLOWED, text


@states
@given(facts=any_facts("en", "abc"))
@settings(max_examples=30, deadline=None)
def test_drawing_changes_nothing_and_gives_the_same_again(state: str, facts: Facts) -> None:
    assert SCREENS[state](facts) == SCREENS[state](facts)


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
        "📊 Прогресс: 65%\n⚡ Статус: В процессе…\n\n⏱️ Продолжаем обучение…"
    )
    assert labels(screen) == ["⏹ Отменить", "🎭 Аватары", "👤 Об аватаре"]


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
    for wanted in ("лица людей", "3–15 минут", "обрезка портретов", "5–30 минут", "$6.00"):
        assert wanted in text


# a newcomer and a returning person


def test_a_newcomer_reads_what_it_is_how_long_it_takes_and_how_many_photos_it_wants() -> None:
    new = facts("en", avatars_count=0, avatar=None, person_name="Ann")
    screen = SCREENS["main_menu"](new)
    assert screen.title == "👋 Hello, Ann!"
    for wanted in ("AI avatar", "10 to 50 photos", "3–15 minutes", "5–30 minutes"):
        assert wanted in screen.text


def test_whoever_left_an_avatar_unfinished_finds_it_first() -> None:
    for state in ("main_menu", "avatar_menu"):
        first = next(SCREENS[state](facts(resumable=LINE)).each_button())
        assert first == Button("▶️ Продолжить „Анна“ (7/10)", "resume", ID)


def test_a_nameless_draft_is_offered_without_a_name() -> None:
    draft = replace(LINE, name="", status="draft", valid=0)
    assert labels(SCREENS["main_menu"](facts(resumable=draft)))[0] == "▶️ Продолжить создание"


# what is offered only where it leads on


@pytest.mark.parametrize("state", ["uploading_photos", "photo_validation_error"])
def test_the_training_is_offered_once_the_photos_suffice_and_are_judged(state: str) -> None:
    def offered(**avatar: object) -> bool:
        return "done" in triggers(SCREENS[state](facts(avatar=avatar)))

    assert offered(**READY)
    assert not offered(valid=9)
    assert not offered(**READY, pending=1)


def test_starting_confirms_the_photos_the_type_and_the_price() -> None:
    def confirms(**avatar: object) -> str:
        return button(
            SCREENS["confirming_training"](facts(avatar={**READY, **avatar})), "train"
        ).confirms

    agreed = [confirms(), confirms(photos_digest="x"), confirms(training_type="style")]
    assert agreed[0] == f"{ID}:1234abcd:portrait:0.0"
    assert len(set(agreed)) == 3


def test_destroying_confirms_what_is_destroyed() -> None:
    deleting = button(SCREENS["deleting_avatar"](facts()), "yes")
    assert deleting.confirms == f"{ID}:Анна"
    assert button(SCREENS["privacy"](facts(asked="erase")), "yes").confirms == "erase"


def test_a_price_is_shown_where_there_is_one() -> None:
    def text(training_type: str) -> str:
        avatar = {**READY, "training_type": training_type}
        return SCREENS["confirming_training"](facts(avatar=avatar)).text

    assert "$6.00" in text("style")
    assert "$" not in text("portrait")


def test_consent_agrees_to_the_version_that_was_read() -> None:
    screen = SCREENS["consent"](facts(consented=False))
    assert button(screen, "agree").argument == "2026-11"
    for wanted in ("fal.ai", "18", "/privacy", "разрешил"):
        assert wanted in screen.text


def test_without_consent_adding_photos_leads_to_it_and_a_trained_avatar_takes_none() -> None:
    def offered(**changes: object) -> bool:
        return "add_photos" in triggers(SCREENS["avatar_details"](facts(**changes)))

    assert offered(consented=False, avatar={"can_collect": False})
    assert not offered(consented=False, avatar={"can_collect": False, "status": "completed"})


def test_the_persons_own_name_is_offered_where_it_may_be_the_avatars() -> None:
    def offered(name: str, **avatar: object) -> list[str]:
        return labels(SCREENS["entering_name"](facts(person_name=name, avatar=avatar)))[:-1]

    assert offered("Мария") == ["Назвать „Мария“"]
    assert not offered("")
    assert not offered("🎭")
    assert not offered("/start")
    assert not offered("Я" * 41)
    assert not offered("Мария", avatar_type="style")


@pytest.mark.parametrize("name", ["{0}", "{name}", "%s", "<b>", "*_`", "👩‍🎨" * 9, "Я" * 40])
def test_a_name_is_said_as_it_is(name: str) -> None:
    screen = SCREENS["confirming_training"](facts(avatar={**READY, "name": name}))
    assert f"„{name}“" in screen.text
    assert SCREENS["main_menu"](facts(resumable=replace(LINE, name=name)))


# obstacles


@pytest.mark.parametrize("code", [*hints.OBSTACLES, "busy"])
@pytest.mark.parametrize(
    "state",
    [
        "selecting_training_type", "confirming_training_type", "consent", "uploading_photos",
        "confirming_training",
    ],
)  # fmt: skip
def test_what_stops_a_training_is_said_before_photos_are_asked_for(state: str, code: str) -> None:
    stopped = facts(obstacle=code, busy_with=BORIS if code == "busy" else None)
    told = hints.sentence(code, {}, state, stopped, translator("ru"))
    assert told
    assert told in SCREENS[state](stopped).text


def test_it_is_not_said_twice() -> None:
    stopped = facts(obstacle="closed", said=(("closed", {}),))
    screen = SCREENS["confirming_training"](stopped)
    assert "приостановлено" in screen.hint
    assert "приостановлено" not in screen.text


def test_the_avatar_in_the_way_is_named_and_one_press_away() -> None:
    screen = SCREENS["confirming_training"](facts(obstacle="busy", busy_with=BORIS, avatar=READY))
    assert "„Борис“" in screen.text
    assert button(screen, "resume") == Button("⏳ Обучение „Борис“ · 40 %", "resume", OTHER_ID)


# photos


def test_each_refused_photo_is_named_with_its_reason_and_a_remedy() -> None:
    refused = (
        photo(3, "invalid", "too_small"),
        photo(8, "duplicate", "duplicate"),
        photo(7, "invalid", "too_small"),
        photo(9, "invalid", "never_heard_of"),
    )
    avatar = {"valid": 6, "refused": refused, "accepted": (1, 2, 4, 5, 6, 10)}
    text = SCREENS["photo_validation_error"](facts(avatar=avatar)).text
    assert "Принято 6 из 10 (№ 1, 2, 4–6, 10)" in text
    assert "№ 3, 7: меньше 512×512 точек — пришлите оригинал файлом" in text
    assert "№ 8: уже есть" in text
    assert "№ 9: не подошло" in text


def test_without_their_numbers_accepted_photos_are_counted() -> None:
    avatar = {"valid": 9, "refused": (photo(3, "invalid", "broken"),)}
    assert "Принято 9 из 10" in SCREENS["photo_validation_error"](facts(avatar=avatar)).text


@pytest.mark.parametrize(
    ("valid", "text"),
    [
        (7, "Загружено: 7/10 фото\nМин. требуется: 10"),
        (12, "Загружено: 12 фото, можно ещё 38"),
        (50, "Загружено: 50 фото, больше не поместится"),
    ],
)
def test_the_counter_says_what_is_lacking_and_then_what_still_fits(valid: int, text: str) -> None:
    assert text in SCREENS["uploading_photos"](facts(avatar={"valid": valid})).text


def test_photos_that_are_looked_at_are_counted_and_the_screen_will_settle() -> None:
    screen = SCREENS["uploading_photos"](facts(avatar={"pending": 3}))
    assert "Смотрю 3 фото…" in screen.text
    assert screen.motion is Motion.SETTLING


def test_the_gallery_shows_stored_photos_and_tells_of_the_others() -> None:
    shown = (
        photo(1), photo(2, "pending", key="reserved"), photo(3, "invalid", "too_big"),
        photo(4, "invalid", "broken", "kept"), photo(5, "duplicate", "duplicate", "kept"),
    )  # fmt: skip
    screen = SCREENS["viewing_photo_gallery"](facts(photos=shown, page=2, pages=3))
    assert [picture.label for picture in screen.pictures] == ["1 ✅", "4 ❌", "5"]
    for wanted in ("№ 2: проверяется", "№ 3: больше 10 МБ", "№ 5: уже есть", "Страница 2 из 3"):
        assert wanted in screen.text
    assert [b.argument for b in screen.each_button() if b.trigger == "page"] == ["1", "3"]
    removals = [b for b in screen.each_button() if b.trigger == "remove_photo"]
    assert [b.label for b in removals] == ["🗑 1", "🗑 3", "🗑 4", "🗑 5"]
    assert removals[0].argument == shown[0].id


def test_a_photo_just_removed_can_be_put_back_while_there_is_room() -> None:
    removed = photo(6)
    screen = SCREENS["viewing_photo_gallery"](facts(removed_photo=removed))
    assert button(screen, "restore_photo") == Button("↩️ Вернуть 6", "restore_photo", removed.id)
    full = facts(removed_photo=removed, avatar={"valid": 40, "pending": 10})
    assert "restore_photo" not in triggers(SCREENS["viewing_photo_gallery"](full))


# training


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"status": "queued", "position": 3}, "В очереди, место 3"),
        ({"status": "queued"}, "подойдёт ваша очередь"),
        ({"left": 250.0}, "Осталось около 5 минут"),
        ({"left": 60.0}, "Осталось около 1 минуты"),
        ({"left": 20.0}, "меньше минуты"),
        ({"left": 0.0}, "Почти готово"),
        ({"left": 7200.0}, "Осталось около 2 часов"),
        ({"status": "cancelling"}, "Останавливаем…"),
    ],
)
def test_a_training_says_how_it_stands(changes: dict[str, object], wanted: str) -> None:
    run = replace(RUN, **changes)  # type: ignore[arg-type]  # fields by name
    screen = SCREENS["training_in_progress"](facts(avatar={"status": "training", "run": run}))
    assert wanted in screen.text
    assert screen.motion is Motion.MOVING


@pytest.mark.parametrize(
    ("error_class", "wanted"), [("person", "снимки получше"), ("operator", "на нашей стороне")]
)
def test_a_failed_training_says_whose_turn_it_is(error_class: str, wanted: str) -> None:
    run = replace(RUN, status="failed", error_class=error_class)
    screen = SCREENS["training_error"](facts(avatar={"status": "error", "run": run}))
    assert wanted in screen.text
    assert ("tips" in triggers(screen)) == (error_class == "person")


@languages
@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_names_its_avatar_and_leads_to_it(name: str, language: str) -> None:
    told = {"avatar": ID, "name": "Анна", "error_class": "retry"}
    screen = NOTICES[name](told, language)
    assert "Анна" in screen.text
    assert button(screen, "resume").argument == ID


# questions and remarks


@pytest.mark.parametrize(
    ("state", "asked", "wanted"),
    [
        *((state, "new", ["resume", "create", "no"]) for state in MENUS),
        *((state, "held", ["create", "resume", "no"]) for state in STATES),
        ("training_in_progress", "stop", ["yes", "no"]),
        ("privacy", "erase", ["yes", "no"]),
        ("privacy", "withdraw", ["yes", "no"]),
    ],
)
def test_an_open_question_takes_the_place_of_the_buttons(
    state: str, asked: str, wanted: list[str]
) -> None:
    avatar = {"status": "training", "run": RUN}
    screen = SCREENS[state](facts(asked=asked, avatar=avatar, resumable=LINE, held=3))
    assert triggers(screen) == wanted
    assert "?" in screen.text


@pytest.mark.parametrize(
    ("count", "wanted"),
    [
        (1, "🆕 Создать аватар из него"),
        (3, "🆕 Создать аватар из них"),
        (21, "🆕 Создать аватар из них"),
    ],
)
def test_photos_that_came_early_are_offered_as_an_avatar(count: int, wanted: str) -> None:
    screen = SCREENS["main_menu"](facts(asked="held", held=count, resumable=LINE))
    assert f"Вы прислали {count} фото" in screen.text
    assert labels(screen) == [wanted, "▶️ Добавить к „Анна“", "Нет, не нужно"]


def test_a_question_that_is_no_longer_one_is_not_asked() -> None:
    stopping = {"status": "training", "run": replace(RUN, status="cancelling")}
    assert "yes" not in triggers(
        SCREENS["training_in_progress"](facts(asked="stop", avatar=stopping))
    )


def said_in_code() -> set[str]:
    """Every code that the table, the dialogue, the guards or the engine may say."""
    effects = (effect for row in TABLE.rows for effect in row.effects)
    table = {effect.argument for effect in effects if effect.name == "say" and effect.argument}
    paths = [*CORE.glob("avatars/*.py"), CORE / "conversation" / "engine.py"]
    said = re.compile(r"""\bsay\((?:\w+, )?"(\w+)\"""")
    return table | {code for path in paths for code in said.findall(path.read_text("utf-8"))}


@languages
def test_every_remark_of_the_dialogue_has_its_sentence(language: str) -> None:
    codes = said_in_code()
    assert {"stale", "gone", "held", "held_taken", "removed", "still_checking"} <= codes
    for code in codes:
        assert SCREENS["main_menu"](facts(language, said=((code, {}),))).hint, code


@pytest.mark.parametrize(
    "code", [code for code in SAID if code not in ("something_new", "how_to_send")]
)
def test_a_remark_is_said_in_the_persons_language(code: str) -> None:
    told = (code, {"name": "Анна", "n": 3, "number": 3, "problem": "long"})
    english, russian = (
        SCREENS["entering_name"](facts(language, said=(told,))).hint for language in LANGUAGES
    )
    assert english
    assert russian
    assert english != russian


def test_an_unknown_remark_is_left_out() -> None:
    assert SCREENS["main_menu"](facts(said=(("never_heard_of", {}),))).hint == ""


def test_a_text_where_photos_are_expected_asks_for_a_photo() -> None:
    said = (("hint", {}),)
    assert "фото" in SCREENS["uploading_photos"](facts(said=said)).hint
    assert "фото" not in SCREENS["main_menu"](facts(said=said)).hint


@pytest.mark.parametrize("typed", ["портретный", "Портретный (рекомендуемый)", "1"])
def test_a_training_type_can_be_typed(typed: str) -> None:
    shown = render(SCREENS["selecting_training_type"](facts()), CONSOLE, "k" * 32, 1)
    found = read_reply(typed, shown.offers, numbers=True)
    assert found == shown.offers[0]


def test_an_avatar_that_is_gone_leaves_a_way_back() -> None:
    screen = SCREENS["uploading_photos"](facts(avatar=None))
    assert "больше нет" in screen.text
    assert triggers(screen) == ["start"]


def test_a_full_gallery_says_why_there_is_no_room() -> None:
    screen = SCREENS["avatar_gallery"](facts(avatars_count=LIMITS.avatars, avatars=(LINE,)))
    assert "create" not in triggers(screen)
    assert "У вас 10 аватаров" in screen.text
