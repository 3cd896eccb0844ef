"""What one process serves: the app behind it, its settings, and who a cookie belongs to."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Any

from itsdangerous import BadSignature, Signer, URLSafeSerializer
from starlette.requests import HTTPConnection

from channels.web import Settings
from core.base.shared_secrets import agreed
from core.conversation.delivery.channel import Host
from core.operation.serving.replies import cookie

COOKIE = "likeness_visitor"
BEFORE = "web.secret"
"""The file in which earlier versions kept what signs it."""
FOR_DAYS = 400
"""How long a browser keeps a cookie at most; each visit begins it anew."""
SIDES = (320, 1600)
"""Pixels of a picture's longer side: in a bubble, and opened."""

_VISITOR = re.compile(r"[0-9a-f]{32}")


class Site:
    """One process's chat page."""

    def __init__(self, app: Host, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        secret = settings.secret.get_secret_value() or agreed("web", app.data / BEFORE)
        self._signer = Signer(secret, "likeness.web.visitor", digest_method=hashlib.sha256)
        self._secret = secret

    def new_visitor(self) -> str:
        """An identifier that nobody has had."""
        return secrets.token_hex(16)

    def newcomer(self, known_as: str) -> str | None:
        """The visitor that a script without a cookie speaks for; None where it says nothing fit.

        `known_as` is random, and the script's alone: a second request is of the same visitor.
        """
        if not _VISITOR.fullmatch(known_as):
            return None
        return self._digest(f"newcomer {known_as}")

    def upload_name(self, visitor: str, key: str) -> str:
        """What the spool keeps a visitor's file under, which their page calls by a key of its own:
        the same, however often it is sent.
        """
        return self._digest(f"upload {visitor} {key}")

    def _digest(self, text: str) -> str:
        """32 hexadecimal digits that can't be guessed."""
        return hmac.digest(self._secret.encode(), text.encode(), "sha256")[:16].hex()

    def cookie_of(self, visitor: str) -> str:
        """What the browser keeps."""
        return self._signer.sign(visitor).decode()

    def greeting(self, visitor: str, request: HTTPConnection) -> str:
        """The header `Set-Cookie` by which the browser of this request is known."""
        secure = self.settings.secure or request.url.scheme == "https"
        return cookie(COOKIE, self.cookie_of(visitor), FOR_DAYS * 24 * 3600, secure)

    def visitor_of(self, cookies: Mapping[str, str]) -> str | None:
        """Whose cookie this is; None where it is missing or not of our making."""
        try:
            visitor = self._signer.unsign(cookies.get(COOKIE, "")).decode()
        except BadSignature:
            return None
        return visitor if _VISITOR.fullmatch(visitor) else None

    def seal(self, visitor: str, what: str, content: object) -> str:
        """JSON that one visitor carries for us and can't change: a "picture", a "file", "seen"."""
        return self._sealer(visitor, what).dumps(content)

    def unseal(self, visitor: str, what: str, sealed: object) -> Any:
        """What was sealed for this visitor; None for anything else."""
        try:
            return self._sealer(visitor, what).loads(sealed) if isinstance(sealed, str) else None
        except (BadSignature, ValueError):
            return None

    def picture_path(self, visitor: str, kind: str, name: str, called: str = "") -> str:
        """Where one visitor, and nobody else, finds a picture ("stored", "sent") or a "file"."""
        return f"/picture/{self.seal(visitor, 'picture', [kind, name, called])}"

    def picture_of(self, visitor: str, token: str) -> tuple[str, str, str] | None:
        """What a picture's path means, for the visitor that it was made for."""
        found = self.unseal(visitor, "picture", token)
        return found and (str(found[0]), str(found[1]), str(found[2]))

    def _sealer(self, visitor: str, what: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._secret, salt=f"likeness.web.{what}:{visitor}")
