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
from pathlib import Path
from types import MappingProxyType

from babel.messages.catalog import Catalog
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


class _Laid:
    """What is laid over our texts in this process."""

    over: Path | None = None


def lay_over(folder: Path | None) -> None:
    """Speak by a folder's texts where it has any; `overlay.lay` looks at them first."""
    _Laid.over = folder


def laid() -> Path | None:
    """The folder that is laid over our texts."""
    return _Laid.over


def translator(language: str) -> Translator:
    """The translator of a language, or the fallback's where it isn't one of ours."""
    return _translator(language, _Laid.over)


@functools.cache
def _translator(language: str, over: Path | None) -> Translator:
    if over is None:
        return read(po_file(language), language)
    known = language if language in LANGUAGES else LANGUAGES[0]
    return _speaking(known, catalog(known, over))


def catalog(language: str, over: Path | None = None) -> Catalog:
    """The texts of a language, a folder's in the place of ours; the sources' own needs none."""
    texts = Catalog(locale=language)
    if language in LANGUAGES[1:]:
        with po_file(language).open("rb") as source:
            texts = read_po(source, locale=language)
    own = over and over / f"{language}.po"
    if own and own.exists():
        with own.open("rb") as source:
            _replace(texts, read_po(source, locale=language))
    return texts


def _replace(texts: Catalog, own: Catalog) -> None:
    for message in own:
        if not message.id or not all(forms(message.string)):
            continue
        if found := texts.get(forms(message.id)[0]):
            found.string = message.string
        else:
            texts.add(message.id, message.string)


def forms(text: object) -> tuple[str, ...]:
    """A text that counts has several forms, any other has one."""
    return (text,) if isinstance(text, str) else tuple(text) if isinstance(text, tuple) else ()


def read(po: Traversable, language: str) -> Translator:
    """A translator that speaks by a .po file; only the first language needs none."""
    if language not in LANGUAGES[1:]:
        return Translator(LANGUAGES[0], gettext.NullTranslations())
    with po.open("rb") as source:
        return _speaking(language, read_po(source, locale=language))


def _speaking(language: str, catalog: Catalog) -> Translator:
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translator(language, gettext.GNUTranslations(compiled))


def po_file(language: str) -> Traversable:
    """Where the translations of a language stand."""
    return files(__name__) / language / "LC_MESSAGES" / "likeness.po"
