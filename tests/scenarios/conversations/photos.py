"""A person sends photos, good and bad, too many and too early, and looks at them."""

from __future__ import annotations

from tests.pictures_for_tests import photo
from tests.scenarios.contract import Chat, Sign
from tests.scenarios.stage import WAITING, conversation, in_both_languages
from tests.scenarios.walks import (
    SIZE,
    UPLOADED,
    begin_portrait,
    complete,
    launch,
    pictures,
    portrait,
    ready,
    upload,
    whole,
)

PUT_ASIDE = (
    "📎 Your photo is put aside: it will be added when we get to the photos.",
    "📎 {n} photos are put aside: they will be added when we get to the photos.",
)
CALLED = (
    "It will be called “{name}”. For another name, type it before you choose; you can rename it "
    "later too."
)


@in_both_languages
def each_refused_photo_is_named_with_its_reason_and_the_good_ones_count(chat: Chat) -> None:
    portrait(chat)
    upload(chat, pictures(10))
    chat.send_photos([photo(0, SIZE)])
    refused(chat, 11, chat.t("already here"))
    chat.send_photos([photo(99, (400, 400))])
    refused(chat, 12, chat.t("smaller than {side}×{side} pixels", side=512))
    chat.send_file("notes.txt", b"Dear diary, today I am no picture.")
    refused(chat, 13, chat.t("not a picture"))
    refused(chat, 12, "")  # a repeated one needs nothing
    launch(chat)
    kept = complete(chat)
    whole(kept, chat)
    assert len(kept.photos) == 13


@conversation
def of_fifty_one_photos_fifty_are_taken(chat: Chat) -> None:
    portrait(chat)
    chat.send_photos(pictures(51))
    chat.see_count(*UPLOADED, 50)
    chat.see("No more will fit")
    no_room = chat.t("no room left, an avatar takes {most} photos", most=50)
    refused(chat, 51, no_room)
    chat.send_photos(pictures(1, start=60))
    refused(chat, 52, no_room)
    assert len(chat.settle().photos_that_are("valid")) == 50


@conversation
def a_training_asked_for_too_early_is_told_what_is_lacking(chat: Chat) -> None:
    portrait(chat)
    upload(chat, pictures(3))
    assert not chat.offers("🚀 Start training")
    chat.say(chat.t("🚀 Start training"))
    chat.see("Please send a photo, or choose one of the options.",
             "Uploaded: {count}/{wanted} photos", count=3, wanted=10)  # fmt: skip
    assert chat.settle().runs == ()


@conversation
def photos_before_consent_are_put_aside_offered_and_used(chat: Chat) -> None:
    chat.see("I make a personal AI avatar of you from your photos.")
    chat.send_photos(pictures(2))
    chat.see("🔒 Your consent")
    chat.see_count(*PUT_ASIDE, 2)
    assert chat.settle().photos == (), "nothing is stored before consent"
    chat.press("✅ I agree, and I am 18 or older")
    chat.see("👤 The avatar’s gender")
    chat.send_photos(pictures(1, start=2))
    chat.see_count(*PUT_ASIDE, 3)
    chat.say("Anna")
    chat.see(CALLED, name="Anna")
    chat.press("Male")
    chat.see("Uploaded: {count}/{wanted} photos", count=3, wanted=10)
    kept = chat.settle()
    assert len(kept.photos_that_are("valid")) == 3
    assert kept.held == 0


@conversation
def of_too_many_photos_before_consent_the_rest_is_said_to_be_left_out(chat: Chat) -> None:
    """More than an avatar takes may wait: who knows which of them are good."""
    chat.see("I make a personal AI avatar of you from your photos.")
    chat.send_photos(pictures(WAITING + 1))
    chat.see_count(*PUT_ASIDE, WAITING)
    one = "No more than {n} photo can be put aside: those that came after it are left out."
    many = "No more than {n} photos can be put aside: those that came after them are left out."
    chat.see_count(one, many, WAITING)
    assert chat.settle().held == WAITING


@conversation
def who_declines_leaves_no_photo_behind(chat: Chat) -> None:
    begin_portrait(chat)
    chat.see("🔒 Your consent")
    chat.send_photos(pictures(2))
    chat.see(Sign("📎"))
    chat.press("I don’t agree")
    chat.see("All right, no photos are kept. You can come back to this whenever you like.")
    kept = chat.settle()
    assert (kept.held, kept.photos) == (0, ())
    chat.press("▶️ Continue “{name}” ({count})", name="Anna", count="0/10")
    chat.see("🔒 Your consent")


@conversation
def a_photo_is_removed_from_the_gallery_and_put_back(chat: Chat) -> None:
    ready(chat)
    chat.press("🖼️ View ({count})", count=10)
    chat.see("🖼️ Photos of “{name}”", "Page {page} of {pages}", name="Anna", page=1, pages=2)
    assert chat.number_of_labels("🗑 ") == 9
    chat.press(Sign("›"))
    chat.see("Page {page} of {pages}", page=2, pages=2)
    assert chat.number_of_labels("🗑 ") == 1
    chat.press(Sign("‹"))
    chat.see("Page {page} of {pages}", page=1, pages=2)
    chat.press(Sign("🗑 3"))
    chat.see("Photo {number} is removed. You can still put it back.", number=3)
    assert not chat.offers("🚀 Start training")
    assert len(chat.settle().photos_that_are("valid")) == 9
    chat.press("↩️ Put back {number}", number=3)
    chat.see("Photo {number} is back.", number=3)
    assert len(chat.settle().photos_that_are("valid")) == 10
    chat.press("◀️ Back")
    chat.see("📸 Uploading photos")
    chat.see_count(*UPLOADED, 10)


def refused(chat: Chat, number: int, reason: str) -> None:
    """Wait for a line that names this photo and this reason.

    It may name the one before as well: what a screen told is told once more, where the next photo
    came before the screen was noted as seen.
    """
    one, many = "Photo {numbers}", "Photos {numbers}"
    photos = chat.t.n(one, many, 1, numbers=number)
    both = chat.t.n(one, many, 2, numbers=f"{number - 1}, {number}")
    chat.wait_for(
        lambda sight: any(
            (f"{photos}:" in line or f"{both}:" in line) and reason in line
            for line in sight.text.splitlines()
        ),
        f"{photos}: {reason}",
    )
