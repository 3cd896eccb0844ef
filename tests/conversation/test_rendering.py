"""Any screen on any capabilities, and the typed reply back."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import FlowError
from core.base.graphemes import length, shorten
from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.rendering import bar, render
from core.conversation.messages import Button, Picture, Screen
from core.conversation.replies import read_reply, words
from core.conversation.tokens import Press, RenderedButton, digest, sign, verify

KEY, OTHER_KEY = "a" * 32, "b" * 32
PLAIN = Capabilities()
KEYBOARD = Capabilities(buttons_per_row=2, pictures=10)
SCREEN = Screen(
    "Your avatars",
    "Choose one.",
    (
        (Button("Anna · 65 %", "pick", "1"), Button("Boris", "pick", "2")),
        (Button("◀️ Back", "back"),),
    ),
)

colons = st.text(st.characters(exclude_categories=["Cs"]) | st.just(":"), max_size=8)
labels = st.text(min_size=1, max_size=80)
buttons = st.builds(
    Button,
    labels,
    st.text(string.ascii_lowercase + "_", min_size=1, max_size=14),
    colons,
    st.sampled_from(["", "10 photos, 3 $"]),
)
screens = st.builds(
    Screen,
    title=st.text(max_size=40),
    text=st.text(max_size=200),
    buttons=st.lists(st.lists(buttons, max_size=4).map(tuple), max_size=4).map(tuple),
    pictures=st.lists(st.builds(Picture, st.text(), labels), max_size=3).map(tuple),
    progress=st.none() | st.integers(0, 100),
    hint=st.text(max_size=40),
)


def test_without_buttons_they_are_a_numbered_list() -> None:
    shown = render(SCREEN, PLAIN, KEY, 1)
    assert shown.text == "Your avatars\n\nChoose one.\n\n1. Anna · 65 %\n2. Boris\n3. ◀️ Back"
    assert shown.rows == ()
    assert [offer.label for offer in shown.offers] == ["Anna · 65 %", "Boris", "◀️ Back"]


def test_what_pays_or_destroys_has_no_number_and_says_what_to_type() -> None:
    screen = Screen(
        "Photos",
        buttons=(
            (Button("Next", "page", "2"), Button("🗑 3", "remove", "x", words="photo 3")),
            (Button("Yes, delete for good", "yes", confirms="Anna"), Button("◀️ Back", "back")),
        ),
    )
    shown = render(screen, PLAIN, KEY, 1)
    assert shown.body.splitlines() == [
        "1. Next",
        "• 🗑 3 (type “photo 3”)",
        "• Yes, delete for good (type it in words)",
        "2. ◀️ Back",
    ]
    assert render(screen, KEYBOARD, KEY, 1).body == "", "where it can be pressed it is"


def test_with_buttons_the_text_does_not_repeat_them() -> None:
    shown = render(SCREEN, KEYBOARD, KEY, 1)
    assert shown.body == "Choose one."
    assert [[offer.label for offer in row] for row in shown.rows] == [
        ["Anna · 65 %", "Boris"],
        ["◀️ Back"],
    ]


def test_a_row_wider_than_the_channel_is_wrapped() -> None:
    screen = Screen("", buttons=(tuple(Button(n, "rate", n) for n in "12345"),))
    rows = render(screen, KEYBOARD, KEY, 1).rows
    assert [[offer.label for offer in row] for row in rows] == [["1", "2"], ["3", "4"], ["5"]]


def test_a_long_label_is_cut_visibly() -> None:
    can = Capabilities(buttons_per_row=1, label_length=5)
    screen = Screen("", buttons=((Button("Continue", "go"),),))
    assert render(screen, can, KEY, 1).offers[0].label == "Cont…"


def test_a_token_that_a_channel_can_not_carry_is_refused_when_it_is_drawn() -> None:
    screen = Screen("", buttons=((Button("Go", "go", "x" * 60),),))
    with pytest.raises(FlowError, match="go"):
        render(screen, PLAIN, KEY, 1)


def test_the_longest_argument_that_is_promised_fits_into_64_bytes() -> None:
    longest = Button("", "t" * 14, "a" * 32)
    assert len(sign(KEY, 0xFFFFFF, longest)) <= 64
    assert len(sign(KEY, 0xFFFFFF, Button("", "t" * 14, "a" * 24, "confirmed"))) <= 64


def test_progress_is_a_bar_of_text_where_the_channel_draws_none() -> None:
    screen = Screen("Training", progress=50)
    assert render(screen, PLAIN, KEY, 1).body == "▓▓▓▓▓▓░░░░░░ 50 %"
    assert render(screen, PLAIN, KEY, 1).progress is None
    drawing = render(screen, Capabilities(progress=True), KEY, 1)
    assert (drawing.body, drawing.progress) == ("", 50)


@pytest.mark.parametrize(("percent", "filled"), [(0, 0), (4, 0), (50, 6), (99, 12), (100, 12)])
def test_a_bar_has_twelve_places(percent: int, filled: int) -> None:
    assert bar(percent).count("▓") == filled
    assert bar(percent).count("▓") + bar(percent).count("░") == 12


def test_pictures_are_named_where_they_can_not_be_shown() -> None:
    screen = Screen("Photos", pictures=(Picture("a", "1"), Picture("b", "2 ❌")))
    assert render(screen, PLAIN, KEY, 1).body == "🖼 1\n🖼 2 ❌"
    assert render(screen, KEYBOARD, KEY, 1).pictures == screen.pictures


@pytest.mark.parametrize(
    ("can", "seen"),
    [
        (Capabilities(pictures=1, album=10), ["a", "b", "c"]),
        (Capabilities(album=3), ["a", "b", "c"]),
        (Capabilities(pictures=10, album=2), ["abc"]),
        (Capabilities(pictures=10), ["abc"]),
        (Capabilities(), []),
    ],
)
def test_pictures_of_a_notice_are_an_album_or_one_contact_sheet(
    can: Capabilities, seen: list[str]
) -> None:
    screen = Screen("Ready", pictures=tuple(Picture(key) for key in "abc"))
    shown = render(screen, can.of_notices, KEY, None)
    assert ["".join(p.key for p in image) for image in shown.images] == seen
    assert bool(shown.pictures) is bool(seen)


def test_of_a_screen_more_pictures_than_it_holds_are_one_contact_sheet() -> None:
    screen = Screen("Photos", pictures=(Picture("a", "1"), Picture("b", "2")))
    shown = render(screen, Capabilities(pictures=1, album=10), KEY, 1)
    assert shown.images == (screen.pictures,)


def test_where_no_picture_can_be_seen_illustrations_are_one_line() -> None:
    screen = Screen(
        "Hello", "You.", pictures=(Picture("a", alt="At sea"), Picture("b", alt="At home"))
    )
    assert render(screen, Capabilities(), KEY, 1).body == "You.\n\n🖼 At sea · At home"
    assert render(screen, Capabilities(pictures=1), KEY, 1).body == "You."


def test_a_long_text_is_cut_visibly_and_its_list_of_buttons_stays_whole() -> None:
    can = Capabilities(text_length=60)
    screen = Screen("Privacy", "long " * 100, ((Button("Agree", "agree"), Button("No", "no")),))
    shown = render(screen, can, KEY, 1)
    assert length(shown.text) <= 60
    assert "…" in shown.body
    assert shown.body.endswith("1. Agree\n2. No")


def test_under_pictures_the_text_is_a_caption() -> None:
    can = Capabilities(buttons_per_row=1, pictures=10, caption_length=20)
    picture = Picture("a")
    assert length(render(Screen("Photos", "x" * 50, pictures=(picture,)), can, KEY, 1).text) == 20
    assert length(render(Screen("Photos", "x" * 50), can, KEY, 1).text) == 58


@given(screens, st.sampled_from([0, 1, 3]), st.integers(100, 400))
def test_whatever_the_screen_it_fits_the_channel_and_drops_no_button(
    screen: Screen, width: int, limit: int
) -> None:
    can = Capabilities(width, 20, 200, limit, limit)
    shown = render(screen, can, KEY, 7)
    assert length(shown.text) <= limit
    assert len(shown.offers) == len(list(screen.each_button()))
    assert all(length(offer.label) <= 20 for offer in shown.offers)
    assert all(len(row) <= width for row in shown.rows)


@given(st.text(), st.integers(1, 50))
def test_shortening_counts_utf16_units_and_never_splits_a_character(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert length(short) <= limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_a_character_outside_the_basic_plane_takes_two_units() -> None:
    assert (length("a"), length("я"), length("🎭"), length("👨‍👩‍👧")) == (1, 1, 2, 8)


# Tokens


@given(st.none() | st.integers(1, 10**6), buttons)
def test_a_token_says_what_was_pressed(visit: int | None, button: Button) -> None:
    confirms = digest(button.confirms) if button.confirms else ""
    press = verify(KEY, sign(KEY, visit, button))
    assert press == Press(visit, button.trigger, button.argument, confirms)


@given(buttons, st.data())
def test_a_token_that_was_tampered_with_says_nothing(button: Button, data: st.DataObject) -> None:
    token = sign(KEY, 3, button)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda c: c != token[place]))
    assert verify(KEY, token[:place] + other + token[place + 1 :]) is None


@given(buttons)
def test_a_token_of_another_conversation_says_nothing(button: Button) -> None:
    assert verify(KEY, sign(OTHER_KEY, 3, button)) is None


@given(st.text())
def test_any_text_may_come_as_a_token(text: str) -> None:
    assert verify(KEY, text) is None


# The typed reply

OFFERS = [
    RenderedButton("🚀 Start training", "train"),
    RenderedButton("🖼️ View (7)", "view"),
    RenderedButton("◀️ Назад", "back"),
    RenderedButton("12", "twelve"),
]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("start training", "train"),
        ("🚀 Start training", "train"),
        ("START   training!", "train"),
        ("view", "view"),
        ("view 7", "view"),
        ("назад", "back"),
        ("12", "twelve"),
        ("1", None),
        ("0", None),
        ("5", None),
        ("", None),
        ("🚀", None),
        ("start", None),
        ("9" * 5000, None),
    ],
)
def test_a_reply_means_a_label_however_it_is_written(typed: str, meant: str | None) -> None:
    found = read_reply(typed, OFFERS)
    assert (found and found.token) == meant


def test_what_wants_its_words_is_never_meant_by_a_bare_number() -> None:
    offers = [
        RenderedButton("🗑 3", "remove", "photo 3"),
        RenderedButton("🗑 12", "other", "photo 12"),
    ]
    assert read_reply("3", offers) is None
    assert read_reply(" 🗑 3", offers) == offers[0]
    assert read_reply("Photo 3!", offers) == offers[0]
    assert read_reply("photo 12", offers) == offers[1]


@pytest.mark.parametrize(
    ("typed", "meant"), [("да", "1"), ("Нет!", "2"), ("нет, продолжать", "2"), ("да, нет", None)]
)
def test_a_question_is_answered_by_what_stands_before_the_comma(
    typed: str, meant: str | None
) -> None:
    asked = [
        RenderedButton("Да, остановить", "1"),
        RenderedButton("Нет, продолжать", "2"),
        RenderedButton("◀️ Назад", "3"),
    ]
    found = read_reply(typed, asked)
    assert (found and found.token) == meant


def test_two_buttons_that_begin_alike_are_told_apart_by_all_they_say() -> None:
    alike = [
        RenderedButton("Anna, at home", "1"),
        RenderedButton("Anna, at sea", "2"),
        RenderedButton("Anna", "3"),
    ]
    assert read_reply("anna", alike) == alike[2]
    assert read_reply("anna", alike[:2]) is None


def test_a_label_that_two_buttons_have_means_neither() -> None:
    assert read_reply("yes", [RenderedButton("Yes", "a"), RenderedButton("yes!", "b")]) is None


@given(st.text(), st.lists(st.builds(RenderedButton, st.text(), st.text(), st.text()), max_size=5))
def test_any_text_may_come_as_a_reply(text: str, offers: list[RenderedButton]) -> None:
    found = read_reply(text, offers)
    assert found is None or found in offers


def test_words_ignore_signs_pictures_and_capitals() -> None:
    assert words("🎭 Мои Аватары (3)") == "мои аватары 3"
