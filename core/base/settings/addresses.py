"""Types of addresses and invitation codes in the settings."""

from __future__ import annotations

import re
from importlib.util import find_spec
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

LOCAL = ("localhost", "127.0.0.1", "::1")

_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PROXIES = ("http", "https", "socks5", "socks5h")
_KINDS = ", ".join(_PROXIES)


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


def _proxy(address: str) -> str:
    if not address:
        return address
    parts = urlsplit(address)
    if parts.scheme not in _PROXIES or not parts.hostname or re.search(r"\s", address):
        raise ValueError(f"a proxy is written scheme://host:port, with one of {_KINDS}")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("a proxy has no path, no ? and no #; in a password write %2F, %3F, %23")
    _ = parts.port
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ValueError('a SOCKS proxy needs the package socksio: pip install "httpx[socks]"')
    return address.rstrip("/")


def _people(addresses: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := [address for address in addresses if not re.fullmatch(r"[a-z]\w*:\S+", address)]:
        raise ValueError(f'an address is written "channel:id", not {wrong[0]!r}')
    return addresses


def _codes(codes: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := [code for code in codes if not _CODE.fullmatch(code)]:
        raise ValueError(
            f"no link can carry {wrong[0]!r}; a code has 1 to 64 of A-Z, a-z, 0-9, _ and -"
        )
    return codes


def _networks(written: tuple[str, ...]) -> tuple[str, ...]:
    for each in written:
        try:
            ip_network(each)
        except ValueError:
            raise ValueError(
                f'{each!r} is no address of a proxy; it is written "127.0.0.1", or "10.0.0.0/8" '
                "for a network"
            ) from None
    return written


WebAddress = Annotated[str, AfterValidator(_web)]
"""A URL without a trailing slash."""

SiteAddress = Annotated[str, AfterValidator(_site)]
"""A public URL, or ""."""

ProxyAddress = Annotated[str, AfterValidator(_proxy)]
"""A proxy URL such as `socks5://host:1080`, or ""."""

PeopleAddresses = Annotated[tuple[str, ...], AfterValidator(_people)]
"""People as channel and identifier: `telegram:123`."""

InviteCodes = Annotated[tuple[str, ...], AfterValidator(_codes)]
"""Invitation codes, used as `t.me/bot?start=CODE`."""

Networks = Annotated[tuple[str, ...], AfterValidator(_networks)]
"""IP addresses and networks: `127.0.0.1`, `10.0.0.0/8`."""
