"""The page's own font has every emoji that the texts use, for systems that have none."""

from __future__ import annotations

import re
from pathlib import Path

import channels.web
from core.avatars.pictures import packs
from core.base.texts.check import load

LOOKS = Path(channels.web.__file__).parent / "looks"
_EMOJI = re.compile("[\U0001f000-\U0001ffff]|.(?=\ufe0f)")
"""Pictures, and signs that ask to be shown as one."""


def test_no_emoji_of_the_texts_is_an_empty_box() -> None:
    style = (LOOKS / "style.css").read_text()
    (listed,) = re.findall(r"unicode-range:([^;]+);", style)
    known = {chr(int(code, 16)) for code in re.findall(r"U\+([0-9A-F]+)", listed)}
    said = [str(text) for message in load("ru") for text in (message.id, message.string)]
    said.append(Path(packs.__file__).with_name("packs.toml").read_text())
    used = set(_EMOJI.findall("".join(said)))
    assert len(used) > 50
    assert used <= known
