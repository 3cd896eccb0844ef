"""What the specification says of tables, fields and their values, and of the migration."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peewee
import pytest
from playhouse.fields import EnumField

from core.avatars import models
from core.avatars.models import Avatar, AvatarPhoto, AvatarTrainingType, TrainingRun
from core.base.db import database, run, transaction
from core.base.migrations import runner
from tests.specification.line import Check, Line, equal
from tests.specification.product import Product

_TYPES: dict[str, tuple[type, ...]] = {
    "UUID": (peewee.UUIDField, peewee.ForeignKeyField),
    "str": (peewee.CharField,),
    "int": (peewee.IntegerField,),
    "bool": (peewee.BooleanField,),
    "float": (peewee.DoubleField,),
    "JSON": (peewee.JSONField,),
    "DateTime": (peewee.DateTimeField,),
}

AVATAR = {
    "id: UUID (PK)": uuid.UUID,
    "user_id: UUID (FK)": uuid.UUID,
    "name: str": str,
    "gender: AvatarGender # male, female, other": models.AvatarGender,
    "avatar_type: AvatarType # character, style, custom": models.AvatarType,
    "training_type: AvatarTrainingType # portrait, style": models.AvatarTrainingType,
    "status: AvatarStatus # draft, uploading, ready, training, completed, error, cancelled":
        models.AvatarStatus,
    "training_progress: int # 0-100%": int,
    "finetune_id: str # ID обучения в FAL": str,
    'fal_mode: str # "portrait" или "style"': str,
    "avatar_data: JSON": dict,
    "training_config: JSON": dict,
    "photos_count: int": int,
    "created_at: DateTime": datetime.datetime,
    "updated_at: DateTime": datetime.datetime,
}  # fmt: skip
"""The specification's fields of `Avatar`, and what a finished one holds in them."""

PHOTO = {
    "id: UUID (PK)": uuid.UUID,
    "avatar_id: UUID (FK)": uuid.UUID,
    "user_id: UUID (FK)": uuid.UUID,
    "minio_key: str # Путь в MinIO": str,
    "file_hash: str # Для дедупликации": str,
    "file_size: int": int,
    "validation_status: PhotoValidationStatus # pending, valid, invalid, duplicate":
        models.PhotoValidationStatus,
    "has_face: bool": bool,
    "quality_score: float": float,
    "width: int": int,
    "height: int": int,
    "photo_metadata: JSON": dict,
    "created_at: DateTime": datetime.datetime,
    "updated_at: DateTime": datetime.datetime,
}  # fmt: skip
"""The same of `AvatarPhoto`, and what an accepted one holds."""


def _field(model: Any, line: str) -> Check:
    """There is such a column, of such a type and with such values."""

    def check(_product: Product) -> None:
        name, _, rest = line.partition(": ")
        kind, _, comment = rest.partition(" ")
        field = next(f for f in model._meta.sorted_fields if f.column_name == name)
        if kind in _TYPES:
            assert isinstance(field, _TYPES[kind]), type(field)
        else:
            assert isinstance(field, EnumField), type(field)
            values = comment.strip("# ").split(", ")
            equal([value.value for value in getattr(models, kind)], values)
        assert ("(PK)" in comment) == bool(field.primary_key)
        assert ("(FK)" in comment) == isinstance(field, peewee.ForeignKeyField)

    return check


def _never_null(model: Any, line: str) -> Check:
    """The database itself wants a value from the beginning."""

    def check(_product: Product) -> None:
        name = line.partition(":")[0]
        made = {c.name: c for c in database.get_columns(model._meta.table_name)}
        assert made[name].primary_key or not made[name].null, f"{name} may be null"

    return check


def _filled(moment: str, line: str, kind: type) -> Check:
    """Once its time has come, the column holds what the specification wants in it."""

    def check(product: Product) -> None:
        name = line.partition(":")[0]
        row: Any = product.avatars[moment] if moment else AvatarPhoto.get(number=1)
        assert isinstance(getattr(row, name), kind), (name, getattr(row, name))

    return check


def _fields() -> Iterator[Line]:
    yield Line('Avatar.__tablename__ = "avatars"', _table(Avatar, "avatars"))
    for line, kind in AVATAR.items():
        yield Line(f"Avatar.{line}", _field(Avatar, line))
        yield Line(f"не null: Avatar.{line}", _never_null(Avatar, line))
        yield Line(f"готовый Avatar.{line}", _filled("training_completed", line, kind))
    yield Line('AvatarPhoto.__tablename__ = "avatar_photos"', _table(AvatarPhoto, "avatar_photos"))
    for line, kind in PHOTO.items():
        yield Line(f"AvatarPhoto.{line}", _field(AvatarPhoto, line))
        yield Line(f"не null: AvatarPhoto.{line}", _never_null(AvatarPhoto, line))
        yield Line(f"принятое AvatarPhoto.{line}", _filled("", line, kind))


def _table(model: Any, name: str) -> Check:
    def check(_product: Product) -> None:
        equal(model._meta.table_name, name)
        assert name in database.get_tables()

    return check


# the fields that fal fills


def _ordered(product: Product) -> None:
    """fal's id and the mode stand with the avatar as soon as the training is ordered."""
    found = product.avatars["training ordered"]
    run = TrainingRun.get(TrainingRun.avatar == found.id)
    assert product.fal is not None
    assert found.finetune_id in product.fal.ledger.taken[run.id.hex]
    equal(found.fal_mode, "portrait")


def _configured(product: Product) -> None:
    asked, ordered = (product.avatars[f"training {what}"] for what in ("asked for", "ordered"))
    equal(asked.training_config["training_type"], "portrait")
    assert ordered.training_config["arguments"]["steps"] > 0


def _percent(product: Product) -> None:
    moments = ("training asked for", "sixty-five percent", "training_completed")
    equal([product.avatars[moment].training_progress for moment in moments], [0, 65, 100])


# training-type.md


def _enum(name: str, value: str) -> Check:
    return lambda _product: equal(AvatarTrainingType[name].value, value)


def _default(_product: Product) -> None:
    field: Any = Avatar.training_type
    assert field.default is AvatarTrainingType.PORTRAIT


def _refused(change: str) -> Check:
    """The database refuses what is no value, whoever writes it."""

    def check(_product: Product) -> None:
        with pytest.raises(peewee.IntegrityError), transaction():
            run(f"UPDATE avatars SET {change}")

    return check


def _described(product: Product) -> None:
    """Nothing is null that was asked for: before the first photo all of it is known."""
    for moment in ("no photos", "seven photos", "training ordered"):
        found = product.avatars[moment]
        assert None not in (found.gender, found.avatar_type, found.training_type), moment


def _attribute(name: str) -> Check:
    return lambda _product: equal(hasattr(Avatar, name), True)


def _migrated(product: Product) -> None:
    """Adding the column fills old rows, and leaves it not null: seen on a database of its own."""
    before, after = product.migration
    assert "training_type" not in before
    equal((after["training_type"], product.migrated_row), (False, "portrait"))


def _enum_type(_product: Product) -> None:
    """PostgreSQL would have a type of this name; SQLite has none at all."""
    assert "CREATE TYPE avatartrainingtype" in "".join(
        path.read_text() for path in Path(runner.__file__).parent.glob("0*.py")
    )


def _trained_either_way(product: Product) -> None:
    """Both types train a character: see `Product.both_ways`."""
    equal(product.both_ways, {("character", "portrait"), ("character", "style")})


MODELS = (
    *_fields(),
    Line("FAL AI интеграция: finetune_id и fal_mode у заказанного обучения", _ordered),
    Line("training_config у начатого обучения", _configured),
    Line("Статус и прогресс: training_progress растёт до 100", _percent),
    Line("gender и avatar_type известны до первого фото", _described),
    Line("training_progress: 0-100% и ничего больше", _refused("training_progress = 101")),
    Line("Enum типы для валидации", _refused("training_type = 'magic'")),
    Line("class AvatarTrainingType(str, Enum)", lambda _: equal(
        (issubclass(AvatarTrainingType, str), len(AvatarTrainingType)), (True, 2))),
    Line('PORTRAIT = "portrait"  # Портретный тип (Flux LoRA Portrait Trainer)',
         _enum("PORTRAIT", "portrait")),
    Line('STYLE = "style"  # Художественный тип (Flux Pro Trainer)', _enum("STYLE", "style")),
    Line("SQLEnum(AvatarTrainingType), default=AvatarTrainingType.PORTRAIT", _default),
    Line("Создание enum типа avatartrainingtype", _enum_type),
    Line("Добавление поля training_type в таблицу avatars", _migrated),
    Line("Заполнение существующих записей значением по умолчанию 'portrait'", _migrated),
    Line("Установка NOT NULL constraint", _migrated),
    Line("Типы обучения аватаров: ['portrait', 'style']", lambda _: equal(
        [found.value for found in AvatarTrainingType], ["portrait", "style"])),
    *(Line(f"Атрибут Avatar.{name} найден", _attribute(name))
      for name in ("training_type", "avatar_type", "gender", "status", "name")),
    Line("Валидация типов обучения через enum вместо hardcoded значений", lambda _: equal(
        isinstance(Avatar.training_type, EnumField), True)),
    Line("avatar_type — общая категория аватара (CHARACTER, STYLE, CUSTOM)", lambda _: equal(
        [found.name for found in models.AvatarType], ["CHARACTER", "STYLE", "CUSTOM"])),
    Line("training_type — конкретный алгоритм обучения (PORTRAIT, STYLE)", lambda _: equal(
        [found.name for found in AvatarTrainingType], ["PORTRAIT", "STYLE"])),
    Line("CHARACTER аватар, обученный как через PORTRAIT, так и через STYLE алгоритм",
         _trained_either_way),
    Line("Обновить сервисы для сохранения training_type при создании аватара", lambda p: equal(
        p.avatars["entering_name"].training_type, AvatarTrainingType.PORTRAIT)),
)  # fmt: skip
