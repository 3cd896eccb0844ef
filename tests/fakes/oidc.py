"""A real OpenID provider over HTTP: discovery, keys, the page that asks, the code for a token.

with FakeProvider() as provider:
    provider.person = {"sub": "7", "email": "boris@example.org", "email_verified": True}
    provider.bend = lambda claims: {**claims, "aud": "another"}  # its next identity tokens lie

It is as strict as real ones: a code is taken once, from whoever has the client's secret and the
verifier of the flow that it was given in.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import quote, unquote, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT = "likeness-tests"
SECRET = "secret: of the/tests & long"
Claims = dict[str, Any]

_PAGE = '<h1>Who are you?</h1><a href="{}">Go on as {}</a>'


def new_key(kid: str = "first") -> RSAKey:
    """A key pair that takes a moment to make."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


class FakeProvider:
    """Serves while inside a `with` block."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._listening = socket.socket()
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listening.bind(("127.0.0.1", 0))
        self.issuer = f"http://{host}:{self._listening.getsockname()[1]}"
        self.key = new_key()
        self.reset()

    def reset(self) -> None:
        """As it was at first, with Anna in front of it."""
        self.person: Claims = {"sub": "1001", "email": "anna@example.org", "email_verified": True}
        self.asks = False
        """Whether it shows a page first, for somebody to press on."""
        self.refuses = ""
        """What it sends people back with, instead of a code."""
        self.thin = False
        """Whether it tells the e-mail only to whoever asks with the access token."""
        self.told: Claims = {}
        """What it says then beside the person."""
        self.metadata: Claims = {}
        """What differs in its metadata."""
        self.keys = [self.key]
        self.bend: Callable[[Claims], Claims] = lambda claims: claims
        self.sign: Callable[[Claims], str] = self.signed
        self.asked: list[str] = []
        """The paths of all requests."""
        self.sent: Claims = {}
        """What the last token request said of who it is."""
        self._codes: dict[str, Claims] = {}
        self._tokens: dict[str, Claims] = {}

    def __enter__(self) -> Self:
        routes = [
            Route("/.well-known/openid-configuration", self._configuration),
            Route("/keys", self._keys),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/me", self._me),
        ]
        config = uvicorn.Config(Starlette(routes=routes), log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=lambda: self._server.run(sockets=[self._listening]), daemon=True
        )
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *error: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._listening.close()

    def signed(self, claims: Claims, key: RSAKey | None = None) -> str:
        """An identity token as it ought to be."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, key or self.key)

    def _configuration(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        known = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/me",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        return JSONResponse({**known, **self.metadata})

    def _keys(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        return JSONResponse({"keys": [key.as_dict(private=False) for key in self.keys]})

    def _authorize(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        given = request.query_params
        right = given["client_id"] == CLIENT and given["response_type"] == "code"
        if not right or given["code_challenge_method"] != "S256":
            return HTMLResponse("That is no client of ours.", 400)
        if self.refuses:
            answer = {"error": self.refuses, "state": given["state"]}
        else:
            code = secrets.token_urlsafe(16)
            self._codes[code] = {**given, "person": self.person}
            answer = {"code": code, "state": given["state"]}
        back = f"{given['redirect_uri']}?{urlencode(answer)}"
        if self.asks:
            return HTMLResponse(_PAGE.format(back.replace("&", "&amp;"), self.person["email"]))
        return RedirectResponse(back, 302)

    async def _token(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        given = dict(await request.form())
        self.sent = {**given, "Authorization": request.headers.get("authorization")}
        flow = self._codes.pop(str(given.get("code")), None)
        if not self._known(request, given):
            return JSONResponse({"error": "invalid_client"}, 401)
        digest = hashlib.sha256(str(given.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            flow is None
            or flow["redirect_uri"] != given.get("redirect_uri")
            or flow["code_challenge"] != challenge
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        access = secrets.token_urlsafe(16)
        self._tokens[access] = flow["person"]
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "nonce": flow["nonce"],
            "iat": int(time.time()),
            "exp": int(time.time()) + 300,
            **({"sub": flow["person"]["sub"]} if self.thin else flow["person"]),
        }
        identity = self.sign(self.bend(claims))
        return JSONResponse({"access_token": access, "token_type": "Bearer", "id_token": identity})

    def _known(self, request: Request, given: dict[str, Any]) -> bool:
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        if "token_endpoint_auth_methods_supported" in self.metadata:
            return (given.get("client_id"), given.get("client_secret")) == (CLIENT, SECRET)
        name, _, secret = base64.b64decode(sent).decode().partition(":")
        assert secret == quote(secret, safe="%"), "RFC 6749 wants it quoted"
        return (scheme, unquote(name), unquote(secret)) == ("Basic", CLIENT, SECRET)

    def _me(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        _, _, access = request.headers.get("authorization", "").partition(" ")
        if access not in self._tokens:
            return JSONResponse({"error": "invalid_token"}, 401)
        return JSONResponse({**self._tokens[access], **self.told})
