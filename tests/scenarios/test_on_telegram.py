"""Every conversation on Telegram; and what only a messenger brings: albums, fingers that press
twice, and buttons of long ago.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from tests.scenarios.conversations import (
    CONVERSATIONS,
    counted,
    keeping,
    painting,
    photos,
    wandering,
)
from tests.scenarios.on_telegram import TelegramChat, TelegramStage, an_album_with_everything
from tests.scenarios.stage import BOTH, Conversation, Held, Stages, Talk, held_on, opened
from tests.scenarios.walks import UPLOADED, complete, launch, pictures, portrait, ready, whole

OWN: list[Conversation] = []


def own(talk: Talk) -> Talk:
    """A conversation that no other channel can hold."""
    OWN.append(Conversation(talk, fails=False, everywhere=True))
    return talk


@own
def an_album_with_all_that_can_be_wrong_is_ten_photos_and_one_training(
    chat: TelegramChat,
) -> None:
    an_album_with_everything(chat)
    kept = chat.settle()
    whole(kept, chat)
    assert len(kept.photos) == 13
    assert len(kept.runs) == 1


@own
def the_examples_are_one_message_and_the_next_screen_another(chat: TelegramChat) -> None:
    chat.see("🎨 Examples: drawn, not photos")
    (first,) = chat.messages
    assert first.photo
    with Image.open(BytesIO(first.photo)) as sheet:
        assert sheet.width > 2 * sheet.height, "three beside each other"
    help_ = chat.button("ℹ️ Help")
    for _ in range(2):
        chat.press_button(help_)
    chat.see("4. The finished avatar is in “🎭 Avatars”.")
    chat.settle()
    stripped = "no button on the first screen"
    chat.wait_for(lambda _: [bool(m.buttons) for m in chat.messages] == [False, True], stripped)
    chat.press("◀️ Back")
    chat.see("🎨 Examples: drawn, not photos")
    assert [message.kind for message in chat.messages] == ["photo", "photo"], "edited in place"


@own
def an_album_is_answered_at_once_and_by_one_message(chat: TelegramChat) -> None:
    portrait(chat)
    before = len(chat.messages)
    chat.send_photos(pictures(10))
    chat.wait_for(lambda _: len(chat.messages) > before, "an answer to the album")
    chat.see_count(*UPLOADED, 10)
    chat.settle()
    assert len(chat.messages) == before + 1


@own
def photos_that_come_one_by_one_are_one_message_too(chat: TelegramChat) -> None:
    portrait(chat)
    before = len(chat.messages)
    chat.person.send_album(pictures(4), pause=1.5)
    chat.see("Uploaded: {count}/{wanted} photos", count=4, wanted=10)
    assert len(chat.messages) == before + 1
    assert len(chat.settle().photos_that_are("valid")) == 4


@own
def a_training_waits_for_photos_that_are_still_being_looked_at(chat: TelegramChat) -> None:
    ready(chat)
    early = chat.button("🚀 Start training")
    slow = chat.telegram.delay("getFile", 2.0, times=2)
    chat.send_photos(pictures(2, start=20))
    chat.press_button(early)
    chat.see("That choice was out of date. Here is where things stand now.")
    chat.see_count(*UPLOADED, 12)
    assert slow.hits
    assert chat.settle().runs == (), "what it confirmed was another set"
    chat.press("🚀 Start training")
    chat.see("🤖 Training the avatar")


@own
def what_is_no_text_is_no_name(chat: TelegramChat) -> None:
    chat.press("🆕 Create avatar")
    chat.press("🎭 Portrait (recommended)")
    chat.press("Male")
    chat.see("✏️ The avatar’s name")
    chat.person.send_sticker()
    chat.see("Please type a name: one letter is enough.")
    chat.press("Call it “{name}”", name="Anna")
    chat.see("🔒 Your consent")
    assert chat.settle().names == ["Anna"]


@own
def the_screen_moves_below_what_the_person_says_and_leaves_no_live_buttons(
    chat: TelegramChat,
) -> None:
    portrait(chat)
    for text in ("hello?", "/help", "/menu"):
        chat.say(text)
        chat.see(
            {"hello?": "📸 Uploading photos", "/help": "ℹ️ Help", "/menu": "🏠 Main menu"}[text]
        )
        chat.wait_for(lambda _: chat.person.chat[-1].from_bot, "the screen at the bottom")
        alive = "no button above"
        chat.wait_for(lambda _: len([m for m in chat.messages if m.buttons]) == 1, alive)


def asked_for_a_name(chat: TelegramChat) -> None:
    chat.press("🆕 Create avatar")
    chat.press("🎭 Portrait (recommended)")
    chat.press("Male")
    chat.see("✏️ The avatar’s name")


@own
def a_name_below_a_photo_is_the_name(chat: TelegramChat) -> None:
    asked_for_a_name(chat)
    chat.person.send_photo(pictures(1)[0], caption="Berta")
    chat.see("🔒 Your consent")
    assert chat.settle().names == ["Berta"]
    chat.press("✅ I agree, and I am 18 or older")
    chat.see("Uploaded: {count}/{wanted} photos", count=1, wanted=10)


@own
def a_command_below_a_photo_is_the_command(chat: TelegramChat) -> None:
    portrait(chat)
    chat.person.send_photo(pictures(1)[0], caption="/cancel")
    chat.see("“{name}” is kept: you can go on whenever you like.", name="Anna")
    assert len(chat.settle().photos_that_are("valid")) == 1


@own
def a_name_that_is_edited_is_corrected(chat: TelegramChat) -> None:
    asked_for_a_name(chat)
    said = chat.person.say("Ana")
    chat.see("🔒 Your consent")
    chat.person.edit_message(said, "Anna")
    chat.see("✏️ The avatar is called “{name}” now.", name="Anna")
    assert chat.settle().names == ["Anna"]


@own
def a_photo_that_is_edited_is_replaced(chat: TelegramChat) -> None:
    portrait(chat)
    first, second = pictures(2)
    sent = chat.person.send_photo(first)
    chat.see("Uploaded: {count}/{wanted} photos", count=1, wanted=10)
    before = chat.settle().photos_that_are("valid")
    chat.person.edit_message(sent, "", photo=second)
    chat.wait_for(lambda _: chat.settle().photos_that_are("valid") != before, "the other photo")
    assert len(chat.settle().photos_that_are("valid")) == 1


@own
def what_telegram_writes_itself_closes_no_question(chat: TelegramChat) -> None:
    chat.say("/privacy")
    chat.press("🔥 Delete everything")
    sure = chat.button("Yes, delete everything")
    before = len(chat.messages)
    for content in (
        {"pinned_message": {"message_id": 2}},
        {"forum_topic_created": {"name": "A", "icon_color": 1}},
        {"boost_added": {"boost_count": 1}},
        {"of_the_future": {"text": "x"}},
    ):
        chat.person.send_other(**content)
    chat.settle()
    assert len(chat.messages) == before
    chat.person.send_voice()
    chat.see("I can’t use that: I understand text, photos and files.")
    chat.press_button(sure)
    chat.see("Everything is deleted. If you ever want to come back, you are welcome.")


@own
def nothing_that_was_true_on_the_way_stands_above_what_came_of_it(chat: TelegramChat) -> None:
    ready(chat)
    launch(chat)
    complete(chat)
    untrue = ("▓", chat.t("🤖 Training the avatar"))

    def ended(_: object) -> bool:  # just after the new screen came: nobody is ever without one
        return not any(part in message.text for message in chat.messages for part in untrue)

    chat.wait_for(ended, "an end of what was said on the way")


ALWAYS: dict[Talk, str] = {
    **{own.talk: BOTH[number % 2] for number, own in enumerate(OWN)},
    counted.seven_actions_lead_to_a_training_the_specified_way: "en",
    counted.five_actions_lead_to_a_training_by_photos_first: "ru",
    keeping.an_avatar_is_found_renamed_and_deleted: "ru",  # long lists of buttons
    keeping.a_copy_of_everything_comes_to_the_chat_by_itself: "en",  # a document
    keeping.what_is_written_to_us_is_answered_in_the_chat: "en",  # a notice, sent by the courier
    painting.the_good_news_has_pictures_and_a_style_and_a_wish_make_more: "ru",  # albums
    photos.each_refused_photo_is_named_with_its_reason_and_the_good_ones_count: "en",  # files
    photos.a_photo_is_removed_from_the_gallery_and_put_back: "ru",  # pictures shown and edited
    wandering.another_language_redraws_what_is_in_sight_and_stays: "en",
}
"""What this channel alone can break."""


@pytest.fixture(scope="module")
def stages(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stages]:
    """The channel, with everybody talking."""
    yield from opened(request, TelegramStage, tmp_path_factory.mktemp("telegram"))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("held", held_on("telegram", [*OWN, *CONVERSATIONS], ALWAYS), ids=str)
def test_a_conversation(stages: Stages, held: Held) -> None:
    stages.result(held)
