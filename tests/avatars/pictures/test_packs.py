"""Style packs as data: the file that comes with the program, and files that are wrong."""

from __future__ import annotations

from importlib.resources import files
from itertools import product

import pytest

from core.avatars.models import AvatarGender, AvatarType
from core.avatars.pictures import packs as module
from core.avatars.pictures import wishes
from core.avatars.pictures.packs import GENDERS, KINDS, SUBJECT, for_previews, packs, suitable
from core.base.errors import ConfigurationError
from core.base.settings.product.pictures import Pictures
from core.base.texts import LANGUAGES

FILE = files("core.avatars.pictures").joinpath(module.FILE).read_text("utf-8")
PACK = """
[sea-side]
title = { en = "By the sea", ru = "У моря" }
description = { en = "Waves and wind", ru = "Волны и ветер" }
for = ["character"]
genders = ["female"]
example = "A person on a pier"
prompts = ["photo of {subject} on a pier"]
"""

avatars = pytest.mark.parametrize(("kind", "gender"), list(product(AvatarType, AvatarGender)))


def refusal(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        module.read(text)
    return str(caught.value)


def test_packs_know_every_kind_and_gender_of_an_avatar() -> None:
    assert tuple(AvatarType) == KINDS
    assert tuple(AvatarGender) == GENDERS


def test_there_are_packs_enough_and_each_speaks_every_language() -> None:
    assert len(packs()) >= 8
    for pack in packs().values():
        assert set(pack.title) == set(pack.description) == set(LANGUAGES), pack.slug


def test_every_pack_has_several_prompts_that_nobody_would_be_refused_for() -> None:
    for pack in packs().values():
        assert len(pack.prompts) >= 4, pack.slug
        for text in (*pack.title.values(), *pack.description.values(), *pack.prompts):
            assert wishes.problem(text.replace(SUBJECT, ""), Pictures()) is None, text


@avatars
def test_every_avatar_that_can_be_trained_gets_packs_and_previews(kind: str, gender: str) -> None:
    chosen, previews = suitable(kind, gender), for_previews(kind, gender)
    assert previews
    assert set(previews) <= set(chosen)
    assert sum(len(pack.prompts) for pack in previews) >= 4


def test_packs_are_offered_in_the_order_of_the_file() -> None:
    slugs = [pack.slug for pack in suitable("character", "female")]
    assert slugs == sorted(slugs, key=lambda slug: FILE.index(f"[{slug}]"))


def test_a_pack_is_added_by_a_section_of_the_file_alone() -> None:
    pack = module.read(FILE + PACK)["sea-side"]
    assert (pack.title["ru"], pack.prompts) == ("У моря", ("photo of {subject} on a pier",))
    assert pack.suits("character", "female")
    assert not pack.suits("character", "male")
    assert not pack.suits("custom", "female")
    assert not pack.preview


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("genders", "gender", "[sea-side] has an unknown key 'gender'; there are title, "),
        ('example = "A person on a pier"', "", "[sea-side] has no example."),
        (', ru = "У моря"', "", "[sea-side] has no title in 'ru': translate it."),
        (', ru = "У моря"', ', ru = " "', "[sea-side] has no title in 'ru': translate it."),
        ('{ en = "By the sea", ru = "У моря" }', '"Sea"', "[sea-side] has a title in no language"),
        ('"Волны и ветер"', '"Ветер", de = "Wind"', "has a description in 'de'; Likeness speaks"),
        ("{subject} on", "her on", "[sea-side] has {subject} 0 times in prompt 1: write it once."),
        (
            "} on a",
            "} and {subject} on a",
            "[sea-side] has {subject} 2 times in prompt 1: write it",
        ),
        (
            "} on a pier",
            "} on a {place}",
            "has other braces than {subject} in prompt 1: remove them.",
        ),
        ('["photo of {subject} on a pier"]', "[]", "[sea-side] has no list of prompts: write at"),
        ('"character"', '"person"', "[sea-side] has 'person' in for; there are character, style"),
        ('["female"]', "[]", "[sea-side] has no list for genders: name some of male, female"),
        ('"female"', '"women"', "[sea-side] has 'women' in genders; there are male, female"),
        ("example", 'preview = "yes"\nexample', "has a preview that is neither true nor false."),
        ('"A person on a pier"', "1", "[sea-side] has an example that is no text: describe it"),
        ("[sea-side]", "[Sea_side]", "[Sea_side] has an unfit name: write at most 24 of a-z"),
        ("[sea-side]", f"[{'a' * 25}]", "has an unfit name: write at most 24 of a-z and 0-9"),
    ],
)
def test_a_wrong_pack_is_refused_with_its_name_and_the_remedy(
    old: str, new: str, sentence: str
) -> None:
    wrong = PACK.replace(old, new, 1)
    assert wrong != PACK
    message = refusal(FILE + wrong)
    assert message.startswith("packs.toml: [")
    assert sentence in message
    assert "\n" not in message


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = PACK.replace("example", "examples").replace("{subject}", "her")
    assert len(refusal(FILE + wrong).splitlines()) == 3


def test_what_is_no_pack_or_no_toml_is_refused() -> None:
    assert "packs.toml: [loose] is no pack: write it as a section" in refusal("loose = 1\n" + FILE)
    assert refusal(FILE + PACK + PACK).startswith("packs.toml is not valid TOML: ")


def test_a_file_that_leaves_some_avatar_without_previews_is_refused() -> None:
    message = refusal(PACK)
    assert "is for 'style' and 'other', so such an avatar would get no previews. Add one" in message
    assert len(message.splitlines()) == len(KINDS) * len(GENDERS)
