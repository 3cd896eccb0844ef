"""What passes between a page and its server: what is new, what a person does, files they attach.

Every answer is made from the request, the database and the stores alone. What a person did is
either taken (200), or not, through our fault (503): then their browser sends it again, under the
same key.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from channels.web import drawing
from channels.web.outgoing import Outgoing, Upload
from channels.web.site import Site
from channels.web.tab import Answered, Tab, stamp
from channels.web.words import known
from core.base.db import INFRASTRUCTURE, storable
from core.base.errors import StorageUnavailable, kind_of
from core.conversation.delivery.bridge import Bridge
from core.conversation.messages import Motion
from core.conversation.tokens import RenderedButton
from core.operation.serving.server import MEBIBYTE

log = structlog.get_logger()

T = TypeVar("T")

TROUBLE = (*INFRASTRUCTURE, StorageUnavailable)
"""What is our fault and passes."""
PAUSES: Mapping[str, float] = {Motion.STILL: 2.0, Motion.SETTLING: 0.4, Motion.MOVING: 1.0}
"""Seconds between two looks whether anything has changed."""
HELD_SECONDS = 25.0
"""How long a question for what is new waits; proxies break off what is silent for a minute."""
LETTER_BYTES = MEBIBYTE // 2
"""Of a text together with the screen that it answers."""
LONGEST_KEY = 64


class Talk:
    """The handlers. The database is asked on the bridge's threads, which keep their connections."""

    def __init__(self, site: Site, bridge: Bridge) -> None:
        self._site = site
        self._bridge = bridge
        self._troubled = False

    def all(self) -> list[BaseRoute]:
        """Each with its path."""
        return [
            Route("/view", self.view, methods=["GET", "POST"]),
            Route("/act", self.act, methods=["POST"]),
            Route("/upload", self.upload, methods=["POST"]),
            Route("/words", self.words),
        ]

    async def words(self, request: Request) -> Response:
        """What the page itself says, in the language that is asked for."""
        language = known(request.query_params.get("language", ""))
        return JSONResponse(drawing.spoken(self._site, language))

    async def view(self, request: Request) -> Response:
        """What is to be seen, once it is another than `after`; 204 where nothing is new.

        A newcomer's script posts its first question, and gets a cookie with the first screen.
        """
        asked = request.query_params
        newcomer = self._newcomer(request)
        visitor, tab = self._tab(request, newcomer)
        after, known_entry = asked.get("after", ""), _number(asked.get("known", ""))
        of = await self._try(tab.begin, asked.get("start", ""))
        until = time.monotonic() + HELD_SECONDS * ("wait" in asked)
        while after and str(await self._try(stamp, of)) == after:
            if time.monotonic() >= until or await request.is_disconnected():
                return Response(status_code=204)
            await asyncio.sleep(PAUSES.get(asked.get("motion", ""), PAUSES[Motion.STILL]))
        drawn = await self._try(self._look, visitor, tab, of, known_entry)
        greeting = {"Set-Cookie": self._site.greeting(newcomer, request)} if newcomer else None
        return JSONResponse(drawn, headers=greeting)

    async def act(self, request: Request) -> Response:
        """A press, a text, a command or files: taken, and what has come of it."""
        visitor, tab = self._tab(request)
        said = _json(await _body(request, LETTER_BYTES))
        answered = drawing.answered(self._site, visitor, said.get("seen"))
        message = self._outgoing(visitor, said, answered)
        of, overflow = await self._try(tab.take, message, answered)
        drawn = await self._try(self._look, visitor, tab, of, _number(said.get("known")))
        return JSONResponse({**drawn, "refused": overflow})

    async def upload(self, request: Request) -> Response:
        """A file, kept until it is sent; its browser gets a sealed name for it.

        What comes again with its `key`, as its answer was lost, is kept once.
        """
        visitor, _ = self._tab(request)
        data = await _body(request, self._site.settings.upload_megabytes * MEBIBYTE)
        key = request.query_params.get("key", "")[:LONGEST_KEY]
        known_as = self._site.upload_name(visitor, key) if key else ""
        name = await self._try(self._site.app.spool.put, data, known_as)
        mime = request.headers.get("Content-Type", "")
        file = [storable(request.query_params.get("name", "")), mime, len(data), name]
        return JSONResponse({"file": self._site.seal(visitor, "file", file)})

    def _look(self, visitor: str, tab: Tab, of: int, known_entry: int) -> dict[str, Any]:
        return drawing.drawn(self._site, visitor, tab.look(of), known_entry)

    def _outgoing(
        self, visitor: str, said: Mapping[str, Any], answered: Answered | None
    ) -> Outgoing:
        """What the page says that was done; raises HTTPException for what no page of ours says."""
        try:
            text, label = storable(said.get("text") or ""), storable(said.get("label") or "")
            files = [self._site.unseal(visitor, "file", file) for file in said.get("files") or ()]
            offer = _offer(said.get("press"))
            key = press_key(offer, answered) if offer else str(said["key"])[:LONGEST_KEY]
            message = Outgoing(
                f"{visitor}:{key}", text.strip(), offer, [Upload(*file) for file in files], label
            )
        except (KeyError, TypeError, AttributeError):
            raise HTTPException(400) from None
        if not (message.press or message.text or message.uploads):
            raise HTTPException(400)
        return message

    def _newcomer(self, request: Request) -> str | None:
        """Who a script speaks for that has no cookie yet; None for everybody else."""
        if request.method != "POST" or self._site.visitor_of(request.cookies):
            return None
        newcomer = self._site.newcomer(request.query_params.get("as", ""))
        if newcomer is None:
            raise HTTPException(400)
        return newcomer

    def _tab(self, request: Request, newcomer: str | None = None) -> tuple[str, Tab]:
        visitor = newcomer or self._site.visitor_of(request.cookies)
        if visitor is None:
            raise HTTPException(401)
        return visitor, Tab(self._site.app, visitor, language_of(request))

    async def _try(self, work: Callable[..., T], *args: object) -> T:
        """Do it on a thread; raises HTTPException where it is our fault that it can't be done."""
        try:
            done = await self._bridge.call(work, *args)
        except TROUBLE as error:
            if not self._troubled:
                log.error("the chat page can't reach what it needs", error=kind_of(error))
            self._troubled = True
            raise HTTPException(503) from error
        self._troubled = False
        return done


def _offer(press: Mapping[str, Any] | None) -> RenderedButton | None:
    return RenderedButton(storable(press["label"]), storable(press["token"])) if press else None


def press_key(offer: RenderedButton, answered: Answered | None) -> str:
    """Two presses of one button of one screen are the same one."""
    pressed = hashlib.blake2b(offer.token.encode(), digest_size=16).hexdigest()
    return f"{answered.revision if answered else 0:x}:{pressed}"


def language_of(request: Request) -> str:
    """The browser's first language (BCP 47), "en" where it says none."""
    first = request.headers.get("Accept-Language", "").split(",")[0].partition(";")[0].strip()
    return first if first.replace("-", "").isalnum() and len(first) <= 35 else "en"


async def _body(request: Request, limit: int) -> bytes:
    """The bytes that were sent; raises HTTPException for more than `limit`."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > limit:
            raise HTTPException(413)
    return bytes(data)


def _json(data: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(data)
    except ValueError:
        raise HTTPException(400) from None
    if not isinstance(said, dict):
        raise HTTPException(400)
    return said


def _number(text: object) -> int:
    """The number that a text begins with; 0 where it begins with none."""
    digits = str(text).partition(".")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else 0
