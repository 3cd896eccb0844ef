"""The page that asks people who they are, and how somebody who has shown it comes in."""

from __future__ import annotations

from html import escape
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from core.base.texts import Translator
from core.operation.auth import TooMany
from core.operation.serving import replies
from dashboard.site import COOKIE, LEAVE, Site
from dashboard.words import translator

LONGEST_PLACE = 2000
NOWHERE = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ min-height: 100vh; margin: 0; display: grid; place-items: center;
  background: light-dark(#eceff5, #0e1117); }}
main {{ width: min(20rem, calc(100vw - 4rem)); padding: 2rem; border-radius: 1rem;
  background: light-dark(#fff, #1b202b); }}
main, form {{ display: grid; gap: 1rem; }}
h1 {{ margin: 0; font-size: 1.3rem; }}
label {{ display: grid; gap: .25rem; }}
input, button, a {{ font: inherit; padding: .6rem .8rem; border-radius: .5rem;
  border: 1px solid light-dark(#a3a9ba, #555e75); background: transparent; color: inherit; }}
button, :is(h1, p) + a {{ background: #5b5bd6; border-color: #5b5bd6; color: #fff; }}
button {{ cursor: pointer; }}
a {{ text-align: center; text-decoration: none; overflow-wrap: anywhere; }}
p {{ margin: 0; color: light-dark(#b3261e, #ffb4ab); overflow-wrap: anywhere; }}
</style></head><body><main><h1>{title}</h1>{trouble}{form}{link}</main></body></html>
"""
_FORM = """
<form method="post" action="/login">
<label>{name}<input name="name" autocomplete="username" value="{given}" required></label>
<label>{password}<input name="password" type="password" autocomplete="current-password"
 autofocus required></label>
<input type="hidden" name="next" value="{next}"><button>{enter}</button></form>
"""
_LINK = '<a href="{leave}?next={next}">{enter}</a>'


def page(
    site: Site,
    request: Request,
    place: str,
    trouble: str = "",
    name: str = "",
    status: int = 200,
) -> Response:
    """The log-in as it is configured: a form for passwords, a link to who vouches, or both."""
    t = spoken(request)
    text = _PAGE.format(
        language=t.language,
        title=escape(site.settings.brand.name),
        trouble=f'<p role="alert">{escape(trouble)}</p>' if trouble else "",
        form=_form(t, place, name) if site.own.by_password else "",
        link=_link(site, t, place) if site.own.oidc.issuer else "",
    )
    return HTMLResponse(text, status, headers={"Content-Security-Policy": NOWHERE})


def _form(t: Translator, place: str, name: str) -> str:
    return _FORM.format(
        name=escape(t("Name")),
        password=escape(t("Password")),
        enter=escape(t("Log in")),
        given=escape(name[:64] or "admin"),
        next=escape(place),
    )


def _link(site: Site, t: Translator, place: str) -> str:
    enter = t("Log in at {place}", place=voucher(site))
    return _LINK.format(leave=LEAVE, next=quote(place, safe=""), enter=escape(enter))


def wait(site: Site, request: Request, place: str, error: TooMany, name: str = "") -> Response:
    """The page again, for somebody who has tried too often."""
    seconds = int(error.seconds) + 1
    t = spoken(request)
    said = t.n(
        "Too many attempts. Wait {n} second.", "Too many attempts. Wait {n} seconds.", seconds
    )
    answer = page(site, request, place, said, name, 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def broken(site: Site, request: Request, place: str, name: str = "") -> Response:
    """The page again, where the database can't say who may come."""
    t = spoken(request)
    said = t("The database can’t be reached now. Try again in a moment.")
    return page(site, request, place, said, name, 503)


def entered(site: Site, request: Request, token: str, place: str) -> Response:
    """The way in, with a session's token in a cookie."""
    answer = RedirectResponse(place, 303)
    seconds = int(site.own.session_hours * 3600)
    answer.headers.append("Set-Cookie", cookie(site, request, COOKIE, token, "/", seconds))
    return answer


def cookie(site: Site, request: Request, name: str, value: str, path: str, seconds: int) -> str:
    """A cookie that no script reads and no other site's form sends; over HTTPS it stays there."""
    secure = site.own.secure or request.url.scheme == "https"
    return replies.cookie(name, value, seconds, secure, path)


def inside(place: str) -> str:
    """A place of ours to go to; any other is our first page."""
    ours = place.startswith("/") and not place.startswith(("//", "/\\")) and place.isprintable()
    return place if ours and len(place) <= LONGEST_PLACE and not place.startswith("/log") else "/"


def spoken(request: Request) -> Translator:
    """The translator for a visitor."""
    wanted = request.headers.get("Accept-Language", "en")
    return translator(wanted.split(",")[0].split(";")[0].strip() or "en")


def source(request: Request) -> str:
    """The address that an attempt comes from."""
    return request.client.host if request.client else ""


def voucher(site: Site) -> str:
    """The name by which people know who vouches for them."""
    return urlsplit(site.own.oidc.issuer).hostname or ""
