"""The socket: an aiohttp server in a thread of its own."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from aiohttp import web

from tests.fakes.telegram.faults import Fault, Faults, RateLimits
from tests.fakes.telegram.hooks import Deliveries
from tests.fakes.telegram.methods import BY_LOWER_NAME, METHODS, messages_in
from tests.fakes.telegram.params import Params, read
from tests.fakes.telegram.refusals import ApiError, bad
from tests.fakes.telegram.world import World
from tests.patience import LONG

UPLOAD_BYTES = 50 * 2**20
POLL_SECONDS = 50
CONFLICT = (
    "Conflict: terminated by other getUpdates request;"
    " make sure that only one bot instance is running"
)


class Call(NamedTuple):
    time: float
    method: str
    params: dict[str, str]

    @property
    def chat(self) -> int | None:
        return Params(self.params).chat


class Refused(NamedTuple):
    method: str
    params: dict[str, str]
    code: int
    description: str


class Server:
    def __init__(self, token: str, port: int) -> None:
        self.world = World(token)
        self.token = token
        self.port = port  # 0: any free one, known once it runs
        self.rate_limit = False
        self.calls: list[Call] = []
        self.unknown: set[str] = set()  # arguments that this server has never heard of
        self.refusals: list[Refused] = []  # what the rules refused; scripted faults are not here
        self._faults = Faults()
        self._limits = RateLimits()
        self._crashes: list[Exception] = []
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._started = threading.Event()
        self._poll: asyncio.Future[None] | None = None
        self._thread = threading.Thread(target=self._run, name="fake-telegram", daemon=True)
        self.world.on_update = lambda: self._soon(self._wake)
        self.world.on_webhook = lambda: self._soon(self._end_poll)

    def start(self) -> None:
        self._thread.start()
        if not self._started.wait(LONG) or self._crashes:
            raise RuntimeError("the fake of Telegram did not start") from self.crash

    def stop(self) -> None:
        self._soon(self._stopped.set)
        self._thread.join(10)

    @property
    def crash(self) -> Exception | None:
        """A mistake of the fake itself."""
        return next(iter(self._crashes), None)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:  # the port is taken: told by `start`, in the test's thread
            self._crashes.append(error)
        finally:
            self._started.set()
            self._loop.close()

    async def _serve(self) -> None:
        app = web.Application(client_max_size=UPLOAD_BYTES)
        app.router.add_route("*", "/bot{token}/{method}", self._on_call)
        app.router.add_route("GET", "/file/bot{token}/{path:.+}", self._on_download)
        app.router.add_route("*", "/{other:.*}", self._on_other)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        self.port = runner.addresses[0][1]
        self._started.set()
        delivering = asyncio.create_task(Deliveries(self.world, self._perform).run())
        delivering.add_done_callback(self._delivered)
        await self._stopped.wait()
        delivering.cancel()
        if self._poll:
            self._poll.cancel()
        await runner.cleanup()

    # Serving

    async def _on_call(self, request: web.Request) -> web.StreamResponse:
        try:
            if request.match_info["token"] != self.token:
                raise ApiError(401, "Unauthorized")
            method = BY_LOWER_NAME.get(request.match_info["method"].lower())
            if method is None:
                raise ApiError(404, "Not Found: method not found")
            params = await read(request)
        except web.HTTPRequestEntityTooLarge:
            return self._refuse(request, ApiError(413, "Request Entity Too Large"))
        except ApiError as refusal:
            return self._refuse(request, refusal)
        except ConnectionError:  # whoever asked has hung up
            raise
        except Exception as error:  # else the bot would be told 500, and the test nothing
            self._crashes.append(error)
            raise
        return await self._suffer(request, method, params, lambda: self._answer(method, params))

    async def _on_download(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        return await self._suffer(
            request, "download", Params({"path": path}), lambda: self._file(request, path)
        )

    async def _on_other(self, request: web.Request) -> web.StreamResponse:
        return self._refuse(request, ApiError(404, "Not Found"))

    async def _suffer(
        self, request: web.Request, method: str, params: Params, work: Callable[[], Any]
    ) -> web.StreamResponse:
        """Does the work, unless a fault strikes first; and answers, unless one strikes then."""
        fault, delay = self._log(method, params)
        await asyncio.sleep(delay)
        if fault and fault.drop == "before":
            return cut(request)
        response: web.StreamResponse
        if fault and fault.code and fault.body is not None:
            response = web.Response(status=fault.code, text=fault.body)
        elif fault and fault.refusal:
            response = refused(fault.refusal)
        else:
            response = await self._respond(request, method, params, work)
        return cut(request) if fault and fault.drop else response

    async def _respond(
        self, request: web.Request, method: str, params: Params, work: Callable[[], Any]
    ) -> web.StreamResponse:
        try:
            check_arguments(self.unknown, params)
            response: web.StreamResponse = await work()
        except ApiError as refusal:
            response = self._refuse(request, refusal, method, params)
        except Exception as error:  # kept for `__exit__`, where the test will see it
            self._crashes.append(error)
            raise
        with self.world.lock:
            self.world.lock.notify_all()
        return response

    async def _answer(self, method: str, params: Params) -> web.StreamResponse:
        if method == "getUpdates":
            result: Any = await self._get_updates(params)
        else:
            with self.world.lock:
                cost = messages_in(method, params)
                if self.rate_limit and cost:
                    self._limits.spend(params.chat or 0, cost)
                result = METHODS[method](self.world, params)
        return web.json_response({"ok": True, "result": result})

    def _perform(self, method: str, params: Params) -> None:
        """What the answer to a delivery asks for; nobody hears what comes of it."""
        fault, _ = self._log(method, params)
        if fault:
            return
        with self.world.lock:
            try:
                METHODS[method](self.world, params)
            except ApiError as refusal:
                what = method, params.values
                self.refusals.append(Refused(*what, refusal.code, refusal.description))
            self.world.lock.notify_all()

    def _delivered(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._crashes.append(error)

    async def _get_updates(self, params: Params) -> Any:
        updates = self._take(params)
        seconds = min(params.number("timeout"), POLL_SECONDS)
        if updates or seconds <= 0:
            return updates
        if self._poll and not self._poll.done():
            # The older of two pollers loses.
            self._poll.set_exception(ApiError(409, CONFLICT))
        poll = self._poll = self._loop.create_future()
        try:
            await asyncio.wait_for(poll, seconds)
        except TimeoutError:
            return []
        return self._take(params)

    def _take(self, params: Params) -> Any:
        with self.world.lock:
            return METHODS["getUpdates"](self.world, params)

    async def _file(self, request: web.Request, path: str) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            raise ApiError(401, "Unauthorized")
        with self.world.lock:
            file = self.world.downloadable.get(path)
        if file is None:
            raise ApiError(404, "Not Found")
        return web.Response(body=file.data, content_type="application/octet-stream")

    def _log(self, method: str, params: Params) -> tuple[Fault | None, float]:
        with self.world.lock:
            self.calls.append(Call(time.time(), method, params.values))
            self.world.lock.notify_all()
            return self._faults.strike(method, params.chat)

    def _refuse(
        self,
        request: web.Request,
        refusal: ApiError,
        method: str = "",
        params: Params | None = None,
    ) -> web.Response:
        what = method or request.path, params.values if params else {}
        if request.transport is not None:  # a client who is dead was told nothing
            with self.world.lock:
                self.refusals.append(Refused(*what, refusal.code, refusal.description))
        return refused(refusal)

    def _wake(self) -> None:
        if self._poll and not self._poll.done():
            self._poll.set_result(None)

    def _end_poll(self) -> None:
        if self._poll and not self._poll.done():
            self._poll.set_exception(ApiError(409, "Conflict: terminated by setWebhook request"))

    def _soon(self, act: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act)


def check_arguments(unknown: set[str], params: Params) -> None:
    """A server that is not Telegram's own may refuse what it doesn't know."""
    for name in unknown & params.values.keys():
        raise bad(f"unknown parameter {name}")


def refused(refusal: ApiError) -> web.Response:
    headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else {}
    return web.json_response(refusal.body, status=refusal.code, headers=headers)


def cut(request: web.Request) -> web.StreamResponse:
    """Closes the connection with no answer on it."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
