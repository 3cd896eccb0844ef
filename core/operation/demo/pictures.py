"""Made-up pictures of made-up avatars: their rows; no picture is painted, and none is stored."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass

from core.avatars.models.pictures import SIDES, Shape
from core.avatars.pictures.packs import suitable
from core.base.settings import Settings
from core.operation.demo.rows import Batch

NEVER = 10 * 365 * 86_400.0
"""So long after it the worker would look at an order once more."""
PROFILE = Settings().fal.painters[0]
PRICE_USD = 0.035
"""About what a megapixel costs."""
_OF_ORDERS = uuid.UUID(int=11)
"""What the names of their submissions are made from."""
_ORDERS = (0, 1, 2, 3, 5)
_ENDINGS, _SHARES = ("completed", "failed", "cancelled"), (94, 4, 2)


@dataclass(frozen=True, slots=True)
class Sitter:
    """Whose pictures they are: a trained avatar, and when it was ready (seconds since 1970)."""

    avatar_id: str
    user_id: str
    conversation_id: int
    gender: str
    test_mode: bool
    ready_at: float


def paint(batch: Batch, sitter: Sitter, now: float) -> None:
    """The first pictures of an avatar, and what its person has asked for since."""
    dice = random.Random(sitter.avatar_id)  # beside the story's own, which goes on as it would
    at, number = sitter.ready_at, 1
    for order in range(1 + dice.choice(_ORDERS)):
        if at < now - 120:
            number += _order(batch, sitter, dice, at, number, "asked" if order else "preview")
        at += dice.expovariate(1 / 3600)


def _order(
    batch: Batch, sitter: Sitter, dice: random.Random, at: float, number: int, purpose: str
) -> int:
    """One order, some time ago; how many pictures came of it."""
    run_id, count = _id(dice), 4 if purpose == "preview" else dice.randint(1, 4)
    status = dice.choices(_ENDINGS, _SHARES)[0]
    pack = dice.choice(suitable("character", sitter.gender)).slug
    wish = purpose == "asked" and dice.random() < 0.3
    blocked = count if status == "failed" else int(dice.random() < 0.03)
    made = count - blocked if status == "completed" else 0
    price = 0.0 if sitter.test_mode else PRICE_USD * count
    seconds = dice.lognormvariate(2.3, 0.4)
    error = ("content_policy_violation", "person") if status == "failed" else ("", "")
    seed, request_id = dice.getrandbits(31), _id(dice)
    batch.add(
        "picture_runs", run_id, sitter.avatar_id, sitter.user_id, sitter.conversation_id, purpose,
        "" if wish else pack, 0, "in a café in Paris" if wish else "", 0, "portrait", count,
        seed, made if purpose == "asked" else 0, blocked, 0, status,
        sitter.test_mode, price, price, PROFILE, f"fal-ai/{PROFILE}", request_id,
        "", "", "", "", "{}", 100 if status == "completed" else 0,
        *error, "", 1, 1, 0, "webhook", at, at + 1, at + 1,
        at + 2, at + seconds, 0.0, at + NEVER,
    )  # fmt: skip
    batch.add(
        "submissions", uuid.uuid5(_OF_ORDERS, run_id).hex, "pictures", run_id, sitter.test_mode, 1,
        PROFILE, f"fal-ai/{PROFILE}", "{}", status, price, price, request_id, "", "", "", *error,
        at + 1, at + 1, at + seconds, 0.0,
    )  # fmt: skip
    width, height = SIDES[Shape.PORTRAIT]
    for place in range(made):
        picture = _id(dice)
        batch.add(
            "pictures", picture, run_id, sitter.avatar_id, sitter.user_id, place, number + place,
            f"{sitter.user_id}/{sitter.avatar_id}/picture-{picture}", picture * 2, 300_000, width,
            height, round(dice.uniform(0.35, 0.8), 3), dice.random() < 0.15, at + seconds,
        )  # fmt: skip
    return made


def _id(dice: random.Random) -> str:
    return f"{dice.getrandbits(128):032x}"
