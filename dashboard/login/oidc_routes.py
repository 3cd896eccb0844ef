"""Logging in by OIDC: the way to who vouches for people, and the way back to a session of ours."""

from __future__ import annotations

import secrets

import structlog
from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from core.base.db import INFRASTRUCTURE, release
from core.operation.admin_actions import note
from core.operation.auth import TooMany
from dashboard.login.login_page import (
    broken,
    cookie,
    entered,
    inside,
    page,
    source,
    spoken,
    voucher,
    wait,
)
from dashboard.login.providers import (
    Flow,
    InvalidToken,
    Person,
    Provider,
    ProviderUnavailable,
    refusal,
)
from dashboard.site import BACK, LEAVE, Site

log = structlog.get_logger()

FLOW = "likeness_oidc"
FLOW_SECONDS = 600
"""So long somebody may take to tell the provider who they are."""


class Vouching:
    """The handlers; they are no coroutines, so each runs in a thread."""

    def __init__(self, site: Site) -> None:
        own = site.own.oidc
        self._site = site
        self._provider = Provider(own)
        self._signer = URLSafeTimedSerializer(own.client_secret.get_secret_value(), "dashboard")

    def all(self) -> list[BaseRoute]:
        """For `st.App`."""
        return [
            Route(LEAVE, self.leave, methods=["GET"]),
            Route(BACK, self.back, methods=["GET"]),
        ]

    def leave(self, request: Request) -> Response:
        """Send somebody to the provider; a signed cookie remembers what the answer must fit."""
        flow = Flow.to(inside(request.query_params.get("next", "/")))
        try:
            away = RedirectResponse(self._provider.address(flow, self._back(request)), 303)
        except (ProviderUnavailable, InvalidToken) as error:
            return self._unreachable(request, flow.place, error)
        signed = self._signer.dumps(flow)
        assert isinstance(signed, str)
        kept = cookie(self._site, request, FLOW, signed, LEAVE, FLOW_SECONDS)
        away.headers.append("Set-Cookie", kept)
        away.headers["Cache-Control"] = "no-store"
        return away

    def back(self, request: Request) -> Response:
        """Let a listed person in for whom the provider vouches; each flow ends here."""
        try:
            flow = self._flow(request)
            answer = self._answer(request, flow) if flow else self._failed(request, "no such flow")
        finally:
            release()
        answer.headers.append("Set-Cookie", cookie(self._site, request, FLOW, "", LEAVE, 0))
        return answer

    def _answer(self, request: Request, flow: Flow) -> Response:
        if "error" in request.query_params:
            return self._failed(request, refusal(request.query_params["error"]), flow.place)
        sessions = self._site.sessions
        try:
            attempt = sessions.attempt("", source(request))
            code = request.query_params.get("code", "")
            person = self._provider.person(code, flow, self._back(request))
            name = self._listed(person)
            if name is None:
                return self._unlisted(request, flow.place, person)
            token = sessions.open(attempt, name, self._site.own.oidc.roles[name])
            note(name, "log in", source(request))
        except TooMany as error:
            return wait(self._site, request, flow.place, error)
        except ProviderUnavailable as error:
            return self._unreachable(request, flow.place, error)
        except InvalidToken as error:
            return self._failed(request, str(error), flow.place)
        except INFRASTRUCTURE:
            return broken(self._site, request, flow.place)
        return entered(self._site, request, token, flow.place)

    def _flow(self, request: Request) -> Flow | None:
        """What this browser was sent away with, where it comes back with the same state."""
        try:
            kept = self._signer.loads(request.cookies.get(FLOW, ""), max_age=FLOW_SECONDS)
        except BadData:
            return None
        flow = Flow(*kept)
        given = request.query_params.get("state", "").encode()
        return flow if secrets.compare_digest(given, flow.state.encode()) else None

    def _listed(self, person: Person) -> str | None:
        roles = self._site.own.oidc.roles
        return next((name for name in person.names if name in roles), None)

    def _back(self, request: Request) -> str:
        """Where the provider sends people: the address for everybody, else the one on here."""
        return (self._site.own.public_url or str(request.base_url).rstrip("/")) + BACK

    def _unlisted(self, request: Request, place: str, person: Person) -> Response:
        log.warning("somebody without a role tried to log in", subject=person.subject[:64])
        t, where = spoken(request), voucher(self._site)
        if person.email:
            said = t("{name} has no access. Ask an admin for it.", name=person.email)
        else:
            said = t("{place} has not verified your e-mail address. Verify it there, or ask an "
                     "admin to be let in.", place=where)  # fmt: skip
        return page(self._site, request, place, said, status=403)

    def _unreachable(self, request: Request, place: str, error: Exception) -> Response:
        log.warning("who vouches at the log-in can't be asked", reason=str(error))
        t = spoken(request)
        said = t("{place} can’t be reached now. Try again in a moment.", place=voucher(self._site))
        return page(self._site, request, place, said, status=503)

    def _failed(self, request: Request, reason: str, place: str = "/") -> Response:
        log.warning("a log-in by OIDC failed", reason=reason)
        t = spoken(request)
        said = t("You could not be logged in. Try again.")
        return page(self._site, request, place, said, status=403)
