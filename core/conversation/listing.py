"""The numbered lists that stand in for buttons: what a number means, and from which message.

One numbering runs over a screen and the notices below it. A number is given again only when five
newer lists have been shown since it was last in sight; until then it means nothing but the message
that it was read from. A list is noted before it is sent (`coming`), and again once it is there.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from core.conversation.tokens import RenderedButton, RenderedButtons

_NUMBER = re.compile(r"[#№(]?\s*(\d{1,4})[.)]?[\uFE0F\u20E3]*")
KEPT = 5
"""So many lists that are no longer in sight are remembered."""


class Old(Enum):
    """What a number of an older list means."""

    NUMBER = "a number of an older list"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list: a screen's offers, and the `links` of notices that came while it was in sight.

    `until` is the last event that arrived while it was, 0 where that can't be known.
    """

    offers: RenderedButtons = ()
    links: RenderedButtons = ()
    until: int = 0

    @property
    def tokens(self) -> tuple[str, ...]:
        return tuple(offer.token for offer in self.offers)

    def numbered(self, number: int) -> RenderedButton | None:
        """What a number means in this list."""
        found = (offer for offer in (*self.offers, *self.links) if offer.number == number)
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Lists:
    """What a person has in sight (`shown`), what may be on its way, and what they saw before."""

    shown: Sheet = Sheet()
    coming: Sheet | None = None
    older: tuple[Sheet, ...] = ()

    def proposed(self, offers: RenderedButtons) -> tuple[Lists, RenderedButtons]:
        """With the list that is about to be sent, and its offers with their numbers.

        A list that stays as it is keeps them.
        """
        tokens = tuple(offer.token for offer in offers)
        for known in filter(None, (self.shown, self.coming)):
            if known.tokens == tokens and all(map(_numbered_or_worded, known.offers)):
                return self, _with_numbers(offers, [offer.number for offer in known.offers])
        given = self._given(offers, 0, self.older[: KEPT - 1])  # the oldest makes room for it
        return Lists(self.shown, Sheet(given), self._lost(())), given

    def confirmed(self, offers: RenderedButtons, last_event: int) -> Lists:
        """With this list in sight; what was there before is an older one."""
        now = Sheet(offers)
        if now.tokens == self.shown.tokens:
            kept = replace(self.shown, offers=offers)
            return Lists(kept, None, self._lost(now.tokens))
        seen = (_aged(self.shown, last_event), *self._lost(now.tokens))
        return Lists(now, None, tuple(filter(_bears_numbers, seen))[:KEPT])

    def appended(self, links: RenderedButtons) -> tuple[Lists, RenderedButtons]:
        """With a notice's links below the list in sight, and the links with their numbers.

        One that is sent once more, or leads where another one does, has the number that is there.
        """
        known = {offer.token: offer.number for offer in self.shown.links}
        last = max((o.number or 0 for o in (*self.shown.offers, *self.shown.links)), default=0)
        new = self._given(tuple(o for o in links if o.token not in known), last, self.older)
        known |= {offer.token: offer.number for offer in new}
        given = _with_numbers(links, [known[offer.token] for offer in links])
        return replace(self, shown=replace(self.shown, links=(*self.shown.links, *new))), given

    def meant(self, number: int, event_id: int) -> RenderedButton | Old | None:
        """What a number means that came with an event: an offer, an older list's, or nothing.

        What counts is what was in sight when the event arrived, however late it is read.
        """
        for sheet in filter(None, (self.shown, self.coming)):
            if (found := sheet.numbered(number)) is not None:
                return found
        for sheet in self.older:
            if (found := sheet.numbered(number)) is not None:
                return found if event_id <= sheet.until else Old.NUMBER
        return None

    @property
    def in_sight(self) -> RenderedButtons:
        """All that can be pressed by its words: the links of older notices are there still."""
        past = (link for sheet in self.older for link in sheet.links)
        return (*self.shown.offers, *self.shown.links, *past)

    def _lost(self, now: tuple[str, ...]) -> tuple[Sheet, ...]:
        """The older lists, and one that may have arrived although that was never noted."""
        if self.coming is None or self.coming.tokens == now:
            return self.older
        return (_aged(self.coming, 0), *self.older)[:KEPT]

    def _given(
        self, offers: RenderedButtons, after: int, older: Iterable[Sheet]
    ) -> RenderedButtons:
        """The buttons with numbers that neither what is in sight nor an older list has."""
        known = (
            offer
            for sheet in filter(None, (self.shown, self.coming, *older))
            for offer in (*sheet.offers, *sheet.links)
        )
        taken = {offer.number for offer in known if offer.number is not None}
        numbers = iter(_block(sum(not offer.words for offer in offers), taken, after))
        return _with_numbers(offers, [None if o.words else next(numbers) for o in offers])


def read(text: str) -> Lists:
    """Lists as they are stored; those of before knew of no numbers."""
    stored = json.loads(text)
    if isinstance(stored, list):
        return Lists(Sheet(tuple(RenderedButton(*offer) for offer in stored)))
    coming = _sheet(stored["coming"]) if stored["coming"] else None
    return Lists(_sheet(stored["shown"]), coming, tuple(map(_sheet, stored["older"])))


def write(lists: Lists) -> str:
    """Lists as they are stored: a list alone where no number was ever given."""
    if not (lists.coming or lists.older or _bears_numbers(lists.shown)):
        return _encoded([_plain(offer) for offer in lists.shown.offers])
    stored = {
        "shown": _stored(lists.shown),
        "coming": lists.coming and _stored(lists.coming),
        "older": list(map(_stored, lists.older)),
    }
    return _encoded(stored)


def number_in(text: str) -> int | None:
    """The number that a text consists of, in any script's digits, and as people write it: "2.",
    "2)", "№ 2", "#2", or a keycap.
    """
    typed = _NUMBER.fullmatch("".join(c for c in text if unicodedata.category(c) != "Cf").strip())
    return int(typed[1]) if typed else None


def _aged(sheet: Sheet, until: int) -> Sheet:
    """A list that is no longer in sight; the words of its buttons are not needed any more."""
    offers = tuple(replace(offer, label="", words="") for offer in sheet.offers)
    return Sheet(offers, sheet.links, until)


def _numbered_or_worded(offer: RenderedButton) -> bool:
    return offer.number is not None or bool(offer.words)


def _bears_numbers(sheet: Sheet) -> bool:
    return any(offer.number is not None for offer in (*sheet.offers, *sheet.links))


def _block(count: int, taken: Iterable[int], after: int) -> range:
    """The first free numbers in a row, after one."""
    start, blocked = after + 1, set(taken)
    while hit := blocked & set(range(start, start + count)):
        start = max(hit) + 1
    return range(start, start + count)


def _with_numbers(
    offers: Sequence[RenderedButton], numbers: Sequence[int | None]
) -> RenderedButtons:
    pairs = zip(offers, numbers, strict=True)
    return tuple(replace(offer, number=number) for offer, number in pairs)


def _encoded(stored: object) -> str:
    return json.dumps(stored, ensure_ascii=False)


def _plain(offer: RenderedButton) -> list[object]:
    whole = [offer.label, offer.token]
    return [*whole, offer.words] if offer.words else [*whole]


def _stored(sheet: Sheet) -> list[object]:
    return [
        [[o.label, o.token, o.words, o.number] for o in sheet.offers],
        [[o.label, o.token, o.words, o.number] for o in sheet.links],
        sheet.until,
    ]


def _sheet(stored: tuple[list[Any], list[Any], int]) -> Sheet:
    offers, links, until = stored
    return Sheet(
        tuple(RenderedButton(*o) for o in offers), tuple(RenderedButton(*o) for o in links), until
    )
