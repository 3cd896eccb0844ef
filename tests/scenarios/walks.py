"""Stretches of conversation that many have in common."""

from __future__ import annotations

from collections.abc import Sequence

from tests.pictures_for_tests import photo
from tests.scenarios.contract import Chat, Sight
from tests.scenarios.house import Kept

SIZE = (560, 560)
UPLOADED = ("Uploaded: {n} photo\nMinimum: {wanted}", "Uploaded: {n} photos\nMinimum: {wanted}")
"""The counter, once the photos suffice."""


def pictures(count: int, start: int = 0) -> list[bytes]:
    """So many photos that no two are the same of."""
    return [photo(n, SIZE) for n in range(start, start + count)]


def begin_portrait(chat: Chat, name: str = "Anna") -> None:
    """From a menu to the name of a portrait, typed."""
    chat.press("🆕 Create avatar")
    chat.see("🎓 Choose the training type")
    chat.press("🎭 Portrait (recommended)")
    chat.see("👤 The avatar’s gender")
    chat.press("Female")
    chat.see("✏️ The avatar’s name")
    chat.say(name)


def agree(chat: Chat) -> None:
    chat.see("🔒 Your consent")
    chat.press("✅ I agree, and I am 18 or older")
    chat.see("📸 Uploading photos")


def portrait(chat: Chat, name: str = "Anna") -> None:
    """A portrait that waits for its photos."""
    begin_portrait(chat, name)
    agree(chat)


def upload(chat: Chat, photos: Sequence[bytes]) -> Sight:
    """Send good photos to an avatar that has none, and wait for their verdicts."""
    chat.send_photos(photos)
    count = len(photos)
    if count < 10:
        return chat.see("Uploaded: {count}/{wanted} photos", count=count, wanted=10)
    return chat.see_count(*UPLOADED, count)


def ready(chat: Chat, name: str = "Anna") -> None:
    """A portrait with its ten photos."""
    portrait(chat, name)
    upload(chat, pictures(10))


def launch(chat: Chat) -> None:
    """From ten photos into the training."""
    chat.press("🚀 Start training")


def complete(chat: Chat) -> Kept:
    """Wait until the training has ended well."""
    chat.see("🎉 The avatar is ready")
    return chat.settle()


def whole(kept: Kept, chat: Chat, photos: int = 10) -> None:
    """One avatar, completed; its photos, valid and stored; one training."""
    assert kept.statuses == ["completed"]
    valid = kept.photos_that_are("valid")
    assert len(valid) == photos
    assert len({photo["file_hash"] for photo in valid}) == photos
    assert all(chat.house.store.exists(photo["minio_key"]) for photo in valid)
    assert [run["status"] for run in kept.runs] == ["completed"]
    assert kept.avatars[0]["photos_count"] == photos
