"""What a painter is told: English, the phrase once, nothing that was smuggled."""

from __future__ import annotations

import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.avatars.models import AvatarGender, AvatarType
from core.avatars.pictures import prompts, wishes, words
from core.avatars.pictures.packs import packs
from core.base.errors import ConfigurationError
from core.base.settings.product.pictures import Pictures
from tests.avatars.pictures.typed import PHRASE, any_wish, disguised

WOMAN = prompts.subject(PHRASE, "character", "female")
STYLE = prompts.subject(PHRASE, "style", "other")
SUBJECTS = [prompts.subject(PHRASE, *of) for of in product(AvatarType, AvatarGender)]


@pytest.mark.parametrize(
    ("kind", "gender", "named"),
    [
        ("character", "male", f"{PHRASE} man"),
        ("character", "female", f"{PHRASE} woman"),
        ("character", "other", f"{PHRASE} person"),
        ("custom", "other", PHRASE),
        ("style", "other", f"in the style of {PHRASE}"),
    ],
)
def test_an_avatar_is_named_by_its_phrase_and_what_it_is(
    kind: str, gender: str, named: str
) -> None:
    assert prompts.subject(PHRASE, AvatarType(kind), AvatarGender(gender)) == named


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_prompt_of_every_pack_has_the_phrase_once(subject: str) -> None:
    for pack in packs().values():
        for number in range(len(pack.prompts)):
            told = prompts.of_pack(pack, number, subject)
            assert told.count(PHRASE) == 1
            assert "{" not in told


def test_pictures_of_a_pack_are_of_its_prompts_in_turn() -> None:
    pack = packs()["business"]
    told = [prompts.of_pack(pack, number, WOMAN) for number in range(5)]
    assert len(set(told)) == 4
    assert told[4] == told[0]
    assert told[0].startswith(f"professional headshot of {WOMAN} wearing a navy blazer")


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ("in a red coat, snow", f"photo of {WOMAN}, in a red coat, snow"),
        ("в красном пальто в осеннем лесу", f"photo of {WOMAN}, in red coat in autumn forest"),
        ("Чёрно-белый портрет у окна", f"photo of {WOMAN}, black and white portrait by window"),
        ("на ЗАКАТЕ, на крыше", f"photo of {WOMAN}, at sunset, on roof"),
        ("с котом в Сызрани", f"photo of {WOMAN}, with cat in Сызрани"),
        ("акварелью, в саду", f"picture of {WOMAN}, watercolour, in garden"),
        ("a pencil drawing", f"picture of {WOMAN}, a pencil drawing"),
        ("!!! , in Paris.", f"photo of {WOMAN}, in Paris"),
        ("кремовая роза", f"photo of {WOMAN}, кремовая roses"),
        ("из-за угла", f"photo of {WOMAN}, из-за угла"),
        ("", f"photo of {WOMAN}"),
    ],
)
def test_a_wish_stands_behind_the_subject_with_the_words_that_are_known(
    wish: str, told: str
) -> None:
    assert prompts.of_wish(wish, WOMAN) == told


def test_a_wish_for_a_style_is_painted_in_it() -> None:
    assert prompts.of_wish("кот в лесу", STYLE) == f"picture {STYLE}, cat in forest"


@given(any_wish, disguised, st.sampled_from(SUBJECTS))
def test_whatever_is_typed_the_phrase_stands_there_once(
    typed: str, phrase: str, subject: str
) -> None:
    for wish in (typed, phrase, f"{typed} {phrase}", f"{phrase}{typed}{phrase}"):
        told = prompts.of_wish(wish, subject)
        assert told.startswith(("photo of ", "picture of ", "picture in the style of "))
        plain = unicodedata.normalize("NFKC", told).casefold()
        assert plain.replace("\u200c", "").replace("\u200d", "").count(PHRASE) == 1
        assert not set("<>{}\n\r\0") & set(told)


# The table of words


def test_the_table_knows_the_usual_words_and_forbids_none() -> None:
    table = words.words()
    assert len(set(table.english.values())) >= 150
    for text in (*table.english, *table.english.values()):
        assert wishes.problem(f"{text} x", Pictures()) is None, text


def test_every_form_is_translated_alone_and_between_others() -> None:
    table = words.words()
    for form, english in table.english.items():
        assert table.translate(form) == english
        assert table.translate(f"ъъ {form.upper()}, ъъ") == f"ъъ {english}, ъъ"


def test_every_medium_of_the_table_makes_a_picture_and_no_photo() -> None:
    for medium in words.words().media:
        assert prompts.of_wish(f"a {medium}", WOMAN).startswith("picture of ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[a]\nsea = ["море"]\nlake = ["море"]', "[a] 'море' is a form of 'sea' and of 'lake'"),
        ('[a]\nsea = ["Море"]', "[a] 'sea' has the form 'Море': write words in small letters"),
        ('[a]\ntree = ["ёлка"]', "has the form 'ёлка': write words in small letters, with"),
        ('[a]\n"{sea}" = ["море"]', "[a] '{sea}' is not English: write the English word"),
        ("[a]\nsea = []", "[a] 'sea' has no list of forms: write sea = ["),
        ('sea = ["море"]', "words.toml: 'sea' belongs into a section: write [places], or another"),
        ("[a", "words.toml is not valid TOML: "),
    ],
)
def test_a_wrong_table_of_words_is_refused_with_the_place_and_the_remedy(
    text: str, sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        words.read(text)
    assert sentence in str(caught.value)


def test_a_table_without_words_translates_nothing() -> None:
    empty = words.read("")
    assert empty.translate("в лесу") == "в лесу"
    assert not empty.is_drawn("watercolour")
