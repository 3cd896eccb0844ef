"""What is said to people, in every language: the English text is the name of each sentence.

`t("Hello, {name}")` says it in the translator's language, `t.n("{n} avatar", "{n} avatars", 3)`
in the plural that the number wants. `mark` names a sentence that is said elsewhere. Translations
are read, and compiled in memory, when a language is first spoken.
"""

from __future__ import annotations

import functools
import gettext
import io
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

NAMES: Mapping[str, str] = MappingProxyType({"en": "English", "ru": "Русский"})
"""What each language calls itself."""

LANGUAGES = tuple(NAMES)
"""The languages that Likeness speaks; the first is the sources' own, and the fallback."""


class Translator:
    """Says things in one language. Values may hold anything: only our own texts have fields."""

    __slots__ = ("_catalog", "language")

    def __init__(self, language: str, catalog: gettext.NullTranslations) -> None:
        self.language = language
        self._catalog = catalog

    def __call__(self, text: str, /, **values: object) -> str:
        """A sentence, its `{fields}` filled in."""
        return self._catalog.gettext(text).format_map(values)

    def n(self, one: str, many: str, n: int, /, **values: object) -> str:
        """A sentence that counts: `one` and `many` are its two English forms, `{n}` the number."""
        return self._catalog.ngettext(one, many, n).format_map({"n": n, **values})


def mark(text: str) -> str:
    """Mark a sentence that is translated elsewhere, for `python -m core.base.texts.check`."""
    return text


@functools.cache
def translator(language: str) -> Translator:
    """The translator of a language, or the fallback's where it isn't one of ours."""
    return read(po_file(language), language)


def read(po: Traversable, language: str) -> Translator:
    """A translator that speaks by a .po file; only the first language needs none."""
    if language not in LANGUAGES[1:]:
        return Translator(LANGUAGES[0], gettext.NullTranslations())
    with po.open("rb") as source:
        catalog = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translator(language, gettext.GNUTranslations(compiled))


def po_file(language: str) -> Traversable:
    """Where the translations of a language stand."""
    return files(__name__) / language / "LC_MESSAGES" / "likeness.po"
