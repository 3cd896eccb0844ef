"""How many actions lead to a training: a press, a line, one choice of files with its sending."""

from __future__ import annotations

from tests.scenarios.contract import Chat
from tests.scenarios.stage import in_both_languages
from tests.scenarios.walks import complete, pictures, whole


class Counting:
    """A chat that counts what its person does."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.actions = 0

    def press(self, label: str) -> None:
        self.actions += 1
        self.chat.press(label)

    def say(self, text: str) -> None:
        self.actions += 1
        self.chat.say(text)

    def send(self, count: int) -> None:
        self.actions += 1
        self.chat.send_photos(pictures(count))


@in_both_languages
def seven_actions_lead_to_a_training_the_specified_way(chat: Chat) -> None:
    chat.see("I make a personal AI avatar of you from your photos.")
    person = Counting(chat)
    person.press("🆕 Create avatar")
    person.press("🎭 Portrait (recommended)")
    person.press("Female")
    chat.see("✏️ The avatar’s name")
    person.say("Anna")
    person.press("✅ I agree, and I am 18 or older")
    chat.see("📸 Uploading photos")
    person.send(10)
    person.press("🚀 Start training")
    chat.see("🤖 Training the avatar")
    assert person.actions == 7
    whole(complete(chat), chat)


@in_both_languages
def five_actions_lead_to_a_training_by_photos_first(chat: Chat) -> None:
    chat.see("I make a personal AI avatar of you from your photos.")
    person = Counting(chat)
    person.send(10)
    person.press("✅ I agree, and I am 18 or older")
    chat.see("👤 The avatar’s gender")
    person.say("Anna")
    chat.wait_for(lambda sight: "Anna" in sight.text, "the name that was typed")
    person.press("Female")
    person.press("🚀 Start training")
    chat.see("🤖 Training the avatar")
    assert person.actions == 5
    whole(complete(chat), chat)
