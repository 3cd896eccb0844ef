"""What people type: anything, and phrases of avatars in disguise."""

from __future__ import annotations

from hypothesis import strategies as st

PHRASE = "lk0123456789"

_PIECES = st.sampled_from(
    [
        PHRASE, "lk", "0123456789", "abcdef", "в лесу", "in a forest", "<b>", "<lora:x:1>",
        "{subject}", "<", ">", "{", "}", "\n", "\0", "\u200b", "\u200d", "\u0301", "\u0338", " ",
        ", ", "👩‍🎨", "ӏк", "Ｌ",
    ]
)  # fmt: skip
any_wish = st.one_of(st.text(max_size=40), st.lists(_PIECES, max_size=12).map("".join))
"""A text of any letters, or one of the pieces that make trouble together."""

_ALIKE = {
    "l": "lLｌ𝐥", "k": "kKＫк", "a": "aAа", "b": "bB", "c": "cCс", "e": "eEе", "0": "0０𝟎",
    "1": "1１",
}  # fmt: skip
_BETWEEN = ["", "", "", "\u200b", "\u200c", "\u200d", "\u2060", "\u0336", "\ufeff", "\u00ad"]


@st.composite
def _disguised(draw: st.DrawFn) -> str:
    digits = draw(st.text("0123456789abcdef", min_size=10, max_size=10))
    letters = [draw(st.sampled_from(_ALIKE.get(letter, letter))) for letter in f"lk{digits}"]
    return "".join(letter + draw(st.sampled_from(_BETWEEN)) for letter in letters)


disguised = _disguised()
"""A phrase of some avatar, with letters that look alike and others that can't be seen."""
