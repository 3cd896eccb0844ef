"""What a painter is asked for: the prompt of an order, with the model's phrase at the subject."""

from __future__ import annotations

from core.avatars.models import Avatar, TrainedModel
from core.avatars.models.pictures import SIDES, PictureRun
from core.avatars.orders.kind import Impossible
from core.avatars.pictures import prompts
from core.avatars.pictures.packs import packs
from core.avatars.ports import Failure, PictureOrder

VARIATIONS = (
    "seen from a slightly different angle", "a moment later, another expression",
    "a little closer", "a little further away", "another pose", "in slightly warmer light",
    "in slightly cooler light",
)  # fmt: skip
"""What makes another one of the same seed and prompt: a family, not a copy."""


_NO_PACK = Failure("pack_missing", "operator", "the pack is gone from packs.toml")


def order(run: PictureRun, profile: str) -> PictureOrder | None:
    """What a painter is to paint; None where the avatar or its model is gone.

    Raises Impossible where the pack is gone.
    """
    model, avatar = run.trained, run.avatar
    if model is None or avatar is None:
        return None
    width, height = SIDES[run.shape]
    return PictureOrder(
        run_id=str(run.id),
        profile=profile,
        prompt=_prompt(run, model, avatar),
        count=run.count,
        width=width,
        height=height,
        seed=run.seed,
        finetune_id=model.finetune_id or "",
    )


def _prompt(run: PictureRun, model: TrainedModel, avatar: Avatar) -> str:
    """English, for the painter alone."""
    subject = prompts.subject(
        model.phrase, avatar.avatar_type or "custom", avatar.gender or "other"
    )
    pack = packs().get(run.pack)
    if run.wish:
        asked = prompts.of_wish(run.wish, subject)
    elif pack is not None:
        asked = prompts.of_pack(pack, run.scene, subject)
    else:
        raise Impossible(_NO_PACK)
    if not run.variation:
        return asked
    return f"{asked}, {VARIATIONS[(run.variation - 1) % len(VARIATIONS)]}"
