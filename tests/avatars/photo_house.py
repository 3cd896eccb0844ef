"""The product with small limits, and a person who sends it photos: what they are told."""

from __future__ import annotations

from pathlib import Path

from core.app.bootstrap import App, bootstrap
from core.avatars import queries
from core.avatars.models import Avatar, AvatarPhoto, PhotoValidationStatus
from core.base.settings import Settings
from core.conversation.messages import Event, Kind
from tests.conversation.chat import Chat
from tests.pictures_for_tests import photo

NO_PICTURE = b"Dear diary, today I am no picture."
SMALLEST = (520, 520)


def opened(url: str, folder: Path, **settings: object) -> App:
    """The whole product; faces are not looked for, for these photos are no photographs.

    Settings are named as in the environment: `training__max_photos=7`.
    """
    environ = {
        "LIKENESS_DATABASE__URL": url,
        "LIKENESS_DATA_DIR": str(folder),
        "LIKENESS_LOG__LEVEL": "error",
        "LIKENESS_PHOTOS__FIND_FACES": "false",
        "LIKENESS_TRAINING__MIN_PHOTOS": "2",
        **{f"LIKENESS_{name.upper()}": str(value) for name, value in settings.items()},
    }
    return bootstrap(Settings.load(environ=environ))


def collecting(house: App, name: str = "anna", language: str = "en") -> Chat:
    """Somebody whose portrait waits for photos."""
    chat = Chat(house.engine, name, language)
    chat.command("start")
    chat.press("🆕 Create avatar")
    describe(chat)
    return chat


def describe(chat: Chat) -> None:
    """From the choice of the training type to the photos."""
    for label in ("🎭 Portrait (recommended)", "Female"):
        chat.press(label)
    chat.say("Anna")
    if chat.state == "consent":
        chat.press("✅ I agree, and I am 18 or older")


def describe_held(chat: Chat) -> None:
    """The same, where the photos have come first."""
    if chat.state == "consent":
        chat.press("✅ I agree, and I am 18 or older")
    chat.say("Anna")
    chat.press("Female")


def good(n: int) -> bytes:
    """The nth photo that nothing speaks against."""
    return photo(n, SMALLEST)


def send(house: App, chat: Chat, *photos: bytes) -> None:
    """Photos at once, without a verdict yet."""
    for data in photos:
        chat.do(Event(Kind.PHOTO, file={"spool": house.spool.put(data)}))


def send_file(house: App, chat: Chat, data: bytes, **told: str) -> None:
    """A file, with what its channel tells of it."""
    chat.do(Event(Kind.FILE, file={"spool": house.spool.put(data), **told}))


def judge(house: App, chat: Chat) -> None:
    """Every verdict there is to be had, as a worker gives them; what they lead to is shown."""
    while due := house.verdicts.due(2e9, 100):
        for photo_id in due:
            house.verdicts.judge(photo_id)
    house.engine.drain(chat.id)
    chat.show()


def statuses() -> dict[int, str]:
    """What became of each photo: its status, or the reason of its refusal."""
    rows = AvatarPhoto.select().order_by(AvatarPhoto.number)
    return {row.number: row.reason or row.validation_status.value for row in rows}


def pending() -> int:
    """How many photos of the only avatar wait for their verdict."""
    return int(queries.photos_with(Avatar.get().id, PhotoValidationStatus.PENDING).count())


def labels(chat: Chat) -> list[str]:
    """The buttons in sight."""
    return [offer.label for offer in chat.rendered.offers]
