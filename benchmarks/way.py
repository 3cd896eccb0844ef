"""`python -m benchmarks.way`: record docs/images/way.webp, the way from an album to own pictures.

The product as it is, with a simulated training and drawn people, in Chromium on a phone's screen.
Nothing is measured.
"""

from __future__ import annotations

import shutil
import time
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, sync_playwright

from benchmarks.web import FLAGS, PATIENCE, served
from core.services.drawings.people import Look, person

INTO = Path(__file__).parents[1] / "docs" / "images" / "way.webp"
WIDTH, HEIGHT = 390, 720
PHOTOS = 11
TURNS = 60
"""Presses after which the way has no end."""
SETTINGS = {
    "TRAINING__SIMULATED_SECONDS": "10",
    "TRAINING__SIMULATED_QUEUE_SECONDS": "1",
    "TRAINING__CHECK_SECONDS": "0.5",
    "CONVERSATION__TICK_SECONDS": "1",
    "PICTURES__SIMULATED_SECONDS": "2",
    "PHOTOS__FIND_FACES": "false",
    "DASHBOARD__ENABLED": "false",
    "LOG__LEVEL": "error",
}
UPLOAD, TRAINS, READY = "Uploading photos", "Training the avatar", "The avatar is ready"
ONWARD = (
    "Launch the training", "Start training", "I agree", "Female", "Portrait", "Create avatar",
)  # fmt: skip
"""What is pressed where it is offered, the most advanced first."""


def main() -> None:
    """Walk, and keep what was in sight."""
    with (
        TemporaryDirectory() as folder,
        served(folder, "run", **SETTINGS) as url,
        sync_playwright() as playwright,
    ):
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            device_scale_factor=1.5,
            locale="en-GB",
            color_scheme="light",
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(url)
        film = Film(page)
        film.walk()
        browser.close()
    film.save(INTO)
    print(f"{INTO.name}: {len(film.frames)} pictures, {INTO.stat().st_size // 1024} kB")


class Film:
    """What was in sight on the way, and for how long it is shown (ms)."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frames: list[tuple[Image.Image, int]] = []
        self._sent = False

    def walk(self) -> None:
        """From the first visit until the first pictures are there."""
        for _ in range(TURNS):
            self._settled()
            title = self.page.locator("#screen").inner_text()
            if READY in title:
                self._look_at_pictures()
                return
            if TRAINS in title:
                self.keep(700)
                time.sleep(1.5)
                continue
            self.keep(1100)
            self._go_on(title)
        raise RuntimeError(f"the way has no end: {title}")

    def keep(self, milliseconds: int) -> None:
        """Keep what is in sight, unless it is what was kept last."""
        shown = Image.open(BytesIO(self.page.screenshot())).convert("RGB")
        if not self.frames or self.frames[-1][0].tobytes() != shown.tobytes():
            self.frames.append((shown, milliseconds))

    def save(self, into: Path) -> None:
        first, *others = (frame for frame, _ in self.frames)
        times = [milliseconds for _, milliseconds in self.frames]
        first.save(
            into, "WEBP", save_all=True, append_images=others, duration=times, loop=0, quality=70,
            method=6,
        )  # fmt: skip

    def _go_on(self, title: str) -> None:
        if UPLOAD in title and not self._sent:
            self._sent = True
            self._send_photos()
        elif "name" in title.splitlines()[0]:
            self.page.locator("#text").fill("Anna")
            self.page.locator("#send").click()
        else:
            self._onward().click()
        time.sleep(0.5)

    def _send_photos(self) -> None:
        self.page.locator("#files").set_input_files(_album())
        self.page.locator("#tray li").nth(PHOTOS - 1).wait_for()
        self.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        time.sleep(1)
        self.keep(1500)
        self.page.locator("#send").click()
        self.page.get_by_text("Start training").first.wait_for()

    def _look_at_pictures(self) -> None:
        self.page.get_by_text("The first pictures of").wait_for()
        self._settled()
        self.keep(1500)
        album = self.page.locator(".grid.album img")
        album.nth(3).wait_for()
        album.first.evaluate("picture => picture.scrollIntoView({block: 'center'})")
        self.page.wait_for_timeout(2000)
        self.keep(4000)

    def _onward(self) -> Locator:
        labels = self.page.locator("#keyboard button")
        for wanted in ONWARD:
            found = labels.filter(has_text=wanted)
            if found.count():
                return found.first
        return labels.first

    def _settled(self) -> None:
        self.page.locator("#screen:not([aria-busy=true])").wait_for()
        self.page.wait_for_timeout(1200)
        if self.frames:  # the first screen is seen from its top
            self.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        self.page.wait_for_timeout(400)


def _album() -> list[FilePayload]:
    """Somebody drawn, in different moods and places."""
    chance = Random(7)
    walls = ("#b9d3e8", "#e8d3b9", "#c9b8dd", "#bcd4c6", "#f0c8c0", "#aee0f5")
    album: list[FilePayload] = []
    for number in range(PHOTOS):
        picture = Image.new("RGB", (1440, 1440), walls[number % len(walls)])
        shirts = ("#e07a5f", "#5f9ea0", "#f2cc5b", "#3c4a63")
        look = Look(
            shirt=shirts[number % len(shirts)],
            turn=(number % 5 - 2) * 0.4,
            smile=chance.uniform(0.1, 1.0),
        )
        place = 720 + (number % 3 - 1) * 260
        person(picture, look, place, 520 + number % 4 * 90, 200 + number * 37 % 320)
        data = BytesIO()
        picture.resize((900, 900)).save(data, "JPEG", quality=88)
        album.append(
            {"name": f"{number + 1}.jpg", "mimeType": "image/jpeg", "buffer": data.getvalue()}
        )
    return album


if __name__ == "__main__":
    main()
