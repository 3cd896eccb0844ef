"""What shows an avatar in the list and on its card: its best picture, or else its first photo."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from core.avatars.models import Avatar, AvatarPhoto
from core.avatars.models.pictures import Picture, PictureRun
from core.avatars.pictures.owned import faces
from core.avatars.screens import SCREENS
from tests import makers
from tests.avatar_facts import LINE, facts


def painted(avatar: Avatar, number: int, **columns: Any) -> Picture:
    mine = {"avatar": avatar, "user": avatar.user}
    trained = makers.model(avatar, uuid4())
    run = PictureRun.create(
        **mine, trained=trained, purpose="asked", wish="w", shape="square", count=1, seed=1,
        status="completed", created_at=1.0,
    )  # fmt: skip
    return Picture.create(
        **{**mine, "run": run, "place": 0, "number": number, "key": f"picture-{number}",
           "sha256": "1", "size": 1, "width": 1, "height": 1, "made_at": 1.0, **columns}
    )  # fmt: skip


def test_a_favourite_goes_before_the_newest_and_a_picture_before_a_photo(db: Any) -> None:
    avatar = makers.avatar(makers.conversation(), photos=2)
    assert faces([]) == {}
    assert faces([avatar.id]) == {avatar.id: AvatarPhoto.get(AvatarPhoto.number == 1).minio_key}
    painted(avatar, 1, favourite=True)
    painted(avatar, 2)
    painted(avatar, 3, removed_at=2.0)
    assert faces([avatar.id]) == {avatar.id: "picture-1"}
    Picture.update(favourite=False).execute()
    assert faces([avatar.id]) == {avatar.id: "picture-2"}


def test_the_list_shows_each_with_its_name_and_the_card_its_own() -> None:
    lines = (replace(LINE, face="a"), replace(LINE, face=""), replace(LINE, name="Boris", face="b"))
    shown = SCREENS["avatar_gallery"](facts("en", avatars=lines)).pictures
    assert [(p.key, p.label, p.note) for p in shown] == [("a", "1", "Анна"), ("b", "3", "Boris")]
    assert [p.key for p in SCREENS["avatar_details"](facts(avatar={"face": "c"})).pictures] == ["c"]
    assert SCREENS["avatar_details"](facts()).pictures == ()
