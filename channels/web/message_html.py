"""Messages as HTML. Whatever anybody wrote is escaped here, and shown as it was written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Protocol

from channels.web.transcript import Content, Entry
from channels.web.words import Words
from core.conversation.delivery.rendering import Rendered
from core.conversation.messages import Picture
from core.conversation.tokens import RenderedButton


class Paths(Protocol):
    """Where a picture is found: by its kind ("stored", "sent" or "file") and its name.

    A file is kept by the browser as it is `called`.
    """

    def __call__(self, kind: str, name: str, called: str = "") -> str: ...


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture in a bubble: found by its kind and key; one with a file's name may be kept.

    Illustrations, which say what they show, stand above the words.
    """

    kind: str
    key: str
    label: str = ""
    name: str = ""
    note: str = ""
    alt: str = ""


class MessageHtml:
    """Draws for one person: in their words, with their pictures."""

    def __init__(self, words: Words, paths: Paths) -> None:
        self._words = words
        self._paths = paths

    def entry(self, entry: Entry) -> str:
        """One bubble of the transcript, with its buttons."""
        content, time = entry.content, _time(entry.at)
        if entry.by_person:
            return self.said(content, time)
        pictures = [Tile("stored", *picture) for picture in content.get("pictures", ())]
        words = _words(content["title"], content["text"], time, "h3")
        lead = self._lead(pictures)
        shown = "" if lead else self._grid(pictures, album="album" in content)
        bubble = _bubble("bot", lead + words + shown + self._file(content.get("file")))
        return bubble + self.keyboard(entry.rows)

    def said(self, content: Content, foot: str = "") -> str:
        """What the person said: a text, a pressed button, or files with a caption."""
        inside = self._sent(content.get("files", ())) + (_words("", content["text"], foot) or foot)
        return _bubble("person", inside)

    def keyboard(self, rows: Iterable[Sequence[RenderedButton]]) -> str:
        """Rows of buttons, each known by its token; "" where there are none."""
        drawn = "".join(f'<div class="row">{"".join(map(_button, row))}</div>' for row in rows)
        return drawn and f'<div class="keyboard">{drawn}</div>'

    def screen(self, rendered: Rendered) -> str:
        """The inside of the bubble that is still alive."""
        return _words(rendered.title, rendered.body) or ""

    def pictures(self, pictures: Sequence[Picture]) -> tuple[str, str]:
        """The screen's: what stands above the words, and below them; each picture opens.

        Below is a tidy grid with their labels, or one alone, large.
        """
        tiles = [Tile("stored", p.key, p.label, p.name, p.note, p.alt) for p in pictures]
        lead = self._lead(tiles)
        return (lead, "") if lead else ("", self._grid(tiles))

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

    def _lead(self, tiles: Sequence[Tile]) -> str:
        """Illustrations; "" where not all of them are."""
        if not tiles or not all(tile.alt for tile in tiles):
            return ""
        noted = " noted" if any(tile.note for tile in tiles) else ""
        inside = "".join(self._tile(tile, False) for tile in tiles)
        return f'<div class="grid lead{noted}">{inside}</div>'

    def _grid(self, tiles: Sequence[Tile], *, album: bool = False) -> str:
        """An album's pictures, and one that is alone, are large and can be kept."""
        large = album or (len(tiles) == 1 and bool(tiles[0].name))
        noted = any(tile.note for tile in tiles)
        looks = " album" * album or " noted" * noted or " few" * (len(tiles) < 3)
        inside = "".join(self._tile(tile, large) for tile in tiles)
        return f'<div class="grid{looks}">{inside}</div>' if tiles else ""

    def _tile(self, tile: Tile, large: bool) -> str:
        path = escape(self._paths(tile.kind, tile.key))
        label = " ".join(filter(None, (tile.label, tile.note)))
        called = escape(tile.alt or f"{self._words.photo} {label}".strip())
        caption = f"<figcaption>{escape(label)}</figcaption>" if label else ""
        source = f"{path}?large" if large else path
        image = f'<img src="{source}" alt="{called}" decoding="async" loading="lazy">'
        link = f'<a href="{path}?large" target="_blank" aria-label="{called}">{image}</a>'
        noted = ' class="noted"' * bool(tile.note)
        return f"<figure{noted}>{link}{caption}{self._download(tile) * large}</figure>"

    def _download(self, tile: Tile) -> str:
        if not tile.name:
            return ""
        path, name = escape(self._paths("file", tile.key, tile.name)), escape(tile.name)
        said = f"{escape(self._words.download)}: {name}"
        return f'<a class="download" href="{path}" download="{name}" aria-label="{said}">⬇</a>'


def _bubble(classes: str, inside: str) -> str:
    return f'<div class="bubble {classes}">{inside}</div>'


def _button(offer: RenderedButton) -> str:
    token, label = escape(offer.token), escape(offer.label)
    looks = f'class="{offer.style}" dir="auto" data-token="{token}"'
    return f'<button type="button" {looks}>{label}</button>'


def _words(title: str, text: str, foot: str = "", heading: str = "h2") -> str:
    """A title and a text; `foot` stands at the end of the last line."""
    parts = [(heading, "title", title)] * bool(title) + [("div", "text", text)] * bool(text)
    feet = [""] * (len(parts) - 1) + [foot]
    return "".join(
        f'<{tag} class="{name}" dir="auto">{escape(words)}{end}</{tag}>'
        for (tag, name, words), end in zip(parts, feet, strict=False)
    )


def _time(at: float) -> str:
    """Seconds since 1970, which the browser puts into its own clock's words."""
    return f'<time class="time" data-at="{at:.0f}"></time>'
