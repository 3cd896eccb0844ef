"""Delivery by webhook as Telegram does it.

One after another within a chat, concurrently between chats, at most `max_connections` at once,
again and again until the answer is 2xx; what an answer asks for is done.
"""

import asyncio
import itertools
import json
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp

from tests.fakes.telegram.params import Params
from tests.fakes.telegram.refusals import Json, bad
from tests.fakes.telegram.world import World

PORTS = (443, 80, 88, 8443)
ANSWER_SECONDS = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.5  # Telegram's are longer; nobody's test should be


class Delivery(NamedTuple):
    update_id: int
    to: str
    status: int  # 0 where there was no answer
    at: float
    chat: int


def set_webhook(world: World, params: Params) -> bool:
    url, secret = params.text("url"), params.text("secret_token")
    if params.flag("drop_pending_updates"):
        world.updates.waiting.clear()
    if not url:
        world.webhook = {"url": "", "has_custom_certificate": False}
        return True
    parts = urlsplit(url)
    if not world.own_server and parts.scheme != "https":
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if not world.own_server and (parts.port or 443) not in PORTS:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad("secret token contains unallowed characters")
    allowed = params.json("allowed_updates")
    if isinstance(allowed, list):
        world.updates.allowed = frozenset(allowed)
    connections = params.number("max_connections", 40)
    world.webhook = {"url": url, "has_custom_certificate": False}
    world.webhook["max_connections"] = min(max(connections, 1), 100)
    world.secret = secret
    world.on_webhook()
    return True


def delete_webhook(world: World, params: Params) -> bool:
    return set_webhook(world, Params({**params.values, "url": ""}))


def get_webhook_info(world: World, params: Params) -> Json:
    told = world.webhook | {"pending_update_count": len(world.updates.kept())}
    if world.updates.allowed:
        told["allowed_updates"] = sorted(world.updates.allowed)
    return told


class Deliveries:
    """Brings what waits to the webhook; `done` is given what an answer asks for."""

    def __init__(self, world: World, done: Callable[[str, Params], None]) -> None:
        self._world, self._done = world, done
        self._turn = itertools.count()
        self._busy: set[int] = set()
        self._later: dict[int, tuple[float, float]] = {}  # by chat: when again, the last pause
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                for chat, update in self._ready():
                    self._busy.add(chat)
                    task = asyncio.create_task(self._deliver(session, chat, update))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                await asyncio.sleep(0.01)

    def _ready(self) -> list[tuple[int, Json]]:
        """The next update of each chat that is free."""
        with self._world.lock:
            if not self._world.webhook["url"]:
                return []
            heads: dict[int, Json] = {}
            for update in self._world.updates.kept():
                heads.setdefault(chat_of(update), update)
            room = self._world.webhook.get("max_connections", 40) - len(self._busy)
        now = time.monotonic()
        free = [
            (chat, update)
            for chat, update in heads.items()
            if chat not in self._busy and self._later.get(chat, (0.0, 0.0))[0] <= now
        ]
        return free[: max(0, room)]

    async def _deliver(self, session: aiohttp.ClientSession, chat: int, update: Json) -> None:
        url, secret = self._target(), self._world.secret
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        status, body, error = 0, b"", ""
        try:
            patience = aiohttp.ClientTimeout(ANSWER_SECONDS)
            given = session.post(url, timeout=patience, json=update, headers=headers)
            async with given as response:
                status, body = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            status, error = 0, "Connection refused"
        if status and not 200 <= status < 300:
            error = f"Wrong response from the webhook: {status} {HTTPStatus(status).phrase}"
        with self._world.lock:
            ended = Delivery(update["update_id"], url, status, time.time(), chat)
            self._world.deliveries.append(ended)
            if error:
                told = {"last_error_date": int(time.time()), "last_error_message": error}
                self._world.webhook |= told if self._world.webhook["url"] else {}
            else:
                self._world.updates.forget(update["update_id"])
            self._world.lock.notify_all()
        if error:
            pause = min(LONGEST_PAUSE, 2 * self._later.get(chat, (0.0, FIRST_PAUSE / 2))[1])
            self._later[chat] = (time.monotonic() + pause, pause)
        else:
            self._later.pop(chat, None)
            self._asked(body)
        self._busy.discard(chat)

    def _target(self) -> str:
        """The webhook's address; behind a balancer, one receiver after another."""
        url = str(self._world.webhook["url"])
        if not self._world.receivers:
            return url
        one = self._world.receivers[next(self._turn) % len(self._world.receivers)]
        return one + urlsplit(url).path

    def _asked(self, body: bytes) -> None:
        try:
            asked: Any = json.loads(body)
        except ValueError:
            return
        if isinstance(asked, dict) and isinstance(asked.get("method"), str):
            values = {k: v if isinstance(v, str) else json.dumps(v) for k, v in asked.items()}
            self._done(values.pop("method"), Params(values))


def chat_of(update: Json) -> int:
    """What keeps updates in order: their chat, or else themselves."""
    for kind in ("message", "edited_message", "callback_query", "my_chat_member"):
        said = update.get(kind)
        message = said.get("message", said) if isinstance(said, dict) else None
        chat = message.get("chat") if isinstance(message, dict) else None
        if isinstance(chat, dict) and isinstance(chat.get("id"), int):
            return int(chat["id"])
    return int(update["update_id"])
