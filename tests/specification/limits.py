"""Limits of photos and people, and what becomes of errors: each enforced before our eyes."""

from __future__ import annotations

from core.avatars.models import AvatarStatus
from core.avatars.photos.inspection.verdict import Purpose, Verdict
from core.base.settings import Settings
from tests.photographs import ASTRONAUT, CAT, photograph
from tests.specification.line import Check, Line, equal
from tests.specification.product import Product, encoded, picture

TEN_MEGABYTES = 10 * 1024 * 1024
_UNREACHABLE = "⏳ Сервис обучения сейчас недоступен. Ваше обучение ждёт в нашей очереди"
_OUR_FAULT = "Простите, у нас что-то сломалось. Ничего не потеряно"
_THEIR_PHOTOS = "С этими фото обучение не справилось."


def _judged(product: Product, data: bytes) -> Verdict:
    return product.app.inspect(data, Purpose(), {})


def _formats(product: Product) -> None:
    for form in ("JPEG", "PNG"):
        verdict = _judged(product, picture(30, form=form))
        equal((verdict.status, verdict.metadata["stored"]["format"]), ("valid", form))  # type: ignore[index, call-overload]  # JSON
    equal(_judged(product, b"%PDF-1.7 no picture").reason, "not_a_picture")


def _smallest(product: Product) -> None:
    equal([_judged(product, picture(31, side)).reason for side in (512, 511)], [None, "too_small"])


def _largest(product: Product) -> None:
    fits = picture(32)
    for bytes_, reason in ((TEN_MEGABYTES, None), (TEN_MEGABYTES + 1, "too_big")):
        equal(_judged(product, fits + b"\0" * (bytes_ - len(fits))).reason, reason)


def _faces(product: Product) -> None:
    person, cat = (encoded(photograph(name).resize((640, 640))) for name in (ASTRONAUT, CAT))
    equal(_judged(product, person).has_face, True)
    refused = _judged(product, cat)
    equal((refused.reason, refused.has_face), ("no_face", False))


def _twice(product: Product) -> None:
    first, again = product.sent_twice
    equal((first.validation_status, again.validation_status), ("valid", "duplicate"))
    equal(first.file_hash, again.file_hash)


def _ten_avatars(product: Product) -> None:
    equal(product.created_beside, {9: "selecting_training_type", 10: "avatar_gallery"})


def _fifty_photos(product: Product) -> None:
    equal(product.valid_of_fifty_one, 50)


def _one_training(product: Product) -> None:
    state, runs, text = product.second_training
    equal((state, runs), ("confirming_training", 1))
    assert "Сейчас обучается" in text


def _default(section: str, name: str, value: float) -> Check:
    return lambda _product: equal(getattr(getattr(Settings(), section), name), value)


def _degraded(product: Product) -> None:
    """While fal is away the training waits and says so; then it goes on by itself."""
    away, back = product.while_fal_was_away
    assert _UNREACHABLE in away.text, away.text
    equal(back, AvatarStatus.COMPLETED)


def _rolled_back(product: Product) -> None:
    """What broke in the middle of a turn has changed nothing."""
    equal(product.broken, ("confirming_training", AvatarStatus.READY, 0))


def _told(moment: str, sentence: str) -> Check:
    def check(product: Product) -> None:
        screen = product.screens[moment]
        assert sentence in f"{screen.hint}\n{screen.text}", screen

    return check


LIMITS = (
    Line("Формат: JPEG, PNG", _formats),
    Line("Размер: Мин. 512x512", _smallest),
    Line("Размер: макс. 10MB", _largest),
    Line("Содержание: Проверка на наличие лиц", _faces),
    Line("Дедупликация: Хеширование для исключения дублей", _twice),
    Line("Максимум аватаров: 10 на пользователя", _ten_avatars),
    Line("Лимит фотографий: 50 на аватар", _fifty_photos),
    Line("Частота обучения: 1 параллельное обучение", _one_training),
    Line("По умолчанию: 10 аватаров", _default("avatars", "maximum", 10)),
    Line("По умолчанию: 50 фото", _default("training", "max_photos", 50)),
    Line("По умолчанию: 10 фото для обучения", _default("training", "min_photos", 10)),
    Line("По умолчанию: 512 пикселей", _default("photos", "min_side", 512)),
    Line("По умолчанию: 10 мегабайт", _default("photos", "max_bytes", TEN_MEGABYTES)),
    Line("Graceful degradation при недоступности FAL AI", _degraded),
    Line("Rollback состояний при критических ошибках", _rolled_back),
    Line("Пользовательские сообщения об ошибках: у нас", _told("broken", _OUR_FAULT)),
    Line("Пользовательские сообщения об ошибках: фото", _told("training_error", _THEIR_PHOTOS)),
    Line("Пользовательские сообщения об ошибках: FAL AI", _told("fal away", _UNREACHABLE)),
)
