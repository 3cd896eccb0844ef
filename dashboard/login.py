"""Logging in and out: plain pages, without Streamlit and without a script."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from core.conversation.bridge import release
from core.conversation.engine import INFRASTRUCTURE
from core.logins import TooMany
from core.operations import note
from core.serving.replies import cookie, health
from dashboard.doors import NOWHERE, same_origin
from dashboard.site import COOKIE, Site
from dashboard.words import translator

LONGEST_FORM = 4096

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>Likeness</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ min-height: 100vh; margin: 0; display: grid; place-items: center;
  background: light-dark(#eceff5, #0e1117); }}
form {{ width: min(20rem, calc(100vw - 4rem)); padding: 2rem; border-radius: 1rem;
  background: light-dark(#fff, #1b202b); display: grid; gap: 1rem; }}
h1 {{ margin: 0; font-size: 1.3rem; }}
label {{ display: grid; gap: .25rem; }}
input, button {{ font: inherit; padding: .6rem .8rem; border-radius: .5rem;
  border: 1px solid light-dark(#a3a9ba, #555e75); background: transparent; color: inherit; }}
button {{ background: #5b5bd6; border-color: #5b5bd6; color: #fff; cursor: pointer; }}
p {{ margin: 0; color: light-dark(#b3261e, #ffb4ab); }}
</style></head><body>
<form method="post" action="/login"><h1>Likeness</h1>{trouble}
<label>{name}<input name="name" autocomplete="username" value="{given}" required></label>
<label>{password}<input name="password" type="password" autocomplete="current-password"
 autofocus required></label>
<input type="hidden" name="next" value="{next}"><button>{enter}</button></form>
</body></html>
"""


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
        ]

    async def form(self, request: Request) -> Response:
        """The page that asks for a password."""
        return self._page(request, _inside(request.query_params.get("next", "/")))

    async def log_in(self, request: Request) -> Response:
        """Check a password, slowly and not too often."""
        if not same_origin(request, self._site.own.public_url):
            return PlainTextResponse("Elsewhere", 403)
        given = await _fields(request)
        if given is None:
            return PlainTextResponse("Too long", 413)
        return await run_in_threadpool(self._log_in, request, given)

    def _log_in(self, request: Request, given: dict[str, str]) -> Response:
        name, place = given.get("name", ""), _inside(given.get("next", "/"))
        t = translator(_language(request))
        source = request.client.host if request.client else ""
        try:
            token = self._site.logins.log_in(name, given.get("password", ""), source)
            if token:
                note(name, "log in", source)
        except TooMany as error:
            wait = int(error.seconds) + 1
            said = t.n(
                "Too many wrong passwords. Wait {n} second.",
                "Too many wrong passwords. Wait {n} seconds.",
                wait,
            )
            answer = self._page(request, place, said, name, 429)
            answer.headers["Retry-After"] = str(wait)
            return answer
        except INFRASTRUCTURE:
            said = t("The database can’t be reached now. Try again in a moment.")
            return self._page(request, place, said, name, 503)
        finally:
            release()
        if token is None:
            return self._page(request, place, t("Wrong name or password."), name, 403)
        entered = RedirectResponse(place, 303)
        entered.headers.append("Set-Cookie", self._cookie(request, token))
        return entered

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        if not same_origin(request, self._site.own.public_url):
            return PlainTextResponse("Elsewhere", 403)
        await run_in_threadpool(_released, self._site.forget, request.cookies)
        left = RedirectResponse("/login", 303)
        left.delete_cookie(COOKIE, path="/")
        return left

    def _page(
        self, request: Request, place: str, trouble: str = "", name: str = "", status: int = 200
    ) -> Response:
        language = _language(request)
        t = translator(language)
        text = _PAGE.format(
            language=t.language,
            trouble=f'<p role="alert">{escape(trouble)}</p>' if trouble else "",
            name=escape(t("Name")),
            password=escape(t("Password")),
            enter=escape(t("Log in")),
            given=escape(name[:64] or "admin"),
            next=escape(place),
        )
        return HTMLResponse(text, status, headers={"Content-Security-Policy": NOWHERE})

    def _cookie(self, request: Request, token: str) -> str:
        seconds = int(self._site.own.session_hours * 3600)
        return cookie(COOKIE, token, seconds, self._site.own.secure, request.headers)


async def _fields(request: Request) -> dict[str, str] | None:
    """A form's fields; None where it is far too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return None
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _inside(place: str) -> str:
    """A place of ours to go to; any other is our first page."""
    inside = place.startswith("/") and not place.startswith(("//", "/\\")) and place.isprintable()
    return place if inside and not place.startswith("/log") else "/"


def _language(request: Request) -> str:
    wanted = request.headers.get("Accept-Language", "en")
    return wanted.split(",")[0].split(";")[0].strip() or "en"


def _released(function: Any, *args: Any) -> None:
    try:
        function(*args)
    finally:
        release()
