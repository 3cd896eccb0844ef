"""A person leaves, comes back, asks for help, speaks another language, changes their mind."""

from __future__ import annotations

from tests.scenarios.contract import Chat, Sign
from tests.scenarios.stage import conversation
from tests.scenarios.walks import agree, begin_portrait, launch, pictures, portrait, ready, upload

OTHER = {"en": ("ru", "Русский"), "ru": ("en", "English")}


@conversation
def whoever_leaves_in_the_middle_goes_on_where_they_were(chat: Chat) -> None:
    chat.press("🆕 Create avatar")
    chat.press("🎭 Portrait (recommended)")
    chat.see("👤 The avatar’s gender")
    chat.say("/menu")
    chat.see("I make a personal AI avatar of you from your photos.")
    assert chat.sight.labels[0] == chat.t("▶️ Continue creating")
    chat.press("▶️ Continue creating")
    chat.see("👤 The avatar’s gender")
    chat.press("Female")
    chat.see("✏️ The avatar’s name")
    chat.say("/cancel")
    chat.see("What you started is kept: you can go on whenever you like.")
    chat.press("▶️ Continue creating")
    chat.see("✏️ The avatar’s name")
    chat.say("Anna")
    chat.see("🔒 Your consent")
    chat.say("/start")
    chat.press("▶️ Continue “{name}” ({count})", name="Anna", count="0/10")
    agree(chat)
    upload(chat, pictures(7))
    chat.say("/menu")
    chat.see("🏠 Main menu")
    chat.press("▶️ Continue “{name}” ({count})", name="Anna", count="7/10")
    chat.see("📸 Uploading photos", "Uploaded: {count}/{wanted} photos", count=7, wanted=10)
    assert chat.settle().names == ["Anna"]


@conversation
def help_language_and_privacy_lead_back_to_where_one_was(chat: Chat) -> None:
    begin_portrait(chat)
    chat.see("🔒 Your consent")
    for command, title in (("/help", "ℹ️ Help"), ("/privacy", "🔒 My data")):
        chat.say(command)
        chat.see(title)
        chat.press("◀️ Back")
        chat.see("🔒 Your consent")
    chat.say("/help")
    chat.see("ℹ️ Help")
    chat.press("💡 Photo tips")
    chat.see("💡 Photo tips")
    chat.press("◀️ Back")
    chat.see("🔒 Your consent")
    chat.press("✅ I agree, and I am 18 or older")
    chat.see("📸 Uploading photos")
    chat.say("/language")
    chat.see("Choose a language:")
    chat.press("◀️ Back")
    chat.see("📸 Uploading photos")


@conversation
def another_language_redraws_what_is_in_sight_and_stays(chat: Chat) -> None:
    portrait(chat)
    chat.say("/language")
    language, name = OTHER[chat.language]
    chat.press(Sign(name))
    chat.speak(language)
    chat.see("📸 Uploading photos", "Uploaded: {count}/{wanted} photos", count=0, wanted=10)
    chat.say("/menu")
    chat.see("🏠 Main menu")


@conversation
def cancelling_loses_nothing_and_says_where_there_is_nothing(chat: Chat) -> None:
    chat.see("I make a personal AI avatar of you from your photos.")
    chat.say("/cancel")
    chat.see("There is nothing to cancel here.")
    portrait(chat)
    chat.say("/cancel")
    chat.see("“{name}” is kept: you can go on whenever you like.", "🎭 Avatar menu", name="Anna")


@conversation
def whoever_types_something_is_told_what_to_do_here(chat: Chat) -> None:
    chat.see("I make a personal AI avatar of you from your photos.")
    chat.say("what is this?")
    chat.see("Please choose one of the options.")
    chat.say("HELP!" if chat.language == "en" else "помощь")
    chat.see("ℹ️ Help")


@conversation
def a_training_that_ends_while_one_is_elsewhere_is_told_with_a_way_there(chat: Chat) -> None:
    ready(chat)
    launch(chat)
    chat.press("🎭 Avatars")
    chat.see("🎭 Avatar menu")
    chat.say("/help")
    chat.see("ℹ️ Help")
    chat.see("“{name}” is trained.", "🎉 The avatar is ready", name="Anna")
    assert chat.settle().state == "help", "the person keeps their screen"
    chat.press("▶️ Open “{name}”", name="Anna")
    chat.see("Now make pictures of it: choose a style, or say it in your own words.")
    assert chat.settle().state == "training_completed"


@conversation
def a_training_is_one_press_from_the_menus(chat: Chat) -> None:
    ready(chat)
    launch(chat)
    chat.press("🎭 Avatars")
    chat.see("🎭 Avatar menu")
    assert any(label.startswith("⏳") for label in chat.sight.labels)
    chat.say("/menu")
    chat.see("🏠 Main menu")
    chat.press_first("⏳")
    chat.wait_for(lambda _: chat.kept.state.startswith("training_"), "the training")


@conversation
def a_training_that_ends_while_one_makes_another_avatar_is_told_too(chat: Chat) -> None:
    ready(chat, "Anna")
    launch(chat)
    chat.say("/menu")
    begin_portrait(chat, "Berta")
    chat.see("📸 Uploading photos")
    chat.press("▶️ Open “{name}”", name="Anna")
    chat.see("“{name}” is trained.", name="Anna")
    kept = chat.settle()
    assert dict(zip(kept.names, kept.statuses, strict=True)) == {
        "Anna": "completed",
        "Berta": "draft",
    }
