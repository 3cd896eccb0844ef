"""Pictures that nothing stores: they are drawn, and said to be.

Their keys begin with `examples/`, as no stored object's does.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.avatars.facts import PackFacts
from core.base.texts import Translator
from core.conversation.messages import Picture

PHOTO_TIPS = "examples/photo_tips"
"""Good and bad photos on one sheet."""
NO_PICTURE = "examples/no_picture"
"""The place of a picture that there is none of."""
LOOKS = "examples/looks/"
"""Before the slug of a style pack: somebody in this style."""


def looks(t: Translator) -> tuple[Picture, ...]:
    """One drawn person in three styles, for the first screen."""
    return (
        Picture(f"{LOOKS}studio-portrait", alt=t("Studio portrait")),
        Picture(f"{LOOKS}city-walk", alt=t("Evening in the city")),
        Picture(f"{LOOKS}watercolour", alt=t("Watercolour")),
    )


def of_packs(packs: Iterable[PackFacts]) -> tuple[Picture, ...]:
    """The same person in the style of each pack that is drawn."""
    return tuple(
        Picture(LOOKS + pack.slug, note=pack.title, alt=pack.title) for pack in packs if pack.drawn
    )
