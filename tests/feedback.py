"""A second, tiny flow: a feedback form. It proves that `core.conversation` is a framework.

Everything that a flow can have is in it once: free text, a button that agrees to something, a
question, photos, a timer, ticks, a notice with a link, two languages.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.conversation.engine import Engine
from core.conversation.flow import QUIET, SAME, Flow, Position, Table, row
from core.conversation.inbox import Inbox
from core.conversation.messages import Button, Picture, Screen
from core.conversation.turn import Turn

TABLE = Table(
    states=("asking_rating", "asking_comment", "confirming", "thanked"),
    initial="asking_rating",
    rows=(
        row("start", "ANY", "asking_rating", then="forget"),
        row("rate", "asking_rating", "asking_comment", then="keep_rating, remind"),
        row("comment", "asking_comment", "confirming", then="keep_comment"),
        row("correct", "confirming", SAME, then="keep_comment"),
        row("reminded", "asking_comment", SAME, then="say(reminder), alert"),
        row("photo", "FORM", SAME, then="attach"),
        row("photo", "thanked", SAME, then="say(too_late)"),
        row("send", "confirming", "thanked", then="send"),
        row("back", "confirming", "asking_comment"),
        row("back", "asking_comment", "asking_rating"),
        row("cancel", "asking_comment confirming", SAME, then="ask(cancel)"),
        row("cancel", "ANY", SAME, then="say(nothing_to_cancel)"),
        row("yes", "ANY", "asking_rating", when="asked(cancel)", then="forget"),
        row("no", "ANY", SAME, when="asked(cancel)"),
        row("read", "thanked", SAME, then="count_reader"),
        row("answered", "ANY", QUIET, then="notify"),
        row("open", "ANY", "thanked", then="open"),
        row("text", "ANY", SAME, then="say(choose)"),
    ),
    groups={"FORM": ("asking_rating", "asking_comment", "confirming")},
    commands={"start": "start", "cancel": "cancel"},
    typed=("comment", "text"),
    signals=frozenset({"reminded", "read", "answered"}),
    ticks=frozenset({"read"}),
    corrections={"comment": "correct"},
)


class Feedback:
    """The guards and effects that the table names; the form lives in the conversation's memory."""

    def asked(self, turn: Turn, question: str) -> bool:
        return turn.question == question

    def forget(self, turn: Turn) -> None:
        turn.memory["form"] = {}

    def keep_rating(self, turn: Turn) -> None:
        _form(turn)["rating"] = int(turn.argument)

    def keep_comment(self, turn: Turn) -> None:
        _form(turn)["comment"] = turn.argument

    def attach(self, turn: Turn) -> None:
        assert turn.event.file is not None
        _form(turn).setdefault("photos", []).append(turn.event.file["key"])

    def send(self, turn: Turn) -> None:
        turn.memory["sent"] = turn.memory.get("sent", 0) + 1

    def count_reader(self, turn: Turn) -> None:
        _form(turn)["readers"] = _form(turn).get("readers", 0) + 1

    def open(self, turn: Turn) -> None:
        _form(turn)["opened"] = turn.argument

    def remind(self, turn: Turn) -> None:
        turn.wake_after(60, "reminded")

    def notify(self, turn: Turn) -> None:
        turn.notify("answer", f"answer:{turn.argument}", answer=turn.argument)

    def say(self, turn: Turn, code: str) -> None:
        turn.say(code)

    def ask(self, turn: Turn, question: str) -> None:
        turn.ask(question)

    def alert(self, turn: Turn) -> None:
        turn.alert()


def _form(turn: Turn) -> dict[str, Any]:
    form: dict[str, Any] = turn.memory.setdefault("form", {})
    return form


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the form's screens may know."""

    words: Mapping[str, str]
    form: Mapping[str, Any]
    said: tuple[str, ...]
    question: str | None


def facts(position: Position, language: str) -> Facts:
    memory = position.memory
    said = tuple(code for code, _ in memory.get("said", ()))
    return Facts(WORDS[language], memory.get("form", {}), said, memory.get("asked"))


WORDS = {
    "en": {
        "asking_rating": "How was it?", "asking_comment": "Why {rating} of 5? Write a few words.",
        "confirming": "You gave {rating} of 5: “{comment}”.", "thanked": "Thank you!",
        "send": "📨 Send", "back": "◀️ Back", "cancel": "✖️ Cancel", "yes": "Yes", "no": "No",
        "again": "🔁 Once more", "photos": "Photos: {count}", "choose": "Please choose.",
        "cancel?": "Throw it away?", "reminder": "We are still curious!", "too_late": "Too late.",
        "nothing_to_cancel": "Nothing to cancel.", "stale": "That button is old.",
        "old_number": "That number is old.", "old_text": "That text is old.",
        "not_now": "Not now.", "our_fault": "That was our fault.", "answer": "An answer: {answer}",
        "open": "Open",
    },
    "ru": {
        "asking_rating": "Как вам?", "asking_comment": "Почему {rating} из 5? Напишите пару слов.",
        "confirming": "Ваша оценка: {rating} из 5, «{comment}».", "thanked": "Спасибо!",
        "send": "📨 Отправить", "back": "◀️ Назад", "cancel": "✖️ Отмена", "yes": "Да", "no": "Нет",
        "again": "🔁 Ещё раз", "photos": "Фото: {count}", "choose": "Выберите, пожалуйста.",
        "cancel?": "Удалить отзыв?", "reminder": "Нам всё ещё интересно!", "too_late": "Поздно.",
        "nothing_to_cancel": "Нечего отменять.", "stale": "Это старая кнопка.",
        "old_number": "Это старый номер.", "old_text": "Это старый текст.",
        "not_now": "Не сейчас.", "our_fault": "Это наша вина.", "answer": "Ответ: {answer}",
        "open": "Открыть",
    },
}  # fmt: skip


def _screen(f: Facts, state: str, *rows: tuple[Button, ...], progress: int | None = None) -> Screen:
    """What all screens have in common: the photos, the question and what was said."""
    keys = f.form.get("photos", ())
    if f.question:
        rows = ((_button(f, "yes"), _button(f, "no")),)
    return Screen(
        f.words["cancel?"] if f.question else f.words[state].format_map(f.form),
        f.words["photos"].format(count=len(keys)) if keys else "",
        rows,
        tuple(Picture(key, str(number)) for number, key in enumerate(keys, 1)),
        progress,
        "\n".join(f.words[code] for code in f.said),
    )


def _button(f: Facts, trigger: str, confirms: str = "") -> Button:
    return Button(f.words[trigger], trigger, confirms=confirms)


def _asking_rating(f: Facts) -> Screen:
    return _screen(f, "asking_rating", tuple(Button(n, "rate", n) for n in "12345"))


def _asking_comment(f: Facts) -> Screen:
    return _screen(f, "asking_comment", (_button(f, "back"), _button(f, "cancel")))


def _confirming(f: Facts) -> Screen:
    agreed = f"{f.form['rating']} {f.form['comment']} {len(f.form.get('photos', ()))}"
    return _screen(
        f, "confirming", (_button(f, "send", agreed),), (_button(f, "back"), _button(f, "cancel"))
    )


def _thanked(f: Facts) -> Screen:
    readers = f.form.get("readers")
    again = (Button(f.words["again"], "start"),)
    return _screen(f, "thanked", again, progress=readers and min(100, 10 * readers))


SCREENS: Mapping[str, Callable[[Facts], Screen]] = {
    "asking_rating": _asking_rating,
    "asking_comment": _asking_comment,
    "confirming": _confirming,
    "thanked": _thanked,
}


def _answer(parameters: Mapping[str, Any], language: str) -> Screen:
    words = WORDS[language]
    link = Button(words["open"], "open", str(parameters["answer"]))
    return Screen(words["answer"].format_map(parameters), buttons=((link,),))


_NAMES = {text: name for words in WORDS.values() for name, text in words.items()}


def reworded(label: str, language: str) -> str:
    """A label of the form in another language."""
    return WORDS[language][_NAMES[label]] if label in _NAMES else label


def methods_of(callbacks: object) -> dict[str, Callable[..., Any]]:
    """The guards and effects of a class, by their names."""
    names = (name for name in dir(callbacks) if not name.startswith("_"))
    return {name: getattr(callbacks, name) for name in names}


def feedback_flow(callbacks: object = None, table: Table = TABLE) -> Flow:
    """The flow, with other guards and effects where a test brings its own."""
    notices = {"answer": _answer}
    languages = ("en", "ru")
    return Flow(table, methods_of(callbacks or Feedback()), facts, SCREENS, notices, languages,
                reworded=reworded)  # fmt: skip


def feedback_engine(
    callbacks: object = None, clock: Callable[[], float] = time.time, cap: int = 200
) -> Engine:
    """An engine that runs it."""
    flow = feedback_flow(callbacks)
    inbox = Inbox(flow.table.initial, flow.language, cap, clock)
    return Engine(flow, inbox, clock=clock)
