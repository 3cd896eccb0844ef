"""The specification's screens: each line and each button, to the letter, as they are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tests.specification.line import Check, Line, equal, within
from tests.specification.product import Product

MENU = ("🆕 Создать аватар", "📁 Мои аватары (3)", "ℹ️ Помощь", "◀️ Главное меню")
TYPES = (
    "🎭 Портретный (рекомендуемый)", "🎨 Художественный (универсальный)", "📊 Сравнить типы",
    "◀️ Назад",
)  # fmt: skip
UPLOAD = ("📷 Добавить фото", "🖼️ Просмотр (7)", "💡 Советы качества", "◀️ Назад")

PORTRAIT = (
    "Специализация на лицах людей", "3-15 минут", "Автоматическая обрезка портретов",
    "Создание масок лица", "Оптимизация для портретной съемки",
    "Лучшее качество для человеческих лиц",
)  # fmt: skip
STYLE = (
    "Универсальные стили и объекты", "5-30 минут", "Поддержка любых стилей",
    "Обучение на объектах и концепциях", "Максимальная универсальность",
    "Подходит для нестандартных задач",
)  # fmt: skip


def _titled(moment: str, title: str) -> Check:
    return lambda product: equal(product.screens[moment].title, title)


def _says(moment: str, line: str) -> Check:
    """One of the screen's lines is this one, from its first sign to its last or to a dash."""

    def check(product: Product) -> None:
        lines = [one.split(" — ")[0] for one in product.screens[moment].text.split("\n")]
        assert line in lines, f"{line!r} is none of {lines}"

    return check


def _together(moment: str, text: str) -> Check:
    return lambda product: within(text, product.screens[moment].text)


def _offers(moment: str, label: str) -> Check:
    """There is such a button; nothing else is written on it."""

    def check(product: Product) -> None:
        labels = [button.label for button in product.screens[moment].each_button()]
        assert label in labels, f"[{label}] is none of {labels}"

    return check


def _in_order(moment: str, *labels: str) -> Check:
    """The specification's buttons stand in its order; what it doesn't name may stand between."""

    def check(product: Product) -> None:
        shown = [button.label for button in product.screens[moment].each_button()]
        assert all(shown.index(a) < shown.index(b) for a, b in pairwise(labels)), shown

    return check


def _drawn(
    name: str, moment: str, title: str, says: tuple[str, ...], *labels: str
) -> Iterator[Line]:
    yield Line(f"{name}: {title}", _titled(moment, title))
    for line in says:
        yield Line(f"{name}: {line}", _says(moment, line))
    for label in labels:
        yield Line(f"{name}: [{label}]", _offers(moment, label))
    yield Line(f"{name}: кнопки по порядку", _in_order(moment, *labels))


def _never(moment: str, *words: str) -> Check:
    def check(product: Product) -> None:
        screen = product.screens[moment]
        whole = f"{screen.title} {screen.text} {screen.hint}".lower()
        assert not [word for word in words if word in whole]

    return check


def _untechnical(product: Product) -> None:
    """No screen on the way says a word of how it is made."""
    technical = ("fal", "lora", "flux", "minio", "request_id", "webhook", "endpoint", "traceback")
    for moment in product.screens:
        if moment != "consent":  # the law wants the recipient of photos to be named
            _never(moment, *technical)(product)


def _ways_on(product: Product) -> None:
    """Pressing what the upload offers leads somewhere: there is no dead button."""
    equal(product.pressed, {"📷 Добавить фото": "uploading_photos",
                            "🖼️ Просмотр (0)": "uploading_photos",
                            "💡 Советы качества": "photo_tips",
                            "◀️ Назад": "avatar_details"})  # fmt: skip


SCREENS = (
    *_drawn("Основное меню аватаров", "three avatars", "🎭 Меню аватаров",
            ("Ваши аватары: 3",), *MENU),
    *_drawn("Выбор типа обучения", "selecting_training_type", "🎓 Выберите тип обучения", (),
            *TYPES),
    *_drawn("Загрузка фотографий", "seven photos", "📸 Загрузка фотографий",
            ("Загружено: 7/10 фото", "Мин. требуется: 10"), *UPLOAD),
    *_drawn("Процесс обучения", "sixty-five percent", "🤖 Обучение аватара",
            ("📊 Прогресс: 65%", "⚡ Статус: В процессе...", "⏱️ Продолжаем обучение..."),
            "⏸️ Отменить"),
    Line("Загрузка фотографий: счётчик и минимум стоят вместе", _together(
        "seven photos", "Загружено: 7/10 фото\nМин. требуется: 10")),
    Line("Процесс обучения: прогресс и статус стоят вместе", _together(
        "sixty-five percent", "📊 Прогресс: 65%\n⚡ Статус: В процессе...\n\n⏱️ Продолжаем")),
    Line("Загружено: 12/10 фото — счётчик и выше десяти", _says(
        "twelve photos", "Загружено: 12/10 фото")),
    Line("Мин. требуется: 10 — и выше десяти", _says("twelve photos", "Мин. требуется: 10")),
    Line("🖼️ Просмотр (0) — и без фото", _offers("no photos", "🖼️ Просмотр (0)")),
    Line("Каждая кнопка загрузки куда-то ведёт", _ways_on),
    *(Line(f"PORTRAIT (Портретный): {text}", _together("viewing_training_comparison", text))
      for text in PORTRAIT),
    *(Line(f"STYLE (Художественный): {text}", _together("viewing_training_comparison", text))
      for text in STYLE),
    Line("Быстрое обучение (3-15 минут)", _together("confirming_training_type", "3-15 минут")),
    Line("Более длительное обучение (5-30 минут)", _together("style proposed", "5-30 минут")),
    Line("Оптимизирован для лиц людей", _together("selecting_training_type", "для лиц людей")),
    Line("Автоматическая обрезка и создание масок", _together(
        "confirming_training_type", "Создание масок лица")),
    Line("Профессиональный UX без технических деталей", _untechnical),
)  # fmt: skip
