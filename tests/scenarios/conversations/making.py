"""A person makes an avatar."""

from __future__ import annotations

from tests.scenarios.contract import Chat
from tests.scenarios.stage import conversation, in_both_languages
from tests.scenarios.walks import (
    agree,
    begin_portrait,
    complete,
    launch,
    pictures,
    portrait,
    upload,
    whole,
)


@in_both_languages
def a_newcomer_makes_an_avatar_of_ten_photos(chat: Chat) -> None:
    chat.see("I make a personal AI avatar of you from your photos.")
    portrait(chat)
    upload(chat, pictures(10))
    launch(chat)
    chat.see("🤖 Training the avatar")
    chat.wait_for(lambda sight: "%" in sight.text, "progress")
    kept = complete(chat)
    chat.see("“{name}” is trained.", name="Anna")
    assert kept.state == "training_completed"
    assert kept.avatars[0]["training_type"] == "portrait"
    whole(kept, chat)


@conversation
def a_style_is_asked_what_it_is_and_no_gender(chat: Chat) -> None:
    chat.press("🆕 Create avatar")
    chat.press("📊 Compare types")
    chat.see("📊 Comparing the types", "🎨 ARTISTIC")
    chat.press("🎨 Artistic (versatile)")
    chat.see("🎨 Artistic type")
    chat.press("✅ Choose")
    chat.see("🧑 Who or what will it be?")
    chat.press("🖌 Style")
    chat.see("✏️ The avatar’s name")
    chat.say("Watercolour")
    agree(chat)
    avatar = chat.settle().avatars[0]
    kinds = ("training_type", "avatar_type", "gender", "status")
    assert [avatar[kind] for kind in kinds] == ["style", "style", "other", "draft"]


@conversation
def a_training_is_stopped_after_one_question_and_started_again(chat: Chat) -> None:
    portrait(chat)
    upload(chat, pictures(10))
    launch(chat)
    chat.press("⏹ Cancel")
    chat.see("Stop the training? Your photos are kept, but the progress is lost.")
    chat.press("Yes, stop it")
    chat.see("⏹ The training was stopped")
    assert chat.settle().statuses == ["cancelled"]
    wait_until_stopped(chat)
    chat.press("🔁 Try again")
    chat.see("🚀 Start the training?")
    chat.press("🚀 Launch the training")
    kept = complete(chat)
    assert kept.statuses == ["completed"]
    assert sorted(run["status"] for run in kept.runs) == ["cancelled", "completed"]


@conversation
def a_question_about_stopping_may_be_answered_with_no(chat: Chat) -> None:
    portrait(chat)
    upload(chat, pictures(10))
    launch(chat)
    chat.say("/cancel")
    chat.press("No, go on")
    chat.see("🤖 Training the avatar")
    whole(complete(chat), chat)


@conversation
def a_name_must_be_one(chat: Chat) -> None:
    begin_portrait(chat, "x" * 41)
    chat.see_count(
        "That name is too long: {n} character at most, please.",
        "That name is too long: {n} characters at most, please.",
        40,
    )
    chat.say("!!!")
    chat.see("That name can’t be shown. Please write it in ordinary letters.")
    chat.say("\u3164")
    chat.see("Please type a name: one letter is enough.")
    chat.say(chat.t("◀️ Back"))
    chat.see("👤 The avatar’s gender")
    chat.press("Other")
    chat.see("✏️ The avatar’s name")
    chat.say("  Анна   Каренина 2 ")
    agree(chat)
    assert chat.settle().names == ["Анна Каренина 2"]


def wait_until_stopped(chat: Chat) -> None:
    """The person is free at once; the trainer is told behind the scenes."""
    chat.wait_for(lambda _: chat.kept.runs[0]["status"] == "cancelled", "the run to end")
