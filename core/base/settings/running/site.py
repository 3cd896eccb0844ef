"""Settings shared by the sites: address, public URL, host names."""

from __future__ import annotations

import socket
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from core.base.settings.addresses import LOCAL, Networks, SiteAddress
from core.base.settings.section import Section

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104  # compared with, not bound to


class SiteSection(Section):
    """The base of such a site's section; each gives `port` a default of its own.

    `public_url` is the address that people type where a proxy stands in front; `allowed_hosts`
    are further names that the site answers to. What `trusted_proxies` say of where a request came
    from is believed, and what anybody else says is not.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)]
    public_url: SiteAddress = ""
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: Networks = ()

    @property
    def secure(self) -> bool:
        """Whether the public address is HTTPS."""
        return self.public_url.startswith("https://")

    @property
    def addresses(self) -> list[str]:
        """Its addresses: the public one if there is one, and the local one."""
        host = "localhost" if self.host in EVERYWHERE else self.host
        here = f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
        return [self.public_url, here] if self.public_url else [here]

    @property
    def names(self) -> list[str]:
        """The allowed host names; "*" if they can't be known."""
        public = urlsplit(self.public_url).hostname
        named = [*self.allowed_hosts, *([public] if public else [])]
        if self.host in EVERYWHERE:
            return [*named, *LOCAL, socket.gethostname()] if named else ["*"]
        return [*named, *LOCAL, self.host]
