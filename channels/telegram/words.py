"""What Telegram's adapter says itself, where no screen can."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One language's."""

    how_to_send: str
    too_many: str
    our_fault: str
    private_only: str


EN = Words(
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
