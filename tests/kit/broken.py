"""Pigeons that each break something, as authors of channels do, and a plain one that does not."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import httpx

from core.base.db import run, transaction
from core.conversation.delivery.bridge import Background
from core.conversation.messages import Button
from core.conversation.tokens import sign
from likeness_bot.channel import (
    Capabilities,
    Event,
    File,
    Host,
    Incoming,
    Kind,
    Place,
    Posted,
    Reception,
    Rendered,
    Screens,
    find,
)
from likeness_bot.errors import Blocked, Refused, RetryAfter, Uncertain, Unreachable
from likeness_pigeon import Pigeon, PigeonBot, PigeonMessages, call


class PlainPigeon(Pigeon):
    """One without buttons; nothing is broken."""

    capabilities: ClassVar[Capabilities] = replace(Pigeon.capabilities, buttons_per_row=0)


class Bot(PigeonBot):
    """One whose messages, and what is read of an update, can be broken."""

    Sent: ClassVar[type[PigeonMessages]] = PigeonMessages

    def __init__(self, app: Host, url: str, channel: str) -> None:
        super().__init__(app, url, channel)
        self.app = app
        self.screens = Screens(self.Sent(self._http), app)

    def event(self, event: Event) -> Event | None:
        return event

    def incoming(self, raw: Mapping[str, Any]) -> Incoming:
        found = super().incoming(raw)
        if found.update is None:
            return found
        event = self.event(found.update.event)
        return found._replace(update=replace(found.update, event=event) if event else None)


class Broken(Pigeon):
    Bot: ClassVar[type[Bot]] = Bot

    def bot(self, app: Host) -> PigeonBot:
        return self.Bot(app, self.settings.url, self.name)


# What is read of updates


class WithNewKeys(Broken):
    """Each copy of an update has another key."""

    class Bot(Bot):
        def incoming(self, raw: Mapping[str, Any]) -> Incoming:
            found = super().incoming(raw)
            update = found.update and replace(found.update, key=uuid.uuid4().hex)
            return found._replace(update=update)


class ConfirmingEarly(Broken):
    """Updates are confirmed before they are committed."""

    class Bot(Bot):
        async def listen(self, reception: Reception) -> None:
            after, taking = 0, Background()
            while True:
                asked = f"/updates?after={after}&wait=0.2"
                found = await call(self._http, "GET", asked, repeatable=True)
                after = max([after, *(raw["number"] for raw in found["updates"])])
                asked = f"/updates?after={after}&wait=0"
                await call(self._http, "GET", asked, repeatable=True)
                taking.start(reception.take([self.incoming(raw) for raw in found["updates"]]))


class ForgettingWhatWaits(Broken):
    """Whatever came before the start is passed over."""

    class Bot(Bot):
        async def listen(self, reception: Reception) -> None:
            found = await call(self._http, "GET", "/updates?after=0&wait=0", repeatable=True)
            after = max([0, *(raw["number"] for raw in found["updates"])])
            await call(self._http, "GET", f"/updates?after={after}&wait=0", repeatable=True)
            await super().listen(reception)


class OneAfterAnother(Broken):
    """Everything is applied before anything else is asked for."""

    class Bot(Bot):
        but = " AND failed_at IS NULL"

        async def listen(self, reception: Reception) -> None:
            after = 0
            while True:
                asked = f"/updates?after={after}&wait=20"
                found = await call(self._http, "GET", asked, repeatable=True)
                for raw in found["updates"]:
                    one = self.incoming(raw)
                    await reception.take([one])
                    after = raw["number"]
                    known = one.update and find(one.update.address)
                    while known and self._waits(known):  # noqa: ASYNC110  # broken as it is
                        await asyncio.sleep(0.01)

        def _waits(self, conversation_id: int) -> bool:
            query = "SELECT 1 FROM inbox WHERE conversation_id = ? AND handled_at IS NULL"
            return bool(run(query + self.but, conversation_id).fetchone())


class StuckOnPoison(OneAfterAnother):
    """What was set aside is waited for."""

    class Bot(OneAfterAnother.Bot):
        but = ""


class WithoutCaptions(Broken):
    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            return replace(event, caption="")


class WithCaptionsAsTexts(Broken):
    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            return Event(Kind.TEXT, event.caption) if event.caption else event


class WithEditsAsTexts(Broken):
    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            return replace(event, edited=False, message=uuid.uuid4().hex)


class WithoutEdits(Broken):
    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            return None if event.edited else event


class WithoutStickers(Broken):
    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            return None if event.kind is Kind.OTHER else event


class AnsweringServiceMessages(Broken):
    class Bot(Bot):
        def incoming(self, raw: Mapping[str, Any]) -> Incoming:
            known = {"joined": "sticker"}
            return super().incoming({**raw, "kind": known.get(raw["kind"], raw["kind"])})


class CuttingTexts(Broken):
    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            return replace(event, value=event.value[:200])


class InAscii(Broken):
    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            return replace(event, value=event.value.encode("ascii", "ignore").decode())


class WithoutArguments(Broken):
    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            return replace(event, argument="")


class Nameless(Broken):
    class Bot(Bot):
        def incoming(self, raw: Mapping[str, Any]) -> Incoming:
            return super().incoming({**raw, "name": "Somebody"})


class WithPhotosAsFiles(Broken):
    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            return replace(event, kind=Kind.FILE) if event.kind is Kind.PHOTO else event


class WithOnePhotoOfAnAlbum(Broken):
    """Photos without a caption are taken for copies of the one before."""

    class Bot(Bot):
        before = ""

        def event(self, event: Event) -> Event | None:
            again = event.kind is self.before is Kind.PHOTO
            self.before = event.kind
            return None if again else event


class NewestOnly(Broken):
    """What is older than what came last is dropped."""

    class Bot(Bot):
        newest = 0

        def incoming(self, raw: Mapping[str, Any]) -> Incoming:
            older = raw["kind"] == "text" and raw["message"] < self.newest
            self.newest = max(self.newest, raw.get("message", 0))
            return Incoming() if older else super().incoming(raw)


class WithoutReturn(Broken):
    """Nobody who blocked the bot ever comes back, whatever the messenger says."""

    class Bot(Bot):
        def incoming(self, raw: Mapping[str, Any]) -> Incoming:
            back = raw["kind"] == "back"
            return Incoming() if back else super().incoming(raw)


class WithTexts(Broken):
    """What is said is kept in a file of the channel's own."""

    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            with (self.app.data / "said").open("a") as said:
                said.write(f"{event.value!r}\n")
            return event


# What is sent


class Unanswering(Broken):
    class Bot(Bot):
        async def answer(self, callback: str) -> None:
            """Nothing."""


class WithLabelsAsPayloads(Broken):
    """What a button brings back is its label; what that means is remembered by the process."""

    class Bot(Bot):
        tokens: ClassVar[dict[str, str]] = {}

        class Sent(PigeonMessages):
            async def post(
                self, place: Place, rendered: Rendered, picture: bytes | None, file: File | None
            ) -> Posted:
                return await super().post(place, labelled(rendered), picture, file)

            async def edit(
                self, chat: str, message: int, rendered: Rendered, kind: str, picture: bytes | None
            ) -> None:
                await super().edit(chat, message, labelled(rendered), kind, picture)

        def event(self, event: Event) -> Event | None:
            if event.kind is not Kind.PRESS:
                return event
            return replace(event, value=WithLabelsAsPayloads.Bot.tokens.get(event.value, ""))


def labelled(rendered: Rendered) -> Rendered:
    tokens = WithLabelsAsPayloads.Bot.tokens
    tokens.update((offer.label, offer.token) for row in rendered.rows for offer in row)
    rows = tuple(tuple(replace(o, token=o.label) for o in row) for row in rendered.rows)
    return replace(rendered, rows=rows)


class Changing(PigeonMessages):
    """Messages that change what they are given."""

    def changed(self, rendered: Rendered) -> Rendered:
        return rendered

    async def post(
        self, place: Place, rendered: Rendered, picture: bytes | None, file: File | None
    ) -> Posted:
        return await super().post(place, self.changed(rendered), picture, file)

    async def edit(
        self, chat: str, message: int, rendered: Rendered, kind: str, picture: bytes | None
    ) -> None:
        await super().edit(chat, message, self.changed(rendered), kind, picture)


class WithMarkup(Broken):
    class Bot(Bot):
        class Sent(Changing):
            def changed(self, rendered: Rendered) -> Rendered:
                return replace(rendered, body=rendered.body.replace("*", ""))


class WithFirstRowAlone(Broken):
    class Bot(Bot):
        class Sent(Changing):
            def changed(self, rendered: Rendered) -> Rendered:
                return replace(rendered, rows=rendered.rows[:1])


class WithoutPictures(Broken):
    class Bot(Bot):
        class Sent(PigeonMessages):
            async def post(
                self, place: Place, rendered: Rendered, picture: bytes | None, file: File | None
            ) -> Posted:
                return await super().post(place, rendered, None, file)

            async def edit(
                self, chat: str, message: int, rendered: Rendered, kind: str, picture: bytes | None
            ) -> None:
                await super().edit(chat, message, rendered, kind, None)

            async def album(
                self, place: Place, rendered: Rendered, pictures: Sequence[bytes]
            ) -> list[int]:
                return await super().album(place, rendered, pictures[:1])


class WithoutFiles(Broken):
    class Bot(Bot):
        class Sent(PigeonMessages):
            async def post(
                self, place: Place, rendered: Rendered, picture: bytes | None, file: File | None
            ) -> Posted:
                return await super().post(place, rendered, picture, None)


class LosingNotices(Broken):
    """Notices are taken for told before they are sent."""

    class Bot(Bot):
        def __init__(self, app: Host, url: str, channel: str) -> None:
            super().__init__(app, url, channel)
            self.screens = Untold(self.Sent(self._http), app)


class Untold(Screens):
    async def notify(self, place: Place, rendered: Rendered) -> dict[str, object]:
        return {"id": 0}


class RepeatingNotices(Broken):
    """Each notice comes twice, to be sure."""

    class Bot(Bot):
        def __init__(self, app: Host, url: str, channel: str) -> None:
            super().__init__(app, url, channel)
            self.screens = Twice(self.Sent(self._http), app)


class Twice(Screens):
    async def notify(self, place: Place, rendered: Rendered) -> Mapping[str, object]:
        await super().notify(place, rendered)
        return await super().notify(place, rendered)


class PostingAlways(Broken):
    """Each screen comes twice, to be sure."""

    class Bot(Bot):
        class Sent(PigeonMessages):
            async def post(
                self, place: Place, rendered: Rendered, picture: bytes | None, file: File | None
            ) -> Posted:
                for _ in range(5):
                    await super().post(place, rendered, picture, file)
                return await super().post(place, rendered, picture, file)


class Failing(PigeonMessages):
    """Messages whose failures are told as something else."""

    def told(self, error: Exception) -> Exception:
        return error

    async def post(
        self, place: Place, rendered: Rendered, picture: bytes | None, file: File | None
    ) -> Posted:
        try:
            return await super().post(place, rendered, picture, file)
        except (Blocked, RetryAfter, Unreachable, Uncertain) as error:
            if (told := self.told(error)) is error:
                raise
            if isinstance(told, Pretended):
                return Posted(self.newest, "text")
            raise told from error


class Pretended(Exception):
    """It is said to have worked."""


class PretendingToSend(Broken):
    """What could not be sent is taken for sent."""

    class Bot(Bot):
        class Sent(Failing):
            def told(self, error: Exception) -> Exception:
                return Pretended()


class WithLimitsAsDoubt(Broken):
    class Bot(Bot):
        class Sent(Failing):
            def told(self, error: Exception) -> Exception:
                return Uncertain("a limit") if isinstance(error, RetryAfter) else error


class WaitingForEverybody(Broken):
    """Where one chat must wait, all of them do."""

    class Bot(Bot):
        class Sent(PigeonMessages):
            turn = asyncio.Lock()

            async def post(
                self, place: Place, rendered: Rendered, picture: bytes | None, file: File | None
            ) -> Posted:
                async with self.turn:
                    while True:
                        try:
                            return await super().post(place, rendered, picture, file)
                        except RetryAfter as error:
                            await asyncio.sleep(error.seconds)


class Renumbering(PlainPigeon):
    """A list without buttons is numbered anew, for itself."""

    def bot(self, app: Host) -> PigeonBot:
        class Own(Bot):
            class Sent(Changing):
                def changed(self, rendered: Rendered) -> Rendered:
                    lines, number = [], 0
                    for line in rendered.body.splitlines():
                        head, dot, rest = line.partition(". ")
                        numbered = bool(dot) and head.isdecimal()
                        number += numbered
                        lines.append(f"{number}. {rest}" if numbered else line)
                    return replace(rendered, body="\n".join(lines))

        return Own(app, self.settings.url, self.name)


class CuttingLists(PlainPigeon):
    """A list shows its first lines alone."""

    def bot(self, app: Host) -> PigeonBot:
        class Own(Bot):
            class Sent(Changing):
                def changed(self, rendered: Rendered) -> Rendered:
                    lines = rendered.body.splitlines()
                    return replace(rendered, body="\n".join(lines[:12]))

        return Own(app, self.settings.url, self.name)


class PressingByNumber(PlainPigeon):
    """Every line has its place as its number, and the number is its press, whatever it does."""

    def bot(self, app: Host) -> PigeonBot:
        shown: list[Sequence[Any]] = [()]

        class Own(Bot):
            class Sent(Changing):
                def changed(self, rendered: Rendered) -> Rendered:
                    shown.append(rendered.offers)
                    listed = "\n".join(f"{n}. {o.label}" for n, o in enumerate(rendered.offers, 1))
                    return replace(rendered, body=f"{rendered.body.partition('• ')[0]}\n{listed}")

            def event(self, event: Event) -> Event | None:
                place = int(event.value) - 1 if event.value.isdecimal() else 99
                if event.kind is Kind.TEXT and place < len(shown[-1]):
                    return Event(Kind.PRESS, shown[-1][place].token)
                return event

        return Own(app, self.settings.url, self.name)


class Deaf(Broken):
    """Presses are passed over."""

    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            return None if event.kind is Kind.PRESS else event


class Trusting(Broken):
    """Whatever a button says is believed: it is signed anew."""

    class Bot(Bot):
        def incoming(self, raw: Mapping[str, Any]) -> Incoming:
            found = super().incoming(raw)
            if found.update is None or found.update.event.kind is not Kind.PRESS:
                return found
            look = self.app.engine.look(find(found.update.address) or 0)
            _, trigger, argument, *_ = (*found.update.event.value.split(":"), "", "", "")
            token = sign(look.token_key, look.position.visit, Button("", trigger, argument))
            event = replace(found.update.event, value=token)
            return found._replace(update=replace(found.update, event=event))


class Mute(Broken):
    """Nothing is ever shown."""

    class Bot(Bot):
        class Sent(PigeonMessages):
            async def post(
                self, place: Place, rendered: Rendered, picture: bytes | None, file: File | None
            ) -> Posted:
                return Posted(1, "text")

            async def edit(
                self, chat: str, message: int, rendered: Rendered, kind: str, picture: bytes | None
            ) -> None:
                """Nothing."""


class RefusingLongTexts(Broken):
    """A limit that the capabilities know nothing of."""

    class Bot(Bot):
        class Sent(Changing):
            def changed(self, rendered: Rendered) -> Rendered:
                if len(rendered.body) > 800:
                    raise Refused("it is too long")
                return rendered


class LatestOnly(Broken):
    """Of what comes together the last is enough."""

    class Bot(Bot):
        async def listen(self, reception: Reception) -> None:
            after = 0
            while True:
                await asyncio.sleep(0.3)
                asked = f"/updates?after={after}&wait=20"
                found = await call(self._http, "GET", asked, repeatable=True)
                batch = [self.incoming(raw) for raw in found["updates"]]
                await reception.take(batch[-1:])
                after = max([after, *(raw["number"] for raw in found["updates"])])


class WithoutShortWords(PlainPigeon):
    """A single word is taken for noise."""

    def bot(self, app: Host) -> PigeonBot:
        class Own(Bot):
            def event(self, event: Event) -> Event | None:
                noise = event.kind is Kind.TEXT and " " not in event.value
                return None if noise else event

        return Own(app, self.settings.url, self.name)


class WithFilesAsPhotos(Broken):
    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            return replace(event, kind=Kind.PHOTO) if event.kind is Kind.FILE else event


class NeverForgiving(Broken):
    """Whoever left is heard no more."""

    class Bot(Bot):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.left: set[str] = set()

        def incoming(self, raw: Mapping[str, Any]) -> Incoming:
            if raw["kind"] == "left":
                self.left.add(raw["chat"])
            return Incoming() if raw["chat"] in self.left else super().incoming(raw)


class KnowingForEver(Broken):
    """Whoever was known once is known, though they were erased."""

    class Bot(Bot):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.known: set[str] = set()

        def incoming(self, raw: Mapping[str, Any]) -> Incoming:
            found = super().incoming(raw)
            if found.update and find(found.update.address) is None and raw["chat"] in self.known:
                return Incoming()
            self.known.add(raw["chat"])
            return found


# What is forgotten, and done again, by the next process


class AtTheStart(Broken):
    """Something is put right that wasn't wrong, whenever it starts."""

    statement = ""

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        with transaction():
            run(self.statement)


class ClearingTheInbox(AtTheStart):
    statement = "UPDATE inbox SET handled_at = 1 WHERE handled_at IS NULL"


class ClearingTheOutbox(AtTheStart):
    statement = "UPDATE conversations SET shown_revision = revision"


class ShowingAnew(AtTheStart):
    statement = (
        "UPDATE conversations SET shown_revision = 0, post_revision = revision, shown = NULL"
    )


class TellingAnew(AtTheStart):
    statement = "UPDATE notices SET outcome = 'pending'"


class MuteAfterTheFirst(Broken):
    """Only the first process says anything."""

    def bot(self, app: Host) -> PigeonBot:
        begun = app.data / "begun"
        first = not begun.exists()
        begun.touch()
        return (Bot if first else Mute.Bot)(app, self.settings.url, self.name)


# What is fetched


class FetchingEverything(Broken):
    def fetch(self, reference: Mapping[str, Any], limit: int) -> bytes:
        return super().fetch(reference, 1 << 30)


class FetchingFromAnywhere(Broken):
    """An address that somebody sent is visited."""

    class Bot(Bot):
        def incoming(self, raw: Mapping[str, Any]) -> Incoming:
            found = super().incoming(raw)
            if found.update is None or "url" not in raw:
                return found
            event = replace(found.update.event, file={"url": raw["url"]})
            return found._replace(update=replace(found.update, event=event))

    def fetch(self, reference: Mapping[str, Any], limit: int) -> bytes:
        if "url" in reference:
            return httpx.get(reference["url"], trust_env=False).content
        return super().fetch(reference, limit)


class HopingForBytes(Broken):
    """What is gone is asked for again and again."""

    def fetch(self, reference: Mapping[str, Any], limit: int) -> bytes:
        try:
            return super().fetch(reference, limit)
        except Exception as error:
            raise Unreachable("perhaps later") from error


class FetchingWithoutEnd(Broken):
    """However long it takes."""

    def fetch(self, reference: Mapping[str, Any], limit: int) -> bytes:
        address = f"{self.settings.url}/files/{reference['id']}"
        return httpx.get(address, timeout=None, trust_env=False).content


class FetchingInTransactions(FetchingWithoutEnd):
    """The database waits for the messenger's bytes."""

    def fetch(self, reference: Mapping[str, Any], limit: int) -> bytes:
        with transaction():
            return super().fetch(reference, limit)


class FetchingTheLast(Broken):
    """Every reference means the file that came last."""

    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            if event.file:
                (self.app.data / "last").write_text(str(event.file["id"]))
                return replace(event, file={**event.file, "last": str(self.app.data / "last")})
            return event

    def fetch(self, reference: Mapping[str, Any], limit: int) -> bytes:
        with open(reference["last"]) as last:
            return super().fetch({"id": last.read()}, limit)


# How it is run


class DyingWhenAsked(Broken):
    """Nobody listens for SIGTERM."""

    def run(self, app: Host) -> None:
        asyncio.run(self.serve(app, asyncio.Event()))


class DyingOfPoison(Broken):
    """What it can't read ends it."""

    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            if "poison" in event.value:
                os._exit(1)
            return event


class DyingOfHalves(Broken):
    """Half a character is a mistake of the messenger's."""

    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            event.value.encode()
            return event


class DyingOfSilence(Broken):
    """A line that is cut is the end."""

    class Bot(Bot):
        async def listen(self, reception: Reception) -> None:
            after = 0
            while True:
                asked = f"/updates?after={after}&wait=20"
                found = await call(self._http, "GET", asked, repeatable=True)
                await reception.take([self.incoming(raw) for raw in found["updates"]])
                after = max([after, *(raw["number"] for raw in found["updates"])])


class DyingOfBlocked(Broken):
    class Bot(Bot):
        def incoming(self, raw: Mapping[str, Any]) -> Incoming:
            if raw["kind"] == "left":
                os._exit(1)
            return super().incoming(raw)


class FetchingWithNoise(Broken):
    """No two fetches bring the same."""

    def fetch(self, reference: Mapping[str, Any], limit: int) -> bytes:
        return super().fetch(reference, limit) + os.urandom(4)


class DyingOfStickers(Broken):
    """What it doesn't know ends it."""

    class Bot(Bot):
        def event(self, event: Event) -> Event | None:
            if event.kind is Kind.OTHER:
                os._exit(1)
            return event
