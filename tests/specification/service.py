"""What the specification says of fal, of logs and metrics, and of running it all."""

from __future__ import annotations

import re
import time
import uuid

from core.avatars.models import Avatar, AvatarTrainingType, TrainingRun
from core.avatars.training.durations import MINUTES
from core.avatars.training.training import Training
from core.base.settings import Settings
from core.operation import alerts
from core.operation.metrics import errors, overview, training
from core.operation.metrics.scope import DAY, Scope
from core.services.fal.profiles import BY_NAME
from tests.specification.line import Check, Line, equal
from tests.specification.product import Product

_ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def _logged(pattern: str, simulated: bool = False) -> Check:
    """One of the log's lines is this, an id where the specification has one."""

    def check(product: Product) -> None:
        lines = product.simulated.logs if simulated else product.logs
        wanted = pattern.replace("{id}", _ID)
        assert any(re.fullmatch(wanted, line) for line in lines), lines

    return check


def _order(training_type: str) -> dict[str, object]:
    run = (
        TrainingRun.select()
        .where(TrainingRun.training_type == training_type, TrainingRun.endpoint != "")
        .first()
    )
    return {"endpoint": run.endpoint, **run.arguments}


def _trained_by(training_type: str, endpoint: str) -> Check:
    """The specification's trainer is among those that fal is asked for with this type."""

    def check(product: Product) -> None:
        profiles = product.app.trainer.profiles(training_type)
        assert endpoint in [BY_NAME[name].endpoint for name in profiles], profiles

    return check


def _ordered(training_type: str, name: str) -> Check:
    return lambda _product: equal(_order(training_type)[name], True)


def _chosen(_product: Product) -> None:
    for run in TrainingRun.select():
        equal(run.training_type, Avatar.get_by_id(run.avatar_id).training_type)


def _has(name: str) -> Check:
    return lambda _product: equal(hasattr(Training, name), True)


def _hidden(product: Product) -> None:
    """A simulated training reads as a real one does."""
    whole = "".join(f"{s.title} {s.text} {s.hint}" for s in product.simulated.screens.values())
    assert not re.search("тест|имитац|симул|simul|test", whole.lower()), whole


def _real(product: Product) -> None:
    assert product.fal is not None
    assert product.fal.ledger.posts
    assert not product.app.trainer.test_mode


# metrics


def _scope() -> Scope:
    now = time.time()
    return Scope(now - DAY, now + 60, "production")


def _created(_product: Product) -> None:
    equal(overview.avatars_created(_scope()), Avatar.select().where(Avatar.name != "").count())


def _success(_product: Product) -> None:
    found = overview.outcomes(_scope())
    statuses = [run.status.value for run in TrainingRun.select()]
    wanted = (statuses.count("completed"), statuses.count("failed"))
    equal((found.completed, found.failed), wanted)
    equal(found.success, wanted[0] / sum(wanted))


def _times(_product: Product) -> None:
    found = {times.training_type: times.n for times in training.times(_scope())}
    for kind in AvatarTrainingType:
        ended = TrainingRun.select().where(
            TrainingRun.training_type == kind, TrainingRun.status == "completed"
        )
        equal(found[kind], ended.count())


def _fal_errors(_product: Product) -> None:
    assert errors.calls(_scope()).errors > 0
    assert errors.groups(_scope())


def _on_the_page(label: str) -> Check:
    return lambda product: equal(label in product.tiles, True)


# running it


def _key(_product: Product) -> None:
    settings = Settings.load(environ={"FAL_KEY": "id:secret"})
    equal(settings.fal.key.get_secret_value(), "id:secret")


def _webhook(product: Product) -> None:
    run_id = str(uuid.uuid4())
    assert re.fullmatch(r"https://bot\.example/.+", product.app.webhook_url(run_id))
    assert product.fal is not None
    assert all(post.webhook_url.startswith("https://bot.") for post in product.fal.ledger.posts)


def _watched(product: Product) -> None:
    assert {"success", "fal_errors", "queue", "waiting"} <= set(alerts.RULES)
    product.app.watch()


def _shared(product: Product) -> None:
    """Any number of workers: what one has claimed, no other takes."""
    equal(product.claimed_twice, (True, False))


SERVICE = (
    Line("FALTrainingService", _has("FALTrainingService")),
    Line("_train_general_model(...)", _has("_train_general_model")),
    Line("class AvatarTrainingService(BaseService)", _has("AvatarTrainingService")),
    Line("start_training(self, avatar_id: UUID) -> bool", _has("start_training")),
    Line("_train_portrait_model(self, avatar)", _has("_train_portrait_model")),
    Line("_train_style_model(self, avatar)", _has("_train_style_model")),
    Line("Запуск обучения с выбранным типом", _chosen),
    Line(
        "PORTRAIT: Flux LoRA Portrait Trainer",
        _trained_by("portrait", "fal-ai/flux-lora-portrait-trainer"),
    ),
    Line("STYLE: Flux Pro Trainer", _trained_by("style", "fal-ai/flux-pro-trainer")),
    Line("Заказ PORTRAIT: Автоматическая обрезка портретов", _ordered("portrait", "subject_crop")),
    Line("Заказ PORTRAIT: Создание масок лица", _ordered("portrait", "create_masks")),
    Line("PORTRAIT: Время обучения: 3-15 минут", lambda _: equal(MINUTES["portrait"], (3, 15))),
    Line("STYLE: Время обучения: 5-30 минут", lambda _: equal(MINUTES["style"], (5, 30))),
    Line("🔴 Продакшн: Реальные вызовы FAL AI API", _real),
    Line("🧪 Тестовый: Имитация прогресса", lambda p: equal(p.simulated.progress, [0, 100])),
    Line("🧪 Тестовый: скрыта от пользователей", _hidden),
    Line(
        "logger.info: 🎭 Создан аватар {avatar_id} пользователем {user_id}",
        _logged("🎭 Создан аватар {id} пользователем {id}"),
    ),
    Line(
        "logger.info: 📸 Загружено {photo_count} фотографий для аватара {avatar_id}",
        _logged("📸 Загружено 7 фотографий для аватара {id}"),
    ),
    Line(
        "logger.info: 🚀 Запущено обучение аватара {avatar_id} типа {training_type}",
        _logged("🚀 Запущено обучение аватара {id} типа portrait"),
    ),
    Line(
        "logger.info: 🧪 ТЕСТОВЫЙ РЕЖИМ: Имитация обучения аватара {avatar_id}",
        _logged("🧪 ТЕСТОВЫЙ РЕЖИМ: Имитация обучения аватара {id}", simulated=True),
    ),
    Line("Метрика: Количество созданных аватаров", _created),
    Line("Метрика: Успешность обучений", _success),
    Line("Метрика: Время обучения по типам", _times),
    Line("Метрика: Ошибки интеграции с FAL AI", _fal_errors),
    Line("Страница: Количество созданных аватаров", _on_the_page("Количество созданных аватаров")),
    Line("Страница: Успешность обучений", _on_the_page("Успешность обучений")),
    Line("Страница: Время обучения по типам (портрет)", _on_the_page("Время обучения: портрет")),
    Line("Страница: Время обучения по типам (стиль)", _on_the_page("Время обучения: стиль")),
    Line("Страница: Ошибки интеграции с FAL AI", _on_the_page("Ошибки интеграции с FAL AI")),
    Line(
        "Реализовано: Полный workflow создания аватаров",
        lambda p: equal("training_completed" in p.states, True),
    ),
    Line(
        "Реализовано: Два типа обучения (PORTRAIT, STYLE)",
        lambda p: equal({kind for _, kind in p.both_ways}, {"portrait", "style"}),
    ),
    Line(
        "Реализовано: Интеграция FAL AI с fallback режимом",
        lambda p: equal(
            all(len(p.app.trainer.profiles(kind)) > 1 for kind in ("portrait", "style")), True
        ),
    ),
    Line(
        "Реализовано: Мониторинг прогресса в реальном времени",
        lambda p: equal(p.screens["sixty-five percent"].progress, 65),
    ),
    Line("Требуется: Настройка FAL API ключей", _key),
    Line("Требуется: Конфигурация webhook endpoints", _webhook),
    Line("Требуется: Мониторинг и алерты", _watched),
    Line("Требуется: Масштабирование для нагрузки", _shared),
)
