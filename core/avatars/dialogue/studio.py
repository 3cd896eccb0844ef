"""Facts for the screens of pictures: what is chosen, under way and there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.avatars import queries
from core.avatars.facts import PackFacts, PictureFacts, PictureRunFacts, StudioFacts
from core.avatars.models import Avatar
from core.avatars.models.pictures import Picture, PictureRun, Shape
from core.avatars.person import Known
from core.avatars.pictures import owned
from core.avatars.pictures.packs import Pack, packs, suitable
from core.avatars.pictures.pictures import MOST, Pictures
from core.base.settings import Settings
from core.conversation.flow import Position

_ORDERING = ("choosing_style", "typing_wish", "confirming_pictures", "pictures_ready",
             "pictures_error", "viewing_picture")  # fmt: skip
_OF_RUN = ("pictures_in_progress", "pictures_ready", "pictures_error")


class Studio:
    """Reads them, in a handful of statements."""

    def __init__(self, settings: Settings, pictures: Pictures) -> None:
        self._settings = settings
        self._pictures = pictures

    def facts(self, position: Position, known: Known, avatar: Avatar, language: str) -> StudioFacts:
        """All that a screen of pictures may know beside the avatar."""
        chosen = position.memory.get("studio", {})
        count, done = int(chosen.get("count", MOST)), self._pictures.today(position.user_id)
        model = queries.model_of(avatar.id) if position.state in _ORDERING else None
        obstacle = price = None
        if position.state in _ORDERING:
            who = (position.user_id, known, model, count, done)
            obstacle = self._pictures.obstacle(*who)
            price = self._pictures.price_usd(model, count)
        run = self._run(position)
        pack = packs().get(str(run.pack if run else chosen.get("pack", "")))
        return StudioFacts(
            count=count,
            shape=str(chosen.get("shape", Shape.PORTRAIT)),
            packs=tuple(_pack(p, language) for p in suitable(avatar.avatar_type, avatar.gender)),
            price_usd=price,
            obstacle=obstacle,
            left_today=max(0, self._settings.pictures.per_day - done.counted),
            wish_length=self._settings.pictures.wish_length,
            chosen=_pack(pack, language) if pack else None,
            wish=str(chosen.get("wish", "")),
            run=self._run_facts(run) if run else None,
            **self._shown(position, avatar, run),
        )

    def page(self, position: Position, avatar: Avatar) -> tuple[int, int]:
        """Which page of the gallery is looked at, from 1, and how many there are."""
        size = self._settings.pictures.page_size
        pages = max(1, -(-owned.of_avatar(avatar.id).count() // size))
        return min(max(1, int(position.memory.get("page", 1))), pages), pages

    def previews_coming(self, avatar: Avatar) -> bool:
        """Whether the first pictures of an avatar are under way."""
        return self._pictures.preview_under_way(avatar.id)

    def _run(self, position: Position) -> PictureRun | None:
        if position.state not in _OF_RUN:
            return None
        return owned.run(position.user_id, position.memory.get("picture_run"))

    def _run_facts(self, run: PictureRun) -> PictureRunFacts:
        return PictureRunFacts(
            id=str(run.id),
            status=run.status,
            progress=run.progress,
            position=run.position,
            error_type=run.error_type,
            error_class=run.error_class,
            count=run.count,
            made=len(owned.of_run(run.id)),
            blocked=run.blocked,
            pack=run.pack,
            wish=run.wish,
            left=None if run.status.final else self._pictures.seconds_left(run),
            sample=run.test_mode,
        )

    def _shown(
        self, position: Position, avatar: Avatar, run: PictureRun | None
    ) -> Mapping[str, Any]:
        """The pictures that a screen shows, and the one that was just taken out."""
        if position.state == "picture_gallery":
            size, (page, _) = self._settings.pictures.page_size, self.page(position, avatar)
            there = owned.of_avatar(avatar.id)
            gone = owned.picture(position.user_id, position.memory.get("picture_removed"))
            taken_out = gone if gone is not None and gone.removed_at is not None else None
            return {
                "pictures": _pictures(list(there.paginate(page, size))),
                "taken_out": _picture(taken_out) if taken_out else None,
                "total": there.count(),
            }
        if position.state == "viewing_picture":
            one = owned.picture(position.user_id, position.memory.get("picture"))
            return {"picture": _picture(one) if one else None}
        return {"pictures": _pictures(owned.of_run(run.id))} if run else {}


def _pack(pack: Pack, language: str) -> PackFacts:
    return PackFacts(pack.slug, pack.title[language], pack.description[language], pack.drawn)


def _pictures(found: Sequence[Picture]) -> tuple[PictureFacts, ...]:
    return tuple(map(_picture, found))


def _picture(picture: Picture) -> PictureFacts:
    return PictureFacts(
        picture.id.hex,
        picture.number,
        picture.key,
        picture.size,
        picture.favourite,
        picture.removed_at is not None,
    )
