"""A person in a terminal sends an album with good and bad photos, and faces are looked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.photographs import ASTRONAUT, CAT, far_away, jpeg, pair, photograph, selfie
from tests.pictures_for_tests import exif
from tests.scenarios.conversations.photos import refused
from tests.scenarios.on_console import ConsoleStage
from tests.scenarios.stage import BOTH, QUICK
from tests.scenarios.walks import portrait
from tests.sizes import few


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[ConsoleStage]:
    stage = ConsoleStage(tmp_path, **{**QUICK, "photos__find_faces": "true"})
    yield stage
    stage.close()


def cat() -> bytes:
    picture = photograph(CAT)
    return jpeg(picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.BICUBIC))


@pytest.mark.timeout(200)
@pytest.mark.parametrize("language", few(BOTH))
def test_an_album_of_every_kind_is_told_once_overruled_and_kept(
    stage: ConsoleStage, language: str
) -> None:
    chat = stage.chat(language)
    try:
        portrait(chat)
        where = jpeg(far_away(0.3), exif=exif(gps=(55.7, 37.6)))
        album = [jpeg(photograph(ASTRONAUT)), cat(), jpeg(pair(0.4)), jpeg(photograph(CAT)), where]
        chat.send_photos([*album, album[0], jpeg(selfie(0.6))])
        refused(chat, 2, chat.t("no face visible"))
        refused(chat, 4, chat.t("smaller than {side}×{side} pixels", side=512))
        refused(chat, 6, chat.t("already here"))
        refused(chat, 3, chat.t("several faces"))
        chat.see(
            "✅ Accepted: {count} of {total} (no. {which})", count=4, total=7, which="1, 3, 5, 7"
        )
        assert "🖼 2 ❌" in chat.sight.text
        assert "🖼 3 💡" in chat.sight.text
        chat.press("👌 Photo {number} is fine", number=2)
        chat.see("All right: photo {number} is accepted. Thank you for looking.", number=2)
        chat.see("✅ Accepted: {count} of {total} (no. {which})",
                 count=5, total=7, which="1–3, 5, 7")  # fmt: skip
        kept = chat.settle()
        assert len(kept.photos_that_are("valid")) == 5
        for photo in kept.photos_that_are("valid"):
            assert b"HERE" not in chat.house.store.get(photo["minio_key"])
    finally:
        chat.close()
