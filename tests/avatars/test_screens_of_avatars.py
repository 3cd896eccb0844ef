"""What the screens say of an avatar, its photos and its training, and what they offer then."""

from dataclasses import replace
from typing import Any

import pytest

from core.avatars.facts import PhotoFacts, RunFacts
from core.avatars.screens import NOTICES, SCREENS
from core.base.texts import LANGUAGES
from core.conversation.messages import Button, Motion
from tests.avatar_facts import ID, LINE, READY, RUN, button, facts, labels, photo, triggers

languages = pytest.mark.parametrize("language", LANGUAGES)


# what is offered only where it leads on


@pytest.mark.parametrize("state", ["uploading_photos", "photo_validation_error"])
def test_the_training_is_offered_once_the_photos_suffice_and_are_judged(state: str) -> None:
    def offered(**avatar: object) -> bool:
        return "train" in triggers(SCREENS[state](facts(avatar=avatar)))

    assert offered(**READY)
    assert not offered(valid=9)
    assert not offered(**READY, pending=1)


def test_starting_confirms_the_photos_the_type_and_the_price() -> None:
    def confirms(**avatar: object) -> str:
        return button(
            SCREENS["confirming_training"](facts(avatar={**READY, **avatar})), "train"
        ).confirms

    agreed = [confirms(), confirms(photos_digest="x"), confirms(training_type="style")]
    assert agreed[0] == f"{ID}:1234abcd:portrait:0.0:None"
    assert len(set(agreed)) == 3


def test_destroying_confirms_what_is_destroyed() -> None:
    deleting = button(SCREENS["deleting_avatar"](facts()), "yes")
    assert deleting.confirms == f"{ID}:Анна"
    assert button(SCREENS["privacy"](facts(asked="erase")), "yes").confirms == "erase"


def test_a_price_is_shown_where_there_is_one() -> None:
    def text(training_type: str) -> str:
        avatar = {**READY, "training_type": training_type}
        return SCREENS["confirming_training"](facts(avatar=avatar)).text

    assert "6,00\xa0$" in text("style")
    assert "$" not in text("portrait")


def test_a_price_that_nobody_knows_is_said_to_be_unknown() -> None:
    unknown = facts(avatar=READY)
    limits = replace(unknown.limits, price_usd={"portrait": None})
    screen = SCREENS["confirming_training"](replace(unknown, limits=limits))
    assert "💰 Цена: пока неизвестна" in screen.text
    known = button(SCREENS["confirming_training"](facts(avatar=READY)), "train").confirms
    assert button(screen, "train").confirms != known


@pytest.mark.parametrize(
    ("cost", "said"),
    [(0.0, "За эту попытку ничего не списано"), (5.9, "Эта попытка стоила 5,90"),
     (None, "Пока неизвестно, списаны ли")],
)  # fmt: skip
def test_a_failure_says_what_it_cost_and_what_another_try_costs(
    cost: float | None, said: str
) -> None:
    run = RunFacts("failed", 40, None, "retry", cost, None)
    failed = {"status": "error", "valid": 12, "run": run, "training_type": "style"}
    text = SCREENS["training_error"](facts(avatar=failed)).text
    assert said in text
    assert "Новая попытка стоит 6,00" in text
    free = SCREENS["training_error"](facts(avatar={**failed, "training_type": "portrait"})).text
    assert "попытк" not in free


def test_a_training_that_may_still_end_is_not_paid_for_twice_unsaid() -> None:
    late = RunFacts("failed", 99, None, "operator", 6.0, None, late=True)
    failed = {"status": "error", "valid": 12, "run": late}
    again = SCREENS["confirming_training"](facts(avatar=failed))
    assert "Новое обучение оплачивается отдельно" in again.text
    ended = {**failed, "run": replace(late, late=False)}
    assert "отдельно" not in SCREENS["confirming_training"](facts(avatar=ended)).text
    once = SCREENS["confirming_training"](facts(avatar=ended))
    assert button(again, "train").confirms != button(once, "train").confirms
    assert "аватар станет вашим" in SCREENS["training_error"](facts(avatar=failed)).text


def test_how_many_are_ahead_in_the_queue_is_said() -> None:
    def text(position: int | None) -> str:
        run = RunFacts("queued", 0, position, "", 6.0, None)
        return SCREENS["training_in_progress"](
            facts(avatar={"status": "training", "run": run})
        ).text

    assert "Перед вашим — 4 обучения" in text(5)
    assert "Перед вашим" not in text(1)
    assert "Перед вашим" not in text(None)


def test_consent_agrees_to_the_version_that_was_read() -> None:
    screen = SCREENS["consent"](facts(consented=False))
    assert button(screen, "agree").confirms == "2026-12"
    for wanted in ("fal.ai", "18", "/privacy", "разрешил"):
        assert wanted in screen.text


def test_without_consent_adding_photos_leads_to_it_and_a_trained_avatar_takes_none() -> None:
    def offered(**changes: Any) -> bool:
        return "add_photos" in triggers(SCREENS["avatar_details"](facts(**changes)))

    assert offered(consented=False, avatar={})
    assert not offered(consented=False, avatar={"status": "completed"})


def test_the_persons_own_name_is_offered_where_it_may_be_the_avatars() -> None:
    def offered(name: str, **avatar: object) -> list[str]:
        return labels(SCREENS["entering_name"](facts(person_name=name, avatar=avatar)))[:-1]

    assert offered("Мария") == ["Назвать «Мария»"]
    assert not offered("")
    assert not offered("🎭")
    assert not offered("/start")
    assert not offered("Я" * 41)
    assert not offered("Мария", avatar_type="style")


@pytest.mark.parametrize("name", ["{0}", "{name}", "%s", "<b>", "*_`", "👩‍🎨" * 9, "Я" * 40])
def test_a_name_is_said_as_it_is(name: str) -> None:
    screen = SCREENS["confirming_training"](facts(avatar={**READY, "name": name}))
    assert f"«{name}»" in screen.text
    menu = SCREENS["main_menu"](facts(resumable=replace(LINE, name=name)))
    assert labels(menu)[0].startswith(f"▶️ Продолжить «{name[:9]}")


# photos


def test_each_refused_photo_is_named_with_its_reason_and_a_remedy() -> None:
    refused = (
        photo(3, "invalid", "too_small"),
        photo(8, "duplicate", "duplicate"),
        photo(7, "invalid", "too_small"),
        photo(9, "invalid", "never_heard_of"),
    )
    avatar = {"valid": 6, "refused": refused, "accepted": tuple(map(photo, (1, 2, 4, 5, 6, 10)))}
    text = SCREENS["photo_validation_error"](facts(avatar=avatar)).text
    assert "Принято 6 из 10 (№ 1, 2, 4–6, 10)" in text
    assert "№ 3, 7: меньше 512×512 точек — пришлите исходный файл" in text
    assert "№ 8: уже есть" in text
    assert "№ 9: не подошло" in text


@pytest.mark.parametrize(
    ("valid", "text"),
    [
        (7, "Загружено: 7/10 фото\nМин. требуется: 10"),
        (12, "Загружено: 12/10 фото\nМин. требуется: 10\nМожно добавить ещё 38 фото"),
        (50, "Загружено: 50/10 фото\nМин. требуется: 10\nБольше не поместится"),
    ],
)
def test_the_counter_says_what_is_lacking_and_then_what_still_fits(valid: int, text: str) -> None:
    assert text in SCREENS["uploading_photos"](facts(avatar={"valid": valid})).text


@pytest.mark.parametrize(
    "state",
    ["uploading_photos", "photo_validation_error", "insufficient_photos", "confirming_photos"],
)
def test_the_gallery_is_offered_before_the_first_photo_too(state: str) -> None:
    none = facts(avatar={"valid": 0, "status": "draft"})
    assert "🖼️ Просмотр (0)" in labels(SCREENS[state](none))


def test_the_estimate_stands_beside_the_word_that_the_training_goes_on() -> None:
    run = replace(RUN, left=250.0)
    text = SCREENS["training_in_progress"](facts(avatar={"status": "training", "run": run})).text
    assert "⏱️ Продолжаем обучение...\n⏱️ Осталось около 5 минут" in text


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
    assert [picture.label for picture in screen.pictures] == ["1 ✅", "4 ❌", "5 ♻️"]
    for wanted in ("№ 2: на проверке", "№ 3: больше 10 МБ", "№ 5: уже есть", "Страница 2 из 3"):
        assert wanted in screen.text
    assert [b.argument for b in screen.each_button() if b.trigger == "page"] == ["1", "3"]
    removals = [b for b in screen.each_button() if b.trigger == "remove_photo"]
    assert [b.label for b in removals] == ["🗑 1", "🗑 3", "🗑 4", "🗑 5"]
    assert removals[0].argument == shown[0].id


def test_a_photo_just_removed_can_be_put_back_while_there_is_room() -> None:
    removed = photo(6)
    screen = SCREENS["viewing_photo_gallery"](facts(removed_photo=removed))
    assert button(screen, "restore_photo") == Button("↩️ Вернуть 6", "restore_photo", removed.id)
    waiting = facts(removed_photo=removed, avatar={"valid": 40, "pending": 10})
    assert "restore_photo" in triggers(SCREENS["viewing_photo_gallery"](waiting))
    full = facts(removed_photo=removed, avatar={"valid": 50})
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
        ({"status": "cancelling"}, "Останавливаем..."),
        ({"status": "preparing"}, "Готовим ваши фото..."),
        ({"status": "ready", "error_class": "retry"}, "ждёт в нашей очереди"),
        ({"status": "ready", "error_class": "operator"}, "Вы здесь ни при чём"),
        ({"status": "uncertain"}, "дважды он оплачен не будет"),
        ({"status": "saving"}, "Почти готово"),
        ({"status": "completed"}, "Почти готово"),
        ({"status": "cancelled"}, "Останавливаем..."),
        ({"status": "failed"}, "обучение идёт само"),
    ],
)
def test_a_training_says_how_it_stands(changes: dict[str, object], wanted: str) -> None:
    run = replace(RUN, **changes)  # type: ignore[arg-type]  # fields by name
    screen = SCREENS["training_in_progress"](facts(avatar={"status": "training", "run": run}))
    assert wanted in screen.text
    assert screen.motion is Motion.MOVING, "its words are never true for long"


@pytest.mark.parametrize("status", ["saving", "completed", "failed", "cancelling", "cancelled"])
def test_a_training_that_ends_is_not_said_to_begin(status: str) -> None:
    run = replace(RUN, status=status)
    screen = SCREENS["training_in_progress"](facts(avatar={"status": "training", "run": run}))
    assert "Начнём" not in screen.text


@pytest.mark.parametrize("state", ["entering_name", "editing_avatar"])
def test_where_a_name_is_wanted_a_wrong_command_is_told_so(state: str) -> None:
    screen = SCREENS[state](facts("en", said=(("hint", {}),)))
    assert screen.hint == "Please type a name: one letter is enough."


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ("ready", True), ("preparing", True), ("queued", True), ("training", True),
        ("uncertain", True), ("saving", False), ("cancelling", False),
    ],
)  # fmt: skip
def test_a_training_can_be_stopped_until_it_is_almost_done(status: str, offered: bool) -> None:
    run = replace(RUN, status=status)
    screen = SCREENS["training_in_progress"](facts(avatar={"status": "training", "run": run}))
    assert ("stop" in triggers(screen)) is offered
    asked = facts(asked="stop", avatar={"status": "training", "run": run})
    assert ("yes" in triggers(SCREENS["training_in_progress"](asked))) is offered


@pytest.mark.parametrize(
    ("error_class", "wanted"), [("person", "снимки получше"), ("operator", "на нашей стороне")]
)
def test_a_failed_training_says_whose_turn_it_is(error_class: str, wanted: str) -> None:
    run = replace(RUN, status="failed", error_class=error_class)
    screen = SCREENS["training_error"](facts(avatar={"status": "error", "run": run}))
    assert wanted in screen.text
    assert ("tips" in triggers(screen)) == (error_class == "person")


@languages
@pytest.mark.parametrize("name", ["training_finished", "training_failed"])
def test_a_notice_names_its_avatar_and_leads_to_it(name: str, language: str) -> None:
    told = {"avatar": ID, "name": "Анна", "error_class": "retry"}
    screen = NOTICES[name](told, language)
    assert "Анна" in screen.text
    assert button(screen, "resume").argument == ID


# where nothing was accepted


@languages
def test_nobody_is_counted_nothing_at_them(language: str) -> None:
    def text(*refused: PhotoFacts) -> str:
        return SCREENS["photo_validation_error"](facts(language, avatar={"refused": refused})).text

    small, broken = (
        photo(n, "invalid", reason) for n, reason in enumerate(("too_small", "broken"))
    )
    mended = {"en": "Here’s how to fix that:", "ru": "всё поправимо:"}[language]
    for refused in ((small,), (small, broken)):
        assert text(*refused).count(mended) == 1
    assert text(small).splitlines()[0] != text(small, broken).splitlines()[0]
    assert mended not in text(photo(1, "duplicate")), "one is here already, and nothing is wrong"


BINDS = {"train", "order", "yes", "remove_photo", "agree", "decline", "agree_link", "part"}


def test_what_pays_destroys_or_agrees_wants_its_words() -> None:
    """Where it is typed, no bare number does it: every such button of every screen has words."""
    photos = (PhotoFacts("a" * 32, 3, "valid", "", "key"),)
    for asked in (None, "held", "stop", "erase", "withdraw", "new"):
        avatar = facts(asked=asked, photos=photos, consented=True)
        for state, draw in SCREENS.items():
            for found in draw(avatar).each_button():
                binds = found.trigger in BINDS
                binds = binds or (found.trigger == "no" and asked == "held")
                assert bool(found.spelled) == binds, (state, found)


def test_a_photo_is_removed_by_its_name_in_both_languages() -> None:
    photos = (PhotoFacts("a" * 32, 3, "valid", "", "key"),)
    for language, words in (("en", "photo 3"), ("ru", "фото 3")):
        seen = facts(photos=photos, language=language)
        assert button(SCREENS["viewing_photo_gallery"](seen), "remove_photo").spelled == words
