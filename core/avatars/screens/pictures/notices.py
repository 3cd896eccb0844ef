"""Pictures as messages of their own: an album, a file, and that none came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.avatars.screens import buttons, words
from core.avatars.screens.pictures import remarks
from core.avatars.screens.pictures.results import file_name, made_with_ai
from core.base.texts import Translator, translator
from core.conversation.messages import Attachment, Picture, Screen


def pictures_came(parameters: Mapping[str, Any], language: str) -> Screen:
    """Pictures, the likest first; they are numbered in this order."""
    t = translator(language)
    keys, first = parameters.get("keys", ()), int(parameters.get("first", 1))
    return Screen(
        title=_came(parameters, first, first + len(keys) - 1, t),
        text=words.lines(_sample(parameters, t), made_with_ai(t)),
        pictures=tuple(
            Picture(str(key), name=file_name(number)) for number, key in enumerate(keys, first)
        ),
    )


def _came(parameters: Mapping[str, Any], first: int, last: int, t: Translator) -> str:
    name = words.named(str(parameters.get("name", "")), t)
    if parameters.get("preview"):
        return t("✨ The first pictures of “{name}”", name=name)
    if first == last:
        return t("✨ “{name}”: picture {number}", name=name, number=first)
    return t("✨ “{name}”: pictures {first}–{last}", name=name, first=first, last=last)


def _sample(parameters: Mapping[str, Any], t: Translator) -> str:
    return t("Samples, drawn without a real model.") if parameters.get("sample") else ""


def pictures_failed(parameters: Mapping[str, Any], language: str) -> Screen:
    """No pictures came of an order that nobody looked at any more."""
    t = translator(language)
    why = remarks.why_none(
        str(parameters.get("error_type", "")),
        str(parameters.get("error_class", "")),
        int(parameters.get("blocked", 0)),
        t,
    )
    return Screen(
        title=t("⚠️ No pictures this time"),
        text=words.paragraphs(
            t("Avatar: “{name}”", name=words.named(str(parameters.get("name", "")), t)), why
        ),
        buttons=buttons.rows(buttons.paint(str(parameters.get("avatar", "")), t)),
    )


def picture_file(parameters: Mapping[str, Any], language: str) -> Screen:
    """A picture as the file that it is."""
    t = translator(language)
    number = int(parameters.get("number", 0))
    size = int(parameters.get("size", 0))
    file = Attachment(str(parameters.get("key", "")), file_name(number), size)
    return Screen(title=t("🖼 Picture {number}", number=number), text=made_with_ai(t), file=file)
