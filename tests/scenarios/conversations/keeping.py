"""A person looks after their avatars, and after their data."""

from __future__ import annotations

from tests.scenarios.contract import Chat, Sign
from tests.scenarios.stage import conversation
from tests.scenarios.walks import complete, launch, pictures, portrait, ready, upload


@conversation
def ten_avatars_are_the_limit(chat: Chat) -> None:
    portrait(chat, "Anna 1")
    for number in range(2, 11):
        chat.say("/menu")
        chat.press("🆕 Create avatar")
        chat.see("“{name}” isn’t finished yet. Go on with it, or begin another?",
                 name=f"Anna {number - 1}")  # fmt: skip
        chat.press("🆕 Start a new one anyway")
        chat.press("🎭 Portrait (recommended)")
        chat.press("Male")
        chat.see("✏️ The avatar’s name")
        chat.say(f"Anna {number}")
        chat.see("📸 Uploading photos", "Avatar: “{name}”", name=f"Anna {number}")
    chat.say("/menu")
    chat.press("🆕 Create avatar")
    one = "You have {n} avatar, and that’s the limit. Delete it to create another."
    many = "You have {n} avatars, and that’s the limit. Delete one to create another."
    chat.see_count(one, many, 10)
    assert not chat.offers("🆕 Create avatar")
    assert len(chat.settle().names) == 10


@conversation
def an_avatar_is_found_renamed_and_deleted(chat: Chat) -> None:
    portrait(chat)
    upload(chat, pictures(2))
    chat.say("/menu")
    chat.press("🎭 Avatars")
    chat.see("🎭 Avatar menu")
    chat.press("📁 My avatars ({count})", count=1)
    chat.see("📁 My avatars")
    chat.press_first("📸 Anna")
    chat.see(Sign("👤 Anna"))
    chat.press("✏️ Edit")
    chat.see("✏️ Editing “{name}”", name="Anna")
    chat.say("Berta")
    chat.see(Sign("👤 Berta"))
    chat.press("✏️ Edit")
    chat.see("✏️ Editing “{name}”", name="Berta")
    chat.press("Other")
    chat.see(Sign("👤 Berta"), "Gender: {gender}", gender=chat.t("other"))
    avatar = chat.settle().avatars[0]
    assert (avatar["name"], avatar["gender"]) == ("Berta", "other")
    chat.press("🗑 Delete")
    chat.see("🗑 Delete “{name}”?", "This can’t be undone.", name="Berta")
    chat.press("◀️ Back")
    chat.see(Sign("👤 Berta"))
    chat.press("🗑 Delete")
    chat.press("Yes, delete for good")
    seen = chat.see("“{name}” and its photos are deleted.", name="Berta")
    assert chat.t("The avatar and its photos are deleted.") not in seen.text, "said once"
    kept = chat.settle()
    assert (kept.avatars, kept.photos) == ((), ())
    nothing_stored(chat, avatar["user_id"])


@conversation
def what_is_written_to_us_is_answered_in_the_chat(chat: Chat) -> None:
    portrait(chat)
    chat.say("/support")
    chat.see("💬 Write to us", "Photos are not passed on.")
    chat.say("Where is my avatar?")
    chat.see("✅ Passed on. The answer will come to this chat.")
    chat.press("◀️ Back")
    chat.see("📸 Uploading photos")
    user = chat.settle().avatars[0]["user_id"]
    written = chat.house.rows("SELECT id, text FROM support_messages WHERE user_id = ?", user)
    assert [row["text"] for row in written] == ["Where is my avatar?"]
    chat.house.answer(written[0]["id"], "It needs your photos.")
    chat.see("💬 Our answer", Sign("It needs your photos."))
    chat.see("📸 Uploading photos")


@conversation
def everything_of_a_person_is_erased(chat: Chat) -> None:
    ready(chat)
    launch(chat)
    user = complete(chat).avatars[0]["user_id"]
    chat.say("/privacy")
    chat.press("🔥 Delete everything")
    chat.press("No")
    chat.see("🔒 My data")
    assert len(chat.settle().avatars) == 1
    chat.press("🔥 Delete everything")
    chat.press("Yes, delete everything")
    chat.see("Everything is deleted. If you ever want to come back, you are welcome.")
    kept = chat.settle()
    assert (kept.avatars, kept.photos, kept.held) == ((), (), 0)
    assert kept.runs == ()
    nothing_stored(chat, user)
    assert chat.house.count("cost_entries") > 0, "what it cost stays in the books, for nobody"
    chat.press("🆕 Create avatar")
    chat.see("🎓 Choose the training type")


@conversation
def a_copy_of_everything_comes_to_the_chat_by_itself(chat: Chat) -> None:
    portrait(chat)
    user = chat.settle().avatars[0]["user_id"]
    chat.say("/privacy")
    chat.press("📦 Download everything")
    chat.see("📦 I’m putting your data together. The file will come to this chat.")
    theirs = f"conversation_id IN (SELECT id FROM conversations WHERE user_id = '{user}')"
    handed = f"name = 'export_ready' AND outcome = 'sent' AND {theirs}"
    chat.wait_for(lambda _: chat.house.count("notices", handed) == 1, "the file")
    chat.press("◀️ Back")


@conversation
def a_consent_is_withdrawn_and_the_photos_go_with_it(chat: Chat) -> None:
    ready(chat)
    user = chat.settle().avatars[0]["user_id"]
    chat.say("/privacy")
    chat.press("Withdraw consent")
    chat.press("Yes, withdraw it")
    chat.see("Your consent is withdrawn: your photos and the pictures made of you are deleted, "
             "and whatever was under way is stopped. Finished avatars stay until you delete "
             "them.")  # fmt: skip
    kept = chat.settle()
    assert (kept.photos, kept.statuses) == ((), ["draft"])
    nothing_stored(chat, user)
    assert not chat.offers("Withdraw consent")
    chat.say("/menu")
    chat.press("▶️ Continue “{name}” ({count})", name="Anna", count="0/10")
    chat.see("🔒 Your consent")


def nothing_stored(chat: Chat, user: str) -> None:
    prefix = user.replace("-", "")
    stored = chat.house.store
    chat.wait_for(lambda _: not any(k.startswith(prefix) for k in stored.keys("")), "no object")
