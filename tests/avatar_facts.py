"""Facts for tests: a plain set of them, any that a conversation may come to, and what is drawn."""

import string
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from core.avatars.facts import (
    NOBODY,
    AvatarFacts,
    AvatarLine,
    Facts,
    Limits,
    LinkFacts,
    PackFacts,
    PhotoFacts,
    PictureFacts,
    PictureRunFacts,
    RunFacts,
    StudioFacts,
)
from core.avatars.models.pictures import Shape
from core.avatars.screens import hints, verdicts
from core.avatars.screens.pictures import remarks
from core.avatars.screens.pictures.remarks import BLOCKED
from core.base.settings.product.operator import Operator
from core.conversation.messages import Button, Screen

ID, OTHER_ID = "a" * 32, "b" * 32
LIMITS = Limits(
    avatars=10,
    min_photos=10,
    max_photos=50,
    name_length=40,
    held_hours=24,
    min_side=512,
    max_megabytes=10.0,
    price_usd={"portrait": 0.0, "style": 6.0},
    minutes={"portrait": (3, 15), "style": (5, 30)},
)
ANNA = AvatarFacts(
    id=ID,
    name="Анна",
    gender="female",
    avatar_type="character",
    training_type="portrait",
    status="uploading",
    progress=0,
    valid=7,
    pending=0,
    refused=(),
    photos_digest="1234abcd",
    run=None,
)
RUN = RunFacts("training", 65, None, "", 0.0, 250.0)
LINE = AvatarLine(ID, "Анна", "uploading", 0, "portrait", 7)
BORIS = AvatarLine(OTHER_ID, "Борис", "training", 40, "style", 12)
PACKS = (
    PackFacts("portrait", "🎞️ Портрет", "Спокойный свет, простой фон", drawn=True),
    PackFacts("travel", "🌍 Путешествие", "Далёкие города"),
)
STUDIO = StudioFacts(
    count=4,
    shape="portrait",
    packs=PACKS,
    price_usd=0.0,
    obstacle=None,
    left_today=20,
    wish_length=300,
    chosen=PACKS[0],
    run=PictureRunFacts(
        ID, "training", 40, None, "", "", 4, 0, 0, "portrait", "", 12.0, sample=False
    ),
    pictures=(PictureFacts(ID, 1, "k", 400_000), PictureFacts(OTHER_ID, 2, "k", 400_000, True)),
    picture=PictureFacts(ID, 1, "k", 400_000),
    total=2,
)
"""What is chosen, under way and there of Anna's pictures."""
FACTS = Facts(
    language="ru",
    person_name="",
    how_to_send="Пришлите фото сюда.",
    limits=LIMITS,
    avatars_count=1,
    avatar=ANNA,
    consented=True,
    consent_version="2026-12",
    studio=STUDIO,
)

SOMEBODY = Operator(name="Ё" * 120, contact="{" * 120, privacy="<" * 120)
"""Who answers, at such length as the settings take."""

READY = {"status": "ready", "valid": 12}
"""Changes that make Anna ready to be trained."""

STATUSES = ("draft", "uploading", "ready", "training", "completed", "error", "cancelled")
RUN_STATUSES = (
    "ready", "preparing", "submitting", "queued", "training", "saving", "uncertain", "cancelling",
    "completed", "failed", "cancelled",
)  # fmt: skip
REASONS = (*verdicts.REASONS, "something_new")
SAID = (*hints.FIXED, *hints.TOLD, "hint", "unusable", "something_new")
QUESTIONS = ("new", "stop", "erase", "withdraw", "held", "something_new")


def facts(language: str = "ru", **changes: Any) -> Facts:
    """The plain facts with changes; `avatar` may be a dict of changes to Anna."""
    avatar = changes.pop("avatar", {})
    if isinstance(avatar, dict):
        avatar = replace(ANNA, **avatar)
    return replace(FACTS, language=language, avatar=avatar, **changes)


def any_links(names: st.SearchStrategy[str]) -> st.SearchStrategy[LinkFacts]:
    """What the screens about linking may show; chats are called like this."""
    ids = st.text("0123456789abcdef", min_size=32, max_size=32)
    asked = st.builds(
        LinkFacts,
        st.lists(names, max_size=3).map(tuple),
        st.sampled_from(("", "23456-789АБ")),
        ids,
        names,
        st.integers(0, 12),
        st.booleans(),
        st.booleans(),
    )
    return st.just(LinkFacts()) | asked


def any_studios(titles: st.SearchStrategy[str]) -> st.SearchStrategy[StudioFacts]:
    """What may be chosen, under way and there of pictures; titles and wishes are of these."""
    ids = st.text("0123456789abcdef", min_size=32, max_size=32)
    numbers = st.integers(0, 60)
    titled = titles.map(lambda title: title or "🎞️")
    packs = st.builds(PackFacts, st.sampled_from(("noir", "gone")), titled, titles)
    pictures = st.builds(
        PictureFacts, ids, st.integers(1, 500), st.just("k"), numbers, st.booleans(), st.booleans()
    )
    runs = st.builds(
        PictureRunFacts,
        ids,
        st.sampled_from(RUN_STATUSES),
        st.integers(0, 100),
        st.none() | st.integers(0, 300),
        st.sampled_from(("", BLOCKED, "something_new")),
        st.sampled_from(("", "person", "retry", "operator", "something_new")),
        st.integers(1, 4),
        st.integers(0, 4),
        st.integers(0, 4),
        st.just("noir"),
        titles,
        st.none() | st.floats(-100, 100_000),
        st.booleans(),
    )
    obstacles = tuple(code.removeprefix("no_pictures_") for code in remarks.OBSTACLES)
    return st.builds(
        StudioFacts,
        st.integers(1, 4),
        st.sampled_from(tuple(Shape)),
        st.lists(packs, max_size=3, unique_by=lambda pack: pack.slug).map(tuple),
        st.sampled_from((None, 0.0, 0.14)),
        st.none() | st.sampled_from((*obstacles, "daily_limit")),
        numbers,
        st.integers(1, 1000),
        chosen=st.none() | packs,
        wish=titles,
        run=st.none() | runs,
        pictures=st.lists(pictures, max_size=9).map(tuple),
        picture=st.none() | pictures,
        taken_out=st.none() | pictures,
        total=numbers,
    )


def photo(
    number: int, status: str = "valid", reason: str = "", key: str | None = None
) -> PhotoFacts:
    """A photo; a valid one is stored."""
    return PhotoFacts(
        f"{number:032x}", number, status, reason, key or ("k" if not reason else None)
    )


def labels(screen: Screen) -> list[str]:
    """What its buttons say, in reading order."""
    return [button.label for button in screen.each_button()]


def triggers(screen: Screen) -> list[str]:
    """What its buttons do, in reading order."""
    return [button.trigger for button in screen.each_button()]


def button(screen: Screen, trigger: str) -> Button:
    """Its only button that does this."""
    (found,) = (button for button in screen.each_button() if button.trigger == trigger)
    return found


def any_facts(
    language: str, letters: str = string.printable + "Ёж“”„🎭👩‍🎨{}<*_`"
) -> st.SearchStrategy[Facts]:
    """Facts of every kind, also such as should not be; names are of these letters."""
    names = st.text(letters, max_size=LIMITS.name_length).map(lambda name: " ".join(name.split()))
    numbers = st.integers(0, 60)
    ids = st.text("0123456789abcdef", min_size=32, max_size=32)
    types = st.sampled_from(("portrait", "style"))
    photos = st.builds(
        PhotoFacts,
        ids,
        st.integers(1, 500),
        st.sampled_from(("pending", "valid", "invalid", "duplicate")),
        st.sampled_from(REASONS),
        st.none() | st.just("user/avatar/hash"),
        st.lists(st.sampled_from((*verdicts.ADVICE, "something_new")), max_size=4).map(tuple),
        st.booleans(),
    )
    runs = st.builds(
        RunFacts,
        st.sampled_from(RUN_STATUSES),
        st.integers(0, 100),
        st.none() | st.integers(0, 300),
        st.sampled_from(("", "person", "retry", "operator", "something_new")),
        st.sampled_from((0.0, 6.0)),
        st.none() | st.floats(-100, 100_000),
    )
    lines = st.builds(
        AvatarLine, ids, names, st.sampled_from(STATUSES), st.integers(0, 100), types, numbers
    )
    avatars = st.builds(
        AvatarFacts,
        ids,
        names,
        st.sampled_from((None, "male", "female", "other")),
        st.sampled_from((None, "character", "style", "custom")),
        types,
        st.sampled_from(STATUSES),
        st.integers(0, 100),
        numbers,
        st.integers(0, 50),
        st.lists(photos, max_size=20).map(tuple),
        st.just("1234abcd"),
        st.none() | runs,
        st.integers(0, 60),
        st.lists(photos, max_size=20).map(tuple),
        st.lists(photos, max_size=20).map(tuple),
        st.lists(st.integers(1, 500), max_size=50).map(tuple),
    )
    told = st.fixed_dictionaries(
        {},
        optional={
            "name": names,
            "n": numbers,
            "number": numbers,
            "problem": st.sampled_from(("empty", "long", "button", "sign", "something_new")),
        },
    )
    return st.builds(
        Facts,
        st.just(language),
        names,
        st.sampled_from(("", "Пришлите сюда фото.")),
        st.just(LIMITS),
        st.integers(0, 12),
        st.lists(st.tuples(st.sampled_from(SAID), told), max_size=4).map(tuple),
        st.none() | st.sampled_from(QUESTIONS),
        st.none() | avatars,
        st.none() | lines,
        st.none() | types,
        st.none() | st.sampled_from((*hints.OBSTACLES, "busy", "something_new")),
        st.none() | lines,
        numbers,
        st.booleans(),
        st.just("2026-12"),
        st.integers(1, 5),
        st.integers(1, 5),
        st.lists(lines, max_size=6).map(tuple),
        st.lists(photos, max_size=9).map(tuple),
        st.none() | photos,
        training=st.none() | lines,
        finished=st.none() | lines,
        studio=any_studios(names),
        link=any_links(names),
        operator=st.sampled_from((NOBODY, SOMEBODY)),
    )
