"""The channel pigeon: a messenger over HTTP, asked for updates by long polling."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar, NamedTuple

import httpx

from likeness_bot.channel import (
    Address,
    Capabilities,
    Event,
    File,
    Host,
    Incoming,
    Kind,
    Person,
    Place,
    Posted,
    Reception,
    Rendered,
    Screens,
    Section,
    Service,
    Update,
    lasting,
    until_asked,
)
from likeness_bot.errors import (
    Blocked,
    ConfigurationError,
    Gone,
    Refused,
    RetryAfter,
    Uncertain,
    Unreachable,
)

POLL_SECONDS = 20
FETCH_SECONDS = 5.0


class Settings(Section):
    """The section `pigeon` of `config.toml`; messages a second, for all senders together."""

    url: str = ""
    rate: float = 20.0


class Pigeon:
    """The channel; see `likeness_bot.channel.Channel`."""

    name: ClassVar[str] = "pigeon"
    Settings: ClassVar[type[Settings]] = Settings
    capabilities: ClassVar[Capabilities] = Capabilities(
        buttons_per_row=4, label_length=40, text_length=4000, caption_length=1000,
        pictures=1, album=10, edit=True, pushes=True, file_bytes=10_000_000,
    )  # fmt: skip

    def __init__(self, settings: Any) -> None:
        self.settings: Settings = settings

    @property
    def configured(self) -> bool:
        """Whether there is an address."""
        return bool(self.settings.url)

    def how_to_send(self, language: str) -> str:
        """How a person sends photos here."""
        return "Send the photos here, up to ten at a time."

    def fetch(self, reference: Mapping[str, Any], limit: int) -> bytes:
        """The bytes of a photo or file: from the messenger, and from nowhere else."""
        data = bytearray()
        try:
            with httpx.stream(
                "GET", f"{self.settings.url}/files/{int(reference['id'])}", timeout=FETCH_SECONDS
            ) as answer:
                if answer.status_code in (404, 410):
                    raise Gone("the messenger has no such file any more")
                answer.raise_for_status()
                for chunk in answer.iter_bytes(4096):
                    data += chunk
                    if len(data) > limit:
                        break
        except httpx.HTTPError as error:
            raise Unreachable(f"the file can't be had now: {type(error).__name__}") from error
        return bytes(data[: limit + 1])

    def run(self, app: Host) -> None:
        """Serve until SIGTERM or SIGINT."""
        if not self.configured:
            raise ConfigurationError("Pigeon needs an address: set LIKENESS_PIGEON__URL.")
        asyncio.run(until_asked(partial(self.serve, app)))

    async def serve(self, app: Host, stop: asyncio.Event) -> None:
        """Serve until `stop` is set."""
        bot = self.bot(app)
        await Service(
            self.name, bot, app.engine, self.capabilities, self.settings.rate
        ).run(stop)  # fmt: skip

    def bot(self, app: Host) -> PigeonBot:
        """What `Service` runs."""
        return PigeonBot(app, self.settings.url, self.name)


class Said(NamedTuple):
    """What is said where no screen can be shown."""

    our_fault: str = "Something is wrong on our side. Your message is kept; it takes longer."
    too_many: str = "That was too much at once. Please wait a moment and send the rest again."


class PigeonBot:
    """One bot; see `likeness_bot.channel.Messenger`."""

    def __init__(self, app: Host, url: str, channel: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=POLL_SECONDS + 10)
        self._channel = channel
        self.screens = Screens(PigeonMessages(self._http), app)

    def words(self, language: str) -> Said:
        """Plain words."""
        return Said()

    async def connect(self) -> str:
        """Who we are."""
        return str((await call(self._http, "GET", "/me", repeatable=True))["bot"])

    async def introduce(self) -> None:
        """This messenger shows nothing of a bot."""

    async def listen(self, reception: Reception) -> None:
        """Ask for updates; asking for what is after them confirms that we have them."""
        after = 0
        while True:
            try:
                asked = f"/updates?after={after}&wait={POLL_SECONDS}"
                found = await call(self._http, "GET", asked, repeatable=True)
            except (RetryAfter, Unreachable, Refused):
                await asyncio.sleep(0.5)
                continue
            await reception.take([self.incoming(raw) for raw in found["updates"]])
            after = max([after, *(raw["number"] for raw in found["updates"])])

    def incoming(self, raw: Mapping[str, Any]) -> Incoming:
        """An update in the core's words; what no dialogue can use is passed over."""
        address = Address(self._channel, "loft", str(raw["chat"]))
        kind = raw["kind"]
        if kind in ("left", "back"):
            return Incoming(standing=(address, kind == "back"))
        event = _event(raw)
        if event is None:
            return Incoming()
        person = Person(raw["name"], raw["language"])
        press = event.kind is Kind.PRESS
        return Incoming(
            Update(str(raw["id"]), address, event, person),
            callback=str(raw["id"]) if press else None,
            pressed=raw["message"] if press and not lasting(event.value) else None,
        )

    async def answer(self, callback: str) -> None:
        """Stop the waiting sign on a pressed button."""
        await call(self._http, "POST", "/answers", {"press": callback}, repeatable=True)

    async def say(self, chat: str, text: str) -> str:
        """Say something beside all screens."""
        await call(self._http, "POST", "/messages", {"chat": chat, "text": text})
        return chat

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


class PigeonMessages:
    """Messages in their fullest form; see `likeness_bot.channel.Messages`."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self.newest = 0

    async def post(
        self, place: Place, rendered: Rendered, picture: bytes | None, file: File | None
    ) -> Posted:
        """Send a message."""
        said = {"chat": place.chat, **_drawn(rendered, [picture] if picture else [])}
        if file is not None:
            said["file"] = {"name": file.name, "data": base64.b64encode(file.data).decode()}
        self.newest = (await call(self._http, "POST", "/messages", said))["id"]
        return Posted(self.newest, "document" if file else "photo" if picture else "text")

    async def album(self, place: Place, rendered: Rendered, pictures: Sequence[bytes]) -> list[int]:
        """Send several pictures as one message."""
        said = {"chat": place.chat, **_drawn(rendered, pictures)}
        self.newest = (await call(self._http, "POST", "/messages", said))["id"]
        return [self.newest]

    async def edit(
        self, chat: str, message: int, rendered: Rendered, kind: str, picture: bytes | None
    ) -> None:
        """Change a message."""
        changed = _drawn(rendered, [picture] if picture else None)
        await call(self._http, "PUT", f"/messages/{message}", changed, repeatable=True)

    async def strip(self, chat: str, message: int) -> None:
        """Take its buttons away."""
        await call(self._http, "PUT", f"/messages/{message}", {"rows": []}, repeatable=True)

    async def end(self, chat: str, message: int, title: str) -> None:
        """Let it say what has come of it."""
        ended = {"text": title, "rows": []}
        await call(self._http, "PUT", f"/messages/{message}", ended, repeatable=True)

    async def busy(self, place: Place) -> None:
        """Nothing shows here that an answer is coming."""


def _event(raw: Mapping[str, Any]) -> Event | None:
    kind, message = raw["kind"], str(raw.get("message", ""))
    if kind in ("text", "edit"):
        name, _, rest = raw["text"].partition(" ")
        if name.startswith("/") and len(name) > 1:
            return Event(Kind.COMMAND, name[1:].lower(), rest, message=message)
        return Event(Kind.TEXT, raw["text"], message=message, edited=kind == "edit")
    if kind == "press":
        return Event(Kind.PRESS, raw["payload"])
    if kind in ("photo", "file"):
        file = {"id": raw["file"], "name": raw.get("called", ""), "unique_id": str(raw["file"])}
        return Event(Kind(kind), file=file, caption=raw.get("text", ""), message=message)
    return Event(Kind.OTHER) if kind == "sticker" else None


def _drawn(rendered: Rendered, pictures: Sequence[bytes] | None) -> dict[str, Any]:
    rows = [[[offer.label, offer.token] for offer in row] for row in rendered.rows]
    drawn: dict[str, Any] = {"text": rendered.text, "rows": rows}
    if pictures is not None:
        drawn["pictures"] = [base64.b64encode(picture).decode() for picture in pictures]
    return drawn


async def call(
    http: httpx.AsyncClient,
    method: str,
    path: str,
    said: object = None,
    *,
    repeatable: bool = False,
) -> Any:
    """Ask the messenger for something; raises what a channel may report."""
    with _in_our_words(repeatable):
        answer = await http.request(method, path, json=said)
    if answer.is_success:
        return answer.json()
    if answer.status_code == 429:
        raise RetryAfter(float(answer.json()["retry_after"]))
    if answer.status_code == 403:
        raise Blocked("the chat has blocked the bot")
    if answer.status_code == 404:
        raise Gone("there is no such message any more")
    if answer.status_code < 500:
        raise Refused(f"the messenger answers {answer.status_code}")
    raise Unreachable(f"the messenger answers {answer.status_code}")


@contextmanager
def _in_our_words(repeatable: bool) -> Iterator[None]:
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Unreachable("the messenger can't be reached") from error
    except httpx.HTTPError as error:  # it may have been done
        wrong = Unreachable if repeatable else Uncertain
        raise wrong(f"the messenger didn't answer: {type(error).__name__}") from error
