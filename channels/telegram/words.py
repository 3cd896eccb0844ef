"""What Telegram's adapter says itself: about the bot, and where no screen can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One language's. `description` and `about` take the least and the most photos.

    Telegram shows at most 512 letters of a description and 120 of the short one.
    """

    description: str
    about: str
    commands: Mapping[str, str]
    how_to_send: str
    too_many: str
    our_fault: str
    private_only: str


EN = Words(
    description=(
        "I make a personal AI avatar from your photos.\n\n"
        "📸 You send {least} to {most} photos of yourself\n"
        "⏳ Training takes 3 to 30 minutes; you can close the chat meanwhile\n"
        "🎭 I write to you when your avatar is ready\n\n"
        "Press Start to begin."
    ),
    about="A personal AI avatar from {least} to {most} of your photos, in 3 to 30 minutes.",
    commands={
        "start": "Start",
        "menu": "Main menu",
        "help": "How it works",
        "cancel": "Stop what I am doing",
        "language": "Language",
        "privacy": "My data",
    },
    how_to_send=(
        "Tap the paperclip, choose several photos and send them; "
        "sent as files they keep their full quality."
    ),
    too_many=(
        "That was too much at once, and I couldn't take the last part. "
        "Give me a moment, then send again what is missing."
    ),
    our_fault=(
        "Something is broken on our side, so my answer takes longer. "
        "Nothing you sent is lost: please don't send it again."
    ),
    private_only="I only talk in private: write to me directly, and I'll answer there.",
)

RU = Words(
    description=(
        "Я создаю персональный ИИ-аватар по вашим фотографиям.\n\n"
        "📸 Вы присылаете от {least} до {most} своих фото\n"
        "⏳ Обучение идёт от 3 до 30 минут; чат можно закрыть\n"
        "🎭 Я напишу, когда аватар будет готов\n\n"
        "Нажмите «Запустить», чтобы начать."
    ),
    about="Персональный ИИ-аватар по вашим фото: от {least} до {most} снимков, 3–30 минут.",
    commands={
        "start": "Начать",
        "menu": "Главное меню",
        "help": "Как это работает",
        "cancel": "Отменить то, что я делаю",
        "language": "Язык",
        "privacy": "Мои данные",
    },
    how_to_send=(
        "Нажмите на скрепку, выберите несколько фото и отправьте; "
        "отправленные файлом сохраняют полное качество."
    ),
    too_many=(
        "Слишком много сразу: последнее я не смог принять. "
        "Подождите немного и пришлите ещё раз то, чего не хватает."
    ),
    our_fault=(
        "У нас неполадка, поэтому ответ задерживается. "
        "Ничего из присланного не потеряно: повторять не нужно."
    ),
    private_only="Я общаюсь только лично: напишите мне в личные сообщения, и я отвечу.",
)

WORDS = {"en": EN, "ru": RU}


def words(language: str) -> Words:
    """The words for a client's (BCP 47) tag; English where we don't speak it."""
    return WORDS.get(language.replace("_", "-").split("-")[0].lower(), EN)
