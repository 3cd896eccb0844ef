"""What one process serves: the app behind it, its settings, and who a cookie belongs to."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from itsdangerous import BadSignature, Signer, URLSafeSerializer

from channels.web import Settings
from core.base.errors import ConfigurationError
from core.conversation.delivery.channel import Host

COOKIE = "likeness_visitor"
SIDES = (320, 1600)
"""Pixels of a picture's longer side: in a bubble, and opened."""

_VISITOR = re.compile(r"[0-9a-f]{32}")


class Site:
    """One process's chat page."""

    def __init__(self, app: Host, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        secret = settings.secret.get_secret_value() or kept_secret(app.data / "web.secret")
        self._signer = Signer(secret, "likeness.web.visitor", digest_method=hashlib.sha256)
        self._secret = secret

    def new_visitor(self) -> str:
        """An identifier that nobody has had."""
        return secrets.token_hex(16)

    def cookie_of(self, visitor: str) -> str:
        """What the browser keeps."""
        return self._signer.sign(visitor).decode()

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


def kept_secret(path: Path) -> str:
    """A secret that is made once and then kept for its owner alone to read."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return _read(path)
        except FileNotFoundError:
            _make(path)
            return _read(path)
    except OSError as error:
        raise ConfigurationError(
            f"{path} can't be kept: {error.strerror}. Name another data_dir, or set "
            "LIKENESS_WEB__SECRET to 32 letters or more."
        ) from error


def _read(path: Path) -> str:
    secret = path.read_text(encoding="ascii").strip()
    if len(secret) < 32:
        raise ConfigurationError(
            f"{path} holds no secret. Delete it: everybody who has been here then is a new person."
        )
    return secret


def _make(path: Path) -> None:
    """Write it whole or not at all, and never over another process's."""
    half = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(half, path)
    except FileExistsError:
        pass
    finally:
        half.unlink()
