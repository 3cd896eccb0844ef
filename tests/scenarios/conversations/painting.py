"""A person has pictures made of their avatar."""

from __future__ import annotations

from core.avatars.pictures.packs import packs
from core.services.made_by_ai import marked
from tests.scenarios.contract import Chat
from tests.scenarios.stage import conversation, in_both_languages
from tests.scenarios.walks import complete, launch, pictures, ready

STYLES = "✨ Pictures of “{name}”"
READY = "✨ Your pictures are ready"
WORDS = "✏️ In your own words"
MAKING = "🎨 Making your pictures"


def trained(chat: Chat) -> None:
    """From nothing to an avatar that is ready, and its first pictures."""
    ready(chat)
    launch(chat)
    complete(chat)
    chat.see("✨ The first pictures of “{name}”", name="Anna")
    chat.see("Now make pictures of it: choose a style, or say it in your own words.")


def styles(chat: Chat) -> None:
    """From the good news to the styles."""
    chat.press("✨ Make pictures")
    chat.see(STYLES, name="Anna")


def press_pack(chat: Chat, slug: str = "cinema") -> None:
    """Choose a style by its title."""
    chat.press_label(packs()[slug].title[chat.language])


def bearing_a_mark(chat: Chat) -> int:
    """How many pictures say that they are made by AI.

    The contact sheet of one's photos doesn't, nor does that of drawn examples.
    """
    marks = [marked(data) for data in chat.received]
    assert marks.count(False) <= 2
    return marks.count(True)


def made(chat: Chat, first: int, last: int) -> None:
    """Wait for pictures, each with its mark, and for what can be done with them."""
    chat.see(READY, "✨ “{name}”: pictures {first}–{last}", name="Anna", first=first, last=last)
    assert bearing_a_mark(chat) >= last - first + 1


@in_both_languages
def the_good_news_has_pictures_and_a_style_and_a_wish_make_more(chat: Chat) -> None:
    trained(chat)
    styles(chat)
    press_pack(chat)
    made(chat, 5, 8)
    chat.press("🎨 Another style")
    chat.press("✏️ In my own words")
    chat.see(WORDS)
    chat.say("in a red coat, in Paris, in the evening")
    made(chat, 9, 12)
    chat.press("🖼 Pictures made")
    chat.see_count("{n} picture", "{n} pictures", 12)


@conversation
def a_picture_is_kept_deleted_and_handed_over_and_more_like_it_are_made(chat: Chat) -> None:
    trained(chat)
    styles(chat)
    chat.press("🖼 Pictures made")
    chat.press_first("🖼 4")
    chat.see("🖼 Picture {number}", number=4)
    chat.press("⭐ Favourite")
    kept = chat.t("✓ Favourite")
    chat.wait_for(lambda sight: kept in sight.labels, kept)
    chat.press("📄 As a file")
    chat.see("📄 The file is right above.")
    assert bearing_a_mark(chat)
    chat.press("🗑 Delete")
    chat.see("🗑 Picture {number} is deleted.", number=4)
    chat.see_count("{n} picture", "{n} pictures", 3)
    chat.press("↩️ Put picture {number} back", number=4)
    chat.see("↩️ Picture {number} is back.", number=4)
    chat.press_first("🖼 4 ⭐")
    chat.press("🎲 More like this one")
    made(chat, 5, 8)
    chat.press("🔁 Again")
    made(chat, 9, 12)


@conversation
def wrong_presses_and_words_make_no_pictures_and_strand_nobody(chat: Chat) -> None:
    trained(chat)
    styles(chat)
    chat.say("Anna on a mountain")
    chat.see("Please choose one of the options.")
    orders = len(runs(chat))
    chat.send_photos(pictures(1, 90))
    chat.press("No, thanks")
    chat.see("All right, I won’t use what you sent.", STYLES, name="Anna")
    assert len(runs(chat)) == orders
    press_pack(chat)
    chat.see(MAKING)
    chat.say("/cancel")
    chat.see("All right, no pictures will be made of that.", STYLES, name="Anna")
    press_pack(chat)
    chat.see(READY)
    assert [run["made"] for run in runs(chat)] == [4] * orders + [0, 4]


@conversation
def whoever_withdrew_their_consent_is_asked_for_it_before_more_pictures(chat: Chat) -> None:
    trained(chat)
    styles(chat)
    chat.say("/privacy")
    chat.press("Withdraw consent")
    chat.press("Yes, withdraw it")
    chat.pause()  # what is ordered in that very moment isn't wanted
    chat.press("◀️ Back")
    chat.see(STYLES, name="Anna")
    orders = len(runs(chat))
    press_pack(chat)
    chat.see("🔒 Pictures need your consent. To give it, choose “✨ Make pictures” on the avatar’s "
             "page or in the main menu.")  # fmt: skip
    assert len(runs(chat)) == orders
    chat.say("/menu")
    chat.press("✨ Make pictures")
    chat.see("🔒 Your consent")
    chat.press("✅ I agree, and I am 18 or older")
    chat.see(STYLES, name="Anna")
    press_pack(chat)
    made(chat, 1, 4)


@conversation
def a_wish_that_is_none_is_told_why_and_costs_nothing(chat: Chat) -> None:
    trained(chat)
    styles(chat)
    chat.press("✏️ In my own words")
    orders = len(runs(chat))
    for wish, told in (
        ("👍🎉", "Please describe it in words: a place, clothes, light, a mood."),
        ("<b></b>", "Please describe it in words: a place, clothes, light, a mood."),
        ("naked on a beach", "I don’t make pictures of that. Please ask for something else."),
    ):
        chat.say(wish)
        chat.see(told)
        chat.see(WORDS)
    chat.say("a garden " * 222)
    chat.see_count(
        "That is too long: {n} character at most, please.",
        "That is too long: {n} characters at most, please.", 300,
    )  # fmt: skip
    assert len(runs(chat)) == orders
    chat.say("<b>lk0123456789</b> in a garden")
    made(chat, 5, 8)
    assert runs(chat)[-1]["wish"] == "in a garden"


def runs(chat: Chat) -> list[dict[str, object]]:
    """This person's orders of pictures, the oldest first."""
    rows = chat.house.rows(
        "SELECT r.wish, (SELECT count(*) FROM pictures p WHERE p.run_id = r.id) AS made "
        "FROM picture_runs r JOIN conversations c ON c.user_id = r.user_id "
        "WHERE c.channel = ? AND c.chat = ? ORDER BY r.created_at",
        *(chat.channel, chat.address),
    )
    return [dict(row) for row in rows]
