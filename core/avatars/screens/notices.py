"""Messages of their own, beside the screen: what became of an avatar that nobody looks at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.avatars.screens import buttons, words
from core.avatars.screens.training import why_failed
from core.base.texts import Translator, mark, translator
from core.conversation.messages import Attachment, Button, Screen


def training_finished(parameters: Mapping[str, object], language: str) -> Screen:
    """An avatar is ready."""
    t = translator(language)
    name = str(parameters.get("name", ""))
    return Screen(
        title=t("🎉 The avatar is ready"),
        text=t("“{name}” is trained.", name=words.named(name, t)),
        buttons=_open(parameters, name, t),
    )


def training_failed(parameters: Mapping[str, object], language: str) -> Screen:
    """A training failed: which, and whose turn it is."""
    t = translator(language)
    name = str(parameters.get("name", ""))
    return Screen(
        title=t("⚠️ The training failed"),
        text=words.paragraphs(
            t("Avatar: “{name}”", name=words.named(name, t)),
            why_failed(str(parameters.get("error_class", "")), t, bool(parameters.get("lost"))),
        ),
        buttons=_open(parameters, name, t),
    )


_RULES = {
    "success": mark("Too few trainings succeed, in percent"),
    "fal_errors": mark("fal fails often"),
    "queue": mark("A training waits too long to begin, in minutes"),
    "waiting": mark("Something waits too long to be handled or shown, in minutes"),
    "heartbeat": mark("A part has been silent for too long, in seconds"),
    "uncertain": mark("Orders that may or may not have arrived"),
    "results": mark("Trainings that were paid for, and whose result can’t be fetched"),
    "budget": mark("The day’s budget is nearly spent, in percent"),
    "remote": mark("fal still keeps what should have been deleted there, in minutes"),
    "new_error": mark("fal reports something new"),
    "stopped": mark("Trainings are not being ordered"),
    "deadline": mark("Trainings did not end in time and were given up"),
    "webhooks": mark("Webhooks are configured, and none has arrived"),
    "support": mark("A message to support waits for an answer, in hours"),
}
"""What each rule of `core.operation.alerts` says."""


def operator_message(parameters: Mapping[str, object], language: str) -> Screen:
    """What somebody who runs Likeness writes to a person."""
    t = translator(language)
    return Screen(title=t("✉️ A message from our team"), text=str(parameters.get("text", "")))


def support_message(parameters: Mapping[str, object], language: str) -> Screen:
    """For those who run Likeness: what somebody has written, and how it is answered."""
    t = translator(language)
    number, text = parameters.get("message", ""), str(parameters.get("text", ""))
    title = t("💬 A message for you, №{number}", number=number)
    if not text:
        return Screen(title=title, text=t("It has been deleted."))
    return Screen(
        title=title,
        text=words.paragraphs(
            t("From: {name}", name=parameters.get("name") or t("Nameless")),
            text,
            t(
                "Answer on the person’s page of the dashboard, or with: {command}",
                command=f'likeness support answer {number} "…"',
            ),
        ),
    )


def support_answer(parameters: Mapping[str, object], language: str) -> Screen:
    """The operator's answer."""
    t = translator(language)
    name = str(parameters.get("operator", ""))
    return Screen(
        title=t("💬 Answer from {operator}", operator=name) if name else t("💬 Our answer"),
        text=str(parameters.get("text", "")),
        buttons=buttons.rows(Button(t("💬 Write again"), "support")),
    )


def alert(parameters: Mapping[str, object], language: str) -> Screen:
    """For those who run Likeness: something wants them, or no longer does."""
    t = translator(language)
    over, rule = bool(parameters.get("resolved")), str(parameters.get("rule", ""))
    return Screen(
        title=t("✅ Resolved") if over else t("🚨 Something needs your attention"),
        text=words.paragraphs(
            t(_RULES[rule]) if rule in _RULES else rule,
            str(parameters.get("subject", "")),
            t(
                "Now {value}; the limit is {threshold}.",
                value=parameters.get("value", ""),
                threshold=parameters.get("threshold", ""),
            ),
        ),
    )


def export_ready(parameters: Mapping[str, Any], language: str) -> Screen:
    """Everything of a person, as a file; rarely as several."""
    t = translator(language)
    part, parts = int(parameters.get("part", 1)), int(parameters.get("parts", 1))
    name = "likeness.zip" if parts == 1 else f"likeness-{part}.zip"
    which = t("Part {part} of {parts}", part=part, parts=parts) if parts > 1 else ""
    return Screen(
        title=t("📦 Your data"),
        text=words.paragraphs(
            which,
            t("Your photos and everything else we keep about you. Keep the file to yourself."),
        ),
        file=Attachment(str(parameters.get("key", "")), name),
    )


def export_model(parameters: Mapping[str, Any], language: str) -> Screen:
    """A trained model as a file; where a chat can't carry it, how it is to be had."""
    t = translator(language)
    size, link = int(parameters.get("size", 0)), str(parameters.get("link", ""))
    megabytes = words.decimal(size / 1024 / 1024, t)
    if link:
        instead = t(
            "The file is {size} MB, too large for this chat. You can download it here for a day: "
            "{link}",
            size=megabytes,
            link=link,
        )
    else:
        instead = t(
            "The file is {size} MB, too large for this chat. Our team can send it to you: give "
            "them the number {number}.",
            size=megabytes,
            number=parameters.get("number", ""),
        )
    key, called = str(parameters.get("key", "")), str(parameters.get("file", ""))
    file = Attachment(key, called, size, instead)
    return Screen(
        title=t("🧠 Your trained model"),
        text=words.paragraphs(
            t("The model of “{name}”: {file}", name=parameters.get("name", ""), file=called),
            t("Anyone who has it can make pictures of the person in it. Keep it to yourself."),
        ),
        file=file,
    )


def _open(parameters: Mapping[str, object], name: str, t: Translator) -> buttons.Rows:
    label = t("▶️ Open “{name}”", name=buttons.on_button(name, t))
    return buttons.rows(Button(label, "resume", str(parameters["avatar"])))
