"""What the chat page says itself, where no screen can."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One language's."""

    bot: str
    typing: str
    connecting: str
    message: str
    how_to_send: str
    our_fault: str
    press_again: str
    waiting: str
    too_many: str
    not_sent: str
    files_lost: str
    no_cookies: str
    broken: str
    photo: str
    download: str
    attach: str
    send: str
    drop: str
    take_out: str
    too_large: str
    not_uploaded: str


EN = Words(
    bot="bot",
    typing="typing…",
    connecting="connecting…",
    message="Message",
    how_to_send=(
        "Press + below, choose several photos at once and send them. "
        "You can also drag them onto the line you type in."
    ),
    our_fault=(
        "Something is broken on our side, not yours. Nothing is lost: "
        "what you wrote stays here and goes out by itself as soon as this works again."
    ),
    press_again=(
        "Something is broken on our side, not yours. Nothing is lost, "
        "but this button did not work: please press it again in a moment."
    ),
    waiting="waiting to be sent",
    too_many=(
        "That was too much at once, and I couldn't take the last part. "
        "Give me a moment, then send again what is missing."
    ),
    not_sent=(
        "The connection broke off before this was sent. It is back in the line below: "
        "please send it once more."
    ),
    files_lost=(
        "Not all of the files you attached arrived: the connection broke off in between. "
        "Please attach the missing ones again and send them."
    ),
    no_cookies=(
        "I can't tell who you are, because your browser keeps no cookies for this page. "
        "Please allow them and load the page again: I use one, to find our conversation again."
    ),
    broken=(
        "Something went wrong on our side. Nothing you sent is lost: please load the page again."
    ),
    photo="Photo",
    download="Download",
    attach="Add photos or files",
    send="Send",
    drop="Drop them here",
    take_out="Take out",
    too_large="Can’t be sent: larger than {size} MB",
    not_uploaded="Can’t be sent: the upload broke off",
)

RU = Words(
    bot="бот",
    typing="печатает…",
    connecting="соединяюсь…",
    message="Сообщение",
    how_to_send=(
        "Нажмите + внизу, выберите сразу несколько фото и отправьте. "
        "Их можно и перетащить на строку ввода."
    ),
    our_fault=(
        "У нас неполадка, вы ни при чём. Ничего не потеряно: написанное остаётся здесь "
        "и уйдёт само, как только всё заработает."
    ),
    press_again=(
        "У нас неполадка, вы ни при чём. Ничего не потеряно, но эта кнопка не сработала: "
        "нажмите её, пожалуйста, ещё раз чуть позже."
    ),
    waiting="ждёт отправки",
    too_many=(
        "Слишком много сразу: последнее принять не удалось. "
        "Подождите немного и пришлите ещё раз то, чего не хватает."
    ),
    not_sent=(
        "Связь прервалась раньше, чем это ушло. Текст снова в строке ввода: "
        "отправьте его, пожалуйста, ещё раз."
    ),
    files_lost=(
        "Дошли не все файлы: связь прервалась, пока они были прикреплены. "
        "Прикрепите недостающие ещё раз и отправьте."
    ),
    no_cookies=(
        "Не могу понять, кто вы: браузер не сохраняет файлы cookie этой страницы. Разрешите их, "
        "пожалуйста, и обновите страницу. Мне нужен один: чтобы снова найти наш разговор."
    ),
    broken=(
        "У нас что-то сломалось. Ничего из присланного не потеряно: обновите, пожалуйста, страницу."
    ),
    photo="Фото",
    download="Скачать",
    attach="Добавить фото или файлы",
    send="Отправить",
    drop="Отпустите здесь",
    take_out="Убрать",
    too_large="Не отправится: больше {size} МБ",
    not_uploaded="Не отправится: загрузка прервалась",
)

WORDS = {"en": EN, "ru": RU}


def words(language: str) -> Words:
    """The words for a client's (BCP 47) tag; English where we don't speak it."""
    return WORDS.get(language.replace("_", "-").split("-")[0].lower(), EN)
