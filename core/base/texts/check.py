"""`python -m core.base.texts.check [--update]`: every sentence has its translation, and it fits.

The sentences are found in the sources. Told are those without a translation, half a one or one
marked as fuzzy, those that no source says any more, and those whose fields differ. `--update`
brings the .po files in line with the sources, and leaves the translating to people.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from core.base.texts import LANGUAGES, forms, po_file

ROOT = Path(__file__).parents[3]
SOURCES = ("core", "channels")
PAGES = ("dashboard",)
"""The dashboard keeps what it says by itself: it is for other eyes."""
KEYWORDS: dict[str, tuple[int, ...] | None] = {"t": None, "mark": None, "n": (1, 2)}
_WIDTH = 100
_RUN_TOGETHER = re.compile(r"[^\W\d]+[.!?…][^\W\d]+")
"""A full stop within a word: what a merge makes of a sentence that both sides had."""


def extract(root: Path = ROOT, folders: Sequence[str] = SOURCES) -> Catalog:
    """Every sentence that the sources say, with the files that say it."""
    catalog = Catalog(project="Likeness")
    for folder in folders:
        found = extract_from_dir(root / folder, [("**.py", "python")], keywords=KEYWORDS)
        for name, _, text, comments, _ in sorted(found, key=lambda entry: (entry[0], entry[1])):
            catalog.add(text, locations=[(f"{folder}/{name}", 0)], auto_comments=comments)
    return catalog


def problems(language: str, said: Catalog, translated: Catalog) -> Iterator[str]:
    """What is wrong with a language, a line each."""
    for message in _sentences(said):
        found = translated.get(message.id)
        if found is None or found.id != message.id:
            yield f"{language}: missing: {_name(message)}"
        else:
            yield from (f"{language}: {fault}: {_name(message)}" for fault in _faults(found))
    for message in (*_sentences(translated), *translated.obsolete.values()):
        if said.get(message.id) is None:
            yield f"{language}: obsolete: {_name(message)}"


def fields(text: str) -> frozenset[str]:
    """The names of the `{fields}` in a text; raises ValueError where its braces don't match."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def update(language: str, said: Catalog, po: Path | None = None) -> None:
    """Rewrite a language's file with the sources' sentences, keeping its translations.

    A language without a file gets one.
    """
    path = po or _own(language)
    translated = load(language, path)
    said.creation_date = translated.creation_date
    translated.update(said, no_fuzzy_matching=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, translated, width=_WIDTH, include_lineno=False, ignore_obsolete=True)


def load(language: str, po: Path | None = None) -> Catalog:
    """A language's translations; none where it has no file yet."""
    path = po or _own(language)
    if not path.exists():
        return Catalog(locale=language, project="Likeness", fuzzy=False)
    with path.open("rb") as source:
        return read_po(source, locale=language)


def _own(language: str) -> Path:
    return Path(str(po_file(language)))


def _pages(language: str) -> Path:
    return ROOT / "dashboard" / "texts" / language / "LC_MESSAGES" / "dashboard.po"


def _sentences(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def _faults(message: Message) -> Iterator[str]:
    if message.fuzzy:
        yield "fuzzy"
    texts = forms(message.string)
    if not texts or not all(texts):
        yield "empty"
        return
    wanted = fields(forms(message.id)[-1])
    said = " ".join(forms(message.id))
    if any(word not in said for form in texts for word in _RUN_TOGETHER.findall(form)):
        yield "two sentences that run together"
    for form in texts:
        try:
            same = fields(form) == wanted
        except ValueError:
            same = False
        if not same:
            yield f"fields differ in {form!r}"


def _name(message: Message) -> str:
    return repr(forms(message.id)[0])


def main(arguments: Sequence[str] | None = None) -> int:
    """Check all languages, or bring their files in line first; 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m core.base.texts.check", description=__doc__)
    parser.add_argument("--update", action="store_true", help="rewrite the .po files")
    wanted = parser.parse_args(arguments)
    found: list[str] = []
    for folders, file in ((SOURCES, _own), (PAGES, _pages)):
        said = extract(folders=folders)
        for language in LANGUAGES[1:]:
            if wanted.update:
                update(language, said, file(language))
            found += problems(language, said, load(language, file(language)))
    for problem in found:
        sys.stdout.write(f"{problem}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
