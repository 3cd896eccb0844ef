"""What a painter is told: English, with the avatar's phrase once, where the avatar stands.

The phrase is the rare word by which a trained model knows its subject. It is put in here alone.
"""

from __future__ import annotations

from core.avatars.pictures import wishes
from core.avatars.pictures.packs import SUBJECT, Pack
from core.avatars.pictures.words import words

_CLASSES = {"male": "man", "female": "woman", "other": "person"}
_IN_STYLE = "in the style of "
_LOOSE = " ,.;:!?"


def subject(phrase: str, avatar_type: str, gender: str) -> str:
    """An avatar as a prompt names it: "lk12ab woman"; a style is "in the style of lk12ab".

    What is neither person nor style has no class: nobody has said what it is.
    """
    if avatar_type == "style":
        return f"{_IN_STYLE}{phrase}"
    return f"{phrase} {_CLASSES[gender]}" if avatar_type == "character" else phrase


def of_pack(pack: Pack, number: int, subject: str) -> str:
    """The prompt of a pack's picture, counted from 0; after the last prompt comes the first."""
    return pack.prompts[number % len(pack.prompts)].replace(SUBJECT, subject)


def of_wish(wish: str, subject: str) -> str:
    """The prompt of a typed wish: the subject, and after it the wish.

    Words that `words.toml` knows are translated, the rest is as it was typed. Nothing that was
    typed adds a phrase or ends the sentence.
    """
    wished = words().translate(wishes.tidy(wish)).strip(_LOOSE)
    what = "picture" if words().is_drawn(wished) or _is_style(subject) else "photo"
    opening = f"{what} {subject}" if _is_style(subject) else f"{what} of {subject}"
    return f"{opening}, {wished}" if wished else opening


def _is_style(subject: str) -> bool:
    return subject.startswith(_IN_STYLE)
