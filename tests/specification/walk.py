"""The whole way of a portrait, from the first menu to the finished avatar, in Russian."""

from __future__ import annotations

from structlog.testing import capture_logs

from core.avatars.models import Avatar, AvatarStatus, TrainingRun
from tests.conversation.chat import Chat
from tests.specification.product import SECONDS, Product, Simulated, picture

AGREE, LAUNCH = "✅ Даю согласие, мне есть 18", "🚀 Запустить обучение"
PORTRAIT, STYLE = "🎭 Портретный (рекомендуемый)", "🎨 Художественный (универсальный)"
TO_TRAIN = "🚀 Начать обучение"


def walk(product: Product) -> Chat:
    """From the first menu to the finished avatar; the chat in which it was."""
    chat = product.chat("anna")
    with capture_logs() as logs:
        _walk(product, chat)
    product.logs = [str(entry["event"]) for entry in logs]
    return chat


def _walk(product: Product, chat: Chat) -> None:
    product.see("main_menu", chat)
    product.states.append(chat.state)
    product.press(chat, "🆕 Создать аватар")
    product.see("selecting_training_type", chat)
    product.press(chat, "📊 Сравнить типы")
    product.see("viewing_training_comparison", chat)
    product.press(chat, PORTRAIT)
    product.see("confirming_training_type", chat)
    product.press(chat, "✅ Выбрать")
    product.see("selecting_gender", chat)
    product.press(chat, "Женский")
    product.see("entering_name", chat)
    chat.say("Анна")
    product.press(chat, AGREE)
    product.see("no photos", chat)
    _pressed(product, chat)
    _photos(product, chat)
    _training(product, chat)


def _pressed(product: Product, chat: Chat) -> None:
    """Press each button of the upload before the first photo, and come back."""
    for label in [button.label for button in chat.screen.each_button()]:
        chat.press(label)
        product.pressed[label] = chat.state
        if chat.state == "photo_tips":
            chat.press("◀️ Назад")
        elif chat.state == "avatar_details":
            chat.press("▶️ Продолжить «Анна» (0/10)")


def _photos(product: Product, chat: Chat) -> None:
    product.send(chat, *(picture(n) for n in range(7)))
    product.see("seven photos", chat)
    product.press(chat, "💡 Советы качества")
    product.see("photo_tips", chat)
    product.press(chat, "◀️ Назад", "🖼️ Просмотр (7)")
    product.see("viewing_photo_gallery", chat)
    product.press(chat, "◀️ Назад")
    product.send(chat, *(picture(n) for n in range(7, 10)))
    product.see("ten photos", chat)
    product.send(chat, *(picture(n) for n in range(10, 12)))
    product.see("twelve photos", chat)


def _training(product: Product, chat: Chat) -> None:
    product.press(chat, TO_TRAIN)
    product.see("confirming_photos", chat)
    product.press(chat, LAUNCH)
    product.see("training asked for", chat)
    product.work(chat, 2)
    product.see("training ordered", chat)
    product.fal_ahead = 0.655 * SECONDS
    product.work(chat)
    product.see("sixty-five percent", chat)
    product.fal_ahead = 2 * SECONDS
    product.work(chat, 2)
    product.see("training_completed", chat)
    found = Avatar.get()
    assert found.status is AvatarStatus.COMPLETED, TrainingRun.get().error
    product.both_ways.add((found.avatar_type.value, found.training_type.value))


def walk_style(product: Product, chat: Chat) -> None:
    """A person trained as a style: the second avatar of somebody who has agreed before."""
    product.press(chat, "🎭 Аватары", "🆕 Создать аватар", "📊 Сравнить типы", STYLE)
    product.see("style proposed", chat)
    product.press(chat, "✅ Выбрать", "🧑 Персонаж", "Женский")
    chat.say("Берта")
    product.states.append(chat.state)
    product.send(chat, *(picture(n) for n in range(10)))
    product.press(chat, TO_TRAIN, LAUNCH)
    product.work(chat, 2)
    product.fal_ahead += 2 * SECONDS
    product.work(chat, 3)
    found = Avatar.get(Avatar.name == "Берта")
    assert found.status is AvatarStatus.COMPLETED, TrainingRun.get(avatar=found).error
    product.both_ways.add((found.avatar_type.value, found.training_type.value))


def simulate(product: Product) -> Simulated:
    """A training in test mode, seen by its person."""
    told = Simulated(product.app.trainer.test_mode)
    chat = product.chat("anna")
    product.ready(chat, name="Анна")
    with capture_logs() as logs:
        chat.command("start")
        product.press(chat, "▶️ Продолжить «Анна» (10 фото)", AGREE, TO_TRAIN)
        told.progress.append(Avatar.get().training_progress)
        told.screens["asked for"] = product.see("asked for", chat)
        for _ in range(200):
            if Avatar.get().status is AvatarStatus.COMPLETED:
                break
            product.work(chat)
    told.screens["completed"] = chat.screen
    told.progress.append(Avatar.get().training_progress)
    told.logs = [str(entry["event"]) for entry in logs]
    return told
