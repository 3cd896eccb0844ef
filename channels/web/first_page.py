"""The page before anything is known: its frame, its looks, its words, and where its scripts are.

The style sheet is in it, so that it can be painted at once; scripts come from us alone.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from functools import cached_property, lru_cache
from html import escape
from pathlib import Path
from string import Template

from channels.web.drawing import spoken
from channels.web.site import Site
from channels.web.words import known

HERE = Path(__file__).parent
SCRIPTS = ("page.js", "view.js", "line.js", "outbox.js")
LOOKS = ("emoji.woff2", *SCRIPTS)
"""What may be asked for by name, beside the page itself and its icon."""


class FirstPage:
    """One site's, in every language."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._template = Template(_read("page.html"))
        flow = site.app.engine.flow
        self._language = flow.language
        introduction = site.app.introduction(flow.languages[0])
        self._name, own = introduction.name, introduction.picture
        self.icon = Path(own) if own else HERE / "looks" / "icon.svg"
        self._version = _version(self.icon)
        self._style = _read("style.css").replace("(/looks/", f"(/looks/{self._version}/")
        self.html = lru_cache(self._html)

    @cached_property
    def policy(self) -> str:
        """What the page may load (CSP): everything from here, the style by what it says."""
        style = b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        return (
            f"default-src 'none'; script-src 'self'; style-src 'sha256-{style}'; "
            "img-src 'self' blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"
        )

    def _html(self, language: str, newcomer: bool) -> str:
        said = spoken(self._site, known(self._language(language)))
        scripts = "".join(
            f'<link rel="modulepreload" href="/looks/{self._version}/{name}">'
            for name in SCRIPTS[1:]
        )
        return self._template.substitute(
            {key: escape(text) for key, text in said.items() if isinstance(text, str)},
            site=escape(self._name),
            version=self._version,
            style=self._style,
            preloads=scripts,
            newcomer=" data-newcomer" if newcomer else "",
            spoken=json.dumps(said, ensure_ascii=False).replace("<", "\\u003c"),
        )


def _version(icon: Path) -> str:
    """Of the looks: a part of their addresses, so that browsers may keep them for ever."""
    files = (icon, *(HERE / "looks" / name for name in LOOKS))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _read(name: str) -> str:
    return (HERE / "looks" / name).read_text(encoding="utf-8")
