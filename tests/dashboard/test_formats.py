"""Numbers, money, shares and times, as a reader of each language writes them."""

from __future__ import annotations

import pytest

from dashboard import formats
from dashboard.words import translator

EN, RU = translator("en"), translator("ru")


@pytest.mark.parametrize(
    ("seconds", "english", "russian"),
    [(252, "4 min 12 s", "4 мин 12 с"), (0.4, "0.4 s", "0,4 с"),
     (0, "0 s", "0 с"), (3600, "1 h", "1 ч"),
     (59.6, "1 min", "1 мин"), (90_000, "1 d 1 h", "1 дн 1 ч"), (None, "–", "–")],
)  # fmt: skip
def test_a_length_of_time_has_two_units(seconds: float | None, english: str, russian: str) -> None:
    assert formats.lasting(EN, seconds) == english
    assert formats.lasting(RU, seconds) == russian


def test_each_language_has_its_signs() -> None:
    assert formats.money(EN, 1234.5) == "$1,234.50"
    assert formats.money(RU, 1234.5) == "1\xa0234,50\xa0$"
    assert formats.percent(EN, 0.937) == "93.7%"
    assert formats.percent(RU, 0.937) == "93,7\xa0%"
    assert formats.number(RU, 12_345) == "12\xa0345"
    assert formats.ago(EN, 720) == "12 min ago"
    assert formats.ago(RU, -720) == "через 12 мин"
    assert formats.money(EN, None) == formats.percent(RU, None) == formats.number(RU, None) == "–"


def test_a_change_has_a_sign_and_none_is_no_rise() -> None:
    assert formats.grown(EN, 12, 7) == "+71%"
    assert formats.grown(EN, 7, 0) is None
    assert formats.moved(EN, 0.937, 0.953) == "-1.6 pp"
    assert formats.moved(EN, 0.5, 0.5001) is None
    assert formats.dearer(EN, 3.0, 1.0) == "+$2.00"
    assert formats.dearer(RU, 1.0, 3.0) == "-2,00\xa0$"
    assert formats.dearer(EN, 1.0, 1.001) is None
    assert formats.longer(EN, 60.2, 59.9) is None
    assert formats.longer(EN, 50, 60) == "-10 s"
