"""Messages as HTML. Whatever anybody wrote is escaped here, and shown as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Protocol
from zoneinfo import ZoneInfo

from channels.web.transcript import Content, Entry
from channels.web.words import Words
from core.conversation.delivery.rendering import Rendered
from core.conversation.messages import Motion, Picture

_FOR_SCRIPT = (
    "attach", "send", "drop", "take_out", "too_large", "not_uploaded", "not_sent", "files_lost",
)  # fmt: skip
_DOTS = '<span class="dots" role="presentation"><i></i><i></i><i></i></span>'
_MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")
_SHORTHAND = re.compile(r"(?<=:)(?=[\w+/-]+:)|(?<=[<>~=-])(?=[<>~=-])")
_JOINER = "\u2060"


class Paths(Protocol):
    """Where a picture is found: by its kind ("stored", "sent" or "file") and its name.

    A file is kept by the browser as it is `called`.
    """

    def __call__(self, kind: str, name: str, called: str = "") -> str: ...


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture in a bubble: found by its kind and key; one with a file's name may be kept."""

    kind: str
    key: str
    label: str = ""
    name: str = ""


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
        pictures = [Tile("stored", *picture) for picture in content.get("pictures", ())]
        words = _words(content["title"], content["text"], time)
        shown = self._grid(pictures, album="album" in content)
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

    def pictures(self, pictures: Sequence[Picture]) -> str:
        """The screen's: a tidy grid with their labels, or one alone, large; each opens."""
        return self._grid([Tile("stored", p.key, p.label, p.name) for p in pictures])

    def _file(self, file: Sequence[str] | None) -> str:
        """A link to a file that is handed over."""
        if not file:
            return ""
        path, name = escape(self._paths("file", *file)), escape(file[1])
        link = f'<a href="{path}" target="_blank" rel="noopener" download="{name}">{name}</a>'
        return f'<div class="file"><b>📦</b>{link}</div>'

    def _sent(self, files: Sequence[Content]) -> str:
        grid = self._grid([Tile("sent", file["spool"]) for file in files if file["photo"]])
        others = (escape(file["name"]) for file in files if not file["photo"])
        return grid + "".join(f'<div class="file"><b>📄</b>{name}</div>' for name in others)

    def _grid(self, tiles: Sequence[Tile], *, album: bool = False) -> str:
        """An album's pictures, and one that is alone, are large and can be kept."""
        large = album or (len(tiles) == 1 and bool(tiles[0].name))
        looks = " album" * album or " few" * (len(tiles) < 3)
        inside = "".join(self._tile(tile, large) for tile in tiles)
        return f'<div class="grid{looks}">{inside}</div>' if tiles else ""

    def _tile(self, tile: Tile, large: bool) -> str:
        path = escape(self._paths(tile.kind, tile.key))
        called = escape(f"{self._words.photo} {tile.label}".strip())
        caption = f"<figcaption>{escape(tile.label)}</figcaption>" if tile.label else ""
        source = f"{path}?large" if large else path
        image = f'<img src="{source}" alt="{called}" decoding="async" loading="lazy">'
        link = f'<a href="{path}?large" target="_blank" aria-label="{called}">{image}</a>'
        return f"<figure>{link}{caption}{self._download(tile) * large}</figure>"

    def _download(self, tile: Tile) -> str:
        if not tile.name:
            return ""
        path, name = escape(self._paths("file", tile.key, tile.name)), escape(tile.name)
        said = f"{escape(self._words.download)}: {name}"
        return f'<a class="download" href="{path}" download="{name}" aria-label="{said}">⬇</a>'

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
