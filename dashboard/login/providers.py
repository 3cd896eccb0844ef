"""OpenID Connect: asking a provider who somebody is, and believing only what can be verified.

The code flow with PKCE. Signatures and claims are checked by joserfc: docs/decisions/0013-oidc.md.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from core.base.errors import LikenessError, kind
from core.base.proxies import loopback
from core.base.settings.addresses import LOCAL
from core.base.settings.running.dashboard import Oidc

SECONDS = 5.0
"""So long a provider is waited for, each time."""
KEPT_SECONDS = 300.0
"""So long the addresses that it names are remembered."""
AWAY_SECONDS = 5.0
"""And so long that it named none, so that nobody waits for it again and again."""
SKEW_SECONDS = 60
"""By so much two clocks may differ."""
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519",
)  # fmt: skip
"""What only the owner of a private key can sign, whatever else the provider offers."""
_PLACES = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_TELLS = "userinfo_endpoint"
_BASIC = "client_secret_basic"


class ProviderUnavailable(LikenessError):
    """The provider can't be reached, or what answers is none."""


class InvalidToken(LikenessError):
    """What came back was not made by the provider, not for us, or not for this log-in."""


class Flow(NamedTuple):
    """What is remembered of somebody who was sent to the provider."""

    state: str
    nonce: str
    verifier: str
    place: str

    @classmethod
    def to(cls, place: str) -> Flow:
        """A new one, that ends at a place of ours."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, place)


class Person(NamedTuple):
    """Somebody as the provider knows them; the e-mail is empty where it was not verified."""

    subject: str
    email: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names by which they may be on a list; an identifier is never taken for an e-mail."""
        subject = () if "@" in self.subject else (self.subject,)
        return (*subject, self.email) if self.email else subject


class Provider:
    """The site that vouches for people; `clock` gives seconds that only grow."""

    def __init__(self, settings: Oidc, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._found: Mapping[str, object] | ProviderUnavailable = ProviderUnavailable(
            "it was not asked yet"
        )
        self._until = float("-inf")

    def address(self, flow: Flow, back: str) -> str:
        """The authorization URL, which redirects `back`. Raises ProviderUnavailable."""
        digest = hashlib.sha256(flow.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": back,
            "scope": "openid email",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            "prompt": "select_account",
        }
        where = self._metadata()["authorization_endpoint"]
        return f"{where}{'&' if '?' in where else '?'}{urlencode(asked)}"

    def person(self, code: str, flow: Flow, back: str) -> Person:
        """Who came back with this code. Raises ProviderUnavailable and InvalidToken."""
        tokens = self._tokens(code, flow, back)
        claims = self._verified(str(tokens.get("id_token", "")), flow.nonce)
        untold = not {"email", "email_verified"} <= claims.keys()
        if untold and _TELLS in self._metadata():
            claims = {**claims, **self._told(tokens, claims["sub"])}
        email = str(claims.get("email", ""))
        verified = claims.get("email_verified") in (True, "true") and email.isascii()
        return Person(claims["sub"], email.lower() if verified else "")

    def _metadata(self) -> Mapping[str, Any]:
        with self._lock:
            if self._clock() >= self._until:
                self._found = self._looked_up()
                lasts = (
                    AWAY_SECONDS if isinstance(self._found, ProviderUnavailable) else KEPT_SECONDS
                )
                self._until = self._clock() + lasts
            found = self._found
        if isinstance(found, ProviderUnavailable):
            raise ProviderUnavailable(str(found))
        return found

    def _looked_up(self) -> Mapping[str, object] | ProviderUnavailable:
        try:
            return self._discovered()
        except (ProviderUnavailable, InvalidToken) as error:
            return ProviderUnavailable(str(error))

    def _discovered(self) -> Mapping[str, object]:
        issuer = self._settings.issuer.rstrip("/")
        found = _ask("GET", f"{issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != issuer:
            raise ProviderUnavailable("it calls itself another issuer")
        places = [found.get(name) for name in _PLACES] + [found.get(_TELLS, issuer)]
        if not all(map(_safe, places)):
            raise ProviderUnavailable("it names no safe addresses")
        return found

    def _tokens(self, code: str, flow: Flow, back: str) -> Mapping[str, object]:
        own, known = self._settings, self._metadata()
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": flow.verifier,
        }
        secret = own.client_secret.get_secret_value()
        auth = None
        if _BASIC in (known.get("token_endpoint_auth_methods_supported") or [_BASIC]):
            auth = (quote(own.client_id, safe=""), quote(secret, safe=""))
        else:
            sent |= {"client_id": own.client_id, "client_secret": secret}
        return _ask("POST", known["token_endpoint"], data=sent, auth=auth)

    def _verified(self, token: str, nonce: str) -> Mapping[str, Any]:
        """What an identity token claims, once nothing about it is in doubt."""
        own, known = self._settings, self._metadata()
        keys = _ask("GET", known["jwks_uri"])
        wanted = jwt.JWTClaimsRegistry(
            leeway=SKEW_SECONDS,
            iss={"essential": True, "value": known["issuer"]},
            aud={"essential": True, "value": own.client_id},
            azp={"value": own.client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        try:
            signed = jwt.decode(
                token, KeySet.import_key_set({"keys": keys["keys"]}), registry=registry
            )
            wanted.validate(signed.claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise InvalidToken(f"its identity token: {kind(error)}") from None
        return signed.claims

    def _told(self, tokens: Mapping[str, object], subject: str) -> Mapping[str, object]:
        """What the provider adds about somebody when it is asked with their access token."""
        bearer = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
        told = _ask("GET", self._metadata()[_TELLS], headers=bearer)
        if told.get("sub") != subject:
            raise InvalidToken("it speaks of somebody else")
        return told


def _ask(method: str, address: str, **more: Any) -> dict[str, Any]:
    """A JSON object from the provider. Raises ProviderUnavailable, or InvalidToken if refused."""
    try:
        outside = not loopback(address)  # what is on this machine is asked straight
        with httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=outside) as client:
            answer = client.request(method, address, **more)
        found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        raise ProviderUnavailable(kind(error)) from None
    if isinstance(found, dict) and answer.is_client_error and "error" in found:
        raise InvalidToken(f"it says no: {refusal(found['error'])}")
    if not isinstance(found, dict) or not answer.is_success:
        raise ProviderUnavailable(f"it answers with {answer.status_code}")
    return found


def refusal(error: object) -> str:
    """A code by which a provider says what is wrong, fit for the log."""
    known = isinstance(error, str) and re.fullmatch(r"[a-z_]{1,40}", error)
    return str(error) if known else "without a reason"


def _safe(address: object) -> bool:
    parts = urlsplit(address) if isinstance(address, str) else urlsplit("")
    near = parts.scheme == "http" and parts.hostname in LOCAL
    return bool(parts.hostname) and (parts.scheme == "https" or near)
