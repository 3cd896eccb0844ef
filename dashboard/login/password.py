"""Logging in by a password, and out: plain pages, without Streamlit and without a script."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from core.base.db import INFRASTRUCTURE, release
from core.operation.admin_actions import note
from core.operation.auth import TooMany
from core.operation.serving.readiness import Readiness
from core.operation.serving.replies import health
from dashboard.login.login_page import broken, cookie, entered, inside, page, source, spoken, wait
from dashboard.login.middleware import same_origin
from dashboard.login.oidc_routes import Vouching
from dashboard.site import COOKIE, KNOWN, KNOWN_DAYS, Site

LONGEST_FORM = 4096


class Login:
    """The handlers; what asks the database or hashes runs in threads."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def all(self) -> list[BaseRoute]:
        """For `st.App`."""
        return [
            Route("/login", self.form, methods=["GET"]),
            Route("/login", self.log_in, methods=["POST"]),
            Route("/logout", self.log_out, methods=["POST"]),
            Route("/health", health),
            *Readiness().routes(),
            *(Vouching(self._site).all() if self._site.own.oidc.issuer else ()),
        ]

    async def form(self, request: Request) -> Response:
        """The page that asks who is there."""
        return page(self._site, request, inside(request.query_params.get("next", "/")))

    async def log_in(self, request: Request) -> Response:
        """Check a password, slowly and not too often."""
        if not same_origin(request, self._site.own.public_url):
            return PlainTextResponse("Elsewhere", 403)
        if not self._site.own.by_password:
            return PlainTextResponse("Not found", 404)
        given = await _fields(request)
        if given is None:
            return PlainTextResponse("Too long", 413)
        return await run_in_threadpool(self._log_in, request, given)

    def _log_in(self, request: Request, given: dict[str, str]) -> Response:
        name, place = given.get("name", ""), inside(given.get("next", "/"))
        try:
            device = self._site.device_of(name, request.cookies)
            token = self._site.sessions.log_in(
                name, given.get("password", ""), source(request), device
            )
            if token:
                note(name, "log in", source(request))
        except TooMany as error:
            return wait(self._site, request, place, error, name)
        except INFRASTRUCTURE:
            return broken(self._site, request, place, name)
        finally:
            release()
        if token is None:
            t = spoken(request)
            return page(self._site, request, place, t("Wrong name or password."), name, 403)
        answer = entered(self._site, request, token, place)
        known = cookie(
            self._site, request, KNOWN, self._site.acquainted(name), "/login", KNOWN_DAYS * 86_400
        )
        answer.headers.append("Set-Cookie", known)
        return answer

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        if not same_origin(request, self._site.own.public_url):
            return PlainTextResponse("Elsewhere", 403)
        try:
            await run_in_threadpool(_released, self._log_out, request)
        except INFRASTRUCTURE:
            return broken(self._site, request, "/")
        left = RedirectResponse("/login", 303)
        left.delete_cookie(COOKIE, path="/")
        return left

    def _log_out(self, request: Request) -> None:
        if name := self._site.forget(request.cookies):
            note(name, "log out", source(request))


async def _fields(request: Request) -> dict[str, str] | None:
    """A form's fields; None where it is far too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return None
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _released(function: Callable[..., object], *args: object) -> None:
    try:
        function(*args)
    finally:
        release()
