"""A view as the page's script takes it: what is new as HTML, and the order of everything."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from channels.web.message_html import MessageHtml
from channels.web.site import Site
from channels.web.tab import Answered, View
from channels.web.transcript import Entry
from channels.web.words import words
from core.conversation.messages import Motion

SEEN = "seen"


def drawn(site: Site, visitor: str, view: View, known: int) -> dict[str, Any]:
    """JSON: `entries` are HTML by key, those numbered above `known`; `above` and `below` list keys.

    `screen` has its parts as HTML, so that only those are drawn anew that have changed.
    """
    language = view.stamp.language
    messages = MessageHtml(words(language), partial(site.picture_path, visitor))
    entries = {_key(e): messages.entry(e) for e in view.entries if e.id > known}
    keys = [_key(entry) for entry in view.entries]
    rendered = view.rendered
    lead, pictures = messages.pictures(rendered.pictures)
    return {
        "of": view.stamp.of,
        "at": view.at,
        "stamp": str(view.stamp),
        "revision": view.stamp.revision,
        "visit": view.visit,
        "language": language,
        "entries": entries,
        "above": keys[: view.above],
        "below": keys[view.above :],
        "title": rendered.title,
        "screen": {
            "lead": lead,
            "words": messages.screen(rendered),
            "progress": rendered.progress,
            "pictures": pictures,
            "settling": rendered.motion is Motion.SETTLING,
            "keyboard": messages.keyboard(rendered.rows),
        },
        "motion": rendered.motion,
        SEEN: site.seal(visitor, SEEN, asdict(view.answered)),
    }


def _key(entry: Entry) -> str:
    """Numbers begin anew once a person was forgotten: the moment tells the entries apart."""
    return f"{entry.id}-{entry.at:.3f}"


def answered(site: Site, visitor: str, seen: object) -> Answered | None:
    """The screen that a person answers; None where it wasn't sealed for them."""
    content = site.unseal(visitor, SEEN, seen)
    return content and Answered(**content)


def spoken(site: Site, language: str) -> dict[str, Any]:
    """What the page itself says in one language, and the commands of its menu."""
    commands = site.app.introduction(language).commands
    return {
        **asdict(words(language)),
        "language": language,
        "commands": dict(commands),
        "limit": site.settings.upload_megabytes,
    }
