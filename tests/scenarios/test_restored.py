"""A machine is lost while people chat; its backup is restored elsewhere, and they go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.telegram import FakeTelegram
from tests.scenarios.on_telegram import TOKEN, TelegramChat, telegram_house
from tests.scenarios.walks import agree, begin_portrait, complete, launch, pictures, ready, whole

PROCESSES = ("telegram", "worker")


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_people_go_on_where_they_were_when_the_backup_was_made(tmp_path: Path) -> None:
    with FakeTelegram(TOKEN) as telegram:
        settings = {"training__simulated_seconds": 2, "telegram__poll_seconds": 1}
        old = telegram_house(tmp_path / "old", telegram, **settings)
        for name in PROCESSES:
            old.start(name)
        try:
            anna, ben, carl = (TelegramChat(old, telegram, "en") for _ in range(3))
            ready(anna)
            begin_portrait(ben, "Ben")
            agree(ben)
            ben.send_photos(pictures(4))
            ben.see("Uploaded: {count}/{wanted} photos", count=4, wanted=10)
            ready(carl)
            said = old.ask("backup", str(tmp_path / "backup"))
            assert "is the backup of" in said
            carl.say("/privacy")
            carl.press("🔥 Delete everything")
            carl.press("Yes, delete everything")
            carl.see("Everything is deleted. If you ever want to come back, you are welcome.")
            old.wait_until(lambda: (old.folder / "erasures.log").exists())
        finally:
            for name in PROCESSES:
                old.kill(name)
        new = telegram_house(tmp_path / "new", telegram, **settings)
        said = new.ask("restore", str(tmp_path / "backup"), "--erasures", str(old.folder))
        assert "1 people were erased since" in said
        assert new.kept_of("telegram", carl.address).avatars == ()
        for chat in (anna, ben, carl):
            chat.house = new
        for name in PROCESSES:
            new.start(name)
        try:
            ben.send_photos(pictures(6, start=4))
            launch(anna)
            whole(complete(anna), anna)
            launch(ben)
            whole(complete(ben), ben)
            assert new.kept_of("telegram", carl.address).avatars == ()
        finally:
            new.stop()
