"""Outgoing proxies, for every HTTP client of ours.

Only settings configure a proxy; HTTP_PROXY and the like are ignored. Local addresses are always
asked directly.
"""

from __future__ import annotations

import functools
import ipaddress
import os
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_NAMES = ("http_proxy", "https_proxy", "all_proxy")
_STRAIGHT = ("all://localhost", "all://*.localhost", "all://127.0.0.1", "all://[::1]")


def way(proxy: str, *addresses: str) -> dict[str, Any]:
    """Arguments for an httpx client that uses `proxy`, "" for none.

    Requests to this machine bypass it; if all `addresses` are local, the proxy is left out.
    """
    straight: dict[str, object] = {
        "trust_env": False,
        "verify": _certificates(*map(os.environ.get, _CERTIFICATES)),
    }
    if not proxy or (addresses and all(map(loopback, addresses))):
        return straight
    return {**straight, "proxy": proxy, "mounts": dict.fromkeys(_STRAIGHT)}


@functools.cache
def _certificates(*_named: str | None) -> ssl.SSLContext:
    """The certificates to trust, by the environment; reading them takes 30 ms."""
    return httpx.create_ssl_context(trust_env=True)


def loopback(address: str) -> bool:
    """Whether an address is a loopback address."""
    host = (urlsplit(address).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def unused(environ: Mapping[str, str]) -> list[str]:
    """The proxy variables of the environment, which are ignored."""
    return sorted(name for name, value in environ.items() if name.lower() in _NAMES and value)
