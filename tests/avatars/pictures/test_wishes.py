"""What is kept of a typed wish, and which texts can't be one."""

from __future__ import annotations

import re
import unicodedata
import uuid

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.avatars.pictures import wishes
from core.avatars.training.outcome import trigger_word
from core.base import graphemes
from core.base.settings.product.pictures import FORBIDDEN_WORDS, Pictures
from tests.avatars.pictures.typed import PHRASE, any_wish, disguised

PICTURES = Pictures()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  in a red coat,\n by the sea ", "in a red coat, by the sea"),
        ("в&nbsp;лесу", "в&nbsp;лесу"),
        ("<b>red</b> coat", "red coat"),
        ("<script>alert(1)</script> cat", "alert(1) cat"),
        ("<lora:somebody:1.2> in space", "in space"),
        ("I <3 cats & dogs", "I 3 cats & dogs"),
        ("a {subject} [x] | \\n `y`", "a subject x n y"),
        ("＜b＞ ｛x｝", "b x"),
        ("cafe\u0301 и\u0306", "café й"),
        ("for\u200best \x00\x1b[31mred", "forest 31mred"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🎨 paints", "👩\u200d🎨 paints"),
    ],
)
def test_a_wish_is_one_line_without_markup(typed: str, kept: str) -> None:
    assert wishes.tidy(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        PHRASE, PHRASE.upper(), f"(„{PHRASE}“)", "LK0123ABcdEF", "lk01\u200b23456789",
        "l\u200dk0123456789", "l\u0336k\u03360123456789", "ӏк0123456789", "Ik0123456789",
        "1kO123456789", "lk0123аbсdеf", "ｌｋ０１２３４５６７８９", "𝐥𝐤𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
        "x_lk0123456789y",
    ],
)  # fmt: skip
def test_a_phrase_of_anybody_is_taken_out_of_a_wish(typed: str) -> None:
    kept = wishes.tidy(f"beside {typed} in a garden")
    assert kept.startswith("beside ")
    assert kept.endswith(" in a garden")
    assert not any(map(str.isdigit, kept))


def test_the_phrases_of_avatars_are_what_is_taken_out() -> None:
    assert wishes.tidy(trigger_word(uuid.uuid4())) == ""


@pytest.mark.parametrize(
    "typed",
    [
        "", "  \n", "🔥", "😀 👨‍👩‍👧 🇩🇪 ❤️", "1️⃣2️⃣ #️⃣", "...!?", "—", "\u200b\u3164",
        "<b></b>", "{}", PHRASE,
        "<lora:a:1>", "👍🏽" * 700,
    ],
)  # fmt: skip
def test_a_wish_without_a_word_is_empty(typed: str) -> None:
    assert wishes.problem(typed, PICTURES) == "empty"


@pytest.mark.parametrize("typed", ["кот", "1980", "猫", "a 🐈", "नमस्ते", "in Paris, 1920s!"])
def test_a_word_in_any_script_is_a_wish(typed: str) -> None:
    assert wishes.problem(typed, PICTURES) is None


def test_a_wish_is_counted_in_characters_that_are_seen() -> None:
    short = Pictures(wish_length=10)
    assert wishes.problem("й" * 10, short) is None
    assert wishes.problem("и\u0306" * 10, short) is None
    assert wishes.problem("x" * 11, short) == "long"
    assert wishes.problem(f"a{'👍🏽' * 9}", short) is None
    assert wishes.problem("word " * 400, PICTURES) == "long"


def test_characters_that_hide_a_thousand_others_are_long() -> None:
    assert wishes.problem("a" + "\u0336" * 2000, PICTURES) == "long"


@pytest.mark.parametrize(
    "typed",
    [
        "naked on the beach", "NAKED", "a nude, please", "n\u200baked", "n\u200daked", "nаkеd",
        "NАКЕD", "n\u0336a\u0336ked", "ｎａｋｅｄ", "𝓷𝓪𝓴𝓮𝓭", "naked_woman",
        "nude2", "without\nclothes",
        "no, clothes", "голая в лесу", "ГОЛЫЙ", "гoлaя", "обнажённый торс", "обнажeнная",
        "эротическое фото", "без  одежды", "an underage model", "несовершеннолетняя", "gore",
        "decapitated head", "расчленёнка",
    ],
)  # fmt: skip
def test_a_forbidden_word_is_found_however_it_is_written(typed: str) -> None:
    assert wishes.problem(typed, PICTURES) == "forbidden"


@pytest.mark.parametrize(
    "typed",
    [
        "a head of curls", "голова в шляпе", "голубой шар", "a field of rapeseed", "попытка",
        "театральная труппа", "секстант на палубе", "Essex, Sussex", "striped shirt",
        "with my child", "на голове корона", "в гостях у нюрнбергских мастеров", "a peninsula",
        "tithe barn", "с ребёнком", "сосна", "Igore the gorgeous gorge",
    ],
)  # fmt: skip
def test_a_word_that_only_resembles_a_forbidden_one_is_fine(typed: str) -> None:
    assert wishes.problem(typed, PICTURES) is None


def test_what_is_forbidden_is_the_operators_list() -> None:
    own = Pictures(forbidden_words=("pineapple*", "ёж"))
    assert wishes.problem("pineapples", own) == "forbidden"
    assert wishes.problem("Еж в тумане", own) == "forbidden"
    assert wishes.problem("ежи в тумане", own) is None
    assert wishes.problem("naked", own) is None
    assert wishes.problem("naked", Pictures(forbidden_words=())) is None


def test_every_forbidden_word_is_found_as_it_stands() -> None:
    missed = [
        word
        for word in FORBIDDEN_WORDS
        if wishes.problem(f"in {word.replace('*', '')} x", PICTURES) != "forbidden"
    ]
    assert missed == []


@given(any_wish)
@example("<<b>b> {{x}} <l<x>ora:1>")
@example("lk01234lk012345678956789")
@example(" \u200d\u0301")
def test_tidying_twice_changes_nothing_and_leaves_no_markup(typed: str) -> None:
    kept = wishes.tidy(typed)
    assert wishes.tidy(kept) == kept
    assert not set("<>{}[]|\\`") & set(unicodedata.normalize("NFKC", kept))
    assert not any(unicodedata.category(letter) in ("Cc", "Zl", "Zp", "Cs") for letter in kept)


@given(any_wish, st.integers(10, 40))
def test_no_wish_is_longer_than_allowed(typed: str, longest: int) -> None:
    if wishes.problem(typed, Pictures(wish_length=longest)) is None:
        assert 0 < graphemes.seen(wishes.tidy(typed)) <= longest


@given(disguised, any_wish, any_wish)
def test_no_disguised_phrase_survives(phrase: str, before: str, after: str) -> None:
    kept = unicodedata.normalize("NFKC", wishes.tidy(f"{before} {phrase} {after}")).casefold()
    assert not re.search(r"lk[0-9a-f]{10}", kept.replace("\u200c", "").replace("\u200d", ""))
