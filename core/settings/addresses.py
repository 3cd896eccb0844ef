"""How an address is written in the settings: a site's, a person's, this machine's."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

LOCAL = ("localhost", "127.0.0.1", "::1")


def _web(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", url):
        raise ValueError("an address is written https://host or https://host:port/path")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("an address has no password, no ? and no #")
    _ = parts.port  # a port that is no number is a ValueError of its own
    return url.rstrip("/")


def _site(url: str) -> str:
    return _web(url) if url else url


def _people(addresses: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := [address for address in addresses if not re.fullmatch(r"[a-z]\w*:\S+", address)]:
        raise ValueError(f'an address is written "channel:id", not {wrong[0]!r}')
    return addresses


WebAddress = Annotated[str, AfterValidator(_web)]
"""A place on the web, kept without a slash at its end."""

SiteAddress = Annotated[str, AfterValidator(_site)]
"""Where others find a site of ours; empty where nobody has said."""

PeopleAddresses = Annotated[tuple[str, ...], AfterValidator(_people)]
"""People, each as their channel knows them: `telegram:123`."""
