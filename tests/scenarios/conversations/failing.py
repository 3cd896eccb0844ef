"""A training fails, through no fault of the person's."""

from __future__ import annotations

from tests.scenarios.contract import Chat, Sign
from tests.scenarios.stage import failing
from tests.scenarios.walks import UPLOADED, launch, pictures, ready


@failing
def a_failed_training_says_so_and_is_confirmed_anew(chat: Chat) -> None:
    ready(chat)
    launch(chat)
    chat.see("⚠️ The training failed",
             "This is not your fault, and your photos are kept. Please try again.")  # fmt: skip
    kept = chat.settle()
    assert (kept.statuses, [run["status"] for run in kept.runs]) == (["error"], ["failed"])
    chat.press("🔁 Try again")
    chat.see("🚀 Start the training?")
    assert len(chat.settle().runs) == 1, "nothing is paid without its price in sight"
    chat.press("🚀 Launch the training")
    chat.see("⚠️ The training failed")
    assert len(chat.settle().runs) == 2


@failing
def photos_that_were_removed_meanwhile_are_asked_for_before_another_try(chat: Chat) -> None:
    ready(chat)
    launch(chat)
    chat.see("⚠️ The training failed")
    chat.press("👤 About the avatar")
    chat.see(Sign("👤 Anna"))
    chat.press("🖼️ View ({count})", count=10)
    chat.press(Sign("🗑 1"))
    chat.see("Photo {number} is removed. You can still put it back.", number=1)
    chat.press("◀️ Back")
    chat.see(Sign("👤 Anna"))
    chat.press("▶️ Continue “{name}”", name="Anna")
    chat.press("🔁 Try again")
    chat.see("📸 A few more photos needed")
    chat.see_count("Please send {n} more photo.", "Please send {n} more photos.", 1)
    chat.send_photos(pictures(1, start=20))
    chat.see_count(*UPLOADED, 10)
    chat.press("🚀 Start training")
    chat.see("🤖 Training the avatar")
