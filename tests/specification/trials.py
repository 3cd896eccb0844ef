"""Limits reached and things broken, each by a person of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.avatars.models import Avatar, AvatarPhoto, Consent, PhotoValidationStatus, TrainingRun
from core.avatars.orders.order import due
from core.avatars.queries import CONSENT_VERSION
from core.base.db import connect, run
from core.base.migrations import runner
from tests import makers
from tests.conversation.chat import Chat
from tests.specification.product import SECONDS, Product, picture
from tests.specification.walk import LAUNCH, TO_TRAIN


def consenting(product: Product, name: str) -> Chat:
    """Somebody who has agreed already, in the main menu."""
    chat = product.chat(name)
    Consent.create(user=chat.row.user_id, version=CONSENT_VERSION, given_at=0)
    return chat


def about_to_train(product: Product, name: str) -> tuple[Chat, Avatar]:
    """Somebody who need only press "launch"."""
    chat = consenting(product, name)
    made = product.ready(chat, name="Анна")
    chat.command("start")
    product.press(chat, "▶️ Продолжить «Анна» (10 фото)", "🖼️ Просмотр (10)", TO_TRAIN)
    product.see("confirming_training", chat)
    return chat, made


def avatars(product: Product) -> None:
    """The menu of somebody with three avatars, and where a tenth and an eleventh lead."""
    chat = consenting(product, "carla")
    for count in range(1, 11):
        makers.avatar(chat.row, photos=0, name=f"Аватар {count}", status="completed",
                      gender="female")  # fmt: skip
        chat.command("start")
        if count == 3:
            product.press(chat, "🎭 Аватары")
            product.see("three avatars", chat)
            chat.command("start")
        if count >= 9:
            chat.press("🆕 Создать аватар")
            product.created_beside[count] = chat.state
    Avatar.delete().where(Avatar.name == "").execute()


def photos(product: Product) -> None:
    """One photo twice, and a fifty-first."""
    chat = consenting(product, "dora")
    made = product.ready(chat, photos=49, name="Анна")
    chat.command("start")
    product.press(chat, "▶️ Продолжить «Анна» (49 фото)")
    (first,) = product.send(chat, picture(50))
    product.send(chat, picture(51))
    valid = AvatarPhoto.validation_status == PhotoValidationStatus.VALID
    of_hers: Any = AvatarPhoto.select().where(AvatarPhoto.avatar == made.id, valid)
    product.valid_of_fifty_one = of_hers.count()
    AvatarPhoto.delete().where(AvatarPhoto.avatar == made.id, AvatarPhoto.number > 50).execute()
    AvatarPhoto.delete().where(AvatarPhoto.avatar == made.id, AvatarPhoto.number < 5).execute()
    chat.command("start")
    chat.press("▶️ Продолжить «Анна» (46 фото)")
    (again,) = product.send(chat, picture(50))
    product.sent_twice = first, again


def trainings(product: Product) -> None:
    """A second training at once; a worker's claim; fal away; photos that fal can't work with."""
    chat, _ = about_to_train(product, "emma")
    chat.press(LAUNCH)
    second = product.ready(chat, name="Вторая")
    chat.command("start")
    product.press(chat, f"▶️ Продолжить «{second.name}» (10 фото)", TO_TRAIN)
    chat.press(LAUNCH)
    count = TrainingRun.select().where(TrainingRun.user == chat.row.user_id).count()
    product.second_training = chat.state, count, chat.rendered.text
    TrainingRun.update(next_check_at=0).execute()
    (run_id,) = due(TrainingRun, 2e9, 10)
    first, other = (bool(product.app.training.orders.step(run_id)) for _ in range(2))
    product.claimed_twice = first, other
    _fail(product, chat)


def _fail(product: Product, chat: Chat) -> None:
    """The first of emma's trainings fails at fal by its photos."""
    assert product.fal is not None
    product.fal.plan.add("training", "face_detection_error")
    product.work(chat, 2)
    product.fal_ahead += 2 * SECONDS
    product.work(chat, 3)
    chat.command("start")
    chat.press("🎭 Аватары")
    product.press(chat, "📁 Мои аватары (2)", "⚠️ Анна", "▶️ Продолжить «Анна»")
    product.see("training_error", chat)


def fal_away(product: Product) -> None:
    """fal answers nothing for a while, and then everything."""
    assert product.fal is not None
    chat, made = about_to_train(product, "flora")
    chat.press(LAUNCH)
    well, product.fal.plan.choose = product.fal.plan.choose, lambda _phase, _run: "500_untaken"
    product.work(chat, 3)
    away = product.see("fal away", chat)
    product.fal.plan.choose = well
    product.work(chat, 3)
    product.fal_ahead += 2 * SECONDS
    product.work(chat, 3)
    product.while_fal_was_away = away, makers.fresh(made).status


def break_a_turn(product: Product) -> None:
    """The last thing that a turn does fails, after all that it has changed before."""
    chat, made = about_to_train(product, "gerda")
    training = product.app.training
    start = training.start

    def breaking(*arguments: Any) -> UUID:
        start(*arguments)
        raise RuntimeError("the disk has caught fire")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "start", breaking)
        chat.press(LAUNCH)
    runs = TrainingRun.select().where(TrainingRun.avatar == made.id).count()
    product.broken = chat.state, makers.fresh(made).status, runs
    product.app.engine.drain(chat.id)
    product.see("broken", chat)


def migrated(folder: Path) -> tuple[dict[str, Any], dict[str, Any], str]:
    """The columns of avatars before and after `training_type`, and what an old row has there."""
    database = connect(f"sqlite:///{folder / 'old.db'}", "normal")
    try:
        runner.migrate(database, "1")
        before = {column.name: column.null for column in database.get_columns("avatars")}
        user, avatar = uuid4().hex, uuid4().hex
        run(
            "INSERT INTO users (id, name, language, language_chosen, created_at)"
            " VALUES (?, 'Anna', 'ru', 0, 0)",
            user,
        )
        run(
            "INSERT INTO avatars (id, user_id, name, status, training_progress, avatar_data,"
            " training_config, photos_count, created_at, updated_at)"
            " VALUES (?, ?, 'Anna', 'draft', 0, '{}', '{}', 0, '2025-05-23', '2025-05-23')",
            *(avatar, user),
        )
        runner.migrate(database)
        after = {column.name: column.null for column in database.get_columns("avatars")}
        (kind,) = run("SELECT training_type FROM avatars").fetchone()
        return before, after, str(kind)
    finally:
        database.close()
