"""The way out of this machine: one rule for whatever speaks HTTP with somebody else.

A proxy is named by a setting and by nothing else: the environment's HTTP_PROXY and its like change
nothing, and what is served on this machine is asked straight.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

_NAMES = ("http_proxy", "https_proxy", "all_proxy")
_STRAIGHT = ("all://localhost", "all://*.localhost", "all://127.0.0.1", "all://[::1]")


def way(proxy: str, *addresses: str) -> dict[str, Any]:
    """The arguments of an httpx client that asks through `proxy`, "" for none.

    Never one of this machine, whichever of its names is used; where all `addresses` that the
    client will ask are such, the proxy is left out.
    """
    straight: dict[str, Any] = {
        "trust_env": False,
        "verify": httpx.create_ssl_context(trust_env=True),  # where the certificates are
    }
    if not proxy or (addresses and all(map(loopback, addresses))):
        return straight
    return {**straight, "proxy": proxy, "mounts": dict.fromkeys(_STRAIGHT)}


def loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    host = (urlsplit(address).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def unused(environ: Mapping[str, str]) -> list[str]:
    """The environment's variables that name a proxy, and are not asked."""
    return sorted(name for name, value in environ.items() if name.lower() in _NAMES and value)
