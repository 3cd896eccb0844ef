"""What is kept of a photo, in either store: upright, and nothing about where it was taken."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from core.avatars.models import Avatar, AvatarPhoto, PhotoValidationStatus
from core.avatars.photos.inspection.conversion import Converter
from core.avatars.photos.inspection.inspector import Inspector
from core.avatars.photos.verdicts import Verdicts
from core.avatars.ports import ObjectStore
from core.conversation.models import Conversation
from core.services.faces import YuNet
from tests import makers
from tests.conversation.chat import Clock
from tests.photographs import ASTRONAUT, encoded, far_away, jpeg, photograph
from tests.pictures_for_tests import exif

TELLING = exif(6, gps=(55.7, 37.6))
SENT = {
    "JPEG": jpeg(far_away(0.4).transpose(Image.Transpose.ROTATE_90), exif=TELLING),
    "PNG": encoded(photograph(ASTRONAUT).rotate(90), "PNG", exif=TELLING),
    "WEBP": encoded(photograph(ASTRONAUT).rotate(90), "WEBP", exif=TELLING),
}


@pytest.mark.parametrize("kind", SENT)
def test_a_photo_with_its_place_is_stored_upright_and_tells_nothing(
    kind: str, store: ObjectStore, owner: Conversation, avatar: Avatar
) -> None:
    data = SENT[kind]
    assert b"HERE" in data

    def fetch(*_: Any) -> bytes:
        return data

    clock = Clock()
    inspect = Inspector(YuNet(), converter=Converter()).inspect
    inbox = makers.inbox(clock)
    photo = makers.photo(avatar, owner)
    Verdicts(makers.settings(), store, inbox, fetch, inspect, clock).judge(str(photo.id))
    kept: AvatarPhoto = makers.fresh(photo)
    assert kept.validation_status is PhotoValidationStatus.VALID
    assert kept.has_face is True, "it is looked at upright"
    assert (kept.width, kept.height) == ((1280, 960) if kind == "JPEG" else (512, 512))
    stored = store.get(str(kept.minio_key))
    assert not any(word in stored for word in (b"HERE", b"Exif", b"Phone", b"eXIf"))
    with Image.open(BytesIO(stored)) as picture:
        assert picture.size == (kept.width, kept.height)
        assert not picture.getexif()
