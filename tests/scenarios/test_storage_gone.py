"""The S3 server is killed in the middle of an album, and comes back a while later.

LIKENESS_OUTAGE=60 pytest tests/scenarios/test_storage_gone.py

lets it be gone for a minute instead of the suite's few seconds.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core.avatars.privacy.orphans import YOUNG_SECONDS, repair
from core.base.db import connect
from tests.fakes.s3 import ACCESS_KEY, SECRET_KEY, S3Server
from tests.fakes.telegram import FakeTelegram
from tests.scenarios.on_telegram import TOKEN, TelegramChat, telegram_house
from tests.scenarios.walks import UPLOADED, launch, pictures, portrait
from tests.sizes import sized

OUTAGE = sized(4.0, 8.0, 60.0)
DELAYED = (
    "This is taking longer than usual, and that’s our fault. No photo is lost: they will be "
    "added as soon as they are checked."
)


@pytest.mark.soak
@pytest.mark.sized
@pytest.mark.timeout(240 + 2 * OUTAGE)
def test_an_album_outlives_the_storage(tmp_path: Path) -> None:
    with FakeTelegram(TOKEN) as telegram, S3Server(tmp_path / "s3") as s3:
        house = telegram_house(
            tmp_path / "house",
            telegram,
            storage__backend="minio",
            storage__endpoint=s3.endpoint,
            storage__secure="false",
            storage__access_key=ACCESS_KEY,
            storage__secret_key=SECRET_KEY,
            pictures__previews=0,
        )
        house.store = s3.store("likeness")  # type: ignore[assignment]
        house.start("telegram")
        house.start("worker")
        try:
            chat = TelegramChat(house, telegram, "en")
            chat.patience = 120
            portrait(chat)
            chat.send_photos(pictures(10))
            chat.wait_for(lambda _: bool(chat.kept.photos_that_are("valid")), "a first photo")
            s3.kill()
            killed = time.monotonic()
            chat.see(DELAYED)
            before = [message.text for message in chat.messages]
            time.sleep(max(0.0, OUTAGE - (time.monotonic() - killed)))
            assert [message.text for message in chat.messages] == before, "told once"
            s3.start()
            chat.see_count(*UPLOADED, 10)
            kept = chat.settle()
            valid = kept.photos_that_are("valid")
            assert len(kept.photos) == len(valid) == 10
            assert {photo["minio_key"] for photo in valid} == set(house.store.keys(""))
            launch(chat)
            chat.see("🎉 The avatar is ready")
        finally:
            house.stop()
        opened = connect(f"sqlite:///{house.folder}/likeness.db", "normal")
        try:
            swept = repair(house.store, time.time() + 2 * YOUNG_SECONDS)
        finally:
            opened.close()
        assert (swept.objects, swept.doomed, swept.pending) == (11, 0, 0), "photos and weights"
