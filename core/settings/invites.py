"""How an invitation's code is written: so that a link to a chat can carry it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _codes(codes: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := [code for code in codes if not _CODE.fullmatch(code)]:
        raise ValueError(
            f"no link can carry {wrong[0]!r}; a code has 1 to 64 of A-Z, a-z, 0-9, _ and -"
        )
    return codes


InviteCodes = Annotated[tuple[str, ...], AfterValidator(_codes)]
"""The codes that let people in: `t.me/bot?start=CODE` brings one."""
