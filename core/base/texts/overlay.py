"""Somebody's own texts, laid over ours: a folder with `en.po` or `ru.po`, checked as a whole.

A file has only the sentences that it says otherwise, named as our own catalogues name them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import PoFileError, read_po

from core.base.errors import ConfigurationError
from core.base.texts import LANGUAGES, catalog, forms, lay_over
from core.base.texts.check import fields


def lay(folder: Path | None) -> None:
    """Speak by a folder's texts from now on in this process, or by ours alone.

    Raises ConfigurationError, which names every text that doesn't fit.
    """
    found = list(problems(folder)) if folder else []
    if found:
        what = "1 text doesn't fit" if len(found) == 1 else f"{len(found)} texts don't fit"
        raise ConfigurationError(
            "\n".join([f"brand.texts = {str(folder)!r}: {what}.", *(f"- {text}" for text in found)])
        )
    lay_over(folder)


def problems(folder: Path) -> Iterator[str]:
    """What is wrong with a folder of texts, each with its remedy."""
    if not folder.is_dir():
        yield "It is no folder that can be read. Correct the path, or remove the line."
        return
    files = sorted(folder.glob("*.po"))
    if not files:
        names = " or ".join(f"{language}.po" for language in LANGUAGES)
        yield f"It has no texts. Add {names}, or remove the line."
    known = {forms(message.id)[0]: message for message in catalog(LANGUAGES[-1]) if message.id}
    for file in files:
        if file.stem in LANGUAGES:
            yield from (f"{file.name}{text}" for text in _problems(file, known))
        else:
            yield f"{file.name}: Likeness speaks {' and '.join(LANGUAGES)}. Rename or remove it."


def _problems(file: Path, known: Mapping[str, Message]) -> Iterator[str]:
    try:
        with file.open("rb") as source:
            own = read_po(source, locale=file.stem, abort_invalid=True)
    except (PoFileError, OSError, UnicodeDecodeError) as error:
        yield f" can't be read: {error}. Correct it."
        return
    for message in (message for message in own if message.id):
        for problem in _faults(message, known):
            yield f", line {message.lineno}: {forms(message.id)[0]!r} {problem}"


def _faults(message: Message, known: Mapping[str, Message]) -> Iterator[str]:
    name = forms(message.id)[0]
    ours = known.get(name)
    if ours is None:
        near = get_close_matches(name, known, n=1, cutoff=0.7)
        meant = f"Write {near[0]!r}" if near else "Correct its msgid"
        yield f"is no sentence of ours. {meant}, or remove it."
        return
    if ours.id != message.id:
        plural = f"msgid_plural {forms(ours.id)[-1]!r}" if ours.pluralizable else "no plural"
        yield f"has {plural} in our texts. Write it so."
        return
    said = forms(message.string)
    if message.fuzzy:
        yield "is marked as fuzzy. Look at it and remove the mark."
    if any(said) and not all(said):
        yield "lacks a form. Write all of them, or none."
    wanted = fields(forms(ours.id)[-1])
    for form in filter(None, said):
        if _fields(form) != wanted:
            named = ", ".join(f"{{{field}}}" for field in sorted(wanted)) or "no braces"
            yield f"must have {named}, and {form!r} has not just that. Correct it."


def _fields(text: str) -> frozenset[str] | None:
    try:
        return fields(text)
    except ValueError:
        return None
