"""Messages as HTML. Whatever anybody wrote is escaped here, and shown as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Protocol
from zoneinfo import ZoneInfo

from channels.web.transcript import Content, Entry
from channels.web.words import Words
from core.conversation.delivery.rendering import Rendered
from core.conversation.messages import Motion

_FOR_SCRIPT = (
    "attach", "send", "drop", "take_out", "too_large", "not_uploaded", "not_sent", "files_lost",
)  # fmt: skip
_DOTS = '<span class="dots" role="presentation"><i></i><i></i><i></i></span>'
_MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")
_SHORTHAND = re.compile(r"(?<=:)(?=[\w+/-]+:)|(?<=[<>~=-])(?=[<>~=-])")
_JOINER = "\u2060"


class Paths(Protocol):
    """Where a picture is found: by its kind ("stored", "sent" or "file") and its name."""

    def __call__(self, kind: str, name: str) -> str: ...


class MessageHtml:
    """Draws for one person: in their words, with their pictures, by their clock."""

    def __init__(self, words: Words, paths: Paths, timezone: str | None) -> None:
        self._words = words
        self._paths = paths
        self._zone = _zone(timezone)

    def entries(self, entries: Iterable[Entry]) -> str:
        """A stretch of the transcript."""
        return "".join(map(self.entry, entries))

    def entry(self, entry: Entry) -> str:
        """One bubble of the transcript."""
        content, time = entry.content, self._time(entry.at)
        if entry.by_person:
            return self.said(content, time, number=entry.id)
        pictures = [(key, label) for key, label in content.get("pictures", ())]
        words = _words(content["title"], content["text"], time)
        shown = self.pictures(pictures, "album" in content)
        return _bubble("bot", words + shown + self._file(content.get("file")))

    def said(self, content: Content, foot: str = "", number: int | None = None) -> str:
        """What the person said: a text, a pressed button, or files with a caption.

        Without a number it has not been taken yet.
        """
        files = self._sent(content.get("files", ()))
        inside = files + (_words("", content["text"], foot) or foot)
        return _bubble("person waiting" if number is None else "person", inside, number)

    def waiting(self, content: Content) -> str:
        """What the person said and we could not take yet."""
        files = [{**file, "photo": False} for file in content["files"]]
        foot = f'<span class="time">🕓 {escape(self._words.waiting)}</span>'
        return self.said({**content, "files": files}, foot)

    def screen(self, rendered: Rendered) -> str:
        """The inside of the bubble that is still alive."""
        words = _words(rendered.title, rendered.body)
        return words + _DOTS * (rendered.motion is Motion.SETTLING)

    def pictures(self, pictures: Sequence[tuple[str, str]], album: bool = False) -> str:
        """A tidy grid of stored pictures with their labels; each opens large.

        Those of an album stand in a row, and can be downloaded as they are kept.
        """
        return _grid([self._tile("stored", key, label, album) for key, label in pictures], album)

    def _file(self, file: Sequence[str] | None) -> str:
        """A link to a file that is handed over."""
        if not file:
            return ""
        path, name = escape(self._paths("file", file[0])), escape(file[1])
        link = f'<a href="{path}" target="_blank" rel="noopener" download="{name}">{name}</a>'
        return f'<div class="file"><b>📦</b>{link}</div>'

    def _sent(self, files: Sequence[Content]) -> str:
        grid = _grid([self._tile("sent", file["spool"], "") for file in files if file["photo"]])
        others = (escape(file["name"]) for file in files if not file["photo"])
        return grid + "".join(f'<div class="file"><b>📄</b>{name}</div>' for name in others)

    def _tile(self, kind: str, name: str, label: str, keep: bool = False) -> str:
        path = escape(self._paths(kind, name))
        called = escape(f"{self._words.photo} {label}".strip())
        caption = f"<figcaption>{escape(label)}</figcaption>" if label else ""
        image = f'<img src="{path}" alt="{called}" decoding="async">'
        link = f'<a href="{path}?large" target="_blank" aria-label="{called}">{image}</a>'
        return f"<figure>{link}{caption}{self._download(name, called) * keep}</figure>"

    def _download(self, name: str, called: str) -> str:
        said = f"{escape(self._words.download)}: {called}"
        path = escape(self._paths("file", name))
        return f'<a class="download" href="{path}" download aria-label="{said}">⬇</a>'

    def _time(self, at: float) -> str:
        moment = datetime.fromtimestamp(at, self._zone)
        return f'<span class="time">{moment:%H:%M}</span>'


def header(title: str, words: Words, language: str) -> str:
    """The bar at the top: who this is, and whether they are there; and words for the script."""
    spoken = " ".join(
        f'data-{name.replace("_", "-")}="{escape(getattr(words, name))}"' for name in _FOR_SCRIPT
    )
    return (
        f'<header class="top" lang="{escape(language)}" {spoken}><span class="face"></span><div>'
        f"<strong>{escape(title)}</strong>"
        f'<span class="standing"><span class="there">{escape(words.bot)}</span>'
        f'<span class="typing">{escape(words.typing)}</span>'
        f'<span class="lost">{escape(words.connecting)}</span></span></div></header>'
    )


def trouble(text: str, broken: bool = False) -> str:
    """What the page itself has to say; a page that is broken says it where nobody can miss it."""
    return _bubble("bot trouble" + " broken" * broken, _words("", text))


def button_label(text: str) -> str:
    """A label that Streamlit's Markdown shows as it was written."""
    return _MARKDOWN.sub(r"\\\1", _SHORTHAND.sub(_JOINER, text))


def _bubble(classes: str, inside: str, number: int | None = None) -> str:
    entry = "" if number is None else f' data-entry="{number}"'
    return f'<div class="bubble {classes}"{entry}>{inside}</div>'


def _grid(tiles: Sequence[str], album: bool = False) -> str:
    looks = " album" if album else " few" if len(tiles) < 3 else ""
    return f'<div class="grid{looks}">{"".join(tiles)}</div>' if tiles else ""


def _words(title: str, text: str, foot: str = "") -> str:
    """A bold title and a text; `foot` stands at the end of the last line."""
    parts = [("title", title)] * bool(title) + [("text", text)] * bool(text)
    feet = [""] * (len(parts) - 1) + [foot]
    return "".join(
        f'<div class="{name}" dir="auto">{escape(words)}{end}</div>'
        for (name, words), end in zip(parts, feet, strict=False)
    )


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):  # the browser says what it likes
        return ZoneInfo("UTC")
