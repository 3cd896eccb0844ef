"""Any screen onto any capabilities, and the typed reply back.

A button's token says which visit of which conversation offered what, sealed with the
conversation's own key: it can't be forged, moved to another chat, or outlive its moment.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Protocol, TypeVar

from core.conversation.channel import Capabilities
from core.conversation.messages import Attachment, Button, Motion, Picture, Screen, in_words
from core.errors import FlowError
from core.graphemes import clusters

_BAR = 12
_SEAL = 6
_WORDS = re.compile(r"[^\Wℹ]+")  # ℹ counts as a letter
_DIGIT = re.compile(r"\d")
_COUNTER = re.compile(r"\([^()]*\)\s*$")


class Labelled(Protocol):
    """A button or an offer: what a typed reply can mean, and the words that it must say, if any."""

    @property
    def label(self) -> str: ...

    @property
    def words(self) -> str: ...


L = TypeVar("L", bound=Labelled)


@dataclass(frozen=True, slots=True)
class Offer:
    """A button as it is shown: its label and the token that a press brings back.

    Where there are no buttons, `number` is what it bears in the list, or None where it must be
    typed: in its `words`, or by its label where it has none.
    """

    label: str
    token: str
    words: str = ""
    number: int | None = None


Offers = tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A screen fitted to a channel: what it must show, and nothing that it can't.

    `body` already holds the numbered list and the bar where the channel has no buttons or bars of
    its own; `offers` then still lists the buttons, for the typed reply.
    """

    title: str
    body: str
    rows: tuple[Offers, ...]
    offers: Offers
    pictures: tuple[Picture, ...]
    progress: int | None
    bar: str
    motion: Motion
    file: Attachment | None = None

    @property
    def text(self) -> str:
        """Title and body as one text."""
        return _paragraphs(self.title, self.body)


@dataclass(frozen=True, slots=True)
class Press:
    """A token that was read: what was pressed, on which visit; None where it is a link."""

    visit: int | None
    trigger: str
    argument: str
    confirms: str


def seal(key: str, visit: int | None, button: Button) -> str:
    """The token of a button.

    At most 64 bytes for a trigger of 14 letters and an argument of 32, or 24 where it confirms.
    """
    number = "" if visit is None else format(visit, "x")
    confirms = digest(button.confirms) if button.confirms else ""
    content = f"{number}:{button.trigger}:{button.argument}:{confirms}"
    return f"{content}:{_mac(key, content)}"


def unseal(key: str, token: str) -> Press | None:
    """What a token says; None where it isn't one of this conversation's."""
    content, _, mac = token.rpartition(":")
    if not hmac.compare_digest(mac.encode(), _mac(key, content).encode()):
        return None
    number, trigger, rest = content.split(":", 2)
    argument, _, confirms = rest.rpartition(":")
    return Press(int(number, 16) if number else None, trigger, argument, confirms)


def lasting(token: str) -> bool:
    """Whether a button is a link, as a notice's are: it belongs to no visit and never grows old."""
    return token.startswith(":")


def digest(text: str) -> str:
    """A short fingerprint of what a button confirms."""
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _mac(key: str, content: str) -> str:
    raw = hashlib.blake2b(content.encode(), key=key.encode(), digest_size=_SEAL).digest()
    return base64.urlsafe_b64encode(raw).decode()


def from_one(offers: Offers) -> Offers:
    """A list numbered for itself; what pays or destroys has no number."""
    numbers = count(1)
    return tuple(replace(o, number=None if o.words else next(numbers)) for o in offers)


def render(
    screen: Screen,
    can: Capabilities,
    key: str,
    visit: int | None,
    number: Callable[[Offers], Offers] = from_one,
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
    )


def _carried(screen: Screen, can: Capabilities) -> bool:
    return screen.file is not None and screen.file.size <= can.file_bytes


def _offer(button: Button, can: Capabilities, key: str, visit: int | None) -> Offer:
    token = seal(key, visit, button)
    if len(token.encode()) > can.payload_bytes:
        raise FlowError(f"the button {button.trigger}({button.argument}) needs too long a token")
    return Offer(shorten(button.label, can.label_length), token, button.spelled)


def _wrap(row: Sequence[Button], width: int) -> list[Sequence[Button]]:
    return [row[start : start + width] for start in range(0, len(row), width)]


def _body(screen: Screen, can: Capabilities, offers: Offers, spell: Callable[[str], str]) -> str:
    """The text and what stands in for bars, pictures and buttons; too long a text is cut first."""
    said, below = _paragraphs(screen.hint, screen.text), []
    if screen.file is not None and not _carried(screen, can):
        below.append(screen.file.instead)
    if screen.progress is not None and not can.progress:
        below.append(bar(screen.progress))
    if screen.pictures and not can.pictures:
        below.append("\n".join(f"🖼 {picture.label}" for picture in screen.pictures))
    if offers and not can.buttons_per_row:
        below.append("\n".join(_line(offer, spell) for offer in offers))
    limit = can.caption_length if screen.pictures and can.pictures else can.text_length
    room = limit - length(screen.title) - 2
    rest = _paragraphs(*below)
    return shorten(_paragraphs(shorten(said, room - length(rest) - 2 * bool(rest)), rest), room)


def _line(offer: Offer, spell: Callable[[str], str]) -> str:
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


def length(text: str) -> int:
    """How many UTF-16 units a text takes: what Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def shorten(text: str, limit: int) -> str:
    """The text, cut with an ellipsis where it is longer than `limit` UTF-16 units.

    It is cut between the characters that a person sees.
    """
    if length(text) <= limit:
        return text
    if limit < 1:
        return ""
    kept, room = "", limit - 1
    for cluster in clusters(text):
        room -= length(cluster)
        if room < 0:
            break
        kept += cluster
    return kept + "…"


def read_reply(text: str, offers: Sequence[L], *, whole: bool = False) -> L | None:
    """The button that a typed reply means by its words, however they are written.

    A label's counter may be left out, and what follows a comma: "no" is “No, go on”. With `whole`
    that is not enough for a button which wants its words: "yes" may answer something else.
    """
    wanted = words(text)
    if not text.strip().isdecimal():  # "🗑 1" is no bare number
        copied = [offer for offer in offers if offer.label == text.strip()]
        if len(copied) == 1:
            return copied[0]
    for spelling in (words, _uncounted, _in_short):
        meant = [o for o in offers if not (whole and spelling is _in_short and spelled(o))]
        found = [offer for offer in meant if wanted and wanted in _spellings(offer, spelling)]
        if len(found) == 1:
            return found[0]
    return None


def _spellings(offer: Labelled, spelling: Callable[[str], str]) -> set[str]:
    """What may be typed for it; a bare number never means what wants its words."""
    label = spelling(offer.label)
    if not offer.words:
        return {label}
    return {spelled for spelled in (label, words(offer.words)) if not spelled.isdecimal()}


def spelled(offer: Labelled) -> str:
    """What must be typed for a button or an offer; "" where a number will do as well."""
    return offer.spelled if isinstance(offer, Button) else offer.words


def words(label: str) -> str:
    """A label without signs, pictures and capitals, and with its numbers in plain digits."""
    plain = _DIGIT.sub(lambda digit: str(int(digit[0])), label.casefold())
    return " ".join(_WORDS.findall(plain))


def _uncounted(label: str) -> str:
    return words(_COUNTER.sub("", label))


def _in_short(label: str) -> str:
    short, comma, _ = label.partition(",")
    return words(short) if comma else ""
