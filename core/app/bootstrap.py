"""Everything is wired here, once: settings in, a working app out.

Longer than 300 lines because all wiring stands in one place.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

import httpx
import structlog
from starlette.routing import BaseRoute

from core.app import background, brand, opening, services
from core.app.services import Clock
from core.avatars import screens
from core.avatars.dialogue.facts_loader import Loader
from core.avatars.dialogue.known import Tools
from core.avatars.dialogue.names import bind
from core.avatars.dialogue.support import with_messages
from core.avatars.flow import TABLE
from core.avatars.models import TrainingRun
from core.avatars.models.pictures import PictureRun
from core.avatars.orders import submissions
from core.avatars.orders.events import Events
from core.avatars.orders.lost.resolver import Heard, addressed
from core.avatars.photos.held import sent_photo
from core.avatars.photos.inspection.verdict import Known, Purpose, Verdict
from core.avatars.photos.verdicts import Verdicts
from core.avatars.pictures.pictures import Pictures
from core.avatars.ports import Verified
from core.avatars.privacy.erasure import Stops
from core.avatars.screens.buttons import typed, unseen
from core.avatars.training.training import Training
from core.base import proxies
from core.base.errors import ConfigurationError, Gone, ObjectMissing, StorageUnavailable
from core.base.logs import traces
from core.base.logs.log import configure
from core.base.processes.isolation import guarded
from core.base.processes.mode import named
from core.base.settings import Settings
from core.base.settings.installed import channel_names, working_channels
from core.base.texts.labels import reworded
from core.conversation.delivery.bridge import Bridge
from core.conversation.delivery.channel import Channel, Reference, Routed
from core.conversation.engine import Engine
from core.conversation.flow import Flow
from core.conversation.inbox import Inbox
from core.conversation.messages import Introduction, Picture
from core.conversation.timing.pacing import Pace
from core.operation import webhooks
from core.operation.alerts import Watch
from core.operation.downloads import Downloads
from core.operation.worker import Worker
from core.services.drawings.drawing import drawing
from core.services.drawings.looks import UPRIGHT
from core.services.erasure_ledger import ErasureLedger
from core.services.fal import Verifier, name_of, token_of
from core.services.jobs import Jobs
from core.services.pictures import contact_sheet, thumbnail
from core.services.spool import Spool

if TYPE_CHECKING:
    from core.avatars.photos.inspection.inspector import Inspector

log = structlog.get_logger()


class App:
    """The app, wired: what a channel or a process is given to work with."""

    def __init__(
        self,
        settings: Settings,
        elsewhere: bool = False,
        clock: Clock = time.time,
        restoring: bool = False,
    ) -> None:
        brand.put_on(settings.brand)
        self.settings = settings
        self.clock = clock
        self.data = settings.data_dir
        self.database = opening.database(settings, elsewhere, restoring)
        self.store = services.store(settings)
        self.spool = Spool(self.store, self.data / "spool", clock)
        self.jobs = Jobs(self.data / "jobs.db", settings.jobs.queue)
        self.erasures = ErasureLedger(self.data)
        self.events = Events(clock)
        self._web = httpx.Client(**proxies.way(settings.fal.proxy))
        self.trainer = services.trainer(settings, self.events.observe, clock)
        self.painter = services.painter(settings, self.events.observe, self.trainer)
        self.inbox = Inbox(
            TABLE.initial,
            lambda wanted: self.flow.language(wanted),
            settings.conversation.queue_cap,
            clock,
        )
        self.pictures = Pictures(
            settings,
            self.painter,
            self.inbox,
            self.jobs,
            self.store,
            services.darkroom(settings),
            self.webhook_url,
            clock,
        )
        self.training = Training(
            settings,
            self.trainer,
            self.inbox,
            self.jobs,
            self.store,
            self.data,
            self.webhook_url,
            clock,
            self.pictures.preview,
        )
        self.verdicts = Verdicts(settings, self.store, self.inbox, self.fetch, self.inspect, clock)
        loader = Loader(settings, self.training, self.pictures, self.how_to_send, clock)
        self.stops: Stops = {TrainingRun: self.training.cancel, PictureRun: self.pictures.cancel}
        tools = Tools(settings, self.training, self.pictures, self.jobs, loader, self.stops)
        self.flow = Flow(
            TABLE, bind(tools), loader, screens.SCREENS, with_messages(screens.NOTICES),
            settings.brand.languages, unseen(), typed, reworded,
        )  # fmt: skip
        self.engine = Engine(
            self.flow, self.inbox, pace(settings), settings.conversation.attempts, clock
        )

    @functools.cached_property
    def channels(self) -> dict[str, Channel]:
        """Every installed channel, configured or not, by its name; without those that fail."""
        return working_channels(self.settings)

    def channel(self, name: str) -> Channel:
        """One channel; raises ConfigurationError where none of that name is installed."""
        if name not in self.channels:
            known = ", ".join(sorted(self.channels))
            raise ConfigurationError(f"No channel {name!r} can be served. There are: {known}.")
        return self.channels[name]

    def worker(self) -> Worker:
        """What works beside the dialogue; see `background`."""
        if not (self.trainer.test_mode or self.settings.public_url):
            log.warning("fal.ai is only polled: without public_url it can't tell of a result")
        return background.worker(self)

    def watch(self) -> Watch:
        """What looks at the alerts' rules, for trainings of the mode that they are made in."""
        return Watch(self.settings, named(self.trainer.test_mode), self.clock)

    def trouble(self) -> str:
        """What is out of reach at the moment, for the heartbeat; "" where nothing is."""
        try:
            self.store.exists("health/health/health")
        except StorageUnavailable as error:
            return f"storage: {error}"
        failing = [name for name in channel_names() if name not in self.channels]
        return f"left out, for they fail: {', '.join(failing)}" if failing else ""

    def webhook_url(self, submission_id: str) -> str:
        """Where fal.ai is to tell of a submission; "" where nobody would hear it."""
        site = self.settings.public_url
        if not site:
            return ""
        token = token_of(services.webhook_secret(self.settings), submission_id)
        return site + webhooks.PATH.format(token=token)

    def routes(self, bridge: Bridge) -> list[BaseRoute]:
        """What the web server answers: webhooks, and what channels offer."""
        secret = services.webhook_secret(self.settings)
        door = webhooks.Webhooks(
            bridge,
            Verifier(self.trainer.jwks_url, self._web),
            functools.partial(name_of, secret),
            addressed,
            self._heard,
            self.events.observe,
            self.trainer.test_mode,
        )
        routed = ((name, c.routes) for name, c in self.channels.items() if isinstance(c, Routed))
        offered = (guarded(name, offer, self, bridge) or () for name, offer in routed)
        own = (door.route, Downloads(bridge, self.store).route)
        return [*own, *(route for routes in offered for route in routes)]

    def _heard(self, name: str, webhook: Verified) -> Heard:
        """A verified webhook, to whatever kind of order its submission is of."""
        sent = submissions.named(name)
        kinds = {ordered.orders.kind.name: ordered for ordered in (self.training, self.pictures)}
        found = kinds.get(sent.kind if sent else "", self.training)
        return found.orders.resolver.on_webhook(name, webhook)

    def close(self) -> None:
        """Close every connection that this app keeps."""
        traces.install(None)
        self._web.close()
        self.painter.close()
        self.trainer.close()
        self.jobs.close()
        self.database.close()

    @functools.cached_property
    def inspector(self) -> Inspector:
        """What looks at photos, made when first needed."""
        return services.inspector(self.settings)

    def inspect(self, data: bytes, purpose: Purpose, known: Mapping[str, Known]) -> Verdict:
        """The verdict on the bytes of a photo; see `Inspector`."""
        return self.inspector.inspect(data, purpose, known)

    def fetch(self, channel: str, reference: Reference, limit: int) -> bytes:
        """The bytes of a file that came through a channel; see `Channel.fetch`.

        What a channel spooled before it told anybody is read from there.
        """
        if "spool" in reference:
            try:
                return self.spool.read(str(reference["spool"]))
            except ObjectMissing as error:
                raise Gone("the spooled file is gone") from error
        return self.channel(channel).fetch(reference, limit)

    def how_to_send(self, channel: str, language: str) -> str:
        """A channel's own words for how to send photos."""
        found = self.channels.get(channel)
        return (guarded(channel, found.how_to_send, language) if found else None) or ""

    def introduction(self, language: str) -> Introduction:
        """What the bot says of itself, in one of its languages."""
        return brand.introduction(self.settings, language)

    def open_picture(self, key: str) -> bytes | None:
        """A stored picture, or None where it is gone or can't be had now."""
        try:
            return drawing(key) or self.open_file(key)
        except StorageUnavailable:
            return None

    def open_file(self, key: str) -> bytes | None:
        """A stored file, or None where it is gone; raises StorageUnavailable."""
        try:
            return self.store.get(key)
        except ObjectMissing:
            return None

    def sheet(self, pictures: tuple[Picture, ...]) -> bytes:
        """Several pictures as one numbered contact sheet (JPEG)."""
        upright = UPRIGHT if all(p.alt and not p.note for p in pictures) else 1
        tiles = [(self.open_picture(p.key), p.label) for p in pictures]
        return contact_sheet(tiles, upright=upright)

    def thumbnail(self, key: str, side: int = 320) -> bytes | None:
        """A stored picture made small (JPEG), None if it is gone; raises StorageUnavailable."""
        data = drawing(key) or self.open_file(key)
        return None if data is None else thumbnail(data, side)

    def sent_picture(self, conversation_id: int, name: str, side: int) -> bytes | None:
        """A photo that came through the spool in a conversation, made small (JPEG), while kept.

        Raises StorageUnavailable.
        """
        for _ in range(2):  # its verdict may come while it is read
            photo = sent_photo(conversation_id, name)
            key = getattr(photo, "minio_key", None)
            if photo is None or key:
                return self.thumbnail(key, side) if key else None
            with suppress(ObjectMissing):
                return thumbnail(self.spool.read(name), side)
        return None


def bootstrap(
    settings: Settings,
    log: TextIO = sys.stderr,
    *,
    elsewhere: bool = False,
    clock: Clock = time.time,
) -> App:
    """Wire an app; raises ConfigurationError or SchemaMismatch before anything starts.

    What takes and keeps no photo may work `elsewhere`: without the folder that they are kept in.
    `clock` gives seconds since 1970: a test steps its own.
    """
    configure(settings.log, log)
    traces.install(services.tracer(settings))
    for name in proxies.unused(os.environ):
        structlog.get_logger().info("not used: a proxy is named in config.toml", variable=name)
    return App(settings, elsewhere, clock)


def pace(settings: Settings) -> Pace:
    """How long screens wait."""
    waits = settings.conversation
    return Pace(waits.quiet_seconds, waits.settle_seconds, waits.tick_seconds, waits.series_seconds)
