"""The specification's states, and the three phases of its workflow, arrow by arrow."""

from __future__ import annotations

from core.avatars.flow import STATES, TABLE
from core.avatars.models import AvatarPhoto, AvatarStatus, AvatarTrainingType, TrainingRun
from core.avatars.screens import SCREENS
from core.conversation.flow import QUIET
from core.services.minio_store import MinioStore
from tests.specification.line import Check, Line, equal
from tests.specification.product import Product

FSM = (
    "selecting_avatar_type", "selecting_gender", "entering_name",
    "selecting_training_type", "confirming_training_type",
    "uploading_photos", "viewing_photo_gallery", "confirming_photos",
    "confirming_training", "training_in_progress", "training_completed", "training_cancelled",
    "avatar_gallery", "avatar_details", "editing_avatar", "deleting_avatar",
    "viewing_training_comparison", "photo_validation_error", "insufficient_photos",
    "training_error",
)  # fmt: skip
"""`AvatarStates` of the specification, in its order."""
MENUS = ("main_menu", "avatar_menu")
"""What makes its twenty the "22" that it counts."""


def _state(name: str) -> Check:
    """There is such a state, a row leads to it, and it has a screen."""

    def check(_product: Product) -> None:
        assert name in STATES
        assert name in SCREENS
        dests = {row.dest for row in TABLE.rows} - {QUIET}
        placed = {place for places in TABLE.places.values() for _, place in places}
        assert name in dests | placed, "nothing leads there"

    return check


def _moves(*states: str) -> Check:
    """The person came through these states one after the other."""

    def check(product: Product) -> None:
        whole = " ".join(product.states)
        assert " ".join(states) in whole, f"{states} in {whole}"

    return check


def _in_order(*states: str) -> Check:
    """The person came to these states in this order, perhaps by way of others."""

    def check(product: Product) -> None:
        firsts = [product.states.index(state) for state in states]
        equal(firsts, sorted(firsts))

    return check


def _types(product: Product) -> None:
    labels = [
        button.argument for button in product.screens["selecting_training_type"].each_button()
    ]
    equal([label for label in labels if label], ["portrait", "style"])
    equal({kind for _, kind in product.both_ways}, {"portrait", "style"})


def _validated(product: Product) -> None:
    of_hers = AvatarPhoto.avatar == product.avatars["ten photos"].id
    photos = list(AvatarPhoto.select().where(of_hers))
    equal(len(photos), 12)
    for photo in photos:
        assert photo.validation_status != "pending"
        assert photo.quality_score is not None


def _stored(product: Product) -> None:
    assert isinstance(product.app.store, MinioStore)
    of_hers = AvatarPhoto.avatar == product.avatars["ten photos"].id
    keys = [photo.minio_key for photo in AvatarPhoto.select().where(of_hers)]
    equal([product.app.store.exists(str(key)) for key in keys], [True] * 12)


def _counted(product: Product) -> None:
    moments = ("no photos", "seven photos", "ten photos")
    equal([product.avatars[moment].photos_count for moment in moments], [0, 7, 10])


def _offered(moment: str, wanted: bool) -> Check:
    def check(product: Product) -> None:
        labels = [button.label for button in product.screens[moment].each_button()]
        equal("🚀 Начать обучение" in labels, wanted)

    return check


def _statuses(*wanted: tuple[str, AvatarStatus]) -> Check:
    def check(product: Product) -> None:
        equal([(moment, product.avatars[moment].status) for moment, _ in wanted], list(wanted))

    return check


def _modes(product: Product) -> None:
    """The same start leads to fal with a key, and to the simulation without one."""
    modes = [run.test_mode for run in TrainingRun.select()]
    equal(set(modes), {False})
    equal(product.simulated.test_mode, True)


def _shown(product: Product) -> None:
    seen = [
        product.screens[moment].progress for moment in ("training ordered", "sixty-five percent")
    ]
    equal(seen, [0, 65])


def _not_yet(product: Product) -> None:
    assert product.avatars["sixty-five percent"].status is AvatarStatus.TRAINING
    assert product.screens["sixty-five percent"].motion == "moving"


def _order(product: Product) -> None:
    """What fal was ordered to train with: the trainer of the chosen type."""
    found = {run.training_type: run.endpoint for run in TrainingRun.select()}
    assert "portrait" in found[AvatarTrainingType.PORTRAIT], found
    assert found[AvatarTrainingType.PORTRAIT] != found[AvatarTrainingType.STYLE]
    assert product.fal is not None
    equal({post.endpoint for post in product.fal.ledger.posts}, set(found.values()))


FLOW = (
    Line("Основные состояния (22 штуки)", lambda _: equal(
        (len({*FSM, *MENUS}), {*FSM, *MENUS} <= set(STATES)), (22, True))),
    *(Line(f"{state} = State()", _state(state)) for state in FSM),
    Line("Главное меню → Создать аватар → Выбор типа обучения",
         _moves("main_menu", "selecting_training_type")),
    Line("Выбор типа обучения → PORTRAIT / STYLE", _types),
    Line("PORTRAIT → Выбор пола", _moves("confirming_training_type", "selecting_gender")),
    Line("STYLE → Выбор пола", _moves("selecting_avatar_type", "selecting_gender")),
    Line("Выбор пола → Ввод имени", _moves("selecting_gender", "entering_name")),
    Line("Ввод имени → Переход к загрузке фото", _moves("entering_name", "uploading_photos")),
    Line("Загрузка фото → Валидация", _validated),
    Line("Валидация → Сохранение в MinIO", _stored),
    Line("Сохранение в MinIO → Обновление счетчика", _counted),
    Line('Достаточно фото? Да → Кнопка "Начать обучение"', _offered("ten photos", True)),
    Line("Достаточно фото? Нет → Загрузка фото", _offered("seven photos", False)),
    Line("Запуск обучения → FAL AI интеграция", _order),
    Line("Тестовый режим? Да → Имитация прогресса / Нет → Реальное обучение", _modes),
    Line("Реальное обучение → Обновление UI", _shown),
    Line("Имитация прогресса → Обновление UI", lambda p: equal(
        [screen.title for screen in p.simulated.screens.values()],
        ["🤖 Обучение аватара", "🎉 Аватар готов"])),
    Line("Завершено? Нет → Обновление UI", _not_yet),
    Line("Завершено? Да → Готов к генерации", _statuses(
        ("training_completed", AvatarStatus.COMPLETED))),
    Line("status: draft → uploading → ready → training → completed", _statuses(
        ("no photos", AvatarStatus.DRAFT), ("seven photos", AvatarStatus.UPLOADING),
        ("ten photos", AvatarStatus.READY), ("training ordered", AvatarStatus.TRAINING),
        ("training_completed", AvatarStatus.COMPLETED))),
    Line("Новое поле интегрируется в workflow: тип обучения, пол, имя, фотографии, обучение",
         _in_order("selecting_training_type", "selecting_gender", "entering_name",
                   "uploading_photos", "training_in_progress")),
)  # fmt: skip
