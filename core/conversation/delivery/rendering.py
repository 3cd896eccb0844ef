"""Any screen onto any capabilities, and its pictures as the bytes that a messenger takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from core.base.errors import FlowError, StorageUnavailable
from core.base.graphemes import length, shorten
from core.conversation.delivery.channel import Capabilities, Host
from core.conversation.messages import (
    Attachment,
    Button,
    Motion,
    Picture,
    Screen,
    illustrated,
    in_words,
)
from core.conversation.replies import words
from core.conversation.tokens import RenderedButton, RenderedButtons, sign

SIDE = 1280
"""Pixels of a picture's longer side: no photo that Telegram shows is larger."""

_BAR = 12


@dataclass(frozen=True, slots=True)
class Rendered:
    """A screen fitted to a channel: what it must show, and nothing that it can't.

    `body` already holds the numbered list and the bar where the channel has no buttons or bars of
    its own; `offers` then still lists the buttons, for the typed reply. `images` says which of
    the `pictures` are seen as one: each for itself, or all on a contact sheet; see `drawn`.
    """

    title: str
    body: str
    rows: tuple[RenderedButtons, ...]
    offers: RenderedButtons
    pictures: tuple[Picture, ...]
    progress: int | None
    bar: str
    motion: Motion
    file: Attachment | None = None
    images: tuple[tuple[Picture, ...], ...] = ()

    @property
    def text(self) -> str:
        """Title and body as one text."""
        return _paragraphs(self.title, self.body)


def from_one(offers: RenderedButtons) -> RenderedButtons:
    """A list numbered for itself; what pays or destroys has no number."""
    numbers = count(1)
    return tuple(replace(o, number=None if o.words else next(numbers)) for o in offers)


def render(
    screen: Screen,
    can: Capabilities,
    key: str,
    visit: int | None,
    number: Callable[[RenderedButtons], RenderedButtons] = from_one,
    spell: Callable[[str], str] = in_words,
) -> Rendered:
    """Fit a screen to a channel. `visit` None makes the buttons links that never grow old.

    Where the channel has no buttons, `number` gives the list its numbers, and `spell` says what
    is to be typed for a line that has none.
    """
    rows = tuple(
        tuple(_offer(button, can, key, visit) for button in row)
        for line in screen.buttons
        for row in _wrap(line, can.buttons_per_row or 1)
    )
    offers = tuple(offer for row in rows for offer in row)
    if offers and not can.buttons_per_row:
        offers = number(offers)
    pictures = screen.pictures if can.pictures else ()
    return Rendered(
        title=screen.title,
        body=_body(screen, can, offers, spell),
        rows=rows if can.buttons_per_row else (),
        offers=offers,
        pictures=pictures,
        progress=screen.progress if can.progress else None,
        bar="" if screen.progress is None else bar(screen.progress),
        motion=screen.motion,
        file=screen.file if _carried(screen, can) else None,
        images=_images(pictures, can.pictures),
    )


def drawn(host: Host, image: tuple[Picture, ...], side: int = SIDE) -> bytes | None:
    """One of `Rendered.images` as a JPEG; None where its picture can't be had.

    A picture without a label is whole, others stand with theirs on a contact sheet.
    """
    if len(image) == 1 and not image[0].label:
        try:
            return host.thumbnail(image[0].key, side)
        except StorageUnavailable:
            return None
    return host.sheet(image)


def _images(pictures: tuple[Picture, ...], room: int) -> tuple[tuple[Picture, ...], ...]:
    return tuple((picture,) for picture in pictures) if len(pictures) <= room else (pictures,)


def _carried(screen: Screen, can: Capabilities) -> bool:
    return screen.file is not None and screen.file.size <= can.file_bytes


def _offer(button: Button, can: Capabilities, key: str, visit: int | None) -> RenderedButton:
    token = sign(key, visit, button)
    if len(token.encode()) > can.payload_bytes:
        raise FlowError(f"the button {button.trigger}({button.argument}) needs too long a token")
    label = shorten(button.label, can.label_length)
    return RenderedButton(label, token, button.spelled, style=button.style)


def _wrap(row: Sequence[Button], width: int) -> list[Sequence[Button]]:
    return [row[start : start + width] for start in range(0, len(row), width)]


def _body(
    screen: Screen, can: Capabilities, offers: RenderedButtons, spell: Callable[[str], str]
) -> str:
    """The text and what stands in for bars, pictures and buttons; too long a text is cut first."""
    said, below = _paragraphs(screen.hint, screen.text), []
    if screen.file is not None and not _carried(screen, can):
        below.append(screen.file.instead)
    if screen.progress is not None and not can.progress:
        below.append(bar(screen.progress))
    if screen.pictures and not can.pictures:
        marks = (f"🖼 {picture.label}" for picture in screen.pictures if picture.label)
        below += ["\n".join(marks), illustrated(screen.pictures)]
    if offers and not can.buttons_per_row:
        below.append("\n".join(_line(offer, spell) for offer in offers))
    limit = can.caption_length if screen.pictures and can.pictures else can.text_length
    room = limit - length(screen.title) - 2
    rest = _paragraphs(*below)
    return shorten(_paragraphs(shorten(said, room - length(rest) - 2 * bool(rest)), rest), room)


def _line(offer: RenderedButton, spell: Callable[[str], str]) -> str:
    """A line of the list that stands in for buttons."""
    if offer.number is not None:
        return f"{offer.number}. {offer.label}"
    itself = words(offer.words or offer.label) == words(offer.label)
    return f"• {offer.label} ({spell('' if itself else offer.words)})"


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def bar(percent: int) -> str:
    """A progress bar of text: `▓▓▓▓▓▓░░░░░░ 50 %`."""
    filled = round(_BAR * percent / 100)
    return f"{'▓' * filled}{'░' * (_BAR - filled)} {percent} %"
