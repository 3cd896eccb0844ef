"""The product at work: a portrait is made in Russian, against fal's protocol and an S3 server.

Everything is real but fal itself, for which the simulated server stands with a clock of its own.
What the lines of the specification ask about is kept as it was seen on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from core.app.bootstrap import App
from core.avatars.models import Avatar, AvatarPhoto, AvatarStatus, TrainingRun
from core.avatars.orders.order import due
from core.avatars.photos.comparing import Comparing
from core.base.settings import Settings
from core.conversation.messages import Event, Kind, Screen
from core.services.fal.simulation import FalServer
from core.services.fal.simulation.server import steady
from core.services.likeness import FaceTools
from tests import makers
from tests.conversation.chat import Chat
from tests.fakes.s3 import ACCESS_KEY, SECRET_KEY, S3Server
from tests.photographs import ASTRONAUT, photograph
from tests.pictures_for_tests import scene

SECONDS = 1000.0
"""How long a training takes by fal's clock."""


@dataclass
class Simulated:
    """What a training in test mode has left to look at; `progress` from its first to its last."""

    test_mode: bool = False
    progress: list[int] = field(default_factory=list)
    screens: dict[str, Screen] = field(default_factory=dict)
    logs: list[str] = field(default_factory=list)


class Product:
    """A house and what was seen in it: screens and rows by the names of their moments."""

    def __init__(self, app: App, fal: FalServer | None = None) -> None:
        self.app = app
        self.fal = fal
        self.fal_ahead = 0.0
        self.simulated: Simulated
        self.migration: tuple[dict[str, Any], dict[str, Any]]
        self.migrated_row = ""
        self.screens: dict[str, Screen] = {}
        self.avatars: dict[str, Avatar] = {}
        self.states: list[str] = []
        self.logs: list[str] = []
        self.pressed: dict[str, str] = {}
        """Where each button of the empty upload led."""
        self.both_ways: set[tuple[str, str]] = set()
        """Kind and training type of what was trained."""
        self.sent_twice: tuple[AvatarPhoto, AvatarPhoto]
        self.created_beside: dict[int, str] = {}
        """To where "create" led, by how many avatars there were."""
        self.valid_of_fifty_one = 0
        self.second_training = ("", 0, "")
        self.while_fal_was_away: tuple[Screen, AvatarStatus]
        self.broken: tuple[str, AvatarStatus, int]
        self.claimed_twice = (False, False)
        self.tiles: set[str] = set()

    # what a person does

    def chat(self, name: str, language: str = "ru") -> Chat:
        chat = Chat(self.app.engine, name, language)
        chat.command("start")
        return chat

    def press(self, chat: Chat, *labels: str) -> None:
        for label in labels:
            chat.press(label)
            self.states.append(chat.state)

    def send(self, chat: Chat, *files: bytes) -> list[AvatarPhoto]:
        """Send photos and have them judged; what became of them."""
        known = {photo.id for photo in AvatarPhoto.select()}
        for data in files:
            chat.do(Event(Kind.PHOTO, file={"spool": self.app.spool.put(data)}))
        for photo_id in self.app.verdicts.due(2e9, 100):
            self.app.verdicts.judge(photo_id)
        self._compare()
        self.app.engine.drain(chat.id)
        self.states.append(chat.state)
        found = AvatarPhoto.select().order_by(AvatarPhoto.number)
        return [photo for photo in found if photo.id not in known]

    def _compare(self) -> None:
        """Compare the faces of every avatar that waits for it."""
        comparing = Comparing(self.app.store, self.app.inbox, FaceTools())
        for avatar_id in comparing.due(2e9):
            comparing.compare(avatar_id)

    def work(self, chat: Chat, steps: int = 1) -> None:
        """Take so many steps of every training, bytes carried, and tell the person."""
        for _ in range(steps):
            TrainingRun.update(next_check_at=0).execute()
            for run_id in due(TrainingRun, 2e9, 10):
                self.app.training.orders.step(run_id)
            for run_id in due(TrainingRun, 2e9, 10, transfer=True):
                self.app.training.orders.step(run_id, transfer=True)
            self.app.engine.drain(chat.id)
        self.states.append(chat.state)

    def see(self, moment: str, chat: Chat) -> Screen:
        """Keep the screen of this moment, and the avatar that is newest."""
        self.screens[moment] = chat.screen
        newest = Avatar.select().order_by(Avatar.created_at.desc()).first()
        if newest is not None:
            self.avatars[moment] = newest
        return chat.screen

    def ready(self, chat: Chat, photos: int = 10, **columns: Any) -> Avatar:
        """An avatar of this person, whose photos are stored."""
        owner = chat.row
        made = makers.avatar(owner, photos=photos, gender="female", **columns)
        key = f"{owner.user_id.hex}/{made.id.hex}/1"
        self.app.store.put(key, b"\xff\xd8photo")
        AvatarPhoto.update(minio_key=key).where(AvatarPhoto.avatar == made.id).execute()
        return made


def picture(n: int, side: int = 640, of: str = ASTRONAUT, form: str = "JPEG") -> bytes:
    """The nth of a series: somebody (or a cat) before a background that no other has."""
    ground = scene(n, (side, side))
    subject = photograph(of).resize((side * 2 // 3, side * 2 // 3))
    ground.paste(subject, ((7 * n) % (side // 4), side // 3))
    return encoded(ground, form)


def encoded(picture: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


@contextmanager
def opened(folder: Path, real: bool = True, **environ: str) -> Iterator[Product]:
    """A house with an S3 server and fal's protocol, or one that only simulates trainings."""
    with ExitStack() as stack:
        told = {"LIKENESS_DATA_DIR": str(folder), **environ}
        if not real:
            yield Product(stack.enter_context(_wired(Settings.load(environ=told))))
            return
        s3 = stack.enter_context(S3Server(folder / "s3"))
        s3.client.make_bucket("likeness")
        told |= {
            "LIKENESS_STORAGE__BACKEND": "minio",
            "LIKENESS_STORAGE__ENDPOINT": s3.endpoint,
            "LIKENESS_STORAGE__SECURE": "false",
            "LIKENESS_STORAGE__ACCESS_KEY": ACCESS_KEY,
            "LIKENESS_STORAGE__SECRET_KEY": SECRET_KEY,
        }
        clock: dict[str, Any] = {}
        began = steady()
        fal = FalServer(training_seconds=SECONDS, clock=lambda: began + clock["of"].fal_ahead)
        stack.enter_context(fal)
        _ = fal.ledger  # from here on it keeps what comes
        fal.plan.choose = lambda phase, _run: "never" if phase == "webhook" else ""
        settings = fal.settings(Settings.load(environ=told), key="fal-key")
        clock["of"] = Product(stack.enter_context(_wired(settings)), fal)
        yield clock["of"]


@contextmanager
def _wired(settings: Settings) -> Iterator[App]:
    app = App(settings)
    try:
        yield app
    finally:
        app.close()
