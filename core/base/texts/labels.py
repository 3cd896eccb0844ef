"""A label in another language: a person may type a button in any of them."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.base.texts import LANGUAGES, Translator, catalog, forms, laid, translator

_LONGEST = 64
"""Characters of a template that may be a button's label."""
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class _Template:
    """One form of a message in one language; `ids` are the message's English forms."""

    pattern: re.Pattern[str]
    ids: tuple[str, ...]

    def said(self, label: str, t: Translator) -> str | None:
        """A label made of this template, as another language has it; None where it isn't."""
        found = self.pattern.fullmatch(label)
        if found is None:
            return None
        values = found.groupdict()
        one, *many = self.ids
        if not many:
            return t(one, **values)
        count = values.pop("n", "")
        return t.n(one, many[0], int(count), **values) if count.isdecimal() else None


def reworded(label: str, language: str) -> str:
    """A label of any of our languages in this one; itself where no text of ours reads so."""
    t = translator(language)
    known = _templates(laid())
    for template in (*known[label[:1]], *known[""]):
        if (said := template.said(label, t)) is not None:
            return said
    return label


@functools.cache
def _templates(over: Path | None) -> Mapping[str, Sequence[_Template]]:
    """The templates of every language by their first letter, "" for those that begin with a field.

    The most particular ones come first: those without fields, then those that say most.
    """
    known: dict[str, list[_Template]] = defaultdict(list)
    for ids, text in sorted(set(_texts(over)), key=_particular):
        pattern = re.compile("".join(_pieces(text)), re.DOTALL)
        known["" if text.startswith("{") else text[:1]].append(_Template(pattern, ids))
    return known


def _particular(message: tuple[tuple[str, ...], str]) -> tuple[bool, int, str]:
    _, text = message
    return "{" in text, -len(_FIELD.sub("", text)), text


def _texts(over: Path | None) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each message that may be a label: its English forms, and a form in some language."""
    for language in LANGUAGES:
        for message in catalog(language, over):
            ids, said = forms(message.id), forms(message.string)
            for text in (*ids, *said):
                if _FIELD.sub("", text).strip() and len(text) <= _LONGEST and "\n" not in text:
                    yield ids, text


def _pieces(text: str) -> Iterator[str]:
    """A template as a pattern; a field that stands in it twice reads the same both times."""
    seen: set[str] = set()
    for number, part in enumerate(_FIELD.split(text)):
        if number % 2 == 0:
            yield re.escape(part)
        else:
            yield f"(?P={part})" if part in seen else f"(?P<{part}>.*)"
            seen.add(part)
