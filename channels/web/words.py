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
    offline: str
    press_again: str
    waiting: str
    too_many: str
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
    attached: str
    conversation: str
    menu: str
    notify: str
    no_script: str


EN = Words(
    bot="bot",
    typing="typing…",
    connecting="connecting…",
    message="Message",
    how_to_send=(
        "Tap + below, pick several photos at once and send them. "
        "On a computer you can also drop them anywhere on this page."
    ),
    our_fault=(
        "Something is broken on our side, not yours. Nothing is lost: "
        "what you wrote stays here and goes out by itself as soon as this works again."
    ),
    offline=(
        "No connection right now. What you wrote stays here and goes out by itself "
        "as soon as there is one."
    ),
    press_again=(
        "That button didn’t get through. Nothing is lost: please press it again in a moment."
    ),
    waiting="waiting to be sent",
    too_many=(
        "That was too much at once, and I couldn't take the last part. "
        "Give me a moment, then send again what is missing."
    ),
    files_lost=(
        "Some of the files you attached didn’t get through. "
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
    not_uploaded="Can’t be sent: the upload failed",
    attached="Ready to send",
    conversation="Conversation",
    menu="Menu",
    notify="🔔 Notify me when there’s news",
    no_script="This chat needs JavaScript. Please allow it for this page and load it again.",
)

RU = Words(
    bot="бот",
    typing="печатает…",
    connecting="соединяюсь…",
    message="Сообщение",
    how_to_send=(
        "Нажмите + внизу, выберите сразу несколько фото и отправьте. "
        "На компьютере их можно просто перетащить на страницу."
    ),
    our_fault=(
        "У нас неполадка, вы ни при чём. Ничего не потеряно: написанное остаётся здесь "
        "и уйдёт само, как только всё заработает."
    ),
    offline=("Нет связи. Написанное остаётся здесь и уйдёт само, как только она появится."),
    press_again=("Нажатие не дошло. Ничего не потеряно: нажмите, пожалуйста, ещё раз чуть позже."),
    waiting="ждёт отправки",
    too_many=(
        "Слишком много сразу: последнее принять не удалось. "
        "Подождите немного и пришлите ещё раз то, чего не хватает."
    ),
    files_lost=("Дошли не все прикреплённые файлы. Прикрепите недостающие ещё раз и отправьте."),
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
    not_uploaded="Не отправится: не удалось загрузить",
    attached="Готово к отправке",
    conversation="Переписка",
    menu="Меню",
    notify="🔔 Сообщать о новостях",
    no_script="Чату нужен JavaScript. Разрешите его для этой страницы и обновите её.",
)

WORDS = {"en": EN, "ru": RU}


def known(language: str) -> str:
    """The language of ours that a client's (BCP 47) tag means; English where we don't speak it."""
    ours = language.replace("_", "-").split("-")[0].lower()
    return ours if ours in WORDS else "en"


def words(language: str) -> Words:
    """The words for a client's (BCP 47) tag."""
    return WORDS[known(language)]
